"""A job's worker as many threads see it: requests in, a future for each.

One thread of its own watches the worker. Every future is resolved in the end: with an answer, or with
the error that ended the lane.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

from pipeline.errors import EngineCrashed, ReelinguaError
from schemas.jobs import Job, Request, Result
from workers.watch import Launch, Outlets, Watch


class Lane:
    """The worker of one job, started when something is asked for the first time."""

    def __init__(self, job: Job, launch: Launch, outlets: Outlets) -> None:
        self._job = job
        self._outlets = outlets
        self._lock = threading.Lock()
        self._futures: dict[str, Future[Result]] = {}
        self._new: deque[Request] = deque()
        self._fault: ReelinguaError | None = None
        self._called = threading.Event()
        self._is_closing = False
        self._watch = Watch(job, launch, Outlets(self._answered, self._set_aside, outlets.warned))
        self._thread = threading.Thread(target=self._live, name=f"{job}-lane", daemon=True)
        self._thread.start()

    def ask(self, requests: Sequence[Request]) -> list[Future[Result]]:
        """A future per request, in order; what is asked twice at once is asked once.

        Raises:
            ReelinguaError: What ended the lane.

        """
        with self._lock:
            if self._fault is not None:
                raise self._fault
            for request in requests:
                if request.request_id not in self._futures:
                    self._futures[request.request_id] = Future()
                    self._new.append(request)
            self._called.set()
            return [self._futures[request.request_id] for request in requests]

    def stop(self) -> None:
        """Let the worker and the thread end; what is not answered yet fails."""
        self._is_closing = True
        self._called.set()

    def close(self) -> None:
        """Stop, and wait until both have ended."""
        self.stop()
        self._thread.join()

    def _live(self) -> None:
        fault: ReelinguaError = EngineCrashed(self._job, None, "it was closed before it had answered")
        try:
            while not self._is_closing:
                if self._watch.is_watching:
                    self._watch.step()
                else:
                    self._called.wait()
                self._watch.add(self._taken())
        except ReelinguaError as error:
            fault = error
        except Exception as error:  # whoever waits must hear it, whatever it is
            fault = EngineCrashed(self._job, None, f"its watcher failed with {type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._fault = fault
                waiting = list(self._futures.values())
                self._futures.clear()
            self._watch.close()
            for future in waiting:
                future.set_exception(fault)

    def _taken(self) -> list[Request]:
        with self._lock:
            self._called.clear()
            taken = list(self._new)
            self._new.clear()
            return taken

    def _answered(self, result: Result) -> None:
        self._outlets.answered(result)
        with self._lock:
            future = self._futures.pop(result.request_id, None)
        if future is not None:
            future.set_result(result)

    def _set_aside(self, request: Request, result: Result) -> None:
        self._outlets.set_aside(request, result)
        self._answered(result)
