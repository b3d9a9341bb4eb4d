"""A second run over 1,000 finished titles: it does nothing, reads no media, and says so within five seconds.

    python -m tests.bench.bench_noop [--titles 1000] [--folder DIR]

The titles are made dialogue of 20 s (``tests.bench.dialogue``), every second one without a picture. Probe and
prepare are written through the ledger, since decoding a thousand files is what the rest does not need; all
other stages, the release and its receipt are the real ones, over kept answers. What is timed is the command,
``reelingua run FOLDER``, in a process of its own, from start to exit, three times: the middle one counts. Python
keeps the byte code of its modules in a folder of the benchmark, as it does beside them for everybody who has not told
it otherwise; so the first run also compiles them.

The sources are hollow (``tests.bench.replay``): a run that read one would reject it and not find it unchanged.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from flows.attempt import Offered, attempt
from pipeline.stages.work import Work
from pipeline.store.claims import Claims
from pipeline.store.ledger import Ledger
from pipeline.store.objects import FolderObjects
from schemas.outcome import Status
from schemas.settings import Settings
from tests.bench.dialogue import Dialogue
from tests.bench.machine import ROOT
from tests.bench.replay import ENGINE, ReplayedEngines, seed
from tests.bench.results import Result, at_most, note, parser, report

COMMAND = "./run bench noop"
LENGTH_MS = 20_000
RUNS = 3

LIMIT_S = 5.0
"""The project's target: 1,000 finished assets under 5 s."""

COMPARED_TITLES = 1000
"""The target is for so many."""

_UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Rerun:
    """One run of the command."""

    wall_s: float
    """From start to exit."""

    cpu_s: float
    """Processor time of all its threads."""


def main() -> None:
    """Make the library, run again."""
    asking = parser(__doc__)
    asking.add_argument("--titles", type=int, default=COMPARED_TITLES)
    asking.add_argument("--folder", type=Path, default=None, help="where the library is made, for a while")
    asked = asking.parse_args()
    report(measure(asked.titles, asked.folder), records=asked.records)


def measure(titles: int, where: Path | None) -> Iterator[Result]:
    """What a rerun takes, and what finishing the titles took before."""
    with tempfile.TemporaryDirectory(prefix="reelingua-noop-", dir=where) as folder:
        library, media = Path(folder) / "library", Path(folder) / "media"
        began_s = time.monotonic()
        finish(FolderObjects(library), media, titles)
        finished_s = time.monotonic() - began_s
        runs = [rerun(library, media, titles, byte_code=Path(folder) / "byte-code") for _ in range(RUNS)]
    wall_s = statistics.median(run.wall_s for run in runs)
    target = at_most(LIMIT_S) if titles == COMPARED_TITLES else None
    yield Result(f"rerun over {titles:,} finished titles", wall_s, "s", target, COMMAND)
    yield Result("processor time of the rerun", statistics.median(run.cpu_s for run in runs), "s", None, COMMAND)
    yield Result("finishing a title of 20 s, answers replayed", finished_s / titles * 1000, "ms", None, COMMAND)


def finish(objects: FolderObjects, media: Path, titles: int) -> None:
    """Bring titles to their releases, as ``reelingua run`` would have."""
    media.mkdir()
    dialogues: dict[str, Dialogue] = {}
    with ReplayedEngines(objects, lambda asset_id: dialogues[asset_id]) as engines:

        def one(number: int) -> None:
            source, dialogue = media / f"title-{number:05}.mp4", Dialogue(number, LENGTH_MS)
            asset = seed(objects, source, dialogue, has_picture=number % 2 == 0)
            dialogues[asset.asset_id] = dialogue
            work = Work(
                objects=objects,
                ledger=Ledger(objects),
                claims=Claims(objects, owner="bench"),
                engines=engines,
                settings=Settings(engine=ENGINE),
                progress=lambda _stage, _done, _total: None,
            )
            outcome = attempt(work, Offered.at(source))
            if outcome.status is not Status.MADE:
                raise ValueError(f"{source.name} did not come through: {outcome}")
            if number % 100 == 0:
                note(f"{number} of {titles} titles are finished")

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            list(pool.map(one, range(1, titles + 1)))


def rerun(library: Path, media: Path, titles: int, *, byte_code: Path) -> Rerun:
    """Run the command over everything again; every title must come out unchanged. Compiled modules go to
    ``byte_code``, and are found there the next time.
    """
    argv = [sys.executable, "-c", "from flows.cli import main; main()", "run", str(media)]
    argv += ["--library", str(library), "--engine", ENGINE]
    environment = os.environ | {"COLUMNS": "200", "PYTHONPYCACHEPREFIX": str(byte_code)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        began_s = time.monotonic()
        child = subprocess.Popen(argv, cwd=ROOT, stdout=printed, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.monotonic() - began_s
        child.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        lines = printed.read().splitlines()
    unchanged = sum(line.startswith(_UNCHANGED) for line in lines)
    if child.returncode != 0 or unchanged != titles:
        raise ValueError(f"{unchanged} of {titles} titles were unchanged, exit code {child.returncode}: {lines[:3]}")
    return Rerun(wall_s, usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    main()
