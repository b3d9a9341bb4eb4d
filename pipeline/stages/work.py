"""The frame of every stage: find its result, or make it once and write it down.

Who makes a result claims it, so that another that wants the same waits for it instead of making it
twice; a claim lasts as long as progress is made, and longer by ``CLAIM_S``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.contracts import Engines, ModelId
from pipeline.store.claims import Claims
from pipeline.store.ledger import Done, Ledger, Staging, fingerprint
from schemas.settings import Settings

CLAIM_S = 120
"""How long a claim holds without progress. Ours: no stage is silent for half of it on two slow cores."""

_POLL_S = 0.5


Progress = Callable[[int, int], None]
"""Told ``(done, total)``; the unit is the stage's own."""


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

    failures: int = 0
    """Requests that failed."""

    reused: int = 0
    """Answers that were kept from before."""


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

    ran: Callable[[StageRun], None]
    """Told of every stage that was really run."""

    at: Callable[[str], None] = lambda _point: None
    """Told of each point of publishing at which a kill would leave another state; tests kill there."""


def once(work: Work, step: Step, make: Callable[[Staging, Progress], Counts]) -> Done:
    """The result of a step: what is there, or what ``make`` writes.

    ``make`` is given the staging to write into and a callback for ``(done, total)``.
    """
    claim = None
    while (done := work.ledger.done(step.asset_id, step.stage, step.fingerprint)) is None:
        claim = work.claims.take(step.fingerprint, lasts_s=CLAIM_S)
        if claim is not None:
            break
        time.sleep(_POLL_S)
    if done is not None:
        return done
    assert claim is not None
    held = claim
    renewed_s = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal held, renewed_s
        work.progress(step.stage, done, total)
        if time.monotonic() - renewed_s > CLAIM_S / 4:
            renewed_s = time.monotonic()
            held = work.claims.renew(held, lasts_s=CLAIM_S) or held

    started_at, began_s = datetime.now(UTC), time.monotonic()
    progress(0, 1)
    try:
        with work.ledger.writing(
            step.asset_id,
            step.stage,
            version=step.version,
            inputs=step.inputs,
            config=step.config,
            model=step.model,
        ) as staging:
            counts = make(staging, progress)
    finally:
        work.claims.release(held)
    work.ran(StageRun(step, counts, started_at.isoformat(timespec="seconds"), time.monotonic() - began_s))
    return staging.done
