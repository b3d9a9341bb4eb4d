"""The sound of a source for a mix: one stream at 48 kHz in the channels that are wanted, read back in blocks.

Decoding is in the sandbox (``pipeline.media.sound_decode``); what it leaves is a file of samples, whose size is
checked and whose every value is finite before it is used: the process may have been taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from pipeline.errors import DecodeFailed
from pipeline.media import layouts, sandbox
from pipeline.media.files import SOUND
from pipeline.media.limits import DEFAULT_LIMITS, Limits
from pipeline.media.messages import SoundAnswer, SoundRequest
from schemas.media import Asset, AudioStream
from schemas.sound import MIX_SAMPLES_PER_MS

Told = Callable[[int], None]
"""Told the decoded milliseconds."""

_BYTES = 4  # of a float32
_LOUDEST = 16.0  # 24 dB above full scale: above what floating-point masters overshoot, so that all sums stay finite


@dataclass(frozen=True, slots=True)
class Decoded:
    """The sound of one stream."""

    path: Path
    """What ``RawSound`` reads."""

    damaged_packets: int
    """Packets that the decoder refused; silence stands for them."""


def channels_of(source: Path, stream: AudioStream) -> tuple[str, ...]:
    """Channels of a stream of ``source`` that can be mixed.

    Raises:
        DecodeFailed: It has too many, or some that are unknown or that no WAV names.
    """
    names = layouts.channels_of(stream.channel_layout, stream.channels)
    if names is not None:
        return names
    what = f"{source.name!r}: audio stream {stream.stream_index} has {stream.channels} channels"
    if stream.channels > layouts.MAX_CHANNELS:
        raise DecodeFailed(
            f"{what}, and a mix has {layouts.MAX_CHANNELS} at most", "choose another stream, or give a downmix"
        )
    raise DecodeFailed(
        f"{what} ({stream.channel_layout}), and a WAV cannot say which is which",
        "label them as one of the usual layouts, or give a downmix",
    )


def decode(
    source: Path,
    asset: Asset,
    folder: Path,
    *,
    stream_index: int,
    channels: Sequence[str],
    length_ms: int,
    name: str,
    on_progress: Told = lambda _: None,
    limits: Limits = DEFAULT_LIMITS,
) -> Decoded:
    """Decode one stream of ``source`` into ``folder / name``.

    Args:
        source: The file that ``asset`` was probed from.
        asset: What probe found; its time zero is that of the samples.
        folder: An existing folder, which needs room for 4 bytes per sample.
        stream_index: Position of the stream in the container.
        channels: Channels that are wanted; others are mixed to these.
        length_ms: Length that is wanted; what is longer is cut, what is shorter ends in silence.
        name: Name of the file that is made.
        on_progress: Told the decoded milliseconds, a few times per second.
        limits: What it may cost.

    Raises:
        DecodeFailed: It breaks on the way, is shorter than promised, or is not the file that was probed.
    """
    _refuse_another(source, asset)
    request = SoundRequest(
        job="sound",
        bounds=sandbox.bounds(limits, length_ms=asset.length_ms, size_bytes=asset.size_bytes),
        zero_s=asset.zero,
        length_ms=length_ms,
        stream_index=stream_index,
        channels=tuple(channels),
    )
    answer = sandbox.run(
        source,
        request,
        SoundAnswer,
        failure=DecodeFailed,
        folder=folder,
        makes=(SOUND,),
        on_progress=on_progress,
    )
    made = (folder / SOUND).rename(folder / name)
    if made.stat().st_size != length_ms * MIX_SAMPLES_PER_MS * len(channels) * _BYTES:
        raise DecodeFailed(f"{source.name!r}: the decoder made another length than it was asked for", sandbox.PLAYS)
    return Decoded(made, answer.damaged_packets)


def _refuse_another(source: Path, asset: Asset) -> None:
    """Raise DecodeFailed when the file is not the one that was probed, by its size: hours may lie between."""
    try:
        size_bytes = source.stat().st_size
    except OSError as error:
        raise DecodeFailed(
            f"{source.name!r} cannot be read any more ({error.strerror})", "check the path and the disk"
        ) from error
    if size_bytes != asset.size_bytes:
        raise DecodeFailed(f"{source.name!r} changed since it was probed", "run again when it is complete")


class RawSound:
    """A file of interleaved float32 samples, read anywhere, a block at a time."""

    def __init__(self, path: Path, *, channels: int) -> None:
        self._file = path.open("rb")
        self._channels = channels

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, first: int, count: int) -> npt.NDArray[np.float32]:
        """``count`` frames from ``first`` on: shape ``(count, channels)``, float32, finite; fewer at the end."""
        frame = self._channels * _BYTES
        self._file.seek(first * frame)
        block = np.frombuffer(self._file.read(count * frame), np.float32).reshape(-1, self._channels)
        if block.size and not (block.min() >= -_LOUDEST and block.max() <= _LOUDEST):
            return np.clip(np.nan_to_num(block), -_LOUDEST, _LOUDEST)
        return block
