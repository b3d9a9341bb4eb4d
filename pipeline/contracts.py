"""The engines' contracts: one Protocol per job, one method each, a batch at a time.

Every method returns one result per request, in the order of the requests. A request that cannot be
answered comes back with ``failure`` set; it is never dropped and never raises. ``EngineCrashed`` is
raised when the engine itself is gone, ``EngineUnavailable`` when it cannot be loaded here. The worker
checks the first (``workers.runner``), ``tests/workers/contract.py`` checks every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.jobs import (
    Alignment,
    AlignRequest,
    DescribeRequest,
    Description,
    Diarization,
    DiarizeRequest,
    Job,
    Request,
    Result,
    TranscribeRequest,
    Transcript,
)


@dataclass(frozen=True, slots=True)
class ModelId:
    """Which model answers; part of the hash of every request."""

    name: str
    """Engine or checkpoint, e.g. ``pocketsphinx/en-us``."""

    revision: str
    """Exact version of engine and weights."""


class Transcriber(Protocol):
    """Speech to text."""

    def transcribe(self, requests: Sequence[TranscribeRequest]) -> list[Transcript]:
        """Words of each chunk, times on the asset's timeline."""
        ...


class Aligner(Protocol):
    """Times for words that are known."""

    def align(self, requests: Sequence[AlignRequest]) -> list[Alignment]:
        """One time per word asked for."""
        ...


class Diarizer(Protocol):
    """Who speaks when."""

    def diarize(self, requests: Sequence[DiarizeRequest]) -> list[Diarization]:
        """Turns of each asset."""
        ...


class Describer(Protocol):
    """What is seen and heard."""

    def describe(self, requests: Sequence[DescribeRequest]) -> list[Description]:
        """A note per shot and the scenes of each window."""
        ...


class Engines(Protocol):
    """The engines of one family as stages see them: a model per job, wherever it runs."""

    def model(self, job: Job) -> ModelId:
        """Which model would answer. Raises EngineUnavailable when none can."""
        ...

    def require_language(self, job: Job, language: str) -> None:
        """Raise EngineUnavailable, before anything runs, when a job cannot be done in a language."""
        ...

    def answer(self, job: Job, requests: Sequence[Request], on_answered: Callable[[int], None]) -> list[Result]:
        """One result per request, in order; answers that are kept are not asked for again.

        ``on_answered`` is called with the number of requests that have newly been answered.
        """
        ...
