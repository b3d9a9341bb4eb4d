"""Samples of any rate with their times in, one rate without a hole out: sound put on the asset's timeline.

A gap becomes silence, an overlap is dropped, and exactly ``length_ms`` come out whatever the source did.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import soxr

from schemas.time import Span, seconds_to_ms

GAP_S = Fraction(1, 50)
"""Departure from the clock that is mended: 20 ms, half a video frame. Below it are rounded time stamps
(Matroska counts whole milliseconds) and drift that the next correction takes up."""

HOLE_S = Fraction(1, 10)
"""Missing sound that is worth telling: a tenth of a second, the shortest syllables. Ours."""

MAX_HOLES = 1_000
"""Holes that are told one by one; a source with more is beyond repair. Ours."""

Floats = npt.NDArray[np.float32]
"""Samples: ``(n,)`` of one channel, or ``(n, channels)``; float32."""


class Timeline:
    """Samples of any rate with their times in; ``rate_hz`` without a hole out.

    Args:
        length_ms: Length of the asset.
        rate_hz: Samples per second that come out: a multiple of 1000.
        channels: Channels of all samples; None for mono as ``(n,)``.
        quality: Of the resampling, as soxr names it: ``MQ`` for listening machines, ``VHQ`` for 24 bits.
    """

    def __init__(self, *, length_ms: int, rate_hz: int, channels: int | None = None, quality: str) -> None:
        self._out_hz = rate_hz
        self._frame = () if channels is None else (channels,)
        self._quality = quality
        self._wanted = length_ms * rate_hz // 1000
        self._given = 0
        self._rate_hz = 0
        self._stream: soxr.ResampleStream | None = None
        self._taken_s = Fraction(0)  # of the source, since time zero
        self.heard_s = Fraction(0)
        """End of the last sample that was decoded, seconds after time zero."""
        self.holes: list[Span] = []
        """Stretches between samples for which there are none, in order; at most ``MAX_HOLES``."""

    def place(self, samples: Floats, rate_hz: int, at_s: Fraction | None) -> list[Floats]:
        """What can be given out after ``samples``, which begin at ``at_s`` (None: where the last ended)."""
        out: list[Floats] = []
        if rate_hz != self._rate_hz:
            out += self._flushed()
            self._rate_hz = rate_hz
            self._stream = self._resampler(rate_hz)
        if at_s is not None:
            away = at_s - self._taken_s
            if away > GAP_S or (away > 0 and self._taken_s == 0):
                self._note_hole(away)
                out += self._silence(away)
            elif away < -GAP_S or (away < 0 and self._taken_s == 0):
                samples = samples[round(-away * rate_hz) :]
        if len(samples):
            self._taken_s += Fraction(len(samples), rate_hz)
            self.heard_s = max(self.heard_s, self._taken_s)
            out.append(self._resampled(samples, last=False))
        return self._limited(out)

    def finish(self) -> list[Floats]:
        """The rest, filled with silence to the asset's length."""
        out = self._limited(self._flushed())
        rest = self._wanted - self._given
        while rest > 0:
            part = min(rest, self._out_hz)
            out.append(self._zeros(part))
            rest -= part
        self._given = self._wanted
        return out

    def _note_hole(self, length_s: Fraction) -> None:
        if self.heard_s and length_s >= HOLE_S and len(self.holes) < MAX_HOLES:
            self.holes.append(Span(seconds_to_ms(self._taken_s), seconds_to_ms(self._taken_s + length_s)))

    def _silence(self, length_s: Fraction) -> list[Floats]:
        """A gap, in pieces; no longer than what the asset still has room for."""
        room = Fraction(self._wanted - self._given, self._out_hz) + 1
        count = round(min(length_s, room) * self._rate_hz)
        self._taken_s += length_s
        piece = self._zeros(self._rate_hz)
        return [
            self._resampled(piece[: min(self._rate_hz, count - at)], last=False)
            for at in range(0, count, self._rate_hz)
        ]

    def _zeros(self, count: int) -> Floats:
        return np.zeros((count, *self._frame), np.float32)

    def _resampled(self, samples: Floats, *, last: bool) -> Floats:
        if self._stream is None:
            return samples
        resampled: Floats = self._stream.resample_chunk(samples, last=last)
        return resampled

    def _flushed(self) -> list[Floats]:
        return [] if self._stream is None else [self._resampled(self._zeros(0), last=True)]

    def _limited(self, parts: list[Floats]) -> list[Floats]:
        kept = []
        for part in parts:
            fits = part[: self._wanted - self._given]
            self._given += len(fits)
            if len(fits):
                kept.append(fits)
        return kept

    def _resampler(self, rate_hz: int) -> soxr.ResampleStream | None:
        if rate_hz == self._out_hz:
            return None
        channels = self._frame[0] if self._frame else 1
        return soxr.ResampleStream(rate_hz, self._out_hz, channels, dtype="float32", quality=self._quality)
