"""Time: whole milliseconds on an asset's timeline, and the only conversions from frames and samples.

Time zero is the earliest presented sample or frame of the asset. Intervals are half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, TypeVar

SPEECH_RATE_HZ = 16_000
"""Rate of the speech audio that every engine hears: what Whisper-style front ends, Qwen3's
audio encoder and PocketSphinx's acoustic model all take."""

SAMPLES_PER_MS = SPEECH_RATE_HZ // 1000
"""Exact, so that a span in milliseconds cuts at whole samples."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open interval ``[start_ms, end_ms)``; two adjacent spans share a boundary."""

    start_ms: int
    """First millisecond of the interval, counted from the asset's time zero."""

    end_ms: int
    """First millisecond after the interval."""

    def __post_init__(self) -> None:
        if not 0 <= self.start_ms < self.end_ms:
            raise ValueError(f"span must satisfy 0 <= start_ms < end_ms, got [{self.start_ms}, {self.end_ms})")

    @property
    def duration_ms(self) -> int:
        """Length in milliseconds, at least 1."""
        return self.end_ms - self.start_ms

    def overlap_ms(self, other: Span) -> int:
        """Milliseconds that both spans cover; 0 when they only touch."""
        return max(0, min(self.end_ms, other.end_ms) - max(self.start_ms, other.start_ms))

    def clipped(self, within: Span) -> Span | None:
        """The part inside ``within``; None when nothing is left."""
        start_ms = max(self.start_ms, within.start_ms)
        end_ms = min(self.end_ms, within.end_ms)
        return Span(start_ms, end_ms) if start_ms < end_ms else None


def merged(spans: Iterable[Span], *, gap_ms: int = 0) -> Iterator[Span]:
    """Spans in order of time with those joined that overlap, touch, or are ``gap_ms`` apart or less."""
    current: Span | None = None
    for span in sorted(spans):
        if current is None:
            current = span
        elif span.start_ms - current.end_ms <= gap_ms:
            current = Span(current.start_ms, max(current.end_ms, span.end_ms))
        else:
            yield current
            current = span
    if current is not None:
        yield current


def gaps(spans: Iterable[Span], *, length_ms: int) -> Iterator[Span]:
    """What ``spans`` leave uncovered of ``[0, length_ms)``, in order of time."""
    at_ms = 0
    for span in merged(spans):
        if span.start_ms >= length_ms:
            break
        if span.start_ms > at_ms:
            yield Span(at_ms, span.start_ms)
        at_ms = span.end_ms
    if at_ms < length_ms:
        yield Span(at_ms, length_ms)


class Timed(Protocol):
    """Anything that has its place on the timeline."""

    @property
    def span(self) -> Span:
        """When."""
        ...


Placed = TypeVar("Placed", bound=Timed)
"""Something timed."""


def overlapping(windows: Iterable[Span], items: Iterable[Placed]) -> Iterator[list[Placed]]:
    """For each of ``windows``, which are in order of time, the items that it overlaps, in order of time.

    Both are walked once, so that a hundred hours cost a hundred times one hour.
    """
    waiting = sorted(items, key=lambda item: item.span)
    active: list[Placed] = []
    upcoming = 0
    for window in windows:
        while upcoming < len(waiting) and waiting[upcoming].span.start_ms < window.end_ms:
            active.append(waiting[upcoming])
            upcoming += 1
        active = [item for item in active if item.span.end_ms > window.start_ms]
        yield [item for item in active if item.span.start_ms < window.end_ms]


def frame_to_ms(frame: int, rate: Fraction) -> int:
    """Start of ``frame`` (0-based) at ``rate`` frames per second, to the nearest millisecond."""
    return round(frame * 1000 / rate)


def ms_to_frame(at_ms: int, rate: Fraction) -> int:
    """Frame whose start is nearest to ``at_ms``; undoes ``frame_to_ms`` up to 500 frames per second."""
    return round(at_ms * rate / 1000)


def seconds_to_ms(seconds: Fraction) -> int:
    """Exact seconds (a PTS times its time base) to the nearest millisecond."""
    return round(seconds * 1000)


def clock(at_ms: int) -> str:
    """``H:MM:SS.mmm`` for people to read; formats of files have their own."""
    seconds, ms = divmod(at_ms, 1000)
    minutes, s = divmod(seconds, 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}.{ms:03}"
