"""What a run of several titles shares: the library and the engines; and what each title has of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.stages.work import StageRun, Work
from pipeline.store import owners
from pipeline.store.claims import Claims
from pipeline.store.ledger import Ledger
from pipeline.store.objects import Objects
from schemas.settings import Settings
from workers.client import WorkerEngines


@dataclass(frozen=True, slots=True)
class Bench:
    """Where titles are worked on; threads may share it."""

    objects: Objects
    """The library."""

    engines: WorkerEngines
    """The engines, loaded once for all titles."""

    progress: Callable[[str, str, int, int], None]
    """Told ``(source, stage, done, total)``."""

    def work(self, source: Path, settings: Settings, runs: list[StageRun]) -> Work:
        """What the stages of one title need; ``runs`` collects what was really run."""
        return Work(
            ledger=Ledger(self.objects),
            claims=Claims(self.objects, owner=owners.this_process()),
            engines=self.engines,
            settings=settings,
            progress=lambda stage, done, total: self.progress(str(source), stage, done, total),
            ran=runs.append,
        )


@contextmanager
def bench(
    objects: Objects,
    engine: str,
    *,
    progress: Callable[[str, str, int, int], None],
    warn: Callable[[str], None],
) -> Iterator[Bench]:
    """Engines that start when they are first asked, and end with the block."""
    with WorkerEngines(objects.uri, engine, warn=warn) as engines:
        yield Bench(objects, engines, progress)
