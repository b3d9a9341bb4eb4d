"""Speech regions: stretches of speech from the detector's answers. Pure.

Hysteresis as in Silero's own ``get_speech_timestamps`` (snakers4/silero-vad, release 6.2): a stretch
opens at a high probability and closes when a lower one has lasted.
"""

from __future__ import annotations

from collections.abc import Iterator

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
Ours: twice Silero's 30 ms, rounded to windows."""


def find(probabilities: npt.NDArray[np.float32], *, length_ms: int) -> Iterator[SpeechRegion]:
    """Speech regions in order of time, never touching, inside the asset.

    Args:
        probabilities: One answer per ``LEVEL_STEP_MS``, from time zero, shape ``(n,)`` in [0, 1].
        length_ms: Length of the asset.

    """
    sums = np.concatenate(([0.0], np.cumsum(probabilities, dtype=np.float64)))
    waiting: tuple[int, int] | None = None
    for first, end in _stretches(probabilities):
        start_ms = max(0, first * LEVEL_STEP_MS - PAD_MS)
        if waiting is not None and start_ms <= waiting[1] * LEVEL_STEP_MS + PAD_MS:
            waiting = (waiting[0], end)
            continue
        if waiting is not None:
            yield from _region(waiting, sums, length_ms)
        waiting = (first, end)
    if waiting is not None:
        yield from _region(waiting, sums, length_ms)


def _stretches(probabilities: npt.NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Windows ``[first, end)`` of each stretch that is long enough."""
    opening = np.flatnonzero(probabilities >= OPEN_PROBABILITY)
    alive = np.flatnonzero(probabilities >= CLOSE_PROBABILITY)
    silence = MIN_SILENCE_MS // LEVEL_STEP_MS
    end = 0
    for run in np.split(alive, np.flatnonzero(np.diff(alive) > silence) + 1) if alive.size else ():
        low, high = int(run[0]), int(run[-1]) + 1
        at = int(np.searchsorted(opening, low))
        if at == opening.size or opening[at] >= high:
            continue
        first = max(int(opening[at]), end)
        end = high
        if (end - first) * LEVEL_STEP_MS >= MIN_SPEECH_MS:
            yield first, end


def _region(windows: tuple[int, int], sums: npt.NDArray[np.float64], length_ms: int) -> Iterator[SpeechRegion]:
    first, end = windows
    span = Span(max(0, first * LEVEL_STEP_MS - PAD_MS), end * LEVEL_STEP_MS + PAD_MS).clipped(Span(0, length_ms))
    if span is not None:
        confidence = float(sums[end] - sums[first]) / (end - first)
        yield SpeechRegion(span, min(1.0, max(0.0, confidence)))
