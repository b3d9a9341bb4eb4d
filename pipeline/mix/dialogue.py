"""The dialogue stem: placed speech at exact samples, and which channels it goes to."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import soundfile

from pipeline.media.layouts import HALF
from schemas.localize import PlacedSpeech
from schemas.sound import MIX_RATE_HZ, MIX_SAMPLES_PER_MS

Mono = npt.NDArray[np.float32]
"""Samples of one channel: ``(n,)``, 48 kHz, float32."""


def weights(channels: Sequence[str]) -> npt.NDArray[np.float32]:
    """Share of the dialogue in each channel: ``(channels,)``, float32; their squares sum to 1.

    All of it in the centre, where there is one: where film mixes have it (SMPTE RP 200, ITU-R BS.775). Else half
    the power each to left and right, -3 dB, which sounds as loud from between them (ITU-R BS.775-4, table 2).
    """
    carriers = ("FC",) if "FC" in channels else ("FL", "FR")
    share = 1.0 if len(carriers) == 1 else HALF
    return np.asarray([share if name in carriers else 0.0 for name in channels], np.float32)


def stem(rows: Iterable[PlacedSpeech], *, frames: int, block: int) -> Iterator[Mono]:
    """The speech at its own level in silence, ``block`` samples at a time, ``frames`` in all.

    Args:
        rows: In order of time, none over another; no more than what a block needs is kept.
        frames: Length that is wanted.
        block: Samples per block; the last may be shorter.

    Raises:
        ValueError: Speech is not 48 kHz mono, not as long as its place, overlaps what comes before, or lies after
            the end.
    """
    waiting = iter(rows)
    row = next(waiting, None)
    begun, rest = 0, np.empty(0, np.float32)
    for first in range(0, frames, block):
        out = np.zeros(min(block, frames - first), np.float32)
        end = first + len(out)
        at = first
        while True:
            if rest.size:
                at = max(at, begun)
                part = rest[: end - at]
                out[at - first : at - first + len(part)] = part
                rest, begun = rest[len(part) :], at + len(part)
                at = begun
            if rest.size or row is None or row.placed.start_ms * MIX_SAMPLES_PER_MS >= end:
                break
            if row.placed.start_ms * MIX_SAMPLES_PER_MS < at:
                raise ValueError(f"line {row.dub_index} at {row.placed.start_ms} ms overlaps the one before it")
            begun, rest = row.placed.start_ms * MIX_SAMPLES_PER_MS, _decoded(row)
            row = next(waiting, None)
        yield out
    if rest.size or row is not None:
        raise ValueError(f"speech is placed after the {frames} samples that there are")


def _decoded(row: PlacedSpeech) -> Mono:
    samples, rate_hz = soundfile.read(io.BytesIO(row.flac), dtype="float32")
    wanted = (row.placed.duration_ms * MIX_SAMPLES_PER_MS,)
    if rate_hz != MIX_RATE_HZ or samples.shape != wanted:
        raise ValueError(f"line {row.dub_index} has samples {samples.shape} at {rate_hz} Hz, its place takes {wanted}")
    found: Mono = samples
    return found
