"""Figures of several workers as those of one: places are added up, and a worker that took another's place goes on
where that one was.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from schemas.figures import Figures

PREEMPTED_SHARE = 0.01
"""Preemptions per answered request that are worth a warning. Ours: each throws a request's work away, and an engine
whose KV cache holds what it takes on has none."""

PREEMPTED_AFTER = 100
"""Answered requests before that is judged. Ours: fewer say nothing about one in a hundred."""

IDLE_SHARE = 0.10
"""Idle time, as a share of busy time, that is worth a warning. Ours: five times what the benchmark allows."""

IDLE_AFTER_S = 60.0
"""Busy time before that is judged. Ours: the first requests of an engine find a feeder that has nothing ready."""


class Tally:
    """Figures of one place over all its workers."""

    def __init__(self) -> None:
        self._ended: Figures | None = None
        self._now: Figures | None = None

    def heard(self, figures: Figures) -> None:
        """What the worker says of itself."""
        self._now = figures

    def ended(self) -> None:
        """The worker ended; the next begins at 0."""
        if self._now is not None:
            self._ended = at_rest(total([self._ended, self._now] if self._ended else [self._now]))
            self._now = None

    def total(self) -> Figures | None:
        """What all workers of the place have done, and what the present one is at; None before the first word."""
        heard = [figures for figures in (self._ended, self._now) if figures is not None]
        return total(heard) if heard else None


def total(parts: Sequence[Figures]) -> Figures:
    """Figures of all ``parts``, of which there is one at least; the KV usage is that of the fullest."""
    return Figures(
        answered=sum(part.answered for part in parts),
        failed=sum(part.failed for part in parts),
        media_ms=sum(part.media_ms for part in parts),
        tokens_in=sum(part.tokens_in for part in parts),
        tokens_out=sum(part.tokens_out for part in parts),
        tokens_cached=sum(part.tokens_cached for part in parts),
        retries=sum(part.retries for part in parts),
        preemptions=sum(part.preemptions for part in parts),
        busy_s=sum(part.busy_s for part in parts),
        idle_s=sum(part.idle_s for part in parts),
        waiting=sum(part.waiting for part in parts),
        in_flight=sum(part.in_flight for part in parts),
        kv_usage=max(part.kv_usage for part in parts),
    )


def at_rest(figures: Figures) -> Figures:
    """The counts of a worker that has ended: nothing waits there any more."""
    return dataclasses.replace(figures, waiting=0, in_flight=0, kv_usage=0.0)


def too_many_preempted(figures: Figures) -> bool:
    """Whether the engine stops so many requests for want of KV cache that its sizing must be wrong."""
    return figures.answered >= PREEMPTED_AFTER and figures.preemptions > PREEMPTED_SHARE * figures.answered


def too_idle(figures: Figures) -> bool:
    """Whether the engine waits for its feeder so long that the feeder must be too slow."""
    return figures.busy_s >= IDLE_AFTER_S and figures.idle_s > IDLE_SHARE * figures.busy_s
