"""The family ``vllm``: production's models on vLLM, in an environment of their own.

Importing this costs next to nothing and needs no vLLM: what a run plans with, keys its answers by and refuses is told
from ``vllm.toml``, the checkpoints' small files and the driver.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from pipeline.contracts import Abilities, ModelId
from pipeline.errors import EngineUnavailable, ReelinguaError, UsageError
from schemas.jobs import Job
from workers.engines.vllm import checkpoint, config, hardware
from workers.engines.vllm.config import EMBEDDED, Deployment, Kind, Model
from workers.families import Family, Lack, Loaded, Place, Setting, Streaming

NAME = "vllm"
"""What the user writes after ``--engine``."""

PYTHON = "REELINGUA_VLLM_PYTHON"
"""Environment variable that names the interpreter of the environment with vLLM."""

REMEDY = f"./run worker sets up .venv-vllm; or name an interpreter that has vLLM in {PYTHON}"
"""How to get the environment."""

_ENVIRONMENT = Path(__file__).parents[3] / ".venv-vllm"
_LOOK_LIMIT_S = 60.0


def python() -> Path:
    """Interpreter of the environment with vLLM, there or not."""
    named = os.environ.get(PYTHON)
    return Path(named) if named else _ENVIRONMENT / "bin" / "python"


def model_id(job: Job) -> ModelId:
    """Which model answers a job: checkpoint, precision, and the version of prompts and treatment.

    Raises:
        EngineUnavailable: No model does the job here.
        UsageError: ``vllm.toml`` says what does not exist or fit.

    """
    deployment = config.load()
    model = deployment.model(job)
    return ModelId(checkpoint.name(model), "+".join((checkpoint.revision(model), *_made_with(deployment, model, job))))


def places(job: Job) -> Sequence[Place]:
    """A worker per GPU, or per ``tensor_parallel`` of them; one without a device on a CPU.

    Raises:
        EngineUnavailable: There is no GPU, or too few.

    """
    deployment = config.load()
    model = deployment.model(job)
    if deployment.is_on_cpu:
        return (Place(environment=hardware.environment(model, gpus=())),)
    gpus = _gpus(deployment)
    span = model.tensor_parallel
    if len(gpus) < span:
        raise EngineUnavailable(f"tensor_parallel = {span} needs as many GPUs, and there are {len(gpus)}; lower it")
    # Models that span several GPUs and models that do not share them: then all take turns on all.
    is_spanned = any(other.tensor_parallel > 1 for _, other in deployment.models)
    share = model.share or config.profile_of(model).utilisation.value or 1.0
    groups = [gpus[first : first + span] for first in range(0, len(gpus) - span + 1, span)]
    return tuple(
        Place(
            device="gpus" if is_spanned else f"gpu{group[0]}",
            share=share,
            environment=hardware.environment(model, gpus=group),
        )
        for group in groups
    )


def delegate(job: Job) -> str | None:
    """The family that does a job in the stead of a model, as ``vllm.toml`` says; None when a model does."""
    return EMBEDDED if config.load().name(job) == EMBEDDED else None


def lacks() -> Sequence[Lack]:
    """What is missing on this machine."""
    found = [] if _has_vllm(python()) else [Lack("the environment of vLLM", REMEDY)]
    try:
        deployment = config.load()
    except EngineUnavailable as error:
        return [*found, Lack(str(config.path()), str(error).partition("; ")[2])]
    except UsageError as error:
        return [*found, Lack("a valid vllm.toml", str(error))]
    for name, model in deployment.models:
        if not model.is_on_hub or checkpoint.cached(model) is not None:
            folder = checkpoint.cached(model) or Path(model.checkpoint)
            try:
                checkpoint.inspected(folder, model.kind)
            except EngineUnavailable as error:
                found.append(Lack(f"the checkpoint of model {name}", str(error)))
    if not deployment.is_on_cpu:
        try:
            _gpus(deployment)
            hardware.device(deployment)
        except ReelinguaError as error:
            found.append(Lack("a GPU", str(error)))
    return found


def _made_with(deployment: Deployment, model: Model, job: Job) -> tuple[str, ...]:
    """What bears on the answers besides the checkpoint: precision, prompts, and what we do with them."""
    from workers.engines.vllm import parts  # noqa: PLC0415 - the jobs cost a tenth of a second to import

    if model.kind is Kind.SPEAKER:
        return parts.made_with(job, model.kind)
    sizing = hardware.sizing(model, deployment.crew(job), hardware.device(deployment))
    precision = f"{sizing.precision}-{sizing.kv_precision}"
    return (precision, *parts.made_with(job, model.kind))


def _gpus(deployment: Deployment) -> tuple[int, ...]:
    """Indices of the GPUs to use. Raises EngineUnavailable when one is not there."""
    there = tuple(gpu.index for gpu in hardware.visible())
    if not there:
        raise EngineUnavailable(f'there is no NVIDIA GPU here; {deployment.path} may say device = "cpu", for tests')
    missing = [index for index in deployment.gpus or () if index not in there]
    if missing:
        raise EngineUnavailable(f"{deployment.path}: gpus: there is no GPU {missing[0]}; there are {list(there)}")
    return deployment.gpus or there


@lru_cache(maxsize=4)  # a process of its own that takes a tenth of a second
def _has_vllm(interpreter: Path) -> bool:
    """Whether an interpreter is there and has vLLM, which is not imported."""
    look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('vllm') is None)"
    try:
        done = subprocess.run([str(interpreter), "-c", look], capture_output=True, timeout=_LOOK_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _language_failure(job: Job, language: str) -> str | None:
    """Why a job cannot be done in a language; a job that another family does is that family's affair."""
    from workers.engines.vllm import parts  # noqa: PLC0415 - as above

    return parts.language_failure(job, config.load().model(job).kind, language)


def _pair_failure(source: str, target: str) -> str | None:
    from workers.engines.vllm import languages  # noqa: PLC0415 - as above

    config.load().model(Job.TRANSLATE)
    return languages.pair_failure(source, target)


def _crew(job: Job) -> tuple[Job, ...]:
    return config.load().crew(job)


def _auto() -> str | None:
    """What it runs on, on a machine that lacks nothing; tiny models on a CPU are for whoever names them."""
    deployment = config.load()
    if deployment.is_on_cpu:
        return None
    names = ", ".join(dict.fromkeys(Path(model.checkpoint).name for _, model in deployment.models))
    return f"{len(_gpus(deployment))} x {hardware.visible()[0].name}, {names}"


def _load(jobs: Sequence[Job], setting: Setting) -> Loaded | Streaming:
    from workers.engines.vllm import loading  # noqa: PLC0415 - the command line need not pay for the libraries

    return loading.load(jobs, setting)


VLLM = Family(
    NAME,
    model_id,
    language_failure=_language_failure,
    pair_failure=_pair_failure,
    abilities=Abilities(times=False, follows=True, shortens=True, clones=False, varies=False, drafts=False),
    lacks=lacks,
    load=_load,
    crew=_crew,
    places=places,
    delegate=delegate,
    python=python,
    auto=_auto,
)
"""Qwen3-Omni's Thinker, Qwen3-ASR, Qwen3-ForcedAligner, and the speaker encoder of Qwen3-TTS."""
