"""A look-ahead true-peak limiter: what is above the ceiling is turned down smoothly, the rest is not touched.

How much a sample must be turned down is read from the four-times oversampled signal, as meters read it
(ITU-R BS.1770-4, annex 2). The reduction is held back to ``LOOK_AHEAD_MS`` before the peak, released at a constant
rate in dB, and smoothed over the look-ahead, so that it is never less than what a peak needs. All channels are
turned down alike, so that nothing moves in the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.mix.decibels import amplitude
from schemas.sound import MIX_SAMPLES_PER_MS

Block = npt.NDArray[np.float32]
"""Samples of all channels: ``(n, channels)``, 48 kHz, float32."""

Curve = npt.NDArray[np.float64]
"""One value per sample, in dB: ``(n,)``."""

HEADROOM_DB = 0.3
"""How far below the permitted true peak it is held: meters interpolate differently. Netflix's practice: limiters at
-2.3 dB for -2 dBTP (Sound Mix Specifications & Best Practices v1.4, as audio-dubcheck.com tells, 2026-11-20)."""

LOOK_AHEAD_MS = 5
"""Time in which the reduction is built up: a full swing of 200 Hz, so that the change is no tone of its own. Ours;
the gain then moves by at most 0.05 dB per sample for 6 dB of reduction."""

RELEASE_DB_PER_S = 40.0
"""How fast it lets go: 6 dB in 150 ms, about a syllable, so that it does not follow single swings. Ours."""

FELT_DB = 0.05
"""Reduction from which it counts as being at work: below it is the tail of a release. Ours."""

CELL = 16
"""Samples between two values of the reduction: a third of a millisecond, between which the gain is linear. Ours."""

_OVERSAMPLING = 4
_TAPS = 24  # per phase; half of them before a sample, half after
_HALF_TAPS = _TAPS // 2
_KAISER_BETA = 8.0  # side lobes below -80 dB
_HOP = 64  # samples per row of the product: large enough for BLAS, small enough to waste little
_BATCH = 8  # rows per product: OpenBLAS starts threads from 262 144 multiplications on, which only cost time here
_NOTHING_DB = 1e-6  # of reduction: below a step of 24 bits
_LOOK = LOOK_AHEAD_MS * MIX_SAMPLES_PER_MS // CELL  # cells
_AHEAD = (_LOOK + 1) * CELL + _HALF_TAPS  # samples of the next block that bear on this one
_RELEASE_DB = RELEASE_DB_PER_S * CELL / 1000 / MIX_SAMPLES_PER_MS  # per cell


@dataclass(slots=True)
class Limiting:
    """What a limiter did. It grows as blocks pass."""

    samples: int = 0
    """Samples in which it was at work."""

    deepest_db: float = 0.0
    """Largest reduction."""


def limited(blocks: Iterable[Block], *, limit_dbtp: float, work: Limiting) -> Iterator[Block]:
    """The same blocks with no true peak above ``limit_dbtp``; those that need nothing pass as they are.

    Args:
        blocks: Each a multiple of ``CELL`` long and longer than the look-ahead, but for the last.
        limit_dbtp: Highest permitted true peak.
        work: Told what was done.
    """
    reduction = _Reduction(limit_dbtp - HEADROOM_DB)
    for before, block, after in _with_neighbours(blocks):
        corners_db = reduction.corners_db(before, block, after)
        if corners_db is None:
            yield block
            continue
        work.samples += min(len(block), CELL * int(np.count_nonzero(corners_db[:-1] > FELT_DB)))
        work.deepest_db = max(work.deepest_db, float(corners_db.max()))
        yield block * _between(np.power(10.0, -corners_db / 20))[: len(block), np.newaxis]


def _between(corners: Curve) -> npt.NDArray[np.float32]:
    """Straight lines from each corner to the next: ``(n + 1,)`` to ``(n * CELL,)``."""
    steps = np.arange(CELL, dtype=np.float32) / np.float32(CELL)
    rises = np.diff(corners).astype(np.float32)
    lines = corners[:-1, np.newaxis].astype(np.float32) + rises[:, np.newaxis] * steps
    return lines.reshape(-1)


def _with_neighbours(blocks: Iterable[Block]) -> Iterator[tuple[Block, Block, Block]]:
    """Each block with the end of the one before and the begin of the one after."""
    remaining = iter(blocks)
    block = next(remaining, None)
    if block is None:
        return
    before = np.zeros((_HALF_TAPS, block.shape[1]), np.float32)
    while block is not None:
        following = next(remaining, None)
        after = block[:0] if following is None else following[:_AHEAD]
        padding = np.zeros((_AHEAD - len(after), block.shape[1]), np.float32)
        yield before, block, np.concatenate((after, padding))
        before = np.concatenate((before, block))[-_HALF_TAPS:]
        block = following


class _Reduction:
    """The reduction in dB at the corners of cells, block after block."""

    def __init__(self, ceiling_dbtp: float) -> None:
        self._ceiling = amplitude(ceiling_dbtp)
        self._interpolation = _interpolation()
        self._harmless = self._ceiling / float(np.abs(self._interpolation).sum(axis=0).max())
        self._past_db = np.zeros(0)  # corners before smoothing; none before the first block
        self._last_db = 0.0  # what the last cell needed
        window = np.hanning(_LOOK + 3)[1:-1]
        self._smoothing = window / window.sum()

    def corners_db(self, before: Block, block: Block, after: Block) -> Curve | None:
        """Reduction at the corners of each cell of ``block``, shape ``(cells + 1,)``; None where there is none."""
        cells = -(-len(block) // CELL)
        needed_db = self._needed_db(np.concatenate((before, block, after)), cells + _LOOK + 1)
        is_first = not self._past_db.size
        if needed_db is None and not self._past_db.any() and not self._last_db:
            self._past_db = np.zeros(_LOOK)
            return None
        if needed_db is None:
            needed_db = np.zeros(cells + _LOOK + 1)
        at_corners_db = np.maximum(needed_db, np.concatenate(((self._last_db,), needed_db[:-1])))
        if is_first:  # a peak at once is prepared for before the first sample
            at_corners_db = np.concatenate((np.zeros(_LOOK), at_corners_db))
        held_db = _window_max(at_corners_db, _LOOK + 1)
        released_db = _released(held_db, from_db=0.0 if is_first else float(self._past_db[-1]))
        whole_db = np.concatenate((self._past_db, released_db))
        past_db = whole_db[cells : cells + _LOOK]
        self._past_db = np.where(past_db > _NOTHING_DB, past_db, 0.0)
        self._last_db = float(needed_db[cells - 1])
        smoothed_db: Curve = np.convolve(whole_db, self._smoothing, mode="valid")
        return smoothed_db

    def _needed_db(self, heard: Block, cells: int) -> Curve | None:
        """What each of so many cells needs; None when no true peak can be above the ceiling."""
        peaks = np.zeros(cells, np.float32)
        for channel in range(heard.shape[1]):
            np.maximum(peaks, self._true_peaks(np.ascontiguousarray(heard[:, channel]), cells), out=peaks)
        if peaks.max() <= self._ceiling:
            return None
        needed: Curve = 20 * np.log10(np.maximum(peaks.astype(np.float64) / self._ceiling, 1.0))
        return needed

    def _true_peaks(self, samples: npt.NDArray[np.float32], cells: int) -> npt.NDArray[np.float32]:
        """Highest point in each cell, from the sample before it to the one after it: ``(cells,)``.

        ``samples`` begin half the taps before the first cell. Where they are so low that no point between them can
        reach the ceiling, 0 stands for it.
        """
        count = cells * CELL
        rows = count // _HOP + 1
        width = _HOP + _TAPS - 1
        padded = np.pad(samples, (0, max(0, (rows + 1) * _HOP - len(samples))))
        highest_in = np.abs(padded[: (rows + 1) * _HOP]).reshape(-1, _HOP).max(axis=1)
        hot = np.flatnonzero(np.maximum(highest_in[:-1], highest_in[1:]) > self._harmless)
        if not hot.size:
            return np.zeros(cells, np.float32)
        windows = np.lib.stride_tricks.as_strided(
            padded, (rows, width), (_HOP * padded.itemsize, padded.itemsize), writeable=False
        )
        batches = windows[np.pad(hot, (0, -len(hot) % _BATCH), mode="edge")].reshape(-1, _BATCH, width)
        points = (batches @ self._interpolation).reshape(-1, _OVERSAMPLING, _HOP)[: len(hot)]
        tops = np.zeros((rows, _HOP), np.float32)
        tops[hot] = _highest(np.abs(points, out=points))
        from_here = tops.reshape(-1)
        around = np.maximum(from_here[:count], from_here[1 : count + 1])  # each is of a sample and up to the next
        highest: npt.NDArray[np.float32] = around.reshape(cells, CELL).max(axis=1)
        return highest


def _highest(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Largest over the middle axis: three times as fast as NumPy's own."""
    return np.maximum(np.maximum(points[:, 0], points[:, 1]), np.maximum(points[:, 2], points[:, 3]))


def _interpolation() -> npt.NDArray[np.float32]:
    """Weights that make ``_OVERSAMPLING`` times ``_HOP`` points of the samples around them, in one product.

    Shape ``(_HOP + _TAPS - 1, _OVERSAMPLING * _HOP)``: a windowed sinc per point.
    """
    weights = np.zeros((_HOP + _TAPS - 1, _OVERSAMPLING, _HOP))
    for phase in range(_OVERSAMPLING):
        away = phase / _OVERSAMPLING + _HALF_TAPS - 1 - np.arange(_TAPS)
        window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0.0, 1 - (away / _HALF_TAPS) ** 2)))
        taps = np.sinc(away) * window
        for sample in range(_HOP):
            weights[sample : sample + _TAPS, phase, sample] = taps / taps.sum()
    return weights.reshape(len(weights), -1).astype(np.float32)


def _released(held_db: Curve, *, from_db: float) -> Curve:
    """``held_db``, but falling no faster than the release; ``from_db`` is what came before."""
    fallen_db = np.arange(len(held_db) + 1) * _RELEASE_DB
    above_db = np.maximum.accumulate(np.concatenate(((from_db,), held_db)) + fallen_db)
    released: Curve = np.maximum((above_db - fallen_db)[1:], held_db)  # never less, by rounding
    return released


def _window_max(values: Curve, width: int) -> Curve:
    """Largest of each ``width`` neighbours: ``(n,)`` to ``(n - width + 1,)``, by doubling."""
    found, reach = values, 1
    while 2 * reach <= width:
        found = np.maximum(found[:-reach], found[reach:])
        reach *= 2
    rest = width - reach
    return np.maximum(found[: len(found) - rest], found[rest:]) if rest else found
