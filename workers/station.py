"""A lane's worker at one place, and the thread that watches it: it waits for its turn on the device, takes requests of
the lane, and gives way to others.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from pipeline.errors import EngineCrashed, ReelinguaError
from schemas.jobs import Request
from workers import spool
from workers.turns import Duty, Turns
from workers.watch import Launch, Outlets, Watch


class Supply(Protocol):
    """Where a station gets its requests, and tells how it ended: its lane. Called from the station's thread."""

    def is_needed(self, station: Station) -> bool:
        """Whether there is more work than the other stations have workers."""
        ...

    def take(self, station: Station) -> Sequence[Request]:
        """Requests for a station that has room."""
        ...

    def lost(self, station: Station, error: ReelinguaError, unanswered: Sequence[Request]) -> None:
        """The station has ended; ``error`` says why, ``unanswered`` is what it left undone."""
        ...


class Station:
    """One place of a lane. A thread of its own starts the worker when it is needed, until it is stopped."""

    def __init__(self, launch: Launch, outlets: Outlets, *, supply: Supply, turns: Turns) -> None:
        self._launch = launch
        self._place = launch.place
        self._name = launch.folder.name
        self.where = launch.place.device or self._name
        """Its place, for messages."""
        self._supply = supply
        self._turns = turns
        self._watch = Watch(launch, outlets)
        self._called = threading.Event()
        self._is_stopping = False
        self.is_active = False
        """Whether it has a worker, or its turn to start one. Other threads may read it and what follows."""
        self.room = 0
        """How many requests it would take."""
        self.outstanding = 0
        """How many requests it has taken and not answered."""
        self._thread = threading.Thread(target=self._live, name=self._name, daemon=True)

    def start(self) -> None:
        """Begin to look for work."""
        self._thread.start()

    def call(self) -> None:
        """There may be work."""
        self._called.set()

    def stop(self) -> None:
        """Let the worker and the thread end."""
        self._is_stopping = True
        self._called.set()

    def join(self) -> None:
        """Wait until both have ended."""
        self._thread.join()

    def _live(self) -> None:
        error: ReelinguaError = EngineCrashed(self._launch.what, None, "it was closed before it had answered")
        try:
            while not self._is_stopping:
                self._act()
        except ReelinguaError as raised:
            error = raised
        except Exception as raised:  # whoever waits must hear it, whatever it is
            reason = f"its watcher failed with {type(raised).__name__}: {raised}"
            error = EngineCrashed(self._launch.what, None, reason)
        finally:
            unanswered: Sequence[Request] = ()
            try:
                unanswered = self._leave()
            finally:
                self._supply.lost(self, error, unanswered)

    def _act(self) -> None:
        """One step: rest, stand in line for the device, give way, or work."""
        if not self._watch.is_on and not self._supply.is_needed(self):
            self._leave()
            self._rest()
        elif not self._has_its_turn():
            self._rest(limit_s=spool.POLL_S)
        elif (duty := self._duty()) is Duty.LEAVE:
            self._leave()
        elif duty is Duty.WAIT:
            self.room = 0
            self._rest(limit_s=spool.POLL_S)
        else:
            self._work(takes_more=duty is Duty.GO_ON)

    def _rest(self, *, limit_s: float | None = None) -> None:
        """Until it is called."""
        self._called.wait(limit_s)
        self._called.clear()

    def _work(self, *, takes_more: bool) -> None:
        self.is_active = True
        self.room = self._watch.room if takes_more else 0
        if self.room and (requests := self._supply.take(self)):
            self._watch.ask(requests)
        self._watch.step()
        self.outstanding = self._watch.outstanding

    def _leave(self) -> Sequence[Request]:
        """End the worker, if there is one, and give the device back; what was not answered."""
        self.is_active, self.room = False, 0
        unanswered = self._watch.close()
        self.outstanding = 0
        self._turns.leave(self._name, device=self._place.device)
        return unanswered

    def _has_its_turn(self) -> bool:
        if not self._place.device:
            return True
        return self._turns.may_work(self._name, device=self._place.device, share=self._place.share)

    def _duty(self) -> Duty:
        if not self._place.device:
            return Duty.GO_ON
        return self._turns.duty(
            self._name,
            device=self._place.device,
            is_busy=self._watch.outstanding > 0,
            has_more=self._supply.is_needed(self),
            load_s=self._watch.load_s,
            now_s=time.monotonic(),
        )
