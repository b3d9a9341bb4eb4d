"""Engines as stages see them: kept answers first, then worker processes, one per crew and place.

``WorkerEngines`` fulfils ``pipeline.contracts.Engines``. The workers write their answers straight into
the library's kept answers, so that a parent that is killed loses none of them.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from contextlib import ExitStack
from functools import partial
from operator import attrgetter
from pathlib import Path
from types import TracebackType

from pipeline.contracts import Abilities, ModelId
from pipeline.errors import EngineUnavailable, UsageError
from pipeline.store import layout, workspace
from pipeline.store.answers import Answers
from pipeline.store.objects import FolderObjects, open_objects
from schemas.figures import Figures
from schemas.jobs import Job, Request, Result
from workers.families import Family
from workers.jobs import RESULTS, Member, job_of
from workers.lane import Lane, Listener
from workers.registry import REGISTRY, Registry
from workers.turns import Turns
from workers.watch import Launch

STALL_LIMIT_S = 2400.0
"""A worker that loads or has work and says nothing for so long is taken for hung. Ours: an engine of vLLM gives up
loading by itself after 1800 s and then says why, which must come first; one request about ten hours of sound takes
some minutes on one core."""

WORKERS = "workers"
"""Module that is the worker's command."""


class WorkerEngines:
    """One family of engines; threads may share it. Use it as a context manager, or close it."""

    def __init__(
        self,
        library_uri: str,
        engine: str,
        *,
        processes: int | None = None,
        warn: Callable[[str], None] = lambda _: None,
        on_figures: Callable[[Job, Figures], None] = lambda _job, _figures: None,
        stall_limit_s: float = STALL_LIMIT_S,
        registry: Registry = REGISTRY,
        module: str = WORKERS,
        turns: Turns | None = None,
    ) -> None:
        """Nothing is started before something is asked.

        ``processes`` is how many cores the workers of one crew may keep busy, all by default. ``warn`` gets a line
        when a worker died or an engine is sized wrongly; ``on_figures`` gets the first job of a crew and its figures
        whenever there are new ones. Both are called from threads of their own and must not raise. Tests have engines
        that fail on demand, and hand in their own ``registry``, ``module`` and ``turns``.
        """
        self._objects = open_objects(library_uri)
        if not isinstance(self._objects, FolderObjects):
            raise UsageError(f"{library_uri}: workers answer into a local library; use a local folder")
        self._answers = Answers(self._objects)
        self._results = self._objects.root / layout.ANSWERS
        self._engine = engine
        self._processes = processes or os.cpu_count() or 1
        self._warn = warn
        self._on_figures = on_figures
        self._stall_limit_s = stall_limit_s
        self._registry = registry
        self._module = module
        self._turns = turns or Turns()
        self._lanes: dict[tuple[str, tuple[Job, ...]], Lane] = {}
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._home: Path | None = None

    def model(self, job: Job) -> ModelId:
        """Which model would answer; nothing is loaded. Raises EngineUnavailable when none can."""
        return self._registry.model_id(self._engine, job)

    def require_language(self, job: Job, language: str) -> None:
        """Raise EngineUnavailable, before anything runs, when a job cannot be done in a language."""
        self._registry.require_language(self._engine, job, language)

    def require_pair(self, source: str, target: str) -> None:
        """Raise EngineUnavailable, before anything runs, when it cannot translate between two languages."""
        self._registry.require_pair(self._engine, source, target)

    def abilities(self) -> Abilities:
        """What the family can do beyond answering once; nothing is loaded."""
        return self._registry.abilities(self._engine)

    def figures(self, job: Job) -> Figures | None:
        """What the job's engine last said of itself, over all its places and workers; the jobs of a crew share one.

        None from an engine that says nothing, or before it does.
        """
        family = self._registry.responsible(self._engine, job)
        with self._lock:
            lane = self._lanes.get((family.name, _crew(family, job)))
        return None if lane is None else lane.figures()

    def answer(self, job: Job, requests: Sequence[Request], on_answered: Callable[[int], None]) -> list[Result]:
        """One result per request, in order; only what has no kept answer is asked.

        Raises:
            EngineUnavailable: The engine cannot be loaded here, or its worker has another model than ``model`` says.
            EngineCrashed: It dies whatever it is asked.
            StoreError: Answers cannot be read or written.

        """
        found = self._kept(job, requests)
        missing = [request for request in requests if request.request_id not in found]
        if missing:
            futures = dict.fromkeys(self._lane(job).ask(missing))
            for future in as_completed(futures):
                result: Result = future.result()
                found[result.request_id] = result
                on_answered(1)
            for asset_id in {request.asset_id for request in missing}:
                self._answers.compact(asset_id, job, RESULTS[job])
        return [found[request.request_id] for request in requests]

    def close(self) -> None:
        """End the workers. What is being asked at this moment fails."""
        with self._lock:
            for lane in self._lanes.values():
                lane.stop()
            for lane in self._lanes.values():
                lane.close()
            self._lanes.clear()
            self._stack.close()
            self._home = None

    def __enter__(self) -> WorkerEngines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _kept(self, job: Job, requests: Sequence[Request]) -> dict[str, Result]:
        found: dict[str, Result] = {}
        by_asset = sorted(requests, key=attrgetter("asset_id"))
        for asset_id, group in itertools.groupby(by_asset, key=attrgetter("asset_id")):
            kept = self._answers.find(asset_id, job, [request.request_id for request in group], RESULTS[job])
            found.update((result.request_id, result) for result in kept.results if result is not None)
        return found

    def _lane(self, job: Job) -> Lane:
        """The lane of the job's crew; it belongs to the family that does the job."""
        family = self._registry.responsible(self._engine, job)
        crew = _crew(family, job)
        with self._lock:
            if (family.name, crew) not in self._lanes:
                listener = Listener(
                    set_aside=self._keep,
                    kept=self._found,
                    counted=partial(self._on_figures, crew[0]),
                    warned=self._warn,
                )
                self._lanes[family.name, crew] = Lane(self._launches(family, crew), listener, turns=self._turns)
            return self._lanes[family.name, crew]

    def _launches(self, family: Family, crew: tuple[Job, ...]) -> list[Launch]:
        """A launch per place, which share the cores."""
        members = tuple(Member(job, family.model_id(job)) for job in crew)
        places = family.places(crew[0])
        if not places:
            raise EngineUnavailable(f"{family.name} has no device here to {crew[0]} on; choose another engine")
        if self._home is None:
            self._home = self._stack.enter_context(workspace.private_folder(self._objects.workspace))
        argv = partial(self._argv, family, crew, max(1, self._processes // len(places)))
        launches = []
        for number, place in enumerate(places):
            folder = self._home / f"{family.name}-{'-'.join(crew)}-{number}"
            folder.mkdir()
            launches.append(Launch(argv, place, members, folder, self._results, self._stall_limit_s))
        return launches

    def _argv(self, family: Family, crew: tuple[Job, ...], processes: int, requests: Path) -> list[str]:
        # -P: a folder named workers where the user happens to stand is not ours.
        argv = [str(family.python()), "-P", "-m", self._module, ",".join(crew), "--with-parent"]
        argv += ["--engine", family.name, "--library", self._objects.uri]
        argv += ["--requests", str(requests), "--results", str(self._results)]
        return [*argv, "--processes", str(processes)]

    def _keep(self, request: Request, result: Result) -> None:
        job = job_of(request)
        self._answers.keep(request.asset_id, job, [result], RESULTS[job])

    def _found(self, requests: Sequence[Request]) -> list[Result]:
        """Answers that are kept already."""
        by_job = itertools.groupby(sorted(requests, key=job_of), key=job_of)
        return [result for job, group in by_job for result in self._kept(job, list(group)).values()]


def _crew(family: Family, job: Job) -> tuple[Job, ...]:
    """Jobs that one worker does together with this one, in the order of ``Job``."""
    together = family.crew(job)
    return tuple(one for one in Job if one in together)
