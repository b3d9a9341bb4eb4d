"""A batch engine as one that takes requests as they come: threads that call it, each with what is waiting.

So the runner knows one kind of engine only. An engine that breaks its contract costs a request, not the batch.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

from pipeline.errors import EngineCrashed
from schemas.jobs import Request, Result
from workers.families import Loaded, Streaming
from workers.jobs import failed, job_of

_END_LIMIT_S = 5.0
"""How long closing waits for a thread that is inside the engine. Ours: the engine has been closed under it."""


def streaming(loaded: Loaded) -> Streaming:
    """The same engine; as many requests are in flight as its callers take at once."""
    callers = _Callers(loaded)
    return Streaming(callers.submit, loaded.batch * loaded.callers, None, callers.close)


class _Callers:
    """Threads that call one engine."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Request, Future[Result]]] = deque()
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"engine-{number}", daemon=True)
            for number in range(loaded.callers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, request: Request) -> Future[Result]:
        future: Future[Result] = Future()
        with self._changed:
            self._waiting.append((request, future))
            self._changed.notify()
        return future

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify_all()
        self._loaded.close()
        for thread in self._threads:
            thread.join(_END_LIMIT_S)

    def _work(self) -> None:
        """Life of a thread."""
        while batch := self._next():
            try:
                results = _answers(self._loaded, [request for request, _ in batch])
            except Exception as error:  # whoever waits must hear it, whatever it is
                for _, future in batch:
                    future.set_exception(error)
            else:
                for (_, future), result in zip(batch, results, strict=True):
                    future.set_result(result)

    def _next(self) -> list[tuple[Request, Future[Result]]]:
        """The next batch, all of one job; empty when there will be none."""
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            batch: list[tuple[Request, Future[Result]]] = []
            while self._waiting and len(batch) < self._loaded.batch:
                if batch and job_of(self._waiting[0][0]) is not job_of(batch[0][0]):
                    break
                batch.append(self._waiting.popleft())
            return batch


def _answers(loaded: Loaded, batch: Sequence[Request]) -> Sequence[Result]:
    """One answer per request; an engine that breaks its contract is asked one by one."""
    try:
        return _checked(batch, loaded.answer(batch))
    except EngineCrashed:
        raise
    except Exception as error:  # whatever an engine raises becomes the row of its request
        if len(batch) > 1:
            return [result for request in batch for result in _answers(loaded, [request])]
        return [failed(job_of(batch[0]), batch[0].request_id, f"{type(error).__name__}: {error}")]


def _checked(asked: Sequence[Request], got: Sequence[Result]) -> Sequence[Result]:
    """The engine's answers, once they are known to be one per request, in order."""
    if [request.request_id for request in asked] != [result.request_id for result in got]:
        raise ValueError(f"the engine answered {len(got)} of {len(asked)} requests, or out of order")
    return got
