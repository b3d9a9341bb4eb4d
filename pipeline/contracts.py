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

from schemas.figures import Figures
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
    SynthesizeRequest,
    Take,
    TranscribeRequest,
    Transcript,
    TranslateRequest,
    Translation,
)


@dataclass(frozen=True, slots=True)
class ModelId:
    """Which model answers; part of the hash of every request."""

    name: str
    """Engine or checkpoint, e.g. ``pocketsphinx/en-us``."""

    revision: str
    """Exact version of engine and weights."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a family of engines can do beyond answering each request once."""

    times: bool
    """Its transcriber says when each word is said; else an aligner must, and transcripts are ``untimed``."""

    follows: bool
    """Its describer reads what was said and what happened in earlier windows; else windows are asked all at once."""

    shortens: bool
    """Its translator can make an answer shorter when it is asked to, or gives shorter wordings with it."""

    clones: bool
    """Its synthesizer speaks in the voice of a reference clip."""

    varies: bool
    """Its synthesizer gives another take for another seed."""

    drafts: bool
    """Its translations are drafts that a human must edit before anybody sees them."""


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


class Translator(Protocol):
    """Lines in another language."""

    def translate(self, requests: Sequence[TranslateRequest]) -> list[Translation]:
        """One answer per line, named by its id."""
        ...


class Synthesizer(Protocol):
    """Text to speech."""

    def synthesize(self, requests: Sequence[SynthesizeRequest]) -> list[Take]:
        """One take per line."""
        ...


class Engines(Protocol):
    """The engines of one family as stages see them: a model per job, wherever it runs."""

    def model(self, job: Job) -> ModelId:
        """Which model would answer. Raises EngineUnavailable when none can."""
        ...

    def require_language(self, job: Job, language: str) -> None:
        """Raise EngineUnavailable, before anything runs, when a job cannot be done in a language."""
        ...

    def require_pair(self, source: str, target: str) -> None:
        """Raise EngineUnavailable, before anything runs, when it cannot translate between two languages."""
        ...

    def abilities(self) -> Abilities:
        """What the family can do beyond answering once; nothing is loaded."""
        ...

    def figures(self, job: Job) -> Figures | None:
        """What the job's engine last said of itself; None from an engine that says nothing, or before it does."""
        ...

    def answer(self, job: Job, requests: Sequence[Request], on_answered: Callable[[int], None]) -> list[Result]:
        """One result per request, in order; answers that are kept are not asked for again.

        ``on_answered`` is called with the number of requests that have newly been answered.
        """
        ...
