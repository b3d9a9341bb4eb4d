"""Speech regions: stretches of speech from the detector's answers. No I/O.

Hysteresis as in Silero's own ``get_speech_timestamps`` (snakers4/silero-vad, release 6.2): a stretch
opens at a high probability and closes when a lower one has lasted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from schemas.media import LEVEL_STEP_MS, SpeechRegion
from schemas.time import Span

OPEN_PROBABILITY = 0.5
"""Speech begins here: Silero's default threshold."""

CLOSE_PROBABILITY = 0.35
"""Speech may end below this: Silero's default, 0.15 under the threshold."""

MIN_SILENCE_MS = 256
"""A shorter pause does not end a stretch. Ours: Silero's 100 ms splits at the closure of a plosive and
between words, and a caption never ends on so short a pause; 8 windows."""

MIN_SPEECH_MS = 128
"""A shorter stretch is a click or a breath. Ours: Silero's 250 ms loses "yes" and "no"; 4 windows."""

PAD_MS = 64
"""Added on both sides, since the detector opens a window or two late and weak endings close it early.
Ours: twice Silero's 30 ms, rounded to windows; less than half of the shortest silence, so that no two regions
touch."""

_SILENT_WINDOWS = MIN_SILENCE_MS // LEVEL_STEP_MS


class RegionFinder:
    """Speech regions of one stream of answers. Holds the regions and one open stretch, however long the title."""

    def __init__(self) -> None:
        self._seen = 0  # windows so far
        self._sum = 0.0  # of their probabilities
        self._stretch: _Stretch | None = None
        self._ended: list[_Stretch] = []

    def take(self, probabilities: npt.NDArray[np.float32]) -> None:
        """Take the answers that follow: one per ``LEVEL_STEP_MS``, shape ``(n,)`` in [0, 1]."""
        before = np.cumsum(np.concatenate(([self._sum], probabilities)), dtype=np.float64)
        opening = np.flatnonzero(probabilities >= OPEN_PROBABILITY)
        alive = np.flatnonzero(probabilities >= CLOSE_PROBABILITY)
        for run in np.split(alive, np.flatnonzero(np.diff(alive) > _SILENT_WINDOWS) + 1) if alive.size else ():
            low, end = int(run[0]), int(run[-1]) + 1
            if self._stretch is not None and self._seen + low - self._stretch.end >= _SILENT_WINDOWS:
                self._end()
            if self._stretch is None:
                at = int(np.searchsorted(opening, low))
                if at == opening.size or opening[at] >= end:
                    continue
                first = int(opening[at])
                self._stretch = _Stretch(self._seen + first, self._seen + end, before[first], before[end])
            else:
                self._stretch = replace(self._stretch, end=self._seen + end, sum_end=before[end])
        self._seen += probabilities.size
        self._sum = float(before[-1])

    def finish(self, *, length_ms: int) -> list[SpeechRegion]:
        """All regions in order of time, never touching, inside an asset of this length."""
        self._end()
        regions = (_region(stretch, length_ms) for stretch in self._ended)
        return [region for region in regions if region is not None]

    def _end(self) -> None:
        """End the open stretch, and keep it if it is long enough."""
        stretch = self._stretch
        if stretch is not None and (stretch.end - stretch.first) * LEVEL_STEP_MS >= MIN_SPEECH_MS:
            self._ended.append(stretch)
        self._stretch = None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Speech that may still go on."""

    first: int
    """First window, counted from time zero."""
    end: int
    """First window after the last that is loud enough to go on."""
    sum_first: float
    """Sum of all probabilities before ``first``."""
    sum_end: float
    """Sum of all probabilities before ``end``."""


def _region(stretch: _Stretch, length_ms: int) -> SpeechRegion | None:
    """The stretch with its padding; None when it lies beyond the asset's end."""
    start_ms, end_ms = stretch.first * LEVEL_STEP_MS - PAD_MS, stretch.end * LEVEL_STEP_MS + PAD_MS
    span = Span(max(0, start_ms), end_ms).clipped(Span(0, length_ms))
    if span is None:
        return None
    mean = float(stretch.sum_end - stretch.sum_first) / (stretch.end - stretch.first)
    return SpeechRegion(span, min(1.0, max(0.0, mean)))
