"""One audio stream decoded into a raw file at 48 kHz. Runs inside the sandbox only."""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedWriter
from pathlib import Path

import av
import numpy as np
from av.stream import Discard

from pipeline.errors import DecodeFailed
from pipeline.media import packets
from pipeline.media.audio_stream import TimedAudio
from pipeline.media.files import SOUND
from pipeline.media.layouts import channels_named, matrix
from pipeline.media.messages import SoundAnswer, SoundRequest
from pipeline.media.shortfall import refuse_shortfall
from pipeline.media.timeline import Floats, Timeline
from schemas.sound import MIX_RATE_HZ

_QUALITY = "VHQ"  # of the resampling: 28 bits, more than the 24 that are delivered


def decode_sound(
    container: av.container.InputContainer, request: SoundRequest, folder: Path, progress: Callable[[int], None]
) -> SoundAnswer:
    """Decode one stream of ``container`` into ``SOUND`` in ``folder``: interleaved float32, 48 per millisecond.

    Raises:
        DecodeFailed: It is shorter than its packets promise, broken, or changes to channels that are unknown.
    """
    stream = container.streams[request.stream_index]
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    timeline = Timeline(
        length_ms=request.length_ms, rate_hz=MIX_RATE_HZ, channels=len(request.channels), quality=_QUALITY
    )
    audio = TimedAudio(stream, timeline, request.zero_s, reduce=lambda rows, names: _laid(rows, names, request))
    with (folder / SOUND).open("wb") as file:
        for packet in packets.demuxed(container, [stream]):
            if packet.size:
                for parts in audio.take(packet):
                    _write(file, parts)
            progress(audio.decoded_ms)
        for parts in audio.finish():
            _write(file, parts)
    refuse_shortfall(decoded_ms=audio.decoded_ms, shortfall_ms=audio.shortfall_ms(length_ms=request.length_ms))
    return SoundAnswer(decoded_ms=audio.decoded_ms, damaged_packets=audio.damaged)


def _write(file: BufferedWriter, parts: list[Floats]) -> None:
    for part in parts:
        part.tofile(file)


def _laid(rows: Floats, names: tuple[str, ...], request: SoundRequest) -> Floats:
    """Decoded rows ``(channels, n)`` as ``(n, wanted)``; a stream may change its layout at any packet."""
    heard = channels_named(names)
    if heard is None:
        what = f"its sound changes to channels that cannot be mixed ({', '.join(names)})"
        raise DecodeFailed(what, "export it again with one layout")
    if heard == request.channels:
        return np.ascontiguousarray(rows.T)
    return np.ascontiguousarray(rows.T @ matrix(heard, request.channels))
