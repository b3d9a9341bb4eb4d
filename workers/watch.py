"""What one thread does to keep a worker answering: feed it, hear it, start it again, and find what kills it.

Not for several threads; ``workers.lane`` stands in front. Answers are known to be kept when a worker
tells of them: it has written them where they stay.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts import ModelId
from pipeline.errors import EngineCrashed, EngineUnavailable, StoreError, UsageError
from pipeline.store import parquet
from schemas.jobs import Job, Request, Result
from workers import spool
from workers.blame import Blame
from workers.child import Child, Ended
from workers.jobs import RESULTS, failed
from workers.messages import Answered, Ending, Fatal, Message, Ready, Refused, Started

PART_REQUESTS = 64
"""Requests per part. Ours: some seconds of a GPU's work, so that parts are few and feeding never waits."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How workers are started, and where they read and write."""

    argv: Callable[[Path], Sequence[str]]
    """Command of a worker that follows this requests folder."""

    model: ModelId
    """Which model must answer: the ids of the requests name it, so that another's answers must not be kept."""

    folder: Path
    """Existing folder for requests and logs."""

    results: Path
    """Where the workers answer."""

    stall_limit_s: float
    """Silence after which a worker that loads or has work is killed."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where to tell what comes of it."""

    answered: Callable[[Result], None]
    """Takes an answer that is kept already."""

    set_aside: Callable[[Request, Result], None]
    """Takes a failure that no worker has written down."""

    warned: Callable[[str], None]
    """Takes one line for a person."""


class Watch:
    """The worker of one job; when it dies, another takes its place."""

    def __init__(self, job: Job, launch: Launch, outlets: Outlets) -> None:
        self._job = job
        self._launch = launch
        self._outlets = outlets
        self._blame = Blame()
        self._queue: deque[Request] = deque()
        self._companies: deque[tuple[Request, ...]] = deque()
        self._asked: dict[str, Request] = {}
        self._started: dict[str, None] = {}
        self._parts: dict[Path, set[str]] = {}
        self._is_company_out = False
        self._child: Child | None = None
        self._is_ready = False
        self._requests = launch.folder
        self._workers = 0
        self._last_part = 0
        self._heard_s = 0.0

    @property
    def is_watching(self) -> bool:
        """Whether there is a worker, or work for one."""
        return self._child is not None or bool(self._queue) or bool(self._companies)

    def add(self, requests: Sequence[Request]) -> None:
        """More work."""
        self._queue.extend(requests)

    def step(self) -> None:
        """Feed, then listen for a moment. A worker gets nothing before it has said that it is the right one.

        Raises:
            EngineUnavailable: The engine cannot be loaded here, or it is another one than was asked for.
            EngineCrashed: It died on unrelated requests too often, or speaks another language.
            StoreError: Answers cannot be written or read.
            UsageError: The worker was started wrongly.

        """
        child = self._child or self._start()
        if self._is_ready:
            self._feed()
        try:
            messages = child.messages(limit_s=spool.POLL_S)
        except ValueError as error:
            raise EngineCrashed(self._job, None, f"it printed what is no message of ours: {error}") from error
        if messages is None:
            self._died(child.end())
            return
        for message in messages:
            self._hear(message)
        is_idle = self._is_ready and not self._asked
        if messages or is_idle:
            self._heard_s = time.monotonic()
        elif time.monotonic() - self._heard_s > self._launch.stall_limit_s:
            self._died(child.kill(), is_hung=True)

    def close(self) -> None:
        """End the worker: in peace when it waits for work, at once when it loads or has something to do."""
        if self._child is None:
            return
        if self._is_ready and not self._asked:
            spool.finish(self._requests)
            self._child.end()
        else:
            self._child.kill()
        self._child = None

    def _start(self) -> Child:
        self._workers += 1
        self._requests = self._launch.folder / f"requests-{self._workers}"
        self._requests.mkdir()
        log = self._launch.folder / f"worker-{self._workers}.log"
        self._child = Child(self._launch.argv(self._requests), log=log)
        self._is_ready = False
        self._heard_s = time.monotonic()
        return self._child

    def _feed(self) -> None:
        """Write parts: one company of suspects at a time and nothing beside it, else all there is."""
        if self._companies:
            if not self._asked:
                self._put(self._companies.popleft())
                self._is_company_out = True
            return
        if self._is_company_out and self._asked:
            return
        self._is_company_out = False
        while self._queue:
            self._put([self._queue.popleft() for _ in range(min(PART_REQUESTS, len(self._queue)))])

    def _put(self, requests: Sequence[Request]) -> None:
        self._last_part += 1
        # Noted before the worker can see the part and answer.
        self._asked.update((request.request_id, request) for request in requests)
        part = spool.put(self._requests, self._last_part, requests, self._job)
        self._parts[part] = {request.request_id for request in requests}

    def _hear(self, message: Message) -> None:
        match message:
            case Started():
                self._started.update(dict.fromkeys(message.request_ids))
            case Answered():
                self._answered(message)
            case Refused():
                for request_id in self._parts.get(self._requests / message.part, set()).copy():
                    self._set_aside(request_id, message.reason)
            case Fatal():
                self._gave_up(message)
            case Ready():
                self._check(ModelId(message.model_name, message.revision))
                self._is_ready = True

    def _check(self, model: ModelId) -> None:
        """Raise EngineUnavailable unless it is this model that must answer."""
        wanted = self._launch.model
        if model != wanted:
            raise EngineUnavailable(
                f"the worker has {model.name} {model.revision} where {wanted.name} {wanted.revision} must answer: "
                "its environment is of another version; bring both to the same version and run again"
            )

    def _gave_up(self, message: Fatal) -> None:
        """Raise what another worker would only say again; a crash is one that may pass."""
        match message.kind:
            case Ending.UNAVAILABLE:
                raise EngineUnavailable(message.text)
            case Ending.USAGE:
                raise UsageError(message.text)
            case Ending.STORE:
                raise StoreError(message.text)
            case Ending.CRASHED:
                self._outlets.warned(message.text)

    def _answered(self, message: Answered) -> None:
        ids = set(message.request_ids)
        self._blame.answered(len(ids))
        for result in parquet.read_rows(self._launch.results / message.part, RESULTS[self._job]):
            if result.request_id in ids and self._asked.pop(result.request_id, None) is not None:
                self._forget(result.request_id)
                self._outlets.answered(result)

    def _set_aside(self, request_id: str, reason: str) -> None:
        request = self._asked.pop(request_id)
        self._forget(request_id)
        self._outlets.set_aside(request, failed(self._job, request_id, reason))

    def _forget(self, request_id: str) -> None:
        """It is answered: no longer a suspect, and its part goes with the last one of it."""
        self._started.pop(request_id, None)
        for part, ids in list(self._parts.items()):
            ids.discard(request_id)
            if not ids:
                del self._parts[part]
                part.unlink(missing_ok=True)

    def _died(self, ended: Ended, *, is_hung: bool = False) -> None:
        """Decide who is asked again by the next worker, and with whom."""
        self._child = None
        crash = EngineCrashed(self._job, None if is_hung else ended.returncode, ended.stderr_tail)
        verdict = self._blame.died([request_id for request_id in self._started if request_id in self._asked])
        for request_id in verdict.set_aside:
            self._set_aside(request_id, f"set aside, it ended its engine more than once: {crash}")
        if verdict.is_sick:
            raise crash
        companies = [tuple(self._asked.pop(one) for one in company) for company in verdict.companies]
        self._companies.extendleft(reversed(companies))
        # Whoever had not begun is no suspect and waits with the others until the suspects are through.
        self._queue.extendleft(reversed(self._asked.values()))
        self._asked.clear()
        self._started.clear()
        self._parts.clear()
        self._is_company_out = False
        self._outlets.warned(f"{crash}; it is started again")
