"""The speech audio: what is decoded, put on the asset's timeline, as 16 kHz mono FLAC with its envelope.

The file has exactly ``length_ms * 16`` samples whatever the source did (``pipeline.media.timeline``). Encoding
and voice activity run on a thread beside the decoder.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from pipeline.media.regions import RegionFinder
from pipeline.media.timeline import Timeline
from pipeline.media.vad import WINDOW_SAMPLES, SpeechDetector
from schemas import columns
from schemas.media import SILENT_DBFS, Level, SpeechRegion
from schemas.time import SPEECH_RATE_HZ

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


def timeline(*, length_ms: int) -> Timeline:
    """Where decoded mono samples become those of the speech audio."""
    return Timeline(length_ms=length_ms, rate_hz=SPEECH_RATE_HZ, quality="MQ")


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


def _levels_dbfs(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """RMS of each window in dB relative to full scale: ``(n * 512,)`` to ``(n,)``."""
    windows = samples.reshape(-1, WINDOW_SAMPLES).astype(np.float32) / 32768
    rms = np.sqrt(np.mean(windows * windows, axis=1, dtype=np.float64))
    floor = 10 ** (SILENT_DBFS / 20)
    return 20 * np.log10(np.maximum(rms, floor))
