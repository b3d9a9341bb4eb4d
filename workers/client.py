"""Engines as stages see them: kept answers first, then a worker process per job.

``WorkerEngines`` fulfils ``pipeline.contracts.Engines``. The workers write their answers straight into
the library's kept answers, so that a parent that is killed loses none of them.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from contextlib import ExitStack
from functools import partial
from operator import attrgetter
from pathlib import Path
from types import TracebackType

from pipeline.contracts import Abilities, ModelId
from pipeline.errors import UsageError
from pipeline.store import layout, workspace
from pipeline.store.answers import Answers
from pipeline.store.objects import FolderObjects, open_objects
from schemas.jobs import Job, Request, Result
from workers.jobs import RESULTS
from workers.lane import Lane
from workers.registry import REGISTRY, Registry
from workers.watch import Launch, Outlets

STALL_LIMIT_S = 1800.0
"""A worker that loads or has work and says nothing for so long is taken for hung. Ours: the longest silence that
is honest is one request about ten hours of sound, some minutes on one core."""

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
        stall_limit_s: float = STALL_LIMIT_S,
        registry: Registry = REGISTRY,
        module: str = WORKERS,
    ) -> None:
        """Nothing is started before something is asked.

        ``processes`` is how many cores a worker may keep busy, all by default; ``warn`` gets a line when a
        worker died. Tests have engines that fail on demand, and hand in their own ``registry`` and ``module``.
        """
        self._objects = open_objects(library_uri)
        if not isinstance(self._objects, FolderObjects):
            raise UsageError(f"{library_uri}: workers answer into a local library; use a local folder")
        self._answers = Answers(self._objects)
        self._results = self._objects.root / layout.ANSWERS
        self._engine = engine
        self._processes = processes or os.cpu_count() or 1
        self._warn = warn
        self._stall_limit_s = stall_limit_s
        self._registry = registry
        self._module = module
        self._lanes: dict[Job, Lane] = {}
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
        return self._registry.family(self._engine).abilities

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
        with self._lock:
            if job not in self._lanes:
                model = self.model(job)
                if self._home is None:
                    self._home = self._stack.enter_context(workspace.private_folder(self._objects.workspace))
                folder = self._home / job
                folder.mkdir()
                launch = Launch(partial(self._argv, job), model, folder, self._results, self._stall_limit_s)
                outlets = Outlets(lambda _: None, lambda request, result: self._keep(job, request, result), self._warn)
                self._lanes[job] = Lane(job, launch, outlets)
            return self._lanes[job]

    def _argv(self, job: Job, requests: Path) -> list[str]:
        # -P: a folder named workers where the user happens to stand is not ours.
        argv = [sys.executable, "-P", "-m", self._module, job, "--with-parent", "--engine", self._engine]
        argv += ["--library", self._objects.uri, "--requests", str(requests), "--results", str(self._results)]
        return [*argv, "--processes", str(self._processes)]

    def _keep(self, job: Job, request: Request, result: Result) -> None:
        self._answers.keep(request.asset_id, job, [result], RESULTS[job])
