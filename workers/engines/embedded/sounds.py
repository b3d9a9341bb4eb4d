"""What a stretch of sound is when nobody speaks: silent, music-like, or other. By measures, not by a model.

Notes hold: from one tenth of a second to the next a tone's spectrum hardly changes, while noise changes
at random and speech changes on purpose. Hum and birdsong may pass for music, hence *music-like*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.media import speech_file
from schemas.time import SAMPLES_PER_MS, Span, gaps

SILENT_DBFS = -60.0
"""RMS below which nothing is heard: the noise of a good recording lies between -70 and -60 dBFS. Ours."""

_STEADY = 0.88
"""Median likeness of spectra 96 ms apart from which sound is music-like. Measured: white noise 0.79, brown 0.81,
speech 0.4 to 0.84, chords and melodies 0.98 and more (tests/workers/engines/embedded/test_sounds.py)."""

_TONAL = 0.1
"""Median spectral flatness below which sound is tonal; white noise has 0.57."""

_PROBE_MS = 2_000
_PROBES = 5
"""A stretch is judged by five probes of two seconds, evenly over it, so that its length costs nothing."""

_SHORTEST_MS = 200
"""Less sound than this cannot be judged: a steady spectrum needs several windows."""

_WINDOW = 1024
_HOP = 512
_APART = 3
"""Windows of 64 ms every 32 ms; those compared are three hops apart, so that they share little."""

_BANDS = slice(4, 400)
"""Bins of 62 Hz to 6.2 kHz: above mains hum, below the codec's edge."""


def kind(flac: Path, span: Span, speech: Sequence[Span]) -> str:
    """``silent``, ``music-like`` or ``other``: what ``span`` sounds like where nobody speaks.

    Raises:
        DecodeFailed: The audio is broken.

    """
    heard = [speech_file.cut(flac, probe) for probe in _probes(span, speech)]
    usable = [samples for samples in heard if len(samples) >= _SHORTEST_MS * SAMPLES_PER_MS]
    if not usable:
        return "other" if speech else "silent"
    energy = np.concatenate([samples.astype(np.float64) ** 2 for samples in usable]).mean()
    if energy <= 32768.0**2 * 10 ** (SILENT_DBFS / 10):
        return "silent"
    likeness, flatness = zip(*(_measures(samples) for samples in usable), strict=True)
    is_music = np.median(likeness) >= _STEADY and np.median(flatness) <= _TONAL
    return "music-like" if is_music else "other"


def _probes(span: Span, speech: Sequence[Span]) -> Iterator[Span]:
    """Up to five probes of what speech leaves of the span."""
    spoken = [inside for one in speech if (inside := one.clipped(span))]
    local = [Span(one.start_ms - span.start_ms, one.end_ms - span.start_ms) for one in spoken]
    free = [
        Span(start_ms, min(start_ms + _PROBE_MS, gap.end_ms))
        for gap in gaps(local, length_ms=span.duration_ms)
        for start_ms in range(gap.start_ms, gap.end_ms, _PROBE_MS)
    ]
    whole = [one for one in free if one.duration_ms >= _SHORTEST_MS]
    for index in sorted({round(position) for position in np.linspace(0, len(whole) - 1, _PROBES)} if whole else ()):
        yield Span(whole[index].start_ms + span.start_ms, whole[index].end_ms + span.start_ms)


def _measures(samples: speech_file.Samples) -> tuple[float, float]:
    """Likeness of near spectra and spectral flatness of one probe, medians over its windows."""
    padded = np.pad(samples.astype(np.float64), (0, max(0, _WINDOW + _APART * _HOP - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP] * np.hanning(_WINDOW)
    power: npt.NDArray[np.float64] = np.abs(np.fft.rfft(frames, axis=1))[:, _BANDS] ** 2 + 1e-3
    flatness = np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1)
    shape = np.sqrt(power)
    shape /= np.linalg.norm(shape, axis=1, keepdims=True)
    likeness = (shape[:-_APART] * shape[_APART:]).sum(axis=1)
    return float(np.median(likeness)), float(np.median(flatness))
