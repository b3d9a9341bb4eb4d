"""Every stage after recognition over titles of 1, 10 and 100 hours: time per hour of media must stay the same.

    python -m tests.bench.bench_growth [--hours 1 10 100]

Titles are made dialogue (``tests.bench.dialogue``) that counts as probed and prepared, and the engines'
answers are replayed from the kept ones; all that follows is the real thing, on a library in a temporary
folder. Each length has a process of its own, in which several short titles stand for a long one, after a
warm-up. Processor time is compared, since it is what other processes of the machine disturb least. Python's
garbage collector is set as in a run.
"""

from __future__ import annotations

import gc
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from flows.working import few_collections
from pipeline.stages import title
from pipeline.stages.work import Work
from pipeline.store import index
from pipeline.store.claims import Claims
from pipeline.store.ledger import Ledger
from pipeline.store.objects import FolderObjects, Objects
from schemas.outcome import Status
from schemas.settings import Settings
from tests.bench.dialogue import Dialogue
from tests.bench.machine import peak_mib
from tests.bench.replay import ENGINE, ReplayedEngines, seed
from tests.bench.results import Result, at_most, note, parser, report

COMMAND = "./run bench growth"

HOURS = (1, 10, 100)
TITLES = {1: 10, 10: 2}
"""How many titles are measured of a length; one of any other."""

MOST_GROWTH = 1.10
"""The project's target: constant within 10 %."""

WARM_UP_MS = 120_000
HOUR_MS = 3_600_000

SMALL_SHARE = 0.02
"""A stage that takes less than this share of the whole has no target of its own: a tenth of it is noise."""

COMPOSE, PUBLISH, INDEX = "compose", "publish", "index"
"""The release in two: results read again, formats, report and rows; rows written to all tables. Then the index."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage took."""

    name: str
    """The stage."""

    cpu_s: float
    """Processor seconds of all its threads, per hour of media."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What titles of one length took."""

    hours: int
    """Length of a title."""

    stages: tuple[Stage, ...]
    """In the order in which they run."""

    peak_mib: float
    """Most memory that the process ever held."""

    @property
    def cpu_s(self) -> float:
        """Processor seconds per hour of media, all stages."""
        return sum(stage.cpu_s for stage in self.stages)


def main() -> None:
    """Measure each length, compare."""
    asking = parser(__doc__)
    asking.add_argument("--hours", type=int, nargs="+", default=HOURS, help="lengths, the shortest first")
    asked = asking.parse_args()
    report(compare(asked.hours), records=asked.records)


def compare(hours: Sequence[int]) -> Iterator[Result]:
    """Costs of the shortest titles, and how they grow with the length."""
    spawn = multiprocessing.get_context("spawn")
    grown: list[Growth] = []
    for length in hours:
        with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as pool:
            grown.append(pool.submit(measure, length).result())
        yield Result(f"all stages, titles of {length} h", grown[-1].cpu_s, "CPU s per h", None, COMMAND)
        yield Result(f"peak memory, titles of {length} h", grown[-1].peak_mib, "MiB", None, COMMAND)
        for stage in grown[-1].stages:
            note(f"{length} h: {stage.name} {stage.cpu_s:.4f} CPU s per hour")
    first = grown[0]
    for later in grown[1:]:
        growth = f"{later.hours} h against {first.hours} h, per hour"
        yield Result(f"all stages, {growth}", later.cpu_s / first.cpu_s, "×", at_most(MOST_GROWTH), COMMAND)
        for short, long in zip(first.stages, later.stages, strict=True):
            is_small = max(short.cpu_s / first.cpu_s, long.cpu_s / later.cpu_s) < SMALL_SHARE
            target = None if is_small else at_most(MOST_GROWTH)
            yield Result(f"{long.name}, {growth}", long.cpu_s / short.cpu_s, "×", target, COMMAND)


def measure(hours: int) -> Growth:
    """Titles of one length through all stages. Runs in a process of its own."""
    with few_collections(), tempfile.TemporaryDirectory(prefix="reelingua-growth-") as folder:
        caption(Path(folder) / "warm-up", Dialogue(0, WARM_UP_MS))
        count = TITLES.get(hours, 1)
        taken: dict[str, float] = {}
        for number in range(1, count + 1):
            for stage in caption(Path(folder) / str(number), Dialogue(number, hours * HOUR_MS)):
                taken[stage.name] = taken.get(stage.name, 0.0) + stage.cpu_s / (count * hours)
    return Growth(hours, tuple(Stage(name, cpu_s) for name, cpu_s in taken.items()), peak_mib())


def caption(folder: Path, dialogue: Dialogue) -> list[Stage]:
    """One title in a library of its own, from what is prepared to rows in the index: processor seconds per stage."""
    folder.mkdir()
    objects = FolderObjects(folder / "library")
    source = folder / "title.mp4"
    seed(objects, source, dialogue, has_picture=True)
    taken: list[Stage] = []
    with ReplayedEngines(objects, lambda _asset_id: dialogue) as engines:
        gc.collect()
        lap_s = time.process_time()

        def lap(name: str) -> None:
            nonlocal lap_s
            now_s = time.process_time()
            taken.append(Stage(name, now_s - lap_s - engines.spent.answering_s))
            engines.spent.answering_s = 0.0
            lap_s = now_s

        under_way = ""

        def progress(stage: str, _done: int, _total: int) -> None:
            nonlocal under_way
            if under_way and stage != under_way:
                lap(under_way)
            under_way = stage

        work = Work(
            objects=objects,
            ledger=Ledger(objects),
            claims=Claims(objects, owner="bench"),
            engines=engines,
            settings=Settings(engine=ENGINE),
            progress=progress,
            at=lambda point: lap(COMPOSE) if point == "publish:before-tables" else None,
        )
        outcome = title.make(work, source)
        lap(PUBLISH)
    if outcome.status is not Status.MADE or not outcome.cues:
        raise ValueError(f"the title did not come through: {outcome}")
    sync(objects)
    lap(INDEX)
    return taken


def sync(objects: Objects) -> None:
    """Load the rows into an index that was not there."""
    index.sync(objects, index.place(objects))


if __name__ == "__main__":
    main()
