"""The clock that captions are timed on: whole frames where the picture has a rate, else milliseconds.

A *tick* is one step of that clock. Limits in frames hold at every rate; limits in seconds become the
nearest whole number of frames, as the guides do (half a second is 12 frames at 24, 15 at 29.97).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions.profiles import Limit, Unit
from schemas.time import frame_to_ms, ms_to_frame

BASE_RATE = Fraction(24)
"""Rate for which guides state their frames; used for frames when the real rate is unknown (83 ms for two)."""

SLOWEST_RATE = Fraction(12)
"""Below it a frame is longer than 83 ms, and frame rules would move captions audibly; milliseconds serve better."""

FASTEST_RATE = Fraction(240)
"""Above it frames come near to milliseconds and the conversion stops being exact (``schemas.time``)."""

NTSC = Fraction(1001, 1000)
"""How long a second of a guide lasts in NTSC material, whose frames are counted as if they were 24 or 30 a second:
7 s are 168 frames, which last 7.007 s."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Conversion between milliseconds and ticks."""

    rate: Fraction | None
    """Frames per second; null when a tick is a millisecond."""

    phase_ms: int = 0
    """Start of tick 0: the picture's first frame, less whole frames; 0 when a tick is a millisecond."""

    @property
    def unit(self) -> str:
        """Name of a tick, for findings."""
        return "ms" if self.rate is None else "frames"

    @property
    def ticks_per_s(self) -> Fraction:
        """Ticks in one second."""
        return Fraction(1000) if self.rate is None else self.rate

    def tick(self, at_ms: int) -> int:
        """Tick nearest to ``at_ms``."""
        return at_ms if self.rate is None else max(0, ms_to_frame(at_ms - self.phase_ms, self.rate))

    def ms(self, tick: int) -> int:
        """Start of ``tick``; ``tick(ms(n)) == n``."""
        return tick if self.rate is None else self.phase_ms + frame_to_ms(tick, self.rate)

    def last_tick(self, length_ms: int) -> int:
        """Last tick that starts at or before ``length_ms``."""
        tick = self.tick(length_ms)
        return tick if self.ms(tick) <= length_ms else tick - 1

    def ticks(self, limit: Limit) -> int:
        """A limit of time in ticks.

        Raises:
            ValueError: The limit is not a time.

        """
        if limit.unit is Unit.FRAMES:
            return round(limit.value) if self.rate is not None else round(limit.value * 1000 / BASE_RATE)
        if limit.unit is Unit.SECONDS:
            return _nearest(limit.value * self.ticks_per_s)
        raise ValueError(f"{limit.rule} is in {limit.unit.value or 'no unit'}, not a time")


def grid_for(rate: Fraction | None, *, first_frame_ms: int = 0) -> Grid:
    """Frames of ``rate``; milliseconds where it is unknown, or too slow or fast for frame rules.

    ``first_frame_ms`` is when the picture begins on the asset's timeline: audio may begin before it.
    """
    if rate is None or not SLOWEST_RATE <= rate <= FASTEST_RATE:
        return Grid(None)
    whole = math.floor(first_frame_ms * rate / 1000)
    return Grid(rate, max(0, first_frame_ms - frame_to_ms(whole, rate)))


def _nearest(value: Fraction) -> int:
    """Nearest whole number; a half goes down, so that half a second at 25 fps is 12 frames."""
    return math.ceil(value - Fraction(1, 2))
