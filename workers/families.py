"""What a family of engines is to the worker: a model per job, and how to load it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts import Abilities, ModelId
from schemas.figures import Figures
from schemas.jobs import Job, Request, Result


@dataclass(frozen=True, slots=True)
class Setting:
    """What an engine gets from the worker that loads it."""

    media: Callable[[str], Path]
    """Local file of a media key. Raises ReelinguaError when there is none."""

    processes: int
    """How many processor cores it may keep busy."""

    tell: Callable[[str], None] = lambda _line: None
    """Takes a line for people, from any thread, when loading takes minutes and has come further; whoever tells nothing
    for long is taken for hung."""


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
class Streaming:
    """An engine that takes requests as they come, many at once, and answers each when it is ready."""

    submit: Callable[[Request], Future[Result]]
    """Takes one request; called from one thread. The future gives the answer, a failure being a row, or raises
    EngineCrashed when the engine itself is gone."""

    in_flight: int
    """Most requests that it takes before it has answered."""

    figures: Callable[[], Figures] | None
    """What it has done and is at; called from any thread. None from an engine that does not count."""

    close: Callable[[], None]
    """Ends what it started, within seconds, whatever is unanswered."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one worker of an engine runs."""

    device: str = ""
    """What it shares with the workers of other models, e.g. ``gpu0``; empty for processor cores, which all may use."""

    share: float = 0.0
    """How much of the device's memory it takes, 0 to 1; workers whose shares exceed 1 together take turns."""

    environment: tuple[tuple[str, str], ...] = ()
    """Variables that it is started with, e.g. ``CUDA_VISIBLE_DEVICES``."""


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

    load: Callable[[Sequence[Job], Setting], Loaded | Streaming]
    """Load the engine of the jobs of one crew. Raises EngineUnavailable when it cannot be."""

    extras: Callable[[], Sequence[Extra]] = tuple
    """What depends on data that is installed apart, there or not; nothing while the family lacks something."""

    crew: Callable[[Job], tuple[Job, ...]] = lambda job: (job,)
    """Jobs that one worker answers together with this one, because they share a model; it is one of them."""

    places: Callable[[Job], Sequence[Place]] = lambda _job: (Place(),)
    """Where workers of the job's crew run; one worker per place, and requests are shared out among them."""

    delegate: Callable[[Job], str | None] = lambda _job: None
    """Name of another family that does the job in its stead, as its configuration says; None when it does it."""

    python: Callable[[], Path] = lambda: Path(sys.executable)
    """Interpreter of the environment in which its worker runs."""

    auto: Callable[[], str | None] = lambda: None
    """What it would run on, one line, where ``--engine auto`` may choose it; None where only the user may."""

    titles_at_once: int = 2
    """Titles that are worked on at the same time unless the user says: one is decoded while another is recognised."""
