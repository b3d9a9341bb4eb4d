"""What a run of several titles shares: the library and the engines; and what each title has of its own."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import ReelinguaError
from pipeline.stages.work import Work
from pipeline.store import owners
from pipeline.store.claims import Claims
from pipeline.store.consents import Consents
from pipeline.store.ledger import Ledger
from pipeline.store.objects import Objects
from schemas.figures import Figures
from schemas.jobs import Job
from schemas.settings import Settings
from workers.client import WorkerEngines

COLLECT_AFTER = (100_000, 50, 100)
"""Python's own is (700, 10, 10): allocations before the youngest are searched, and searches before older ones are.
Ours, the first that made no difference any more."""


class Stopped(ReelinguaError):
    """The user stopped the run."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where titles are worked on; threads may share it."""

    objects: Objects
    """The library."""

    engines: WorkerEngines
    """The engines, loaded once for all titles."""

    progress: Callable[[str, str, int, int], None]
    """Told ``(source, stage, done, total)``."""

    consents: Consents = field(default_factory=Consents)
    """The consent records, each read once for all titles."""

    stopping: threading.Event = field(default_factory=threading.Event)
    """Set to end all work at its next sign of progress; what is finished stays."""

    def stop(self) -> None:
        """End all work soon, from any thread."""
        self.stopping.set()
        self.engines.close()

    def work(self, source: Path, settings: Settings) -> Work:
        """What the stages of one title need."""

        def progress(stage: str, done: int, total: int) -> None:
            if self.stopping.is_set():
                raise Stopped("stopped; run the same again to go on where it was")
            self.progress(str(source), stage, done, total)

        return Work(
            objects=self.objects,
            ledger=Ledger(self.objects),
            claims=Claims(self.objects, owner=owners.this_process()),
            engines=self.engines,
            settings=settings,
            progress=progress,
            consents=self.consents,
        )


@contextmanager
def workplace(
    objects: Objects,
    engine: str,
    *,
    progress: Callable[[str, str, int, int], None],
    warn: Callable[[str], None],
    on_figures: Callable[[Job, Figures], None] = lambda _job, _figures: None,
) -> Iterator[Workplace]:
    """Engines that start when they are first asked, and end with the block."""
    with few_collections(), WorkerEngines(objects.uri, engine, warn=warn, on_figures=on_figures) as engines:
        yield Workplace(objects, engines, progress)


@contextmanager
def few_collections() -> Iterator[None]:
    """Have Python look for cyclic garbage a hundred times less often while the block runs.

    Long titles are millions of records, none of them in a cycle, and each search walks them all: stitching
    ten hours cost 1.2 times as much per hour as stitching one, and with this the same (``./run bench growth``).
    """
    before = gc.get_threshold()
    gc.set_threshold(*COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
