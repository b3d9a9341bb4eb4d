"""How much of something is heard at each sample: smooth ramps before and after spans. Pure.

A ramp is a raised cosine, so that neither the curve nor its slope has a step, and nothing clicks.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from schemas.sound import MIX_SAMPLES_PER_MS
from schemas.time import Span, merged

Curve = npt.NDArray[np.float32]
"""One value per sample: ``(n,)``, 0 to 1."""


class Envelope:
    """1 inside ``spans``, 0 away from them.

    Args:
        spans: In any order; they may touch and overlap.
        before_ms: Length of the ramp that ends where a span begins.
        after_ms: Length of the ramp that begins where a span ends.
        hold_ms: Spans whose ramps would be this close, or overlap, are one.
    """

    def __init__(self, spans: Iterable[Span], *, before_ms: int, after_ms: int, hold_ms: int = 0) -> None:
        held = list(merged(spans, gap_ms=before_ms + hold_ms + after_ms))
        corners_ms = [
            at_ms
            for span in held
            for at_ms in (span.start_ms - before_ms, span.start_ms, span.end_ms, span.end_ms + after_ms)
        ]
        self._at = np.asarray(corners_ms, np.int64) * MIX_SAMPLES_PER_MS
        self._height = np.tile(np.asarray((0.0, 1.0, 1.0, 0.0), np.float64), len(held))

    def curve(self, first: int, count: int) -> Curve:
        """Values of ``count`` samples from ``first`` on; exactly 0 and 1 outside the ramps."""
        begin = max(0, int(np.searchsorted(self._at, first, side="right")) - 1)
        end = int(np.searchsorted(self._at, first + count)) + 1
        at, height = self._at[begin:end], self._height[begin:end]
        if not at.size or not height.any():
            return np.zeros(count, np.float32)
        if height.all() and at[0] <= first and at[-1] >= first + count - 1:
            return np.ones(count, np.float32)
        linear = np.interp(np.arange(first, first + count), at, height)
        return np.asarray(0.5 - 0.5 * np.cos(np.pi * linear), np.float32)
