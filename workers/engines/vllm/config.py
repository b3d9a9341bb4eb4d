"""``vllm.toml``: which checkpoints serve which jobs here, and on what.

The file that ``$REELINGUA_VLLM`` names, or ``vllm.toml`` where the command is given. ``infra/vllm/`` has samples.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.errors import EngineUnavailable, UsageError
from pipeline.sizing.profiles import ModelProfile, Precision, catalogue
from schemas.jobs import Job

VARIABLE = "REELINGUA_VLLM"
"""Environment variable that names the file."""

FILE_NAME = "vllm.toml"
"""Name of the file where the variable names none."""

CPU = "cpu"
"""Device: no GPU. Slow beyond use with real checkpoints; tests run tiny ones."""

AUTO = "auto"
"""Device: the GPU that is found."""

EMBEDDED = "embedded"
"""Value of a job that the family ``embedded`` does in the stead of a model."""

_STRICT = ConfigDict(extra="forbid")
_COMMIT = re.compile(r"^[0-9a-f]{40}$")
_HUB_NAME = re.compile(r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")
_REMEDY = "infra/vllm has samples"


class Kind(StrEnum):
    """What a checkpoint is."""

    THINKER = "thinker"
    """Qwen3-Omni's Thinker: hears, sees, writes."""

    ASR = "asr"
    """Qwen3-ASR: hears, writes what is said."""

    ALIGNER = "aligner"
    """Qwen3-ForcedAligner: says when words are said."""

    SPEAKER = "speaker"
    """Qwen3-TTS: its speaker encoder tells voices apart."""


JOBS_OF: dict[Kind, frozenset[Job]] = {
    Kind.THINKER: frozenset({Job.TRANSCRIBE, Job.DESCRIBE, Job.TRANSLATE}),
    Kind.ASR: frozenset({Job.TRANSCRIBE}),
    Kind.ALIGNER: frozenset({Job.ALIGN}),
    Kind.SPEAKER: frozenset({Job.DIARIZE}),
}
"""What each kind can do."""


@dataclass(frozen=True, slots=True)
class Model:
    """One ``[models.NAME]``."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    checkpoint: str
    """Folder, relative to the file, or name on the hub with a ``revision``."""

    kind: Kind
    """What it is."""

    profile: str
    """Its profile in ``pipeline/sizing/models.toml``."""

    revision: str | None = None
    """Commit on the hub, 40 hexadecimal digits; none for a folder, whose content is hashed."""

    weights: Precision | None = None
    """Precision of the weights; none takes the profile's first that the device computes in and that fits."""

    share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of a GPU's memory; none takes the profile's, which is nearly all of it."""

    max_num_seqs: Annotated[int, Field(ge=1)] | None = None
    """Most requests that run at once; none takes what the sizing says."""

    max_num_batched_tokens: Annotated[int, Field(ge=64)] | None = None
    """Tokens per step; none takes what the sizing says."""

    max_model_len: Annotated[int, Field(ge=64)] | None = None
    """Longest prompt and answer together; none takes the profile's context."""

    tensor_parallel: Annotated[int, Field(ge=1)] = 1
    """GPUs that one instance spans; 1 is faster for these models wherever it fits."""

    @property
    def is_on_hub(self) -> bool:
        """Whether ``checkpoint`` is a name on the hub and not a folder."""
        return self.revision is not None


@dataclass(frozen=True, slots=True)
class _File:
    """What the file holds."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    models: dict[str, Model]
    jobs: dict[Job, str]
    device: str = AUTO
    gpus: tuple[Annotated[int, Field(ge=0)], ...] | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the file says, checked."""

    path: Path
    """Where it is."""

    device: str
    """Name of a GPU in ``gpus.toml``, ``CPU`` or ``AUTO``."""

    gpus: tuple[int, ...] | None
    """Indices of the GPUs to use; None for all that are visible."""

    models: tuple[tuple[str, Model], ...]
    """Every model, by the name that the file gives it."""

    jobs: tuple[tuple[Job, str], ...]
    """Name of the model that does each job, or ``EMBEDDED``."""

    @property
    def is_on_cpu(self) -> bool:
        """Whether no GPU is used."""
        return self.device == CPU

    def name(self, job: Job) -> str:
        """Name of the model that does a job, or ``EMBEDDED``. Raises EngineUnavailable when the file names none."""
        found = dict(self.jobs).get(job)
        if found is None:
            raise EngineUnavailable(
                f"{self.path} does not say what does {job}; add a line {job} = "
                f"{' or '.join(f'{name!r}' for name in self._able(job))} to [jobs]".replace("'", '"')
            )
        return found

    def model(self, job: Job) -> Model:
        """The model that does a job. Raises EngineUnavailable when none of this file does."""
        name = self.name(job)
        if name == EMBEDDED:
            raise EngineUnavailable(f"{job} is not done by vLLM: {self.path} leaves it to the embedded engines")
        return dict(self.models)[name]

    def crew(self, job: Job) -> tuple[Job, ...]:
        """The jobs that the model of a job does, in the order of ``Job``; the job alone where the file names none."""
        named = dict(self.jobs)
        if named.get(job, EMBEDDED) == EMBEDDED:
            return (job,)
        return tuple(other for other in Job if named.get(other) == named[job])

    def _able(self, job: Job) -> Sequence[str]:
        return [*(name for name, model in self.models if job in JOBS_OF[model.kind]), EMBEDDED]


def path() -> Path:
    """Where the file is, or would be."""
    return Path(os.environ.get(VARIABLE) or FILE_NAME)


def load() -> Deployment:
    """What the file says.

    Raises:
        EngineUnavailable: There is no file.
        UsageError: It says something that does not exist or fit.

    """
    where = path()
    try:
        stat = where.stat()
        return _loaded(where.absolute(), stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError as error:
        raise EngineUnavailable(
            f"{where} does not exist; write one ({_REMEDY}) and name it in {VARIABLE}, or put it here as {FILE_NAME}"
        ) from error
    except OSError as error:
        raise UsageError(f"{where} cannot be read: {error.strerror}") from error


def profile_of(model: Model) -> ModelProfile:
    """The profile of a model; ``load`` has found it."""
    return catalogue().model(model.profile)


def share_of(model: Model) -> float:
    """Share of a GPU's memory that a model takes, 0 to 1."""
    return model.share or profile_of(model).utilisation.value or 1.0


@lru_cache(maxsize=4)  # asked several times per title; the arguments tell one state of the file from the next
def _loaded(where: Path, _mtime_ns: int, _size: int) -> Deployment:
    try:
        file = TypeAdapter(_File).validate_python(tomllib.loads(where.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{where} is not TOML ({error}); mend it") from error
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{where}: {at}: {first['msg']}; {_REMEDY}") from error
    models = tuple((name, _checked(where, name, model)) for name, model in file.models.items())
    made = Deployment(where, file.device, file.gpus, models, tuple(file.jobs.items()))
    _check_devices(made)
    _check_jobs(made)
    return made


def _checked(where: Path, name: str, model: Model) -> Model:
    """The model with the path of its folder made absolute."""
    here = f"{where}: models.{name}"
    profile = _profile(here, model)
    if not profile.counts_tokens:
        raise UsageError(f"{here}.profile: {profile.name} is no model for vLLM; {_REMEDY}")
    known = {weights.precision for weights in profile.weights_gb}
    if model.weights is not None and model.weights not in known:
        raise UsageError(f"{here}.weights: {profile.name} has no {model.weights} weights; use {_listed(known)}")
    if model.revision is not None:
        if not _COMMIT.match(model.revision):
            raise UsageError(
                f"{here}.revision: {model.revision!r} is no commit; give 40 hexadecimal digits, since branches move"
            )
        if not _HUB_NAME.match(model.checkpoint):
            raise UsageError(f"{here}.revision: {model.checkpoint!r} is a folder; leave the revision out")
        return model
    folder = (where.parent / model.checkpoint).absolute()
    if not folder.is_dir() and _HUB_NAME.match(model.checkpoint):
        raise UsageError(
            f"{here}.checkpoint: there is no folder {folder}; for one on the hub pin its commit with revision = "
        )
    return replace(model, checkpoint=str(folder))


def _profile(here: str, model: Model) -> ModelProfile:
    try:
        return catalogue().model(model.profile)
    except UsageError as error:
        raise UsageError(f"{here}.profile: {error}") from error


def _check_devices(made: Deployment) -> None:
    known = [gpu.name for gpu in catalogue().gpus]
    if made.device not in (CPU, AUTO, *known):
        raise UsageError(f"{made.path}: device: there is no {made.device!r}; use {_listed([*known, CPU, AUTO])}")
    if made.gpus is not None and (not made.gpus or len(set(made.gpus)) < len(made.gpus)):
        raise UsageError(f"{made.path}: gpus: name each GPU once and at least one, or leave the line out for all")
    if made.is_on_cpu and made.gpus:
        raise UsageError(f"{made.path}: gpus: a CPU has none; leave the line out")


def _check_jobs(made: Deployment) -> None:
    models = dict(made.models)
    for job, name in made.jobs:
        if name == EMBEDDED:
            continue
        if name not in models:
            raise UsageError(f"{made.path}: jobs.{job}: there is no model {name!r}; use {_listed([*models, EMBEDDED])}")
        if job not in JOBS_OF[models[name].kind]:
            able = _listed([other for other, model in models.items() if job in JOBS_OF[model.kind]] or [EMBEDDED])
            raise UsageError(f"{made.path}: jobs.{job}: {models[name].kind} {name!r} cannot {job}; use {able}")
        if job is Job.DESCRIBE and profile_of(models[name]).window_ms.value is None:
            raise UsageError(
                f"{made.path}: models.{name}.profile: {models[name].profile} is of a model that sees nothing, and "
                f"{name!r} is to {job}; give it its own"
            )


def _listed(names: Sequence[str] | set[Precision]) -> str:
    return ", ".join(sorted(f'"{name}"' for name in names))
