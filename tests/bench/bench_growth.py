"""Every stage after recognition over titles of 1, 10 and 100 hours: time per hour of media must stay the same.

    python -m tests.bench.bench_growth [--hours 1 10 100]

Titles are made dialogue (``tests.bench.dialogue``) that counts as probed and prepared, and the engines'
answers are replayed from the kept ones; all that follows is the real thing, on a library in a temporary
folder. Each length has a process of its own, in which several short titles stand for a long one, after a
warm-up. Processor time is compared, since it is what other processes of the machine disturb least; that of
ffmpeg counts where a stage starts it. Python's garbage collector is set as in a run.

Titles are captioned first. Then others are dubbed as well (``tests.bench.dubbed``), of whose stages those count
that only a dub has; what is longer than ten hours is only translated. It needs Apertium for English into Spanish,
and the dub of ten hours 30 GB of disk.
"""

from __future__ import annotations

import gc
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

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
from tests.bench.dubbed import LANGUAGE
from tests.bench.machine import peak_mib
from tests.bench.replay import ENGINE, ReplayedEngines, seed
from tests.bench.results import Result, at_most, note, parser, report
from workers.engines.embedded import pairs

COMMAND = "./run bench growth"

HOURS = (1, 10, 100)
TITLES = {1: 10, 10: 2}
"""How many titles are measured of a length; one of any other."""

DUBBED_TITLES = {1: 2}
"""The same of titles that are dubbed."""

MOST_DUBBED_H = 10
"""Longer titles are only translated: stems and mixes of a hundred hours would take 300 GB."""

MOST_GROWTH = 1.10
"""The project's target: constant within 10 %."""

WARM_UP_MS = 120_000
HOUR_MS = 3_600_000

SMALL_SHARE = 0.02
"""A stage that takes less than this share of all that captions take has no target of its own: a tenth of it is
noise."""

COMPOSE, PUBLISH, INDEX = "compose", "publish", "index"
"""The release in two: results read again, formats, report and rows; rows written to all tables. Then the index."""

CAPTIONED = Settings(engine=ENGINE)
TRANSLATED = replace(CAPTIONED, to=(LANGUAGE,))
DUBBED = replace(CAPTIONED, dub=(LANGUAGE,))


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
    captioned: list[Growth] = []
    for length in hours:
        captioned.append(apart(length, CAPTIONED))
        yield from costs(captioned[-1], "", f"titles of {length} h")
    small_s = SMALL_SHARE * min(one.cpu_s for one in captioned)
    for later in captioned[1:]:
        yield growth("all stages", captioned[0], later, captioned[0].cpu_s, later.cpu_s, small_s=0.0)
        yield from growths(captioned[0], later, small_s=small_s)
    if failure := pairs.pair_failure("en", LANGUAGE):
        note(f"translations and dubs are left out: {failure}")
        return
    first: Growth | None = None
    for length in hours:
        is_dubbed = length <= MOST_DUBBED_H
        found = only_of_dubs(apart(length, DUBBED if is_dubbed else TRANSLATED), captioned[0])
        yield from costs(found, f" of a {'dub' if is_dubbed else 'translation'}", f"titles of {length} h")
        if first is not None:
            yield from growths(first, found, small_s=small_s)
        first = first or found


def costs(found: Growth, what: str, titles: str) -> Iterator[Result]:
    """What titles of one length took."""
    yield Result(f"all stages{what}, {titles}", found.cpu_s, "CPU s per h", None, COMMAND)
    yield Result(f"peak memory{what}, {titles}", found.peak_mib, "MiB", None, COMMAND)
    for stage in found.stages:
        note(f"{found.hours} h: {stage.name} {stage.cpu_s:.4f} CPU s per hour")


def growths(short: Growth, long: Growth, *, small_s: float) -> Iterator[Result]:
    """How much more an hour costs in long titles, for each stage that both lengths have."""
    before = {stage.name: stage.cpu_s for stage in short.stages}
    for stage in long.stages:
        if stage.name in before:
            yield growth(stage.name, short, long, before[stage.name], stage.cpu_s, small_s=small_s)


def growth(what: str, short: Growth, long: Growth, short_s: float, long_s: float, *, small_s: float) -> Result:
    """How much more an hour costs in long titles; what costs less than ``small_s`` has no target."""
    name = f"{what}, {long.hours} h against {short.hours} h, per hour"
    target = None if max(short_s, long_s) < small_s else at_most(MOST_GROWTH)
    return Result(name, long_s / short_s, "×", target, COMMAND)


def only_of_dubs(found: Growth, captioned: Growth) -> Growth:
    """What titles took besides their captions; a release with a dub is another one, and counts."""
    others = {stage.name for stage in captioned.stages}
    stages = [stage for stage in found.stages if stage.name not in others]
    if any(stage.name == "mix" for stage in stages):
        ends = [stage for stage in found.stages if stage.name in (COMPOSE, PUBLISH)]
        stages += [Stage(f"{stage.name} with a dub", stage.cpu_s) for stage in ends]
    return replace(found, stages=tuple(stages))


def apart(hours: int, settings: Settings) -> Growth:
    """``measure`` in a process of its own."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, hours, settings).result()


def measure(hours: int, settings: Settings) -> Growth:
    """Titles of one length through all stages that ``settings`` ask for. Its process does nothing else."""
    count = (DUBBED_TITLES if settings.targets else TITLES).get(hours, 1)
    with few_collections(), tempfile.TemporaryDirectory(prefix="reelingua-growth-") as folder:
        make(Path(folder) / "warm-up", Dialogue(0, WARM_UP_MS), settings)
        taken: dict[str, float] = {}
        for number in range(1, count + 1):
            home = Path(folder) / str(number)
            for stage in make(home, Dialogue(number, hours * HOUR_MS), settings):
                taken[stage.name] = taken.get(stage.name, 0.0) + stage.cpu_s / (count * hours)
            shutil.rmtree(home)
    return Growth(hours, tuple(Stage(name, cpu_s) for name, cpu_s in taken.items()), peak_mib())


def make(folder: Path, dialogue: Dialogue, settings: Settings) -> list[Stage]:
    """One title in a library of its own, from what is prepared to rows in the index: processor seconds per stage."""
    folder.mkdir()
    objects = FolderObjects(folder / "library")
    source = folder / "title.mp4"
    seed(objects, source, dialogue, has_picture=True, has_sound=bool(settings.dub))
    taken: list[Stage] = []
    with ReplayedEngines(objects, lambda _asset_id: dialogue) as engines:
        gc.collect()
        lap_s = cpu_s()

        def lap(name: str) -> None:
            nonlocal lap_s
            now_s = cpu_s()
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
            settings=settings,
            progress=progress,
            at=lambda point: lap(COMPOSE) if point == "publish:before-tables" else None,
        )
        outcome = title.make(work, source)
        lap(PUBLISH)
    if outcome.status is not Status.MADE or not outcome.cues:
        raise ValueError(f"the title did not come through: {outcome}")
    if outcome.dubs != settings.dub or not set(settings.targets) <= set(outcome.languages):
        raise ValueError(f"not all languages came through: {outcome}")
    sync(objects)
    lap(INDEX)
    return taken


def cpu_s() -> float:
    """Processor seconds of this process and of those that it started and that have ended."""
    children = getrusage(RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def sync(objects: Objects) -> None:
    """Load the rows into an index that was not there."""
    index.sync(objects, index.place(objects))


if __name__ == "__main__":
    main()
