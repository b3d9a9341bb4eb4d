"""The engine of a crew, loaded; runs in the worker, in the environment that has vLLM."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import EngineUnavailable
from pipeline.sizing.memory import IN_FLIGHT_PER_SEQ, Sizing
from pipeline.sizing.profiles import ModelProfile
from schemas.jobs import Job
from workers.engines.vllm import checkpoint, config, fetching, hardware, host
from workers.engines.vllm.align import ForcedAligner
from workers.engines.vllm.config import Deployment, Kind, Model
from workers.engines.vllm.describe import ThinkerDescriber
from workers.engines.vllm.feeder import Feeder
from workers.engines.vllm.figures import Meter
from workers.engines.vllm.hardware import Options
from workers.engines.vllm.serve import Answering, OwnedEngine, Server
from workers.engines.vllm.transcribe import AsrTranscriber, ThinkerTranscriber
from workers.engines.vllm.translate import ThinkerTranslator
from workers.families import Loaded, Setting, Streaming

FEEDERS = 8
"""Most processes that make media for one engine. Ours: eight make 30 s of sound a thousand times a second, and windows
of two minutes 15 times; vLLM's own thread beside them is the limit then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An engine that is about to be loaded."""

    options: Options
    """vLLM's arguments."""

    profile: ModelProfile
    """The model's profile."""

    sizing: Sizing
    """What the planner says of it."""

    feeder: Feeder
    """What makes its media; running."""

    meter: Meter
    """Where it counts."""

    name: str
    """What it is called in errors: its jobs."""

    is_on_gpu: bool
    """Whether a GPU's time is used."""

    memory_bytes: int
    """Memory of the machine that is this engine's."""

    def make(self) -> OwnedEngine:
        """Load it, in the thread of the event loop in which it is to live. Raises EngineUnavailable."""
        from workers.engines.vllm.engine import VllmEngine  # noqa: PLC0415 - importing vLLM takes some ten seconds

        made = VllmEngine(
            self.options,
            self.profile,
            self.feeder,
            self.meter,
            name=self.name,
            is_on_gpu=self.is_on_gpu,
            memory_bytes=self.memory_bytes,
        )
        print(f"KV cache: {made.kv_tokens:,} tokens, {self.sizing.kv_tokens:,} planned", file=sys.stderr)  # noqa: T201 - for people
        return made


def load(jobs: Sequence[Job], setting: Setting) -> Loaded | Streaming:
    """The engine of the jobs of one crew.

    Raises:
        EngineUnavailable: It cannot be loaded here.
        EngineCrashed: It is loaded and answers nothing usable.
        UsageError: ``vllm.toml`` says what does not exist or fit.

    """
    deployment = config.load()
    model = deployment.model(jobs[0])
    if model.kind is Kind.SPEAKER:
        from workers.engines.vllm import diarize  # noqa: PLC0415 - torch without an engine, for this job alone

        found = checkpoint.inspected(_folder(model, setting), model.kind)
        return diarize.load(
            found.folder, setting, device="cpu" if deployment.is_on_cpu else "cuda", share=config.share_of(model)
        )
    plan = planned(deployment, jobs, setting)
    print(hardware.used(plan.sizing, plan.options), file=sys.stderr)  # noqa: T201 - standard error is for people
    answering = {job: answerer(job, model.kind, plan.profile) for job in jobs}
    server = Server(plan.make, answering, plan.meter, close=plan.feeder.close)
    return server.streaming(IN_FLIGHT_PER_SEQ * plan.options.max_num_seqs)


def planned(deployment: Deployment, jobs: Sequence[Job], setting: Setting) -> Plan:
    """Everything up to loading. Raises as ``load`` does."""
    model = deployment.model(jobs[0])
    found = checkpoint.inspected(_folder(model, setting), model.kind)
    on = hardware.device(deployment)
    sizing = hardware.sizing(model, jobs, on)
    options = hardware.options(model, found, sizing, on)
    profile = config.profile_of(model)
    feeder = Feeder(setting.media, processes=min(FEEDERS, setting.processes), video=profile.video)
    try:
        feeder.warm()
    except EngineUnavailable:
        feeder.close()
        raise
    return Plan(
        options,
        profile,
        sizing,
        feeder,
        Meter(slots=options.max_num_seqs),
        ", ".join(jobs),
        is_on_gpu=on.gpu is not None,
        memory_bytes=host.memory_bytes(setting.processes),
    )


def answerer(job: Job, kind: Kind, profile: ModelProfile) -> Answering:
    """What answers a job with a kind of model; ``config`` has seen to it that they go together."""
    match job, kind:
        case Job.TRANSCRIBE, Kind.ASR:
            return AsrTranscriber()
        case Job.TRANSCRIBE, Kind.THINKER:
            return ThinkerTranscriber()
        case Job.ALIGN, Kind.ALIGNER:
            return ForcedAligner()
        case Job.DESCRIBE, Kind.THINKER:
            return ThinkerDescriber(profile.video)
        case Job.TRANSLATE, Kind.THINKER:
            return ThinkerTranslator()
        case _:
            raise ValueError(f"a {kind} does not {job}")


def _folder(model: Model, setting: Setting) -> Path:
    """Where the checkpoint is; one of the hub is fetched if it is not here."""
    if not model.is_on_hub:
        return Path(model.checkpoint)
    if (here := checkpoint.cached(model)) is not None and os.environ.get("HF_HUB_OFFLINE") == "1":
        return here
    return fetching.fetched(model.checkpoint, model.revision, tell=setting.tell)
