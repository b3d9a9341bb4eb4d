"""The frame of every stage: find its result, or make it once and write it down.

Who makes a result claims it, so that another that wants the same waits for it instead of making it
twice; a claim lasts as long as progress is made, and longer by ``CLAIM_S``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from pipeline.contracts import Engines, ModelId
from pipeline.store.claims import Claim, Claims
from pipeline.store.consents import Consents
from pipeline.store.ledger import Done, Ledger, Staging, fingerprint
from pipeline.store.objects import Objects
from schemas.figures import NOTHING, Spent
from schemas.settings import Settings

CLAIM_S = 120
"""How long a claim holds without progress. Ours: no stage is silent for half of it on two slow cores."""

_POLL_S = 0.5


Progress = Callable[[int, int], None]
"""Told ``(done, total)``; the unit is the stage's own."""


def onward(progress: Progress, before: int, total: int, done: int, _part: int) -> None:
    """Progress of a part, ``before`` of which is done, as progress of the whole."""
    progress(before + done, total)


@dataclass(frozen=True, slots=True)
class Step:
    """All that bears on the result of one stage of one asset."""

    asset_id: str
    """The asset."""

    stage: str
    """Name of the stage."""

    version: str
    """Version of its rules; a new one makes old results stale."""

    inputs: tuple[str, ...]
    """Digests of what it reads, in an order that the stage fixes."""

    config: str = ""
    """The settings that it uses, as text."""

    model: ModelId | None = None
    """Who answers its requests; None for a stage without an engine."""

    @property
    def fingerprint(self) -> str:
        """Name of the result."""
        return fingerprint(self.stage, self.version, self.inputs, self.config, self.model)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a stage did."""

    rows: int
    """Rows or answers it produced."""

    failed: tuple[str, ...] = ()
    """Ids of the requests that got no answer; with any, the next run asks them again."""

    reused: int = 0
    """Answers that were kept from before."""

    spent: Spent = NOTHING
    """What the other answers cost."""

    @property
    def failures(self) -> int:
        """Requests that got no answer."""
        return len(self.failed)

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            self.rows + other.rows,
            failed=(*self.failed, *other.failed),
            reused=self.reused + other.reused,
            spent=self.spent + other.spent,
        )


@dataclass(frozen=True, slots=True)
class StageRun:
    """One stage that was really run."""

    step: Step
    """What was made."""

    counts: Counts
    """How much of it."""

    started_at: str
    """When it began, ISO 8601, UTC."""

    wall_s: float
    """How long it took."""


@dataclass(frozen=True, slots=True)
class Work:
    """What every stage function needs."""

    objects: Objects
    """The library."""

    ledger: Ledger
    """What is done already, and how more of it is written down."""

    claims: Claims
    """Who works on what."""

    engines: Engines
    """Who answers requests."""

    settings: Settings
    """What the user asks for."""

    progress: Callable[[str, int, int], None]
    """Told ``(stage, done, total)`` as work goes on; the unit is the stage's own."""

    consents: Consents = field(default_factory=Consents)
    """What reads consent records; titles of one run share it."""

    runs: list[StageRun] = field(default_factory=list)
    """Every stage that was really run, in order; grows as work goes on."""

    at: Callable[[str], None] = lambda _point: None
    """Told of each point of publishing at which a kill would leave another state; tests kill there."""


def once(work: Work, step: Step, make: Callable[[Staging, Progress], Counts]) -> Done:
    """The result of a step: what is there, or what ``make`` writes.

    ``make`` is given the staging to write into and a callback for ``(done, total)``.
    """
    while (done := work.ledger.done(step.asset_id, step.stage, step.fingerprint)) is None:
        work.progress(step.stage, 0, 1)
        claim = work.claims.take(step.fingerprint, lasts_s=CLAIM_S)
        if claim is None:
            time.sleep(_POLL_S)
            continue
        with _Held(work.claims, claim) as held:
            # Whoever had the claim before may have finished just before they gave it back.
            done = work.ledger.done(step.asset_id, step.stage, step.fingerprint)
            return done if done is not None else _made(work, step, make, held)
    return done


class _Held:
    """A claim that lasts as long as progress is made."""

    def __init__(self, claims: Claims, claim: Claim) -> None:
        self._claims = claims
        self._claim = claim
        self._renewed_s = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._claims.release(self._claim)

    def renew(self) -> None:
        """Hold on for longer, if it is time for that; one that another has taken over stays theirs."""
        if time.monotonic() - self._renewed_s > CLAIM_S / 4:
            self._renewed_s = time.monotonic()
            self._claim = self._claims.renew(self._claim, lasts_s=CLAIM_S) or self._claim


def _made(work: Work, step: Step, make: Callable[[Staging, Progress], Counts], held: _Held) -> Done:
    def progress(done: int, total: int) -> None:
        work.progress(step.stage, done, total)
        held.renew()

    started_at, began_s = datetime.now(UTC), time.monotonic()
    with work.ledger.writing(
        step.asset_id,
        step.stage,
        version=step.version,
        inputs=step.inputs,
        config=step.config,
        model=step.model,
    ) as staging:
        counts = make(staging, progress)
        if counts.failed:
            # Not under the step's own name: the next run finds nothing there, and asks what failed once more.
            staging.qualify(f"without {sorted(counts.failed)}")
    work.runs.append(StageRun(step, counts, started_at.isoformat(timespec="seconds"), time.monotonic() - began_s))
    return staging.done
