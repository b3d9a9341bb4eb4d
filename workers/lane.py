"""The workers of one crew as many threads see them: requests in, a future for each.

A station per place takes requests from one queue. Every future is resolved in the end: with an answer, or
with the error that ended the lane; nothing of a request stays here after that.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from pipeline.errors import EngineError, ReelinguaError
from schemas.figures import Figures
from schemas.jobs import Request, Result
from workers import tally
from workers.station import Station
from workers.tally import Tally
from workers.turns import Turns
from workers.watch import Launch, Outlets


@dataclass(frozen=True, slots=True)
class Listener:
    """Whom a lane tells; from threads of its own, and nothing here may raise but StoreError, by the first two."""

    set_aside: Callable[[Request, Result], None]
    """Takes a failure that no worker has written down."""

    kept: Callable[[Sequence[Request]], Sequence[Result]]
    """Gives the answers that are kept already."""

    counted: Callable[[Figures], None]
    """Takes the figures of all its workers."""

    warned: Callable[[str], None]
    """Takes one line for a person."""


class Lane:
    """The workers of one crew, started when something is asked for the first time."""

    def __init__(self, launches: Sequence[Launch], listener: Listener, *, turns: Turns) -> None:
        """A ``launch`` per place."""
        self._what = launches[0].what
        self._listener = listener
        self._lock = threading.Lock()
        self._futures: dict[str, Future[Result]] = {}
        self._queue: deque[Request] = deque()
        self._fault: ReelinguaError | None = None
        self._tallies = [Tally() for _ in launches]
        self._warned: set[str] = set()
        self._is_stopping = False
        self._all = tuple(
            Station(launch, self._outlets(tallied), supply=self, turns=turns)
            for launch, tallied in zip(launches, self._tallies, strict=True)
        )
        self._stations = list(self._all)
        for station in self._all:
            station.start()

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
                    self._queue.append(request)
            futures = [self._futures[request.request_id] for request in requests]
        self._call()
        return futures

    def figures(self) -> Figures | None:
        """What the workers of all places have done since the lane began; None before any has said something."""
        with self._lock:
            heard = [figures for one in self._tallies if (figures := one.total()) is not None]
            if not heard:
                return None
            summed = tally.total(heard)
            return dataclasses.replace(summed, waiting=summed.waiting + len(self._queue))

    def stop(self) -> None:
        """Let the workers and the threads end; what is not answered yet fails."""
        self._is_stopping = True
        for station in self._all:
            station.stop()

    def close(self) -> None:
        """Stop, and wait until all have ended."""
        self.stop()
        for station in self._all:
            station.join()

    def is_needed(self, station: Station) -> bool:
        """As ``Supply`` says: one request keeps one worker busy."""
        with self._lock:
            if not self._queue:
                return False
            others = [one for one in self._stations if one is not station and one.is_active]
            return len(self._queue) + sum(one.outstanding for one in others) > len(others)

    def take(self, station: Station) -> Sequence[Request]:
        """As ``Supply`` says: so many that all who have room get the same number of outstanding ones."""
        with self._lock:
            peers = [one for one in self._stations if one is station or one.room > 0]
            fair = -(-(len(self._queue) + sum(one.outstanding for one in peers)) // len(peers))
            count = min(len(self._queue), station.room, max(0, fair - station.outstanding))
            station.outstanding += count
            return [self._queue.popleft() for _ in range(count)]

    def lost(self, station: Station, error: ReelinguaError, unanswered: Sequence[Request]) -> None:
        """As ``Supply`` says: the others go on, unless there are none or the error is not that of one place."""
        with self._lock:
            self._stations.remove(station)
            if self._fault is None and (not self._stations or not isinstance(error, EngineError)):
                self._fault = error
            fault = self._fault
            waiting = list(self._futures.values()) if fault is not None else []
            if fault is not None:
                self._futures.clear()
                self._queue.clear()
            else:
                self._queue.extendleft(reversed(unanswered))
        for future in waiting:
            future.set_exception(fault)
        if fault is not None:
            self.stop()
        elif not self._is_stopping:
            self._listener.warned(f"{error}; {station.where} takes no more work, the others go on without it")
            self._call()

    def _outlets(self, tallied: Tally) -> Outlets:
        return Outlets(
            answered=self._answered,
            set_aside=self._set_aside,
            kept=self._listener.kept,
            given_back=self._give_back,
            counted=partial(self._counted, tallied),
            ended=partial(self._ended, tallied),
            warned=self._listener.warned,
        )

    def _call(self) -> None:
        for station in self._all:
            station.call()

    def _answered(self, result: Result) -> None:
        with self._lock:
            future = self._futures.pop(result.request_id, None)
        if future is not None:
            future.set_result(result)

    def _set_aside(self, request: Request, result: Result) -> None:
        self._listener.set_aside(request, result)
        self._answered(result)

    def _give_back(self, requests: Sequence[Request]) -> None:
        with self._lock:
            self._queue.extendleft(reversed(requests))
        self._call()

    def _counted(self, tallied: Tally, figures: Figures) -> None:
        with self._lock:
            tallied.heard(figures)
        if (now := self.figures()) is not None:
            self._listener.counted(now)
            self._judge(now)

    def _ended(self, tallied: Tally) -> None:
        with self._lock:
            tallied.ended()
        self._call()  # another place may be needed instead

    def _judge(self, figures: Figures) -> None:
        """Warn, once of each, of what shows that the engine is sized wrongly."""
        if tally.too_many_preempted(figures):
            self._warn_once(
                f"the {self._what} engine began {figures.preemptions} requests anew for want of KV cache, at "
                f"{figures.answered} answered: lower max_num_seqs, or give it more memory",
                kind="preempted",
            )
        if tally.too_idle(figures):
            self._warn_once(
                f"the {self._what} engine waited {figures.idle_s:.0f} s for requests and was busy for "
                f"{figures.busy_s:.0f} s: the feeder is too slow, give the worker more processor cores",
                kind="idle",
            )

    def _warn_once(self, text: str, *, kind: str) -> None:
        with self._lock:
            if kind in self._warned:
                return
            self._warned.add(kind)
        self._listener.warned(text)
