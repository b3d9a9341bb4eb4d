"""What a family of engines is to the worker: a model per job, and how to load it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts import Abilities, ModelId
from schemas.jobs import Job, Request, Result


@dataclass(frozen=True, slots=True)
class Setting:
    """What an engine gets from the worker that loads it."""

    media: Callable[[str], Path]
    """Local file of a media key. Raises ReelinguaError when there is none."""

    processes: int
    """How many processor cores it may keep busy."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An engine that is ready to answer."""

    answer: Callable[[Sequence[Request]], Sequence[Result]]
    """The one method of the job's Protocol; called from ``callers`` threads at once."""

    batch: int
    """Most requests per call."""

    callers: int
    """How many calls keep it busy."""

    close: Callable[[], None]
    """Ends what it started."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a family needs and does not have here."""

    what: str
    """What is missing, e.g. ``PocketSphinx``."""

    remedy: str
    """How to get it, one line."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Something that a family can do here as far as data is installed, and can run without."""

    what: str
    """What it is for, e.g. ``translation``."""

    has: str
    """What is installed, one line; empty when nothing is."""

    remedy: str
    """How to get more, one line; empty when there is no more."""


@dataclass(frozen=True, slots=True)
class Family:
    """The engines behind one ``--engine NAME``."""

    name: str
    """What the user writes."""

    model_id: Callable[[Job], ModelId]
    """Which model answers a job. Raises EngineUnavailable when none can."""

    language_failure: Callable[[Job, str], str | None]
    """Why a job cannot be done in a language (BCP 47) and what to do; None when it can."""

    pair_failure: Callable[[str, str], str | None]
    """Why it cannot translate from one language (BCP 47) to another and what to do; None when it can."""

    abilities: Abilities
    """What it can do beyond answering once."""

    lacks: Callable[[], Sequence[Lack]]
    """What is missing on this machine; nothing when it can run."""

    load: Callable[[Job, Setting], Loaded]
    """Load the engine of a job. Raises EngineUnavailable when it cannot be."""

    extras: Callable[[], Sequence[Extra]] = tuple
    """What depends on data that is installed apart, there or not; nothing while the family lacks something."""
