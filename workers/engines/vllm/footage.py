"""Media as the arrays that a model's processor takes unchanged; runs in the feeder's processes.

Sound is cut by the sample and filled up with silence to the length of its span. Pictures are those on screen at each
step, decoded once each and scaled to whole patches. So the tokens of both are known from the span alone, and are what
the planner counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import DecodeFailed
from pipeline.media import speech_file
from pipeline.sizing.profiles import AudioTokens, VideoTokens
from pipeline.sizing.tokens import audio_tokens, patch_grid, shown_frames
from schemas.time import SAMPLES_PER_MS, Span

SHORTEST_SOUND_MS = 20
"""Less is fewer samples than one window of the spectrum has beside its padding: vLLM 0.30 refuses 10 ms."""

_FULL_SCALE = 32_768.0

_REMEDY = "prepare the asset again"


@dataclass(frozen=True, slots=True)
class Order:
    """What to make arrays of."""

    span: Span
    """The stretch, on the asset's timeline."""

    flac: Path | None
    """16 kHz mono FLAC; None where nothing is to be heard."""

    frames: Path | None = None
    """Parquet of ``SampledFrame``; None where nothing is to be seen."""

    frames_per_s: float = 1.0
    """Pictures per second that are shown."""

    video: VideoTokens | None = None
    """What pictures the model takes; needed for ``frames``."""


@dataclass(frozen=True, slots=True)
class Footage:
    """What a model is given."""

    sound: npt.NDArray[np.float32] | None
    """Shape ``(samples,)``, 16 kHz mono, float32 in [-1, 1); None where nothing is heard."""

    pictures: npt.NDArray[np.uint8] | None
    """Shape ``(pictures, height, width, 3)``, RGB; an even number of pictures, sides in whole patches; None where
    nothing is seen."""

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(array.nbytes for array in (self.sound, self.pictures) if array is not None)

    def heard_tokens(self, audio: AudioTokens) -> int:
        """Tokens of its sound."""
        if self.sound is None:
            return 0
        return audio_tokens(-(-len(self.sound) // SAMPLES_PER_MS), audio)

    def seen_tokens(self, video: VideoTokens) -> int:
        """Tokens of its pictures, which are in whole patches already."""
        if self.pictures is None:
            return 0
        count, height, width = (int(length) for length in self.pictures.shape[:3])
        return count // video.frames_per_patch * (height // video.patch_px) * (width // video.patch_px)


def load() -> Callable[[Order], Footage]:
    """What answers one order."""
    cv2.setNumThreads(1)  # each of the feeder's processes has one core
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    return make


def make(order: Order) -> Footage:
    """The arrays of an order.

    Raises:
        DecodeFailed: What is on disk is broken, too short, or more pictures than the model takes.

    """
    sound = None if order.flac is None else _sound(order.flac, order.span)
    pictures = None if order.frames is None else _pictures(order.frames, order)
    return Footage(sound, pictures)


def _sound(flac: Path, span: Span) -> npt.NDArray[np.float32]:
    if span.duration_ms < SHORTEST_SOUND_MS:
        raise DecodeFailed(f"{span.duration_ms} ms of sound are too short to be heard", "ask about a longer stretch")
    samples = speech_file.cut(flac, span)
    if not len(samples):
        raise DecodeFailed(f"{flac.name} has no sound at {span.start_ms} ms, it ends before", _REMEDY)
    heard = np.zeros(span.duration_ms * SAMPLES_PER_MS, np.float32)
    np.divide(samples, _FULL_SCALE, out=heard[: len(samples)], dtype=np.float32)
    return heard


def _pictures(parquet: Path, order: Order) -> npt.NDArray[np.uint8]:
    video = order.video
    if video is None:
        raise DecodeFailed("the model sees no pictures", "let a model describe that does")
    count = shown_frames(order.span.duration_ms, order.frames_per_s)
    if count > video.max_frames:
        raise DecodeFailed(
            f"{count} pictures are more than the {video.max_frames} that the model takes", "ask for less"
        )
    shown_ms = order.span.start_ms + np.arange(count) * 1000 / order.frames_per_s
    try:
        with pq.ParquetFile(parquet) as file:
            rows, which = _on_screen(file, shown_ms)
            jpegs = _jpegs(file, rows)
    except (pa.ArrowException, OSError) as error:
        raise DecodeFailed(f"{parquet.name} cannot be read: {_one_line(error)}", _REMEDY) from error
    first = _decoded(jpegs[0])
    grid = patch_grid(first.shape[1], first.shape[0], video)
    width, height = grid.columns * video.patch_px, grid.rows * video.patch_px
    patches = -(-count // video.frames_per_patch)
    made = np.empty((patches * video.frames_per_patch, height, width, 3), np.uint8)
    for number, jpeg in enumerate(jpegs):
        made[:count][which == number] = _scaled(_decoded(jpeg) if number else first, width, height)
    made[count:] = made[count - 1]  # a patch in time that is not full shows its last picture again
    return made


def _on_screen(
    file: pq.ParquetFile, shown_ms: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of the frames that are on screen at these times, and which of them at each; before the first it is that."""
    at_ms = file.read(columns=["at_ms"]).column("at_ms").to_numpy()
    if not len(at_ms):
        raise DecodeFailed("the title has no sampled frames", _REMEDY)
    rows = np.maximum(np.searchsorted(at_ms, shown_ms, side="right") - 1, 0)
    unique, which = np.unique(rows, return_inverse=True)
    return unique, which


def _jpegs(file: pq.ParquetFile, rows: npt.NDArray[np.int64]) -> Sequence[bytes]:
    """The pictures of some rows; only their row groups are read."""
    ends = np.cumsum([file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)])
    groups = np.searchsorted(ends, rows, side="right")
    needed, first = np.unique(groups), {}
    for group in needed:
        first[int(group)] = int(ends[group - 1]) if group else 0
    tables = {group: file.read_row_group(group, columns=["jpeg"]).column("jpeg") for group in first}
    return [tables[int(group)][int(row) - first[int(group)]].as_py() for row, group in zip(rows, groups, strict=True)]


def _decoded(jpeg: bytes) -> npt.NDArray[np.uint8]:
    """Shape ``(height, width, 3)``, RGB."""
    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise DecodeFailed(f"a sampled frame cannot be decoded: {_one_line(error)}", _REMEDY) from error
    if picture is None:
        raise DecodeFailed("a sampled frame cannot be decoded, it is no JPEG", _REMEDY)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def _scaled(picture: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    if picture.shape[:2] == (height, width):
        return picture
    is_smaller = width * height < picture.shape[0] * picture.shape[1]
    how = cv2.INTER_AREA if is_smaller else cv2.INTER_CUBIC  # averaging keeps small writing legible
    return cv2.resize(picture, (width, height), interpolation=how).astype(np.uint8, copy=False)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
