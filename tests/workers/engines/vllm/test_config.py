from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import EngineUnavailable, UsageError
from pipeline.sizing.profiles import Precision
from schemas.jobs import Job
from workers.engines.vllm import config
from workers.engines.vllm.config import CPU, EMBEDDED, Deployment, Kind

SAMPLES = sorted((Path(__file__).parents[4] / "infra" / "vllm").glob("*.toml"))

COMMIT = "0123456789abcdef0123456789abcdef01234567"

WHOLE = f"""
device = "H100 SXM"
gpus = [0, 1]

[models.omni]
checkpoint = "omni"
kind = "thinker"
profile = "Qwen3-Omni-30B-A3B"
weights = "fp8"
share = 0.6
max_num_seqs = 256
max_num_batched_tokens = 16384
max_model_len = 16384

[models.ears]
checkpoint = "Qwen/Qwen3-ASR-1.7B"
revision = "{COMMIT}"
kind = "asr"
profile = "Qwen3-ASR-1.7B"

[jobs]
transcribe = "ears"
describe = "omni"
translate = "omni"
synthesize = "embedded"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where ``vllm.toml`` is looked for, with a checkpoint's folder in it."""
    monkeypatch.delenv(config.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "omni").mkdir()
    return tmp_path


def said(folder: Path, text: str) -> Deployment:
    (folder / "vllm.toml").write_text(text, encoding="utf-8")
    return config.load()


def test_everything_that_the_file_says_is_there(folder: Path) -> None:
    made = said(folder, WHOLE)
    omni = made.model(Job.DESCRIBE)
    assert (made.device, made.gpus) == ("H100 SXM", (0, 1))
    assert omni.checkpoint == str(folder / "omni")
    assert (omni.kind, omni.weights, omni.share, omni.max_num_seqs) == (Kind.THINKER, Precision.FP8, 0.6, 256)
    assert (omni.max_num_batched_tokens, omni.max_model_len, omni.tensor_parallel) == (16_384, 16_384, 1)
    assert made.model(Job.TRANSCRIBE).revision == COMMIT
    assert config.profile_of(omni).name == "Qwen3-Omni-30B-A3B"


def test_jobs_of_one_model_are_a_crew(folder: Path) -> None:
    made = said(folder, WHOLE)
    assert made.crew(Job.TRANSLATE) == made.crew(Job.DESCRIBE) == (Job.DESCRIBE, Job.TRANSLATE)
    assert made.crew(Job.TRANSCRIBE) == (Job.TRANSCRIBE,)
    assert made.crew(Job.SYNTHESIZE) == (Job.SYNTHESIZE,)
    assert made.crew(Job.ALIGN) == (Job.ALIGN,)


def test_a_job_may_be_left_to_the_embedded_engines(folder: Path) -> None:
    made = said(folder, WHOLE)
    assert made.name(Job.SYNTHESIZE) == EMBEDDED
    with pytest.raises(EngineUnavailable, match="leaves it to the embedded engines"):
        made.model(Job.SYNTHESIZE)


def test_a_job_without_a_model_says_which_line_is_missing(folder: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r'add a line align = "embedded" to \[jobs\]'):
        said(folder, WHOLE).model(Job.ALIGN)


def test_the_variable_names_another_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = folder / "elsewhere" / "mine.toml"
    other.parent.mkdir()
    (other.parent / "omni").mkdir()
    other.write_text(WHOLE.replace('"H100 SXM"', '"cpu"').replace("gpus = [0, 1]", ""), encoding="utf-8")
    monkeypatch.setenv(config.VARIABLE, str(other))
    found = config.load()
    assert (found.device, found.is_on_cpu) == (CPU, True)
    assert found.model(Job.DESCRIBE).checkpoint == str(other.parent / "omni")


def test_without_a_file_the_way_to_one_is_said(folder: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"vllm\.toml does not exist; write one .* REELINGUA_VLLM"):
        config.load()


def test_a_file_that_was_changed_is_read_again(folder: Path) -> None:
    assert said(folder, WHOLE).gpus == (0, 1)
    assert said(folder, WHOLE.replace("gpus = [0, 1]", "gpus = [1]")).gpus == (1,)


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ('"H100 SXM"', '"H300"', 'device: there is no \'H300\'; use "A100 80GB", "H100 SXM"'),
        ("[0, 1]", "[0, 0]", "gpus: name each GPU once"),
        ("[0, 1]", "[]", "gpus: name each GPU once and at least one"),
        ("[0, 1]", "[-1]", "gpus.0: Input should be greater than or equal to 0"),
        ('kind = "thinker"', 'kind = "poet"', "models.omni.kind: Input should be"),
        ('profile = "Qwen3-Omni-30B-A3B"', 'profile = "Qwen9"', "models.omni.profile: no model profile 'Qwen9'"),
        ('profile = "Qwen3-Omni-30B-A3B"', 'profile = "espeak-ng"', "models.omni.profile: espeak-ng is no model for"),
        ("max_num_seqs = 256", "max_num_seqs = 0", "models.omni.max_num_seqs: Input should be greater than"),
        ("share = 0.6", "share = 1.5", "models.omni.share: Input should be less than or equal to 1"),
        ("share = 0.6", "portion = 0.6", "models.omni.portion: Unexpected keyword argument"),
        (f'revision = "{COMMIT}"', 'revision = "main"', "models.ears.revision: 'main' is no commit"),
        (f'revision = "{COMMIT}"', "", "models.ears.checkpoint: there is no folder .* pin its commit with revision ="),
        (
            'checkpoint = "omni"',
            f'checkpoint = "./omni"\nrevision = "{COMMIT}"',
            "models.omni.revision: './omni' is a folder",
        ),
        ('transcribe = "ears"', 'transcribe = "nose"', "jobs.transcribe: there is no model 'nose'; use \"ears\""),
        ('describe = "omni"', 'describe = "ears"', "jobs.describe: asr 'ears' cannot describe; use \"omni\""),
        ('describe = "omni"', 'paint = "omni"', "jobs.paint"),
        ("[jobs]", "[jobs", "is not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_field_and_what_to_do(folder: Path, wrong: str, right: str, says: str) -> None:
    assert wrong in WHOLE
    with pytest.raises(UsageError, match=says) as found:
        said(folder, WHOLE.replace(wrong, right, 1))
    assert str(folder / "vllm.toml") in str(found.value)
    assert "\n" not in str(found.value)


def test_weights_that_a_model_does_not_have_are_refused(folder: Path) -> None:
    text = WHOLE.replace('kind = "asr"', 'kind = "asr"\nweights = "fp8"')
    with pytest.raises(UsageError, match=r'models\.ears\.weights: Qwen3-ASR-1\.7B has no fp8 weights; use "bf16"'):
        said(folder, text)


def test_a_profile_by_which_a_job_cannot_be_sized_is_refused(folder: Path) -> None:
    lines = WHOLE.replace('profile = "Qwen3-Omni-30B-A3B"\nweights = "fp8"', 'profile = "Qwen3-ASR-1.7B"')
    with pytest.raises(UsageError, match=r"models\.omni\.profile: Qwen3-ASR-1\.7B is of a model that sees nothing"):
        said(folder, lines)


def test_a_cpu_has_no_gpus(folder: Path) -> None:
    with pytest.raises(UsageError, match="gpus: a CPU has none"):
        said(folder, WHOLE.replace('"H100 SXM"', '"cpu"'))


def test_a_file_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "vllm.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is not TOML"):
        config.load()


def test_a_folder_in_place_of_the_file_is_refused(folder: Path) -> None:
    (folder / "vllm.toml").mkdir()
    with pytest.raises(UsageError, match=r"vllm\.toml cannot be read"):
        config.load()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda p: p.stem)
def test_every_sample_can_be_used_once_its_checkpoints_are_there(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(config.VARIABLE, str(sample))
    made = config.load()
    assert {job for job, _ in made.jobs} == set(Job)
