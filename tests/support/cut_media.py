"""Speech audio and sampled frames as ``prepare`` leaves them, made for tests of what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import soundfile

from schemas import columns
from schemas.media import SampledFrame
from schemas.time import SAMPLES_PER_MS, SPEECH_RATE_HZ

ROWS_PER_GROUP = 4
"""Fewer than ``prepare`` has, so that a short title has several row groups."""


def counted_sound(folder: Path, name: str, length_ms: int) -> str:
    """A FLAC in which sample ``n`` is ``n`` modulo 10,000; its name, which is its key."""
    samples = np.arange(length_ms * SAMPLES_PER_MS) % 10_000
    soundfile.write(folder / name, samples.astype(np.int16), SPEECH_RATE_HZ)
    return name


def noise(folder: Path, name: str, length_ms: int, *, seed: int = 0) -> str:
    """A FLAC of noise; its name, which is its key."""
    samples = np.random.default_rng(seed).normal(0, 3_000, length_ms * SAMPLES_PER_MS)
    soundfile.write(folder / name, samples.astype(np.int16), SPEECH_RATE_HZ)
    return name


def grey_frames(
    folder: Path, name: str, at_ms: Sequence[int], *, width: int = 512, height: int = 288, step: int = 20
) -> str:
    """Frames at these times, the first black and each ``step`` of 255 brighter than the one before; their key."""
    rows = [
        SampledFrame(ms, number, width, height, _jpeg(width, height, grey=number * step % 256))
        for number, ms in enumerate(at_ms)
    ]
    with pq.ParquetWriter(folder / name, columns.schema(SampledFrame), compression="none") as writer:
        for first in range(0, len(rows), ROWS_PER_GROUP):
            writer.write_table(columns.to_table(rows[first : first + ROWS_PER_GROUP], SampledFrame))
    return name


def _jpeg(width: int, height: int, *, grey: int) -> bytes:
    _, data = cv2.imencode(".jpg", np.full((height, width, 3), grey, np.uint8))
    return data.tobytes()
