"""The exact rate of a picture, from the times of its frames. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

STANDARD_RATES = tuple(Fraction(rate) for rate in (24, 25, 30, 48, 50, 60, 100, 120)) + tuple(
    Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120)
)
"""Rates of SMPTE ST 2036 and ST 428 and the multiples that cameras record."""

GRID_TOLERANCE_S = Fraction(1, 500)
"""How far a frame may lie beside the grid of a constant rate: 2 ms. Containers that count milliseconds
round by 0.5 ms, some muxers truncate; a missing frame shifts the rest by 8 ms even at 120 per second."""

_LARGEST_DENOMINATOR = 1001


@dataclass(frozen=True, slots=True)
class Rate:
    """Frames per second."""

    frames_per_s: Fraction
    """Exact where it is constant, else the usual distance of two frames."""

    is_variable: bool
    """Whether frames lie beside the grid of the rate."""


def find(pts: npt.NDArray[np.int64], time_base: Fraction, hints: Sequence[Fraction]) -> Rate:
    """Rate of frames at ``pts``, in order of time.

    Args:
        pts: Presentation times in units of ``time_base``, ascending, shape ``(n,)``, at least one.
        time_base: Seconds per unit.
        hints: Rates that the container states, likeliest first.
    """
    known = [hint for hint in hints if hint > 0]
    if pts.size < 2 or pts[-1] <= pts[0]:
        return Rate(known[0] if known else Fraction(25), is_variable=False)
    mean = Fraction(int(pts.size) - 1) / (int(pts[-1] - pts[0]) * time_base)
    usual = 1 / (Fraction(int(np.median(np.diff(pts)))) * time_base) if np.median(np.diff(pts)) >= 1 else mean
    near = sorted(STANDARD_RATES, key=lambda rate: abs(rate - mean))[:2]
    for rate in (*known, *near, mean.limit_denominator(_LARGEST_DENOMINATOR), mean):
        if _fits(pts, time_base, rate):
            return Rate(rate, is_variable=False)
    closest = min((*known, *STANDARD_RATES), key=lambda rate: abs(rate - usual))
    nominal = closest if abs(closest - usual) < usual / 50 else usual.limit_denominator(_LARGEST_DENOMINATOR)
    return Rate(nominal if nominal > 0 else usual, is_variable=True)


def _fits(pts: npt.NDArray[np.int64], time_base: Fraction, rate: Fraction) -> bool:
    """Whether every frame lies on the grid, in exact integers: no rounding builds up over ten hours."""
    step = 1 / (rate * time_base)  # units per frame
    tolerance = max(GRID_TOLERANCE_S / time_base, Fraction(1))
    frames = np.arange(pts.size, dtype=np.float64)
    away = (pts - pts[0]).astype(np.float64) - frames * float(step)
    return bool(np.max(np.abs(away)) <= float(tolerance))
