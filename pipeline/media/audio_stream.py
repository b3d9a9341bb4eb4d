"""One audio stream decoded into blocks of samples with their times, and put on a timeline. Runs inside the sandbox
only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.stream import Stream

from pipeline.media.timeline import GAP_S, Floats, Timeline
from schemas.time import Span, seconds_to_ms

Reduce = Callable[[Floats, tuple[str, ...]], Floats]
"""From all channels, ``(channels, n)``, and their names to what is wanted of them, ``(n,)`` or ``(n, wanted)``. Linear,
since samples are scaled afterwards."""

_BLOCK_S = 2  # a hundred AAC packets, so that the work per block costs little; 400 KB of mono samples at 48 kHz
_SCALES = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0, "flt": 1.0, "dbl": 1.0}


@dataclass(frozen=True, slots=True)
class Block:
    """Samples that follow one another without a gap."""

    samples: Floats
    """As they were reduced, in [-1, 1] where the source is."""

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

    def __init__(self, stream: AudioStream, zero_s: Fraction, reduce: Reduce) -> None:
        self._context = stream.codec_context
        self._reduce = reduce
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
            yield Block(_reduced(samples, self._kind, self._reduce), self._kind.rate_hz, self._at_s)
        self._pieces = []
        self._count = 0
        self._at_s = None


class TimedAudio:
    """One audio stream on its way to a timeline, and what is missing of it."""

    def __init__(self, stream: Stream, timeline: Timeline, zero_s: Fraction, *, reduce: Reduce) -> None:
        if not isinstance(stream, AudioStream):
            raise TypeError(f"stream {stream.index} is not audio")
        self._timeline = timeline
        self._decoder = AudioDecoder(stream, zero_s, reduce)
        self._zero_s = zero_s
        self._promised_pts = 0  # end of the last packet
        self._base = Fraction(1)

    @property
    def decoded_ms(self) -> int:
        """End of the last decoded sample."""
        return seconds_to_ms(self._timeline.heard_s)

    @property
    def holes(self) -> tuple[Span, ...]:
        """Stretches between samples for which there are none."""
        return tuple(self._timeline.holes)

    @property
    def damaged(self) -> int:
        """Packets the decoder refused."""
        return self._decoder.damaged

    def shortfall_ms(self, *, length_ms: int) -> int:
        """How much less than its packets promise of the first ``length_ms`` it decodes to."""
        promised_ms = seconds_to_ms(self._promised_pts * self._base - self._zero_s)
        return max(0, min(promised_ms, length_ms) - self.decoded_ms)

    def take(self, packet: av.Packet[Any]) -> Iterator[list[Floats]]:
        """What can be given out after the next packet."""
        if packet.pts is not None and packet.time_base and not packet.is_discard:
            self._promised_pts = max(self._promised_pts, packet.pts + (packet.duration or 0))
            self._base = packet.time_base
        yield from self._placed(packet)

    def finish(self) -> Iterator[list[Floats]]:
        """The rest, up to the end of the timeline."""
        yield from self._placed(None)
        yield self._timeline.finish()

    def _placed(self, packet: av.Packet[Any] | None) -> Iterator[list[Floats]]:
        for block in self._decoder.take(packet):
            yield self._timeline.place(block.samples, block.rate_hz, block.at_s)


def _reduced(samples: npt.NDArray[np.generic], kind: _Kind, reduce: Reduce) -> Floats:
    """Planar ``(channels, n)`` or packed ``(1, n * channels)`` samples of any format, scaled and reduced."""
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
    made = reduce(values, kind.channels) / np.float32(scale)
    finite: Floats = np.nan_to_num(made, nan=0.0, posinf=1.0, neginf=-1.0)
    return finite
