"""The speech audio: what is decoded, put on the asset's timeline, as 16 kHz mono FLAC with its envelope.

Samples come as the decoder gives them, with the time of each block. A gap becomes silence, an overlap is
dropped, and the file has exactly ``length_ms * 16`` samples whatever the source did. Encoding and voice
activity run on a thread beside the decoder.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
import soxr

from pipeline.media.regions import RegionFinder
from pipeline.media.vad import WINDOW_SAMPLES, SpeechDetector
from schemas import columns
from schemas.media import SILENT_DBFS, Level, SpeechRegion
from schemas.time import SAMPLES_PER_MS, SPEECH_RATE_HZ, Span, seconds_to_ms

GAP_S = Fraction(1, 50)
"""Departure from the clock that is mended: 20 ms, half a video frame. Below it are rounded time stamps
(Matroska counts whole milliseconds) and drift that the next correction takes up."""

HOLE_S = Fraction(1, 10)
"""Missing sound that is worth telling: a tenth of a second, the shortest syllables. Ours."""

MAX_HOLES = 1_000
"""Holes that are told one by one; a source with more is beyond repair. Ours."""

CENTRE_WEIGHT = 0.7
"""Share of the centre channel in the speech audio of surround sound."""

FRONT_WEIGHT = 0.15
"""Share of left and right each. In film mixes the dialogue is in the centre, music and effects beside it:
a standard downmix buries it (the centre at -3 dB against two fronts and two surrounds). Left and right
stay in, 13 dB lower, because some titles carry a stereo mix in them and leave the centre empty."""

_BLOCK_WINDOWS = 1024  # 33 s per turn: large enough for the products, 1 MB of samples
_QUEUED_BLOCKS = 4  # decoder may run 2 minutes ahead of the detector
_FLAC_LEVEL = 0.2  # 0 to 1; above it FLAC takes twice the time for 2 % of the size


def mono(samples: npt.NDArray[np.float32], channels: Sequence[str]) -> npt.NDArray[np.float32]:
    """Downmix for speech: ``(channels, n)`` to ``(n,)``, float32, never louder than the loudest channel.

    Args:
        samples: One row per channel.
        channels: Their names as libavutil has them, e.g. ``("FL", "FR", "FC", "LFE")``; unknown ones count alike.
    """
    if len(samples) == 1:
        only: npt.NDArray[np.float32] = samples[0]
        return only
    if "FC" in channels and {"FL", "FR"} <= set(channels):
        weights = [
            CENTRE_WEIGHT if name == "FC" else FRONT_WEIGHT if name in ("FL", "FR") else 0.0 for name in channels
        ]
    else:
        weights = [0.0 if name == "LFE" else 1.0 for name in channels]
    kept = np.asarray(weights, np.float32)
    shares = np.asarray(kept / max(float(kept.sum()), 1.0), np.float32)
    mixed: npt.NDArray[np.float32] = shares @ samples
    return mixed


class Timeline:
    """Mono samples of any rate with their times in; 16 kHz without a hole out."""

    def __init__(self, *, length_ms: int) -> None:
        self._wanted = length_ms * SAMPLES_PER_MS
        self._given = 0
        self._rate_hz = 0
        self._stream: soxr.ResampleStream | None = None
        self._taken_s = Fraction(0)  # of the source, since time zero
        self.heard_s = Fraction(0)
        """End of the last sample that was decoded, seconds after time zero."""
        self.holes: list[Span] = []
        """Stretches between samples for which there are none, in order; at most ``MAX_HOLES``."""

    def place(
        self, samples: npt.NDArray[np.float32], rate_hz: int, at_s: Fraction | None
    ) -> list[npt.NDArray[np.float32]]:
        """What can be given out after ``samples``, which begin at ``at_s`` (None: where the last ended)."""
        out: list[npt.NDArray[np.float32]] = []
        if rate_hz != self._rate_hz:
            out += self._flushed()
            self._rate_hz = rate_hz
            self._stream = _resampler(rate_hz)
        if at_s is not None:
            away = at_s - self._taken_s
            if away > GAP_S or (away > 0 and self._taken_s == 0):
                self._note_hole(away)
                out += self._silence(away)
            elif away < -GAP_S or (away < 0 and self._taken_s == 0):
                samples = samples[round(-away * rate_hz) :]
        if samples.size:
            self._taken_s += Fraction(samples.size, rate_hz)
            self.heard_s = max(self.heard_s, self._taken_s)
            out.append(self._resampled(samples, last=False))
        return self._limited(out)

    def _note_hole(self, length_s: Fraction) -> None:
        if self.heard_s and length_s >= HOLE_S and len(self.holes) < MAX_HOLES:
            self.holes.append(Span(seconds_to_ms(self._taken_s), seconds_to_ms(self._taken_s + length_s)))

    def finish(self) -> list[npt.NDArray[np.float32]]:
        """The rest, filled with silence to the asset's length."""
        out = self._limited(self._flushed())
        rest = self._wanted - self._given
        while rest > 0:
            part = min(rest, SPEECH_RATE_HZ)
            out.append(np.zeros(part, np.float32))
            rest -= part
        self._given = self._wanted
        return out

    def _silence(self, length_s: Fraction) -> list[npt.NDArray[np.float32]]:
        """A gap, in pieces; no longer than what the asset still has room for."""
        room = Fraction(self._wanted - self._given, SPEECH_RATE_HZ) + 1
        count = round(min(length_s, room) * self._rate_hz)
        self._taken_s += length_s
        piece = np.zeros(self._rate_hz, np.float32)
        return [
            self._resampled(piece[: min(self._rate_hz, count - at)], last=False)
            for at in range(0, count, self._rate_hz)
        ]

    def _resampled(self, samples: npt.NDArray[np.float32], *, last: bool) -> npt.NDArray[np.float32]:
        if self._stream is None:
            return samples
        resampled: npt.NDArray[np.float32] = self._stream.resample_chunk(samples, last=last)
        return resampled

    def _flushed(self) -> list[npt.NDArray[np.float32]]:
        return [] if self._stream is None else [self._resampled(np.zeros(0, np.float32), last=True)]

    def _limited(self, parts: list[npt.NDArray[np.float32]]) -> list[npt.NDArray[np.float32]]:
        kept = []
        for part in parts:
            fits = part[: self._wanted - self._given]
            self._given += fits.size
            if fits.size:
                kept.append(fits)
        return kept


class SpeechWriter:
    """Writer of the FLAC and its levels, which also finds the speech regions."""

    def __init__(self, flac: Path, levels: Path) -> None:
        self._flac = soundfile.SoundFile(
            flac, "w", SPEECH_RATE_HZ, 1, "PCM_16", format="FLAC", compression_level=_FLAC_LEVEL
        )
        self._schema = columns.schema(Level)
        self._levels = pq.ParquetWriter(levels, self._schema, compression="zstd")
        self._detector = SpeechDetector()
        self._regions = RegionFinder()
        self._pieces: list[npt.NDArray[np.float32]] = []
        self._count = 0
        self._blocks: queue.Queue[npt.NDArray[np.int16] | None] = queue.Queue(_QUEUED_BLOCKS)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="speech", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def write(self, parts: Sequence[npt.NDArray[np.float32]]) -> None:
        """Take the samples that follow, 16 kHz mono in [-1, 1]."""
        self._pieces += parts
        self._count += sum(part.size for part in parts)
        if self._count >= _BLOCK_WINDOWS * WINDOW_SAMPLES:
            samples = np.concatenate(self._pieces)
            whole = samples.size - samples.size % (_BLOCK_WINDOWS * WINDOW_SAMPLES)
            self._put(samples[:whole])
            self._pieces = [samples[whole:]]
            self._count = samples.size - whole

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._count:
            self._put(np.concatenate(self._pieces))
        self._blocks.put(None)
        self._thread.join()
        self._flac.close()
        self._levels.close()
        if kind is None and self._error is not None:
            raise self._error

    def regions(self, *, length_ms: int) -> list[SpeechRegion]:
        """Speech regions of all that was written; call it after the ``with`` block."""
        return self._regions.finish(length_ms=length_ms)

    def _put(self, samples: npt.NDArray[np.float32]) -> None:
        pcm = np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)
        while self._error is None:
            try:
                self._blocks.put(pcm, timeout=1)
            except queue.Full:
                continue
            return
        raise self._error

    def _work(self) -> None:
        try:
            while (block := self._blocks.get()) is not None:
                self._flac.write(block)
                self._measure(block)
        except BaseException as error:
            self._error = error  # the thread that writes raises it
            while self._blocks.get() is not None:
                pass

    def _measure(self, block: npt.NDArray[np.int16]) -> None:
        padded = np.pad(block, (0, -block.size % WINDOW_SAMPLES))
        probabilities = self._detector.probabilities(padded)
        self._regions.take(probabilities)
        columns_ = [_levels_dbfs(padded), probabilities.astype(np.float64)]
        self._levels.write_table(pa.Table.from_arrays([pa.array(values) for values in columns_], schema=self._schema))


def _resampler(rate_hz: int) -> soxr.ResampleStream | None:
    if rate_hz == SPEECH_RATE_HZ:
        return None
    return soxr.ResampleStream(rate_hz, SPEECH_RATE_HZ, 1, dtype="float32", quality="MQ")


def _levels_dbfs(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """RMS of each window in dB relative to full scale: ``(n * 512,)`` to ``(n,)``."""
    windows = samples.reshape(-1, WINDOW_SAMPLES).astype(np.float32) / 32768
    rms = np.sqrt(np.mean(windows * windows, axis=1, dtype=np.float64))
    floor = 10 ** (SILENT_DBFS / 20)
    return 20 * np.log10(np.maximum(rms, floor))
