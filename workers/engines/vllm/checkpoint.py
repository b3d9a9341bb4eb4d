"""A checkpoint as it lies in a folder: is it what it is said to be, and which one exactly.

Nothing is loaded and no weights are read whole: what can be told from ``config.json`` is told before a GPU is taken.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import EngineUnavailable
from workers.engines.vllm.config import Kind, Model

ARCHITECTURES: dict[Kind, frozenset[str]] = {
    Kind.THINKER: frozenset({"Qwen3OmniMoeForConditionalGeneration", "Qwen3OmniMoeThinkerForConditionalGeneration"}),
    Kind.ASR: frozenset({"Qwen3ASRForConditionalGeneration"}),
    Kind.ALIGNER: frozenset({"Qwen3ASRForConditionalGeneration", "Qwen3ASRForcedAlignerForTokenClassification"}),
    Kind.SPEAKER: frozenset({"Qwen3TTSForConditionalGeneration"}),
}
"""``architectures`` of the ``config.json`` of each kind, as published; the aligner's says ASR."""

_WEIGHTS = (".safetensors",)
"""Endings of files of weights; what else torch can load may run code, and is not."""

_WHOLE_BYTES = 32 << 20
"""Files up to here are hashed whole: configuration, tokenizer, templates, code. Ours: Qwen3's tokenizer has 11 MB."""

_END_BYTES = 1 << 20
"""Of weights so much is hashed at either end: the header with names, shapes and offsets of all tensors is the head of
a safetensors file. Hashing 70 GB whole takes minutes each time a worker starts; weights that differ in the middle
alone, with the same tensors and the same size, are not told apart."""

_PARTS = frozenset({".json", ".jinja", ".txt", ".py", ".model", *_WEIGHTS})
"""Endings of files that bear on answers: configuration, tokenizer, templates, code, weights."""

_PAPERS = ("readme", "license", "licence", "notice", "changelog")
"""How names begin of files that are for people, whatever their ending."""

_DOWNLOAD = "download it again"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that can be loaded."""

    folder: Path
    """Where it is."""

    is_quantized: bool
    """Whether its weights are quantized already, as its ``config.json`` says."""

    context_tokens: int | None
    """Longest sequence that it has positions for; None where ``config.json`` does not say."""


class _Text(BaseModel):
    model_config = ConfigDict(extra="ignore")

    max_position_embeddings: int | None = None


class _Thinker(BaseModel):
    model_config = ConfigDict(extra="ignore")

    text_config: _Text = _Text()


class _Config(BaseModel):
    """What we need of ``config.json``."""

    model_config = ConfigDict(extra="ignore")

    architectures: list[str] = []
    quantization_config: dict[str, object] | None = None
    thinker_config: _Thinker = _Thinker()


def inspected(folder: Path, kind: Kind) -> Checkpoint:
    """The checkpoint in a folder.

    Raises:
        EngineUnavailable: There is none, it is not whole, or it is of another kind.

    """
    if not folder.is_dir():
        raise EngineUnavailable(f"there is no checkpoint in {folder}; check its path in vllm.toml")
    path = folder / "config.json"
    try:
        config = _Config.model_validate(json.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        raise EngineUnavailable(
            f"{folder} is no checkpoint: it has no config.json; check its path in vllm.toml"
        ) from error
    except (OSError, ValueError, ValidationError) as error:
        raise EngineUnavailable(f"{path} cannot be read ({_first_line(error)}); {_DOWNLOAD}") from error
    if not ARCHITECTURES[kind].intersection(config.architectures):
        found, wanted = ", ".join(config.architectures) or "nothing", " or ".join(sorted(ARCHITECTURES[kind]))
        raise EngineUnavailable(f"{folder} is no {kind}: its config.json says {found} and not {wanted}")
    _require_weights(folder)
    return Checkpoint(
        folder, config.quantization_config is not None, config.thinker_config.text_config.max_position_embeddings
    )


def revision(model: Model) -> str:
    """Which checkpoint exactly: the commit of one on the hub, the hash of what in a folder bears on answers.

    Raises:
        EngineUnavailable: There is no such folder.

    """
    if model.revision is not None:
        return model.revision
    files = _files(Path(model.checkpoint))
    if not files:
        raise EngineUnavailable(f"there is no checkpoint in {model.checkpoint}; check its path in vllm.toml")
    return _hashed(Path(model.checkpoint), tuple(files))


def name(model: Model) -> str:
    """What it is called in reports: its name on the hub, or that of its folder."""
    return model.checkpoint if model.is_on_hub else Path(model.checkpoint).name


def cached(model: Model) -> Path | None:
    """Folder in the cache of ``huggingface_hub`` of a checkpoint of the hub; None when it must be fetched first."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    cache = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")
    folder = cache / f"models--{model.checkpoint.replace('/', '--')}" / "snapshots" / str(model.revision)
    return folder if folder.is_dir() else None


@dataclass(frozen=True, slots=True)
class _File:
    """A file and what tells whether it has changed."""

    path: Path
    size: int
    mtime_ns: int


def _files(folder: Path) -> Sequence[_File]:
    """The files of a checkpoint that bear on answers; hidden ones (``.git``, a download's state) do not."""
    found = []
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        is_part = path.suffix in _PARTS and not path.name.lower().startswith(_PAPERS)
        if is_part and not is_hidden and path.is_file():
            stat = path.stat()
            found.append(_File(path, stat.st_size, stat.st_mtime_ns))
    return found


@lru_cache(maxsize=16)  # asked several times per title, and reading takes a second per checkpoint
def _hashed(folder: Path, files: tuple[_File, ...]) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.path.relative_to(folder).as_posix()}\0{file.size}\0".encode())
        with file.path.open("rb") as stream:
            if file.size <= _WHOLE_BYTES and file.path.suffix not in _WEIGHTS:
                total.update(hashlib.file_digest(stream, "sha256").digest())
            else:
                total.update(stream.read(_END_BYTES))
                stream.seek(max(0, file.size - _END_BYTES))
                total.update(stream.read(_END_BYTES))
    return total.hexdigest()[:40]


def _require_weights(folder: Path) -> None:
    """Raise EngineUnavailable unless every file of weights is there that the index names, and one at least."""
    index = folder / "model.safetensors.index.json"
    try:
        named = set(json.loads(index.read_text("utf-8"))["weight_map"].values()) if index.exists() else set()
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise EngineUnavailable(f"{index} cannot be read ({_first_line(error)}); {_DOWNLOAD}") from error
    missing = sorted(str(file) for file in named if not (folder / str(file)).is_file())
    if missing:
        raise EngineUnavailable(f"{folder} is not whole: {missing[0]} is missing ({len(missing)} in all); {_DOWNLOAD}")
    if not named and not any(path.suffix in _WEIGHTS for path in folder.iterdir()):
        raise EngineUnavailable(f"{folder} has no weights (*.safetensors); {_DOWNLOAD}")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
