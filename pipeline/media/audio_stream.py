"""One audio stream decoded into blocks of mono samples with their times. Runs inside the sandbox only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream

from pipeline.media.speech_audio import GAP_S, mono

Floats = npt.NDArray[np.float32]

_BLOCK_S = 2  # a hundred AAC packets, so that the work per block costs little; 400 KB of mono samples at 48 kHz
_SCALES = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0, "flt": 1.0, "dbl": 1.0}


@dataclass(frozen=True, slots=True)
class Block:
    """Samples that follow one another without a gap."""

    samples: Floats
    """Mono, shape ``(n,)``, in [-1, 1]."""

    rate_hz: int
    """Samples per second."""

    at_s: Fraction | None
    """First sample, seconds after time zero; None when the stream does not say."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What samples of a block have in common."""

    rate_hz: int
    sample_format: str
    channels: tuple[str, ...]


class AudioDecoder:
    """Packets in, blocks of about two seconds out: few calls per hour of audio."""

    def __init__(self, stream: AudioStream, zero_s: Fraction) -> None:
        self._context = stream.codec_context
        self._zero_s = zero_s
        self._kind: _Kind | None = None
        self._at_s: Fraction | None = None
        self._count = 0
        self._pieces: list[npt.NDArray[np.generic]] = []
        self.damaged = 0
        """Packets the decoder refused."""

    def take(self, packet: av.Packet[Any] | None) -> Iterator[Block]:
        """Blocks that are complete after the next packet; None ends the stream."""
        try:
            frames = self._context.decode(packet)
        except av.error.FFmpegError:
            self.damaged += 1
            frames = []
        for frame in frames:
            if frame.samples and frame.sample_rate:
                yield from self._add(frame)
        if packet is None:
            yield from self._flushed()

    def _add(self, frame: av.AudioFrame) -> Iterator[Block]:
        at_s = None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base - self._zero_s
        kind = self._kind
        is_same = (
            kind is not None
            and kind.rate_hz == frame.sample_rate
            and kind.sample_format == frame.format.name
            and len(kind.channels) == frame.layout.nb_channels
        )
        if kind is None or not is_same or self._count >= _BLOCK_S * kind.rate_hz or self._jumps(at_s, kind.rate_hz):
            yield from self._flushed()
            if not is_same:
                names = tuple(channel.name for channel in frame.layout.channels)
                self._kind = _Kind(frame.sample_rate, frame.format.name, names)
            self._at_s = at_s
        self._pieces.append(frame.to_ndarray())
        self._count += frame.samples

    def _jumps(self, at_s: Fraction | None, rate_hz: int) -> bool:
        if at_s is None or self._at_s is None:
            return False
        return abs(at_s - self._at_s - Fraction(self._count, rate_hz)) > GAP_S

    def _flushed(self) -> Iterator[Block]:
        if self._pieces and self._kind is not None:
            samples = np.concatenate(self._pieces, axis=1)
            yield Block(_mixed(samples, self._kind), self._kind.rate_hz, self._at_s)
        self._pieces = []
        self._count = 0
        self._at_s = None


def _mixed(samples: npt.NDArray[np.generic], kind: _Kind) -> Floats:
    """Planar ``(channels, n)`` or packed ``(1, n * channels)`` samples of any format to mono."""
    packed = not kind.sample_format.endswith("p")
    name = kind.sample_format.removesuffix("p")
    count = len(kind.channels)
    rows = samples.reshape(-1, count).T if packed and count > 1 else samples
    values = rows.astype(np.float32)
    if name == "u8":
        values -= 128
    scale = _SCALES.get(name)
    if scale is None:
        raise ValueError(f"unknown sample format {kind.sample_format}")
    mixed = mono(values, kind.channels) / np.float32(scale)
    finite: Floats = np.nan_to_num(mixed, nan=0.0, posinf=1.0, neginf=-1.0)
    return finite
