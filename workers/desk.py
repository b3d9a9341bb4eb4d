"""Where requests wait for a streaming engine, and its answers for their part. For the runner's thread alone.

Nothing of a request stays here once its answer is due.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from pipeline.errors import EngineCrashed
from schemas.jobs import Job, Request, Result
from workers.families import Streaming
from workers.jobs import RESULTS, failed, job_of

COMMIT_EVERY_S = 2.0
"""Answers wait this long at most. Ours: ten hours of speech make some hundred parts and not a thousand."""

COMMIT_ROWS = 256
"""So many answers wait at most. Ours: a GPU that answers a hundred a second fills it in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on its way to a part."""

    asset_id: str
    """The asset that the request is about."""

    job: Job
    """What was asked."""

    result: Result
    """The answer, or the row of a request that could not be answered."""


class Desk:
    """Keeps as many requests with the engine as it takes, and takes each answer when it is ready."""

    def __init__(self, engine: Streaming, *, started: Callable[[Sequence[Request]], None]) -> None:
        """``started`` is told of requests just before the engine gets them."""
        self._engine = engine
        self._started = started
        self._waiting: deque[Request] = deque()
        self._done: queue.SimpleQueue[tuple[Request, Future[Result]]] = queue.SimpleQueue()
        self._replies: list[Reply] = []
        self._oldest_s = 0.0
        self.in_flight = 0
        """Requests that are with the engine."""

    @property
    def waiting(self) -> int:
        """Requests that are not with the engine yet."""
        return len(self._waiting)

    @property
    def is_busy(self) -> bool:
        """Whether any request has no answer yet."""
        return bool(self._waiting) or self.in_flight > 0

    @property
    def has_room(self) -> bool:
        """Whether more should be read ahead: as many wait as are in flight, so that the engine never does."""
        return len(self._waiting) < self._engine.in_flight

    def ask(self, requests: Sequence[Request]) -> None:
        """More requests."""
        self._waiting.extend(requests)

    def submit(self) -> None:
        """Give the engine what it takes. Raises EngineCrashed when it is gone."""
        room = min(self._engine.in_flight - self.in_flight, len(self._waiting))
        if room <= 0:
            return
        batch = [self._waiting.popleft() for _ in range(room)]
        self._started(batch)
        for request in batch:
            self.in_flight += 1
            self._submitted(request).add_done_callback(partial(self._hand_in, request))

    def collect(self, *, limit_s: float) -> None:
        """Take the answers that are ready, after waiting for the first of them for ``limit_s`` at most.

        Raises:
            EngineCrashed: The engine is gone; what it had answered before has been taken.

        """
        crash: EngineCrashed | None = None
        try:
            done = self._done.get(timeout=limit_s)
            while True:
                crash = self._take(*done) or crash
                done = self._done.get_nowait()
        except queue.Empty:
            pass
        if crash is not None:
            raise crash

    def reply(self, reply: Reply) -> None:
        """An answer that needed no engine."""
        self._oldest_s = self._oldest_s if self._replies else time.monotonic()
        self._replies.append(reply)

    def due(self, *, is_last: bool = False) -> list[Reply]:
        """Answers that should wait no longer; all of them when they are the last. They are not here any more."""
        is_late = time.monotonic() - self._oldest_s >= COMMIT_EVERY_S
        if not (is_last or not self.is_busy or is_late or len(self._replies) >= COMMIT_ROWS):
            return []
        due, self._replies = self._replies, []
        return due

    def _hand_in(self, request: Request, future: Future[Result]) -> None:
        """Called by whatever thread of the engine has the answer."""
        self._done.put((request, future))

    def _submitted(self, request: Request) -> Future[Result]:
        """What the engine gives for a request, also when it raises at once."""
        try:
            return self._engine.submit(request)
        except Exception as error:  # whatever an engine raises becomes the row of its request
            future: Future[Result] = Future()
            future.set_exception(error)
            return future

    def _take(self, request: Request, future: Future[Result]) -> EngineCrashed | None:
        """Take one answer; the crash, when there is none because the engine is gone."""
        self.in_flight -= 1
        job = job_of(request)
        try:
            result = _checked(request, future.result(timeout=0))
        except EngineCrashed as crash:
            return crash
        except Exception as error:  # as above
            result = failed(job, request.request_id, f"{type(error).__name__}: {error}")
        self.reply(Reply(request.asset_id, job, result))
        return None


def _checked(request: Request, result: Result) -> Result:
    """The engine's answer, once it is known to be one to this request."""
    if not isinstance(result, RESULTS[job_of(request)]):
        raise TypeError(f"the engine answered with {type(result).__name__}")
    if result.request_id != request.request_id:
        raise ValueError(f"the engine answered {result.request_id!r}, which was not asked")
    return result
