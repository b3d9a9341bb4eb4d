"""A step is made once: what is there is taken, who is first works, who fails lets the next one try."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import DecodeFailed
from pipeline.stages.work import Counts, Progress, StageRun, Step, Work, once
from pipeline.store import layout, owners
from pipeline.store.claims import Claims
from pipeline.store.ledger import Ledger, Staging
from pipeline.store.objects import FolderObjects
from schemas.media import SpeechRegion
from schemas.settings import Settings
from schemas.time import Span
from tests.support.fixed_engine import FixedEngines

STEP = Step("0123456789abcdef", "cues", "1", ("digest",), "config")
REGIONS = [SpeechRegion(Span(1, 2), 0.5)]


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "library")


def working(objects: FolderObjects, runs: list[StageRun], told: list[tuple[str, int, int]] | None = None) -> Work:
    said = [] if told is None else told
    return Work(
        objects=objects,
        ledger=Ledger(objects),
        claims=Claims(objects, owner=owners.this_process()),
        engines=FixedEngines(objects),
        settings=Settings(),
        progress=lambda stage, done, total: said.append((stage, done, total)),
        runs=runs,
    )


def regions(staging: Staging, progress: Progress) -> Counts:
    progress(1, 1)
    return Counts(staging.add_rows("regions", REGIONS, SpeechRegion), reused=2)


def never(_staging: Staging, _progress: Progress) -> Counts:
    raise AssertionError("it was there already")


def after(event: threading.Event, make: Callable[[Staging, Progress], Counts]) -> Callable[[Staging, Progress], Counts]:
    def wait_and_make(staging: Staging, progress: Progress) -> Counts:
        assert event.wait(30)
        return make(staging, progress)

    return wait_and_make


def test_what_was_made_is_taken_and_tells_nobody_that_it_ran(objects: FolderObjects) -> None:
    runs: list[StageRun] = []
    work = working(objects, runs)
    made = once(work, STEP, regions)
    assert once(work, STEP, never) == made
    assert work.ledger.read(made, "regions", SpeechRegion) == REGIONS
    (run,) = runs
    assert (run.step, run.counts) == (STEP, Counts(1, reused=2))


def test_whoever_comes_second_waits_for_the_first_and_takes_its_result(objects: FolderObjects) -> None:
    runs: list[StageRun] = []
    work, begun, may_end = working(objects, runs), threading.Event(), threading.Event()

    def slow(staging: Staging, progress: Progress) -> Counts:
        begun.set()
        return after(may_end, regions)(staging, progress)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(once, work, STEP, slow)
        assert begun.wait(30)
        second = pool.submit(once, work, STEP, never)
        assert not second.done()
        may_end.set()
        assert second.result(30) == first.result(30)
    assert len(runs) == 1


def test_who_fails_leaves_nothing_and_lets_the_next_one_try(objects: FolderObjects) -> None:
    runs: list[StageRun] = []
    work = working(objects, runs)

    def fails(staging: Staging, progress: Progress) -> Counts:
        staging.add_rows("regions", REGIONS, SpeechRegion)
        raise DecodeFailed("it broke", "mend it")

    with pytest.raises(DecodeFailed):
        once(work, STEP, fails)
    assert runs == []
    assert list(objects.list(layout.claims(STEP.fingerprint))) == []
    assert work.ledger.done(STEP.asset_id, STEP.stage, STEP.fingerprint) is None
    once(work, STEP, regions)
    assert len(runs) == 1


def test_a_result_with_failures_serves_this_run_and_is_asked_for_again_by_the_next(objects: FolderObjects) -> None:
    runs: list[StageRun] = []
    work = working(objects, runs)

    def partly(staging: Staging, progress: Progress) -> Counts:
        return dataclasses.replace(regions(staging, progress), failed=("request",))

    partial = once(work, STEP, partly)
    assert work.ledger.read(partial, "regions", SpeechRegion) == REGIONS
    assert once(work, STEP, partly) == partial
    whole = once(work, STEP, regions)
    assert whole.fingerprint == STEP.fingerprint != partial.fingerprint
    assert once(work, STEP, never) == whole
    assert len(runs) == 3


def test_a_claim_of_a_process_that_is_gone_does_not_hold_anybody_up(objects: FolderObjects) -> None:
    host_and_number, _, began = owners.this_process().rpartition(" ")
    dead = Claims(objects, owner=f"{host_and_number} {int(began) - 1}")
    assert dead.take(STEP.fingerprint, lasts_s=3600) is not None
    runs: list[StageRun] = []
    once(working(objects, runs), STEP, regions)
    assert len(runs) == 1


def test_progress_names_the_stage_and_begins_before_the_work(objects: FolderObjects) -> None:
    told: list[tuple[str, int, int]] = []
    once(working(objects, [], told), STEP, regions)
    assert told == [("cues", 0, 1), ("cues", 1, 1)]


@pytest.mark.parametrize(
    "other",
    [
        Step("0123456789abcdef", "plan", "1", ("digest",), "config"),
        Step("0123456789abcdef", "cues", "2", ("digest",), "config"),
        Step("0123456789abcdef", "cues", "1", ("other",), "config"),
        Step("0123456789abcdef", "cues", "1", ("digest",), "other"),
    ],
)
def test_whatever_bears_on_a_result_makes_another_one(objects: FolderObjects, other: Step) -> None:
    runs: list[StageRun] = []
    work = working(objects, runs)
    assert once(work, STEP, regions).fingerprint != once(work, other, regions).fingerprint
    assert len(runs) == 2
