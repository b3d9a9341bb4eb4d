"""One title in a process of its own, which notes every point where a kill would matter and dies at one of them.

Points are those of the ledger, of publishing, of the fixed engine's answers, and the first words of progress
from inside a stage; the third time that ``prepare:after-part`` is reached is ``prepare:after-part#3``.
"""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import signal
from collections import Counter
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from flows.attempt import Offered, receipted
from pipeline.stages.work import Work
from pipeline.store import owners
from pipeline.store.claims import Claims
from pipeline.store.ledger import Ledger
from pipeline.store.objects import FolderObjects
from schemas.settings import Settings
from tests.support import fixed_engine, fixed_worker
from tests.support.fixed_engine import FixedEngines, Orders
from tests.support.reading_engine import ReadingEngines
from workers.client import WorkerEngines

TIMEOUT_S = 120
"""A title takes about a second; a machine under load gets more."""

SETTINGS = Settings(engine="embedded", transcript=" ".join(fixed_engine.TEXT))
"""What is asked for: with a transcript every stage there is has work to do. The family decides what windows
look like; the fixed engine answers in its place."""

DUBBED = dataclasses.replace(SETTINGS, dub=("es",), mux=True)
"""The same with every stage of another language."""

READ = Settings(engine="embedded", profile="netflix-sdh")
"""What is asked for of engines that hear without times, and follow the story."""

_INSIDE = {"probe": 2, "prepare": 2}
"""Words of progress that count, one elsewhere: in these two the first comes before anything is made, and how
many follow depends on the clock; from the others more come only when nothing was answered before.
"""


@dataclass(frozen=True, slots=True)
class Trace:
    """What one run did."""

    points: tuple[str, ...]
    """Points that it reached, in order, each with the number of its kind."""

    stages: tuple[str, ...]
    """Stages that it really ran, in order."""

    asked: tuple[str, ...]
    """Requests that the engine was asked."""

    status: str
    """Outcome of the title."""


class Killed(AssertionError):
    """The process ended in another way than it should; the message says how."""


def caption(source: Path, library: Path, *, settings: Settings = SETTINGS) -> Trace:
    """Caption a title undisturbed, in a process of its own."""
    report = library.with_suffix(".trace.json")
    process = start(source, library, report=report, settings=settings)
    if (code := ended(process)) != 0:
        raise Killed(f"should have ended well, ended with {code}")
    read = json.loads(report.read_text())
    return Trace(tuple(read["points"]), tuple(read["stages"]), tuple(read["asked"]), read["status"])


def caption_until(point: str, source: Path, library: Path, *, settings: Settings = SETTINGS) -> None:
    """Caption a title in a process of its own that kills itself at ``point``."""
    process = start(source, library, point=point, settings=settings)
    if (code := ended(process)) != -signal.SIGKILL:
        raise Killed(f"should have died at {point}, ended with {code}")


def caption_by_workers(source: Path, library: Path, orders: Orders) -> int | None:
    """Caption a title in a process of its own with real workers; its exit code, negative when it was killed."""
    process = _context().Process(target=_caption_by_workers, args=(source, library, orders))
    process.start()
    return ended(process)


def start(
    source: Path, library: Path, *, report: Path | None = None, point: str = "never", settings: Settings = SETTINGS
) -> ForkServerProcess:
    """The process, started: it writes its trace into ``report``, or dies at ``point``."""
    process = _context().Process(target=_caption, args=(source, library, report, point, settings))
    process.start()
    return process


def _context() -> ForkServerContext:
    """Processes forked from one that has imported everything: they start in a moment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def ended(process: ForkServerProcess) -> int | None:
    """Exit code of a process, once it has ended."""
    process.join(TIMEOUT_S)
    if process.is_alive():
        process.kill()
        process.join()
        raise Killed(f"was still running after {TIMEOUT_S} s")
    return process.exitcode


def _caption(source: Path, library: Path, report: Path | None, point: str, settings: Settings) -> None:
    points = _Points(point)
    objects = FolderObjects(library)
    engines = (ReadingEngines if settings == READ else FixedEngines)(objects, at=points.reached)
    work = Work(
        objects=objects,
        ledger=Ledger(objects, at=points.reached),
        claims=Claims(objects, owner=owners.this_process()),
        engines=engines,
        settings=settings,
        progress=lambda stage, _done, _total: points.reached(f"{stage}:inside"),
        at=points.reached,
    )
    outcome = receipted(work, Offered.at(source))
    if report is not None:
        stages = tuple(run.step.stage for run in work.runs)
        trace = Trace(tuple(points.names), stages, tuple(engines.asked), outcome.status)
        report.write_text(json.dumps(dataclasses.asdict(trace)))


def _caption_by_workers(source: Path, library: Path, orders: Orders) -> None:
    orders.give()
    objects = FolderObjects(library)
    with WorkerEngines(
        str(library), fixed_engine.NAME, processes=1, registry=fixed_engine.REGISTRY, module=fixed_worker.__name__
    ) as engines:
        work = Work(
            objects=objects,
            ledger=Ledger(objects),
            claims=Claims(objects, owner=owners.this_process()),
            engines=engines,
            settings=SETTINGS,
            progress=lambda _stage, _done, _total: None,
        )
        receipted(work, Offered.at(source))


class _Points:
    """Notes the points, and dies at one."""

    def __init__(self, last: str) -> None:
        self.names: list[str] = []
        self._last = last
        self._times: Counter[str] = Counter()

    def reached(self, point: str) -> None:
        self._times[point] += 1
        stage, _, place = point.partition(":")
        if place == "inside" and self._times[point] > _INSIDE.get(stage, 1):
            return
        name = f"{point}#{self._times[point]}"
        self.names.append(name)
        if name == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
