from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import EngineUnavailable
from workers.engines.vllm import checkpoint
from workers.engines.vllm.config import Kind, Model

COMMIT = "0123456789abcdef0123456789abcdef01234567"
THINKER = "Qwen3OmniMoeForConditionalGeneration"
SHARD = "model-00001-of-00002.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like a Thinker of two shards."""
    made = tmp_path / "omni"
    made.mkdir()
    positions = {"thinker_config": {"text_config": {"max_position_embeddings": 65_536}}}
    (made / "config.json").write_text(json.dumps({"architectures": [THINKER], "dtype": "bfloat16", **positions}))
    (made / "tokenizer.json").write_text("{}")
    shards = {"a": SHARD, "b": SHARD.replace("00001-", "00002-")}
    (made / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    for shard in shards.values():
        (made / shard).write_bytes(bytes(3 << 20))
    return made


def model(folder: Path) -> Model:
    return Model(str(folder), Kind.THINKER, "Qwen3-Omni-30B-A3B")


def test_a_whole_checkpoint_says_what_it_is(folder: Path) -> None:
    found = checkpoint.inspected(folder, Kind.THINKER)
    assert (found.folder, found.is_quantized, found.context_tokens) == (folder, False, 65_536)


def test_one_that_is_quantized_already_is_known_by_its_configuration(folder: Path) -> None:
    (folder / "config.json").write_text(
        json.dumps({"architectures": [THINKER], "quantization_config": {"quant_method": "fp8"}})
    )
    found = checkpoint.inspected(folder, Kind.THINKER)
    assert (found.is_quantized, found.context_tokens) == (True, None)


@pytest.mark.parametrize("kind", [Kind.ASR, Kind.ALIGNER, Kind.SPEAKER])
def test_one_of_another_kind_is_refused(folder: Path, kind: Kind) -> None:
    with pytest.raises(EngineUnavailable, match=f"is no {kind}: its config.json says {THINKER} and not Qwen3"):
        checkpoint.inspected(folder, kind)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"there is no checkpoint in .*gone; check its path"):
        checkpoint.inspected(tmp_path / "gone", Kind.THINKER)
    with pytest.raises(EngineUnavailable, match="there is no checkpoint in"):
        checkpoint.revision(model(tmp_path / "gone"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: (folder / "config.json").unlink(), "it has no config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), r"config\.json cannot be read"),
        (lambda folder: (folder / "config.json").write_text("[]"), r"config\.json cannot be read"),
        (lambda folder: (folder / "config.json").write_bytes(b"\xff"), r"config\.json cannot be read"),
        (lambda folder: (folder / SHARD).unlink(), f"is not whole: {SHARD} is missing"),
        (lambda folder: (folder / "model.safetensors.index.json").write_text("[1]"), r"index\.json cannot be read"),
    ],
)
def test_one_that_is_not_whole_is_refused_before_anything_is_loaded(
    folder: Path, change: Callable[[Path], object], says: str
) -> None:
    change(folder)
    with pytest.raises(EngineUnavailable, match=says) as found:
        checkpoint.inspected(folder, Kind.THINKER)
    assert "\n" not in str(found.value)


def test_one_without_weights_is_refused(folder: Path) -> None:
    for path in folder.glob("model*"):
        path.unlink()
    with pytest.raises(EngineUnavailable, match="has no weights"):
        checkpoint.inspected(folder, Kind.THINKER)


def test_the_revision_of_a_folder_is_that_of_its_content(folder: Path, tmp_path: Path) -> None:
    first = checkpoint.revision(model(folder))
    moved = folder.rename(tmp_path / "elsewhere")
    assert checkpoint.revision(model(moved)) == first
    assert len(first) == 40


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", SHARD])
@pytest.mark.parametrize("at", [0, -1])
def test_a_change_of_any_file_is_another_revision(folder: Path, name: str, at: int) -> None:
    first = checkpoint.revision(model(folder))
    path = folder / name
    data, stat = bytearray(path.read_bytes()), path.stat()
    data[at] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert checkpoint.revision(model(folder)) != first


def test_what_is_hidden_is_no_part_of_it(folder: Path) -> None:
    first = checkpoint.revision(model(folder))
    (folder / ".cache").mkdir()
    (folder / ".cache" / "config.json").write_text("x")
    assert checkpoint.revision(model(folder)) == first


@pytest.mark.parametrize("name", ["README.md", "README.txt", "LICENSE", "license.txt", "notes.log", "recipe.sha256"])
def test_what_is_for_people_is_no_part_of_it(folder: Path, name: str) -> None:
    first = checkpoint.revision(model(folder))
    (folder / name).write_text("x")
    assert checkpoint.revision(model(folder)) == first


@pytest.mark.parametrize("name", ["chat_template.jinja", "merges.txt", "processing.py", "added.json"])
def test_what_bears_on_answers_is_part_of_it(folder: Path, name: str) -> None:
    first = checkpoint.revision(model(folder))
    (folder / name).write_text("x")
    assert checkpoint.revision(model(folder)) != first


def test_a_checkpoint_of_the_hub_is_its_commit_and_its_name() -> None:
    hub = Model("Qwen/Qwen3-ASR-1.7B", Kind.ASR, "Qwen3-ASR-1.7B", revision=COMMIT)
    assert (checkpoint.revision(hub), checkpoint.name(hub)) == (COMMIT, "Qwen/Qwen3-ASR-1.7B")


def test_a_checkpoint_of_the_hub_is_found_where_its_library_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Model("Qwen/Qwen3-ASR-1.7B", Kind.ASR, "Qwen3-ASR-1.7B", revision=COMMIT)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    assert checkpoint.cached(hub) is None
    there = tmp_path / "hub" / "models--Qwen--Qwen3-ASR-1.7B" / "snapshots" / COMMIT
    there.mkdir(parents=True)
    assert checkpoint.cached(hub) == there
