"""Broadcast WAV: 48 kHz, 24-bit PCM, RF64 from 4 GiB on, with a ``bext`` chunk; written in one go.

How many samples there will be is known before the first, so that the header is whole from the start. Nothing in
it is taken from the clock: the same samples and words make the same bytes. ``header`` is pure.

Formats: EBU Tech 3285 v2 (2011, the BWF and its ``bext`` with loudness), EBU Tech 3306 v1.1 (2009, RF64),
Microsoft's WAVEFORMATEXTENSIBLE (the channel mask).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from pipeline.media.layouts import mask_of
from schemas.sound import MIX_RATE_HZ, Loudness

FULL_SCALE = 1 << 23
"""Of 24 bits."""

Pcm = npt.NDArray[np.int32]
"""Samples of 24 bits in 32: ``(n, channels)``, -FULL_SCALE to FULL_SCALE - 1."""

_BYTES = 3  # of a sample
_RIFF_LIMIT = 0xFFFF_FFFF
_PCM, _EXTENSIBLE = 1, 0xFFFE
_PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")
_BEXT = struct.Struct("<256s32s32s10s8sQH64s5h180x")
_BEXT_VERSION = 2
_NOT_MEASURED = 0x7FFF  # of a loudness value that is not used (EBU Tech 3285 v2)


@dataclass(frozen=True, slots=True)
class Words:
    """What a file says about itself."""

    description: str
    """``bext`` description: the first 256 characters are kept. ASCII, as are the next three; others become ``?``."""

    originator: str
    """``bext`` originator: 32 characters."""

    reference: str
    """``bext`` originator reference: 32 characters."""

    history: str
    """What was done, for the ``bext`` coding history: free text of one line after the format of the samples."""

    title: str
    """``INFO`` name, UTF-8."""

    comment: str
    """``INFO`` comment, UTF-8, of any length."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is in a file, sample by sample."""

    channels: tuple[str, ...]
    """Channels in the order of ``pipeline.media.layouts.WAV_ORDER``."""

    frames: int
    """Samples per channel."""

    time_reference: int
    """Samples from midnight to the first."""

    @property
    def data_bytes(self) -> int:
        """Size of all samples."""
        return self.frames * len(self.channels) * _BYTES


def header(shape: Shape, words: Words, loudness: Loudness | None) -> bytes:
    """All that comes before the samples; its length does not depend on ``loudness``, which is None until measured."""
    chunks = b"".join(
        (
            _chunk(b"bext", _bext(shape, words, loudness)),
            _chunk(b"LIST", b"INFO" + _info(words)),
            _chunk(b"fmt ", _format(shape.channels)),
        )
    )
    padded = shape.data_bytes + shape.data_bytes % 2
    riff_bytes = len(b"WAVE") + len(chunks) + 8 + padded
    if riff_bytes <= _RIFF_LIMIT:
        return b"".join((struct.pack("<4sI", b"RIFF", riff_bytes), b"WAVE", chunks, _head(b"data", shape.data_bytes)))
    sizes = struct.pack("<QQQI", riff_bytes + 8 + 28, shape.data_bytes, shape.frames, 0)
    riff = struct.pack("<4sI", b"RF64", _RIFF_LIMIT)
    return b"".join((riff, b"WAVE", _chunk(b"ds64", sizes), chunks, _head(b"data", _RIFF_LIMIT)))


def quantized(samples: npt.NDArray[np.float32]) -> Pcm:
    """Samples ``(n, channels)`` in [-1, 1) to the nearest step of 24 bits.

    Without dither: the error is 144 dB below full scale, below the noise of any converter.
    """
    scaled = np.rint(samples * np.float32(FULL_SCALE))
    pcm: Pcm = np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int32)
    return pcm


def floats(pcm: Pcm) -> npt.NDArray[np.float32]:
    """The same samples as float32 in [-1, 1): exact, since it has 24 bits."""
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


class WavWriter:
    """A WAV that is written block by block, and told its loudness at the end."""

    def __init__(self, path: Path, shape: Shape, words: Words) -> None:
        self._shape = shape
        self._words = words
        self._given = 0
        self._file = path.open("wb")
        self._file.write(header(shape, words, None))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, pcm: Pcm) -> None:
        """The samples that follow."""
        self._given += len(pcm)
        little = np.ascontiguousarray(pcm, "<i4")
        self._file.write(little.view(np.uint8).reshape(-1, 4)[:, :_BYTES].tobytes())

    def finish(self, loudness: Loudness) -> None:
        """Write down what was measured. Raises ValueError when there are not as many samples as were announced."""
        if self._given != self._shape.frames:
            raise ValueError(f"{self._given} samples were written, {self._shape.frames} were announced")
        self._file.write(b"\0" * (self._shape.data_bytes % 2))
        self._file.seek(0)
        self._file.write(header(self._shape, self._words, loudness))


def _bext(shape: Shape, words: Words, loudness: Loudness | None) -> bytes:
    mode = {1: "mono", 2: "stereo"}.get(len(shape.channels), "multitrack")
    said = words.history.replace(",", ";")  # a comma ends the field
    history = f"A=PCM,F={MIX_RATE_HZ},W=24,M={mode},T={said}\r\n"
    fixed = _BEXT.pack(
        _ascii(words.description),
        _ascii(words.originator),
        _ascii(words.reference),
        b"",  # no date and no time of day: the bytes follow from what went in
        b"",
        shape.time_reference,
        _BEXT_VERSION,
        b"",
        *_hundredths(loudness),
    )
    return fixed + _ascii(history)


def _hundredths(loudness: Loudness | None) -> Sequence[int]:
    """Loudness, range, highest true peak, and highest momentary and short-term loudness, which are not measured."""
    if loudness is None:
        return (_NOT_MEASURED,) * 5
    told = (loudness.integrated_lufs, loudness.range_lu, loudness.true_peak_dbtp)
    return (*(round(100 * value) for value in told), _NOT_MEASURED, _NOT_MEASURED)


def _info(words: Words) -> bytes:
    said = ((b"INAM", words.title), (b"ISFT", words.originator), (b"ICMT", words.comment))
    return b"".join(_chunk(name, text.encode("utf-8", "replace") + b"\0") for name, text in said)


def _format(channels: Sequence[str]) -> bytes:
    """One or two channels as plain PCM, which every tool reads; more with the mask that says which they are."""
    count = len(channels)
    is_plain = tuple(channels) in (("FC",), ("FL", "FR"))
    frame = count * _BYTES
    code = _PCM if is_plain else _EXTENSIBLE
    fixed = struct.pack("<HHIIHH", code, count, MIX_RATE_HZ, MIX_RATE_HZ * frame, frame, 8 * _BYTES)
    return fixed if is_plain else fixed + struct.pack("<HHI", 22, 8 * _BYTES, mask_of(channels)) + _PCM_GUID


def _ascii(text: str) -> bytes:
    return text.encode("ascii", "replace")


def _chunk(name: bytes, content: bytes) -> bytes:
    return _head(name, len(content)) + content + b"\0" * (len(content) % 2)


def _head(name: bytes, size: int) -> bytes:
    return struct.pack("<4sI", name, size)
