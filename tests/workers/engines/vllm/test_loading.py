from __future__ import annotations

import json
import os
from multiprocessing import active_children
from pathlib import Path

import pytest

from pipeline.errors import EngineUnavailable
from pipeline.sizing.profiles import catalogue
from schemas.jobs import Job
from workers.engines.vllm import config, loading
from workers.engines.vllm.config import JOBS_OF, Kind
from workers.families import Setting

CONFIG = """
device = "cpu"

[models.omni]
checkpoint = "omni"
kind = "thinker"
profile = "Qwen3-Omni-30B-A3B"
max_num_seqs = 6

[jobs]
describe = "omni"
translate = "omni"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``vllm.toml`` and the small files of a Thinker."""
    (tmp_path / "vllm.toml").write_text(CONFIG)
    (tmp_path / "omni").mkdir()
    described = {
        "architectures": ["Qwen3OmniMoeForConditionalGeneration"],
        "thinker_config": {"text_config": {"max_position_embeddings": 4_096}},
    }
    (tmp_path / "omni" / "config.json").write_text(json.dumps(described))
    (tmp_path / "omni" / "model.safetensors").write_bytes(b"weights")
    monkeypatch.setenv(config.VARIABLE, str(tmp_path / "vllm.toml"))
    return tmp_path


def setting(folder: Path) -> Setting:
    return Setting(folder.joinpath, 1)


@pytest.mark.parametrize(
    ("kind", "job"), [(kind, job) for kind in Kind if kind is not Kind.SPEAKER for job in sorted(JOBS_OF[kind])]
)
def test_every_job_that_a_kind_may_have_is_answered(kind: Kind, job: Job) -> None:
    assert callable(loading.answerer(job, kind, catalogue().model("Qwen3-Omni-30B-A3B")).answer)


def test_a_job_that_a_kind_cannot_do_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="a asr does not describe"):
        loading.answerer(Job.DESCRIBE, Kind.ASR, catalogue().model("Qwen3-ASR-1.7B"))


def test_an_engine_is_planned_from_file_checkpoint_and_sizing(folder: Path) -> None:
    plan = loading.planned(config.load(), (Job.DESCRIBE, Job.TRANSLATE), setting(folder))
    plan.feeder.close()
    assert (plan.options.model, plan.options.max_num_seqs) == (str(folder / "omni"), 6)
    assert plan.options.max_model_len == 4_096  # the checkpoint has no more positions
    assert (plan.name, plan.is_on_gpu) == ("describe, translate", False)
    assert plan.sizing.gpu == "cpu"


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_checkpoint_that_is_not_whole_is_refused_before_anything_is_started(folder: Path, missing: str) -> None:
    (folder / "omni" / missing).unlink()
    with pytest.raises(EngineUnavailable):
        loading.load((Job.DESCRIBE, Job.TRANSLATE), setting(folder))
    assert active_children() == []
    assert "REELINGUA_TETHER" not in os.environ
