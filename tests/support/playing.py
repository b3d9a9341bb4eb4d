"""What a player shows and lets hear of a file, by the container's own clock; decoded with PyAV."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

LOUD = 0.05
"""Peak, of full scale, that counts as a beep; between beeps there is digital silence."""

GAP_MS = 50
"""Silence that parts two beeps."""

CHANGED = 40
"""Difference in a channel of the median colour, 0 to 255, that counts as a cut."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame."""

    at_ms: float
    """When it is presented."""

    duration_ms: float
    """How long, as the file says."""

    size: tuple[int, int]
    """Width and height in pixels."""

    colour: tuple[int, int, int]
    """Median of its pixels, RGB."""

    is_key: bool
    """Whether a player can begin with it."""


def frames(path: Path) -> list[Shown]:
    """All frames of the picture."""
    with av.open(str(path)) as container:
        return [_shown(frame) for frame in container.decode(video=0)]


def cuts_ms(path: Path) -> list[int]:
    """When a frame has another colour than the one before."""
    return [
        round(after.at_ms)
        for before, after in itertools.pairwise(frames(path))
        if max(abs(a - b) for a, b in zip(before.colour, after.colour, strict=True)) > CHANGED
    ]


def beeps_ms(path: Path, *, stream: int = 0) -> list[tuple[int, int]]:
    """From when to when an audio stream is loud."""
    loud_ms: list[float] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=stream):
            loud = np.flatnonzero(_peaks(frame) > LOUD)
            loud_ms += [(_at_s(frame) + int(index) / frame.sample_rate) * 1000 for index in loud]
    edges = [at for at, (a, b) in enumerate(itertools.pairwise(loud_ms), start=1) if b - a > GAP_MS]
    runs = [loud_ms[a:b] for a, b in itertools.pairwise((0, *edges, len(loud_ms)))] if loud_ms else []
    return [(round(run[0]), round(run[-1])) for run in runs]


def peak(path: Path) -> float:
    """Largest sample of the first audio stream, of full scale."""
    with av.open(str(path)) as container:
        return max(float(_peaks(frame).max()) for frame in container.decode(audio=0))


def length_ms(path: Path) -> int:
    """Length of the file as its container states it."""
    with av.open(str(path)) as container:
        assert container.duration is not None
        return round(container.duration * 1000 / av.time_base)


def _shown(frame: av.VideoFrame) -> Shown:
    assert frame.time_base is not None
    pixels = frame.to_ndarray(format="rgb24").reshape(-1, 3)
    red, green, blue = (round(float(value)) for value in np.median(pixels, axis=0))
    duration_ms = float((frame.duration or 0) * frame.time_base * 1000)
    return Shown(_at_s(frame) * 1000, duration_ms, (frame.width, frame.height), (red, green, blue), frame.key_frame)


def _at_s(frame: av.AudioFrame | av.VideoFrame) -> float:
    assert frame.pts is not None
    assert frame.time_base is not None
    return float(frame.pts * frame.time_base)


def _peaks(frame: av.AudioFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Peak over the channels, per sample."""
    samples = frame.to_ndarray()
    scale = 1.0 if samples.dtype.kind == "f" else 2.0 ** (8 * samples.dtype.itemsize - 1)
    planar = samples if frame.format.is_planar else samples.reshape(frame.samples, -1).T
    return np.asarray(np.abs(planar / scale).max(axis=0), np.float64)
