"""How far a worker is: figures for its parent, and one line for people.

Told every two seconds while there is work, and before answers are told, so that whoever gets an answer
finds it counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from schemas.figures import Figures
from schemas.time import clock

EVERY_S = 2.0
"""Time between two reports. Ours: as often as answers are committed."""

_MS_PER_HOUR = 3_600_000


class Reports:
    """Reports of one worker. Not for several threads."""

    def __init__(
        self, figures: Callable[[], Figures], *, tell: Callable[[Figures], None], show: Callable[[str], None]
    ) -> None:
        """``tell`` takes figures for the parent, ``show`` a line for people."""
        self._figures = figures
        self._tell = tell
        self._show = show
        self._began_s = self._told_s = time.monotonic()
        self._before: Figures | None = None

    def when_due(self) -> None:
        """Report if it is time, unless nothing has changed."""
        if time.monotonic() - self._told_s >= EVERY_S:
            self.now()

    def now(self) -> None:
        """Report whatever the time is, unless nothing has changed."""
        now, at_s = self._figures(), time.monotonic()
        if now != self._before:
            self._tell(now)
            pace = Pace(since_start_s=at_s - self._began_s, since_last_s=at_s - self._told_s)
            self._show(line(now, self._before or now, pace))
        self._before, self._told_s = now, at_s


@dataclass(frozen=True, slots=True)
class Pace:
    """Times that rates are taken over."""

    since_start_s: float
    """Since the worker was ready."""

    since_last_s: float
    """Since the figures before were taken."""


def line(now: Figures, before: Figures, pace: Pace) -> str:
    """Figures as one line for people, with rates over the last interval.

    E.g. ``120 of 480 answered, 1 failed | 0.9 h | 5200 tokens/s in, 310 out | 64 in flight | KV 41 % | 0:03:00 left``.
    """
    left = now.waiting + now.in_flight
    interval_s = max(pace.since_last_s, 1e-3)
    failures = f", {now.failed} failed" if now.failed else ""
    parts = [
        f"{now.answered} of {now.answered + left} answered{failures}",
        f"{now.media_ms / _MS_PER_HOUR:.1f} h",
        f"{(now.tokens_in - before.tokens_in) / interval_s:.0f} tokens/s in, "
        f"{(now.tokens_out - before.tokens_out) / interval_s:.0f} out",
        f"{now.in_flight} in flight",
        f"KV {now.kv_usage:.0%}".replace("%", " %"),
    ]
    if left and now.answered:
        left_s = left * pace.since_start_s / now.answered
        parts.append(f"{clock(round(left_s) * 1000).partition('.')[0]} left")
    return " | ".join(parts)
