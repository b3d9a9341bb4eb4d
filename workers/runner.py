"""The loop of a worker: follow the requests, ask the engine, commit its answers, tell the parent.

The engine is called from as many threads as it wants; the thread that follows the folder also
commits. Answers wait for company for a moment only, so that a kill loses what is in flight and
little more.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path

from pipeline.contracts import ModelId
from pipeline.errors import EngineCrashed, StoreError
from pipeline.store import answers, layout
from pipeline.store.objects import FolderObjects, Objects
from schemas.jobs import Job, Request, Result
from workers import spool
from workers.families import Loaded
from workers.jobs import RESULTS, failed
from workers.messages import Answered, Message, Ready, Refused, Started

COMMIT_EVERY_S = 2.0
"""Answers wait this long at most. Ours: ten hours of speech make some hundred parts and not a thousand."""

COMMIT_ROWS = 256
"""So many answers wait at most. Ours: a GPU that answers a hundred a second fills it in time."""

READ_AHEAD = 4
"""Batches per caller that are read ahead, so that the engine never waits for the feeder."""

Tell = Callable[[Message], None]
"""Sends a message to the parent; called from several threads."""


def run(job: Job, requests: Path, results: Path, *, loaded: Loaded, model: ModelId, tell: Tell) -> None:
    """Answer every request of a folder until its marker says that no more will come.

    ``results`` is laid out as the library's folder of kept answers, and may be that folder.

    Raises:
        EngineCrashed: The engine itself is gone; what was in flight has no answer.
        StoreError: Answers cannot be written.

    """
    desk, out = _Desk(job, loaded, tell), FolderObjects(results)
    tell(Ready(model_name=model.name, revision=model.revision))
    with ThreadPoolExecutor(loaded.callers, thread_name_prefix="engine") as pool:
        callers = [pool.submit(desk.work) for _ in range(loaded.callers)]
        try:
            for part in spool.follow(requests):
                if part is not None:
                    _take(part, job, desk)
                _commit(out, job, desk)
                while desk.is_full():
                    time.sleep(spool.POLL_S)
                    _commit(out, job, desk)
            desk.close()  # callers end when nothing is waiting
            while not all(caller.done() for caller in callers):
                time.sleep(spool.POLL_S)
                _commit(out, job, desk)
        finally:
            desk.abandon()
        for caller in callers:
            caller.result()
    _commit(out, job, desk)


def _take(part: Path, job: Job, desk: _Desk) -> None:
    try:
        asked = spool.read(part, job)
    except StoreError as error:
        desk.tell(Refused(part=part.name, reason=str(error)))
        return
    for broken in asked.broken:
        desk.reply([_Reply(broken.asset_id, failed(job, broken.request_id, broken.reason))])
    desk.ask(asked.requests)


def _commit(results: Objects, job: Job, desk: _Desk) -> None:
    """Write the answers that are due, a part per asset, and tell of each once it is in its place."""
    replies = sorted(desk.due(), key=attrgetter("asset_id"))
    for asset_id, group in itertools.groupby(replies, key=attrgetter("asset_id")):
        rows = list(group)
        name = partial(layout.results_part, asset_id, job)
        part = answers.write_part(results, [row.result for row in rows], RESULTS[job], key=name)
        ids = tuple(row.result.request_id for row in rows)
        desk.tell(Answered(request_ids=ids, asset_id=asset_id, part=part))


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer on its way to a part."""

    asset_id: str
    result: Result


class _Desk:
    """Where requests wait for the engine and answers for their part; shared by all threads."""

    def __init__(self, job: Job, loaded: Loaded, tell: Tell) -> None:
        self.tell = tell
        self._job = job
        self._loaded = loaded
        self._changed = threading.Condition()
        self._waiting: deque[Request] = deque()
        self._replies: list[_Reply] = []
        self._oldest_s = 0.0
        self._in_flight = 0
        self._is_closed = False
        self._fault: Exception | None = None

    def ask(self, requests: Sequence[Request]) -> None:
        with self._changed:
            self._waiting.extend(requests)
            self._changed.notify_all()

    def is_full(self) -> bool:
        """Whether enough is read ahead. Raises what ended the engine, if anything did."""
        with self._changed:
            if self._fault is not None:
                raise self._fault
            return len(self._waiting) > READ_AHEAD * self._loaded.batch * self._loaded.callers

    def reply(self, replies: Sequence[_Reply]) -> None:
        with self._changed:
            self._oldest_s = self._oldest_s if self._replies else time.monotonic()
            self._replies += replies

    def due(self) -> list[_Reply]:
        """Take the answers that should wait no longer."""
        with self._changed:
            is_quiet = not self._waiting and not self._in_flight
            is_late = time.monotonic() - self._oldest_s >= COMMIT_EVERY_S
            if not (is_quiet or is_late or len(self._replies) >= COMMIT_ROWS):
                return []
            due, self._replies = self._replies, []
            return due

    def close(self) -> None:
        """Let the callers end once nothing is waiting."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def abandon(self, fault: Exception | None = None) -> None:
        """Let the callers end after what they are at."""
        with self._changed:
            self._fault = self._fault or fault
            self._waiting.clear()
        self.close()

    def work(self) -> None:
        """Life of a calling thread."""
        while batch := self._next():
            try:
                self.tell(Started(request_ids=tuple(request.request_id for request in batch)))
                results = _answers(self._job, self._loaded, batch)
                pairs = zip(batch, results, strict=True)
                self.reply([_Reply(asked.asset_id, given) for asked, given in pairs])
            except Exception as error:
                self.abandon(error)
                raise
            finally:
                with self._changed:
                    self._in_flight -= len(batch)

    def _next(self) -> list[Request]:
        """The next batch; empty when there will be none."""
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            batch = [self._waiting.popleft() for _ in range(min(self._loaded.batch, len(self._waiting)))]
            self._in_flight += len(batch)
            return batch


def _answers(job: Job, loaded: Loaded, batch: Sequence[Request]) -> Sequence[Result]:
    """One answer per request; an engine that breaks its contract costs the request, not the batch."""
    try:
        return _checked(batch, loaded.answer(batch))
    except EngineCrashed:
        raise
    except Exception as error:  # whatever an engine raises becomes the row of its request
        if len(batch) > 1:
            return [result for request in batch for result in _answers(job, loaded, [request])]
        return [failed(job, batch[0].request_id, f"{type(error).__name__}: {error}")]


def _checked(asked: Sequence[Request], got: Sequence[Result]) -> Sequence[Result]:
    """The engine's answers, once they are known to be one per request, in order."""
    if [request.request_id for request in asked] != [result.request_id for result in got]:
        raise ValueError(f"the engine answered {len(got)} of {len(asked)} requests, or out of order")
    return got
