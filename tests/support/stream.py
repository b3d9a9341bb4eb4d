"""A streaming engine around a function that answers one request, each in a thread of its own, and that counts."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import Future

from schemas.figures import Figures
from schemas.jobs import Request, Result
from workers.jobs import media_ms

NOTHING = Figures(
    answered=0,
    failed=0,
    media_ms=0,
    tokens_in=0,
    tokens_out=0,
    tokens_cached=0,
    retries=0,
    preemptions=0,
    busy_s=0.0,
    idle_s=0.0,
    waiting=0,
    in_flight=0,
    kv_usage=0.0,
)
"""Figures of an engine that was just loaded."""

TOKENS_IN = 10
"""Tokens that it says each prompt had."""


class Stream:
    """Answers come in any order; what ``answer`` raises, the future raises."""

    def __init__(
        self,
        answer: Callable[[Request], Result],
        *,
        counted: Callable[[Figures, Request], Figures] = lambda figures, _request: figures,
    ) -> None:
        """``counted`` makes the figures after a request of what they would be."""
        self.most_in_flight = 0
        """Most requests that were here at once."""
        self._answer = answer
        self._counted = counted
        self._lock = threading.Lock()
        self._figures = NOTHING

    def submit(self, request: Request) -> Future[Result]:
        """As ``workers.families.Streaming`` says."""
        with self._lock:
            self._figures = dataclasses.replace(self._figures, in_flight=self._figures.in_flight + 1)
            self.most_in_flight = max(self.most_in_flight, self._figures.in_flight)
        future: Future[Result] = Future()
        threading.Thread(target=self._work, args=(request, future), daemon=True).start()
        return future

    def figures(self) -> Figures:
        """As ``workers.families.Streaming`` says."""
        return self._figures

    def close(self) -> None:
        """Nothing is left to be ended: its threads end with the process."""

    def _work(self, request: Request, future: Future[Result]) -> None:
        try:
            result = self._answer(request)
        except Exception as error:
            self._count(request)
            future.set_exception(error)
        else:
            self._count(request)
            future.set_result(result)

    def _count(self, request: Request) -> None:
        with self._lock:
            now = self._figures
            counted = dataclasses.replace(
                now,
                answered=now.answered + 1,
                media_ms=now.media_ms + media_ms(request),
                tokens_in=now.tokens_in + TOKENS_IN,
                in_flight=now.in_flight - 1,
            )
            self._figures = self._counted(counted, request)
