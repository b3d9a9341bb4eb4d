"""How much may be with the engine at once: tokens, so that its KV cache is never short of work and its queue stays
short, and bytes, so that media that wait do not fill the memory.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pipeline.sizing.tokens import SAMPLED_SIZE, shown_frames
from schemas.time import SAMPLES_PER_MS
from workers.engines.vllm.question import Film, Media

PROCESSED = 4
"""Bytes that a byte of pictures becomes beside itself: 16 bits per value for the engine, and a copy on the way."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a question takes while it is with the engine."""

    tokens: int
    """Its prompt and the longest answer."""

    size: int = 0
    """Bytes of its media."""


def preparing(media: Media, *, is_cached: bool) -> Need:
    """What media take while they are prepared: one place instead of tokens, and about the bytes that they will have.

    Media that the engine has in its cache take no place, so that nothing new goes before them and drives them out.
    """
    pictures = shown_frames(media.span.duration_ms, media.frames_per_s) if isinstance(media, Film) else 0
    samples = media.span.duration_ms * SAMPLES_PER_MS
    return Need(0 if is_cached else 1, PROCESSED * (pictures * math.prod(SAMPLED_SIZE) * 3 + samples * 4))


@dataclass(order=True, slots=True)
class _Waiting:
    """A question at the gate; the lower priority goes first, then who came first."""

    priority: int
    number: int
    need: Need = field(compare=False)
    opened: asyncio.Future[None] = field(compare=False)


class Gate:
    """Lets questions in while their needs fit; one that alone is too much goes in alone. For one event loop."""

    def __init__(self, limit: Need) -> None:
        self._limit = limit
        self._inside = 0
        self._tokens = 0
        self._size = 0
        self._waiting: list[_Waiting] = []
        self._count = 0

    @asynccontextmanager
    async def passed(self, need: Need, *, priority: int = 0) -> AsyncIterator[None]:
        """Wait to be let in; out again when the block ends."""
        await self._let_in(need, priority)
        try:
            yield
        finally:
            self._inside -= 1
            self._tokens -= need.tokens
            self._size -= need.size
            self._open()

    async def _let_in(self, need: Need, priority: int) -> None:
        self._count += 1
        place = _Waiting(priority, self._count, need, asyncio.get_running_loop().create_future())
        heapq.heappush(self._waiting, place)
        self._open()
        try:
            await place.opened
        except asyncio.CancelledError:
            if place.opened.done() and not place.opened.cancelled():  # let in at the very moment it gave up
                self._inside -= 1
                self._tokens -= need.tokens
                self._size -= need.size
            self._open()
            raise

    def _open(self) -> None:
        while self._waiting:
            first = self._waiting[0]
            if first.opened.cancelled():
                heapq.heappop(self._waiting)
                continue
            if self._inside and not self._fits(first.need):
                return
            heapq.heappop(self._waiting)
            self._inside += 1
            self._tokens += first.need.tokens
            self._size += first.need.size
            first.opened.set_result(None)

    def _fits(self, need: Need) -> bool:
        return self._tokens + need.tokens <= self._limit.tokens and self._size + need.size <= self._limit.size
