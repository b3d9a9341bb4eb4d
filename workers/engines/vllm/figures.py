"""What the engine has done and is at, whether it waits for its feeder, and what each answer costs of its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from schemas.figures import Figures


class Meter:
    """Counts and clocks of one engine; threads may share it."""

    def __init__(self, *, slots: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        """``slots`` is how many questions the engine works on at once."""
        self._clock = clock
        self._slots = slots
        self._lock = threading.Lock()
        self._present = 0
        self._at_gate = 0
        self._at_engine = 0
        self._since_s = clock()
        self._busy_s = 0.0
        self._idle_s = 0.0
        self._unpaid_s = 0.0
        self._tokens_now = 0
        self._answered = self._failed = self._media_ms = 0
        self._tokens_in = self._tokens_out = self._tokens_cached = self._retries = 0
        self._preemptions = 0
        self._kv_usage = 0.0
        self._step_s = self._since_s

    def arrived(self) -> None:
        """A request is here."""
        with self._lock:
            self._pass_time()
            self._present += 1

    def answered(self, *, is_failed: bool, media_ms: int) -> None:
        """A request has its answer."""
        with self._lock:
            self._pass_time()
            self._present -= 1
            self._answered += 1
            self._failed += is_failed
            self._media_ms += media_ms

    def lost(self) -> None:
        """A request will have no answer, since the engine is gone."""
        with self._lock:
            self._pass_time()
            self._present -= 1

    @contextmanager
    def at_gate(self) -> Iterator[None]:
        """A question is ready for the engine while the block runs, which has no room for it."""
        with self._lock:
            self._pass_time()
            self._at_gate += 1
        try:
            yield
        finally:
            with self._lock:
                self._pass_time()
                self._at_gate -= 1

    @contextmanager
    def at_engine(self, tokens: int, *, is_retry: bool) -> Iterator[None]:
        """A question is with the engine while the block runs; ``tokens`` is what it may take, prompt and answer."""
        with self._lock:
            self._pass_time()
            self._at_engine += 1
            self._tokens_now += tokens
            self._retries += is_retry
        try:
            yield
        finally:
            with self._lock:
                self._pass_time()
                self._at_engine -= 1
                self._tokens_now -= tokens

    def paid(self, tokens: int, *, tokens_in: int, tokens_out: int, tokens_cached: int) -> float:
        """Share of the engine's busy time, in seconds, of a question that is about to leave it.

        What nobody has paid yet is shared out by tokens among the questions that are there; the last one pays the
        rest, so that all shares together are the busy time.
        """
        with self._lock:
            self._pass_time()
            share_s = self._unpaid_s * tokens / max(tokens, self._tokens_now)
            self._unpaid_s -= share_s
            self._tokens_in += tokens_in
            self._tokens_out += tokens_out
            self._tokens_cached += tokens_cached
            return share_s

    def stepped(self, *, kv_usage: float | None, preemptions: int) -> None:
        """The engine has said something of itself."""
        with self._lock:
            self._step_s = self._clock()
            self._preemptions += preemptions
            if kv_usage is not None:
                self._kv_usage = kv_usage

    @property
    def silent_s(self) -> float:
        """Time since the engine last said anything."""
        with self._lock:
            return self._clock() - self._step_s

    def figures(self) -> Figures:
        """All of it, at this moment."""
        with self._lock:
            self._pass_time()
            return Figures(
                answered=self._answered,
                failed=self._failed,
                media_ms=self._media_ms,
                tokens_in=self._tokens_in,
                tokens_out=self._tokens_out,
                tokens_cached=self._tokens_cached,
                retries=self._retries,
                preemptions=self._preemptions,
                busy_s=self._busy_s,
                idle_s=self._idle_s,
                waiting=max(0, self._present - self._at_engine),
                in_flight=self._present,
                kv_usage=self._kv_usage,
            )

    def _pass_time(self) -> None:
        now_s = self._clock()
        passed_s = now_s - self._since_s
        self._since_s = now_s
        if self._at_engine:
            self._busy_s += passed_s
            self._unpaid_s += passed_s
        if self._is_starved():
            self._idle_s += passed_s

    def _is_starved(self) -> bool:
        """Whether the engine has less than half of what it could have, for want of questions that are ready.

        Half, since a slot that is free for a moment is filled by the next question; at the end of the work it has all
        that there is, and that is enough.
        """
        return not self._at_gate and 2 * self._at_engine < min(self._slots, self._present)
