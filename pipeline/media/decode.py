"""The one decode pass: speech audio, levels, regions, shots, sampled frames. Runs inside the sandbox only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import av
import cv2
import pyarrow.parquet as pq
from av.stream import Discard
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from pipeline.errors import DecodeFailed
from pipeline.media import packets
from pipeline.media.audio_stream import TimedAudio
from pipeline.media.files import FRAMES, LEVELS, REGIONS, SHOTS, SPEECH
from pipeline.media.messages import Bounds, PrepareRequest
from pipeline.media.pictures import Scaler, Upright
from pipeline.media.shortfall import refuse_shortfall
from pipeline.media.shots import ShotFinder
from pipeline.media.sparse import Picture, PictureReader
from pipeline.media.speech_audio import SpeechWriter, mono, timeline
from schemas import columns
from schemas.media import Prepared, SampledFrame, Shot, SpeechRegion
from schemas.time import Span, seconds_to_ms

Row = TypeVar("Row")
"""A record type."""

SAMPLE_EVERY_MS = 1000
"""Distance of sampled frames: one per second, the rate that Qwen's video models are shown."""

_ROWS = 32  # sampled frames per row group: about a megabyte


def decode(
    container: av.container.InputContainer,
    again: av.container.InputContainer,
    request: PrepareRequest,
    folder: Path,
    progress: Callable[[int], None],
) -> Prepared:
    """Decode ``container`` once and write all that comes of it into ``folder``, as ``pipeline.media.files`` says.

    Args:
        container: The file.
        again: The same file opened a second time, for a decoder of frames that were first left out.
        request: What probe found.
        folder: Where the files go.
        progress: Told the decoded milliseconds.

    Raises:
        DecodeFailed: A stream is shorter than its packets promise (``pipeline.media.shortfall``), or broken.
    """
    cv2.setNumThreads(1)
    with ExitStack() as stack:
        sound = None if request.audio_index is None else stack.enter_context(_Sound(container, request, folder))
        film = None if request.video_index is None else stack.enter_context(_Film(container, again, request, folder))
        readers = {r.stream_index: r for r in (sound, film) if r is not None}
        for stream in container.streams:
            if stream.index not in readers:
                stream.discard = Discard.all
        for packet in packets.demuxed(container, [container.streams[index] for index in readers]):
            if packet.size:
                readers[packet.stream_index].take(packet)
            progress(max(reader.decoded_ms for reader in readers.values()))
        if sound is not None:
            sound.finish()
        shots = [] if film is None else film.finish()
    _write(folder / SHOTS, shots, Shot)
    regions = [] if sound is None else sound.writer.regions(length_ms=request.length_ms)
    if sound is not None:
        _write(folder / REGIONS, regions, SpeechRegion)
    decoded_ms = max(reader.decoded_ms for reader in readers.values())
    shortfall_ms = max(request.length_ms - decoded_ms, *(reader.shortfall_ms for reader in readers.values()))
    refuse_shortfall(decoded_ms=decoded_ms, shortfall_ms=shortfall_ms)
    return Prepared(
        has_speech_audio=sound is not None,
        decoded_ms=min(decoded_ms, request.length_ms),
        shortfall_ms=shortfall_ms,
        damaged_packets=sum(reader.damaged for reader in readers.values()),
        frames_presented=0 if film is None else film.presented,
        frames_decoded=0 if film is None else film.frames_decoded,
        shots=len(shots),
        sampled_frames=0 if film is None else film.sampled,
        speech_regions=len(regions),
        holes=() if sound is None else sound.holes,
    )


def _write(target: Path, rows: Sequence[Row], record: type[Row]) -> None:
    pq.write_table(columns.to_table(rows, record), target, compression="zstd")


class _Sound:
    """The chosen audio stream on its way to the speech audio."""

    def __init__(self, container: av.container.InputContainer, request: PrepareRequest, folder: Path) -> None:
        self.stream_index = request.audio_index or 0
        stream = container.streams[self.stream_index]
        self._audio = TimedAudio(stream, timeline(length_ms=request.length_ms), request.zero_s, reduce=mono)
        self._length_ms = request.length_ms
        self.writer = SpeechWriter(folder / SPEECH, folder / LEVELS)

    def __enter__(self) -> Self:
        self.writer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.__exit__(kind, error, trace)

    @property
    def decoded_ms(self) -> int:
        return self._audio.decoded_ms

    @property
    def holes(self) -> tuple[Span, ...]:
        return self._audio.holes

    @property
    def damaged(self) -> int:
        return self._audio.damaged

    @property
    def shortfall_ms(self) -> int:
        return self._audio.shortfall_ms(length_ms=self._length_ms)

    def take(self, packet: av.Packet[Any]) -> None:
        for parts in self._audio.take(packet):
            self.writer.write(parts)

    def finish(self) -> None:
        for parts in self._audio.finish():
            self.writer.write(parts)


class _Film:
    """The picture on its way to shots and sampled frames."""

    def __init__(
        self,
        container: av.container.InputContainer,
        again: av.container.InputContainer,
        request: PrepareRequest,
        folder: Path,
    ) -> None:
        self.stream_index = request.video_index or 0
        self._request = request
        self._shots = ShotFinder()
        self._upright = Upright(request.rotation_deg, request.pixel_aspect)
        self._scaler = Scaler()
        self._rows: list[SampledFrame] = []
        self._next_ms = 0
        self._last_ms = -1
        self._promised_pts = 0  # end of the last packet
        self._base = container.streams[self.stream_index].time_base or Fraction(1)
        contexts = (_threaded(opened, self.stream_index, request.bounds) for opened in (container, again))
        self._reader = PictureReader(*contexts, is_sparse=request.is_sparse)
        self._writer = pq.ParquetWriter(folder / FRAMES, columns.schema(SampledFrame), compression="none")
        self.decoded_ms = 0
        """End of the last frame."""
        self.sampled = 0
        """Frames that are kept."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._writer.close()

    @property
    def shortfall_ms(self) -> int:
        return max(0, min(self._at_ms(self._promised_pts), self._request.length_ms) - self.decoded_ms)

    @property
    def presented(self) -> int:
        return self._reader.count

    @property
    def frames_decoded(self) -> int:
        return self._reader.decoded

    @property
    def damaged(self) -> int:
        return self._reader.damaged

    def take(self, packet: av.Packet[Any]) -> None:
        if packet.pts is not None and not packet.is_discard:
            self._promised_pts = max(self._promised_pts, packet.pts + (packet.duration or 0))
        for picture in self._reader.take(packet):
            self._see(picture)

    def finish(self) -> list[Shot]:
        for picture in self._reader.finish():
            self._see(picture)
        self._flush()
        if self._last_ms < 0:
            raise DecodeFailed("no frame of its picture can be decoded", "check that it plays, then export it again")
        end_ms = self._request.video_end_ms or self.decoded_ms
        return self._shots.finish(end_frame=self._reader.count, end_ms=min(end_ms, self._request.length_ms))

    def _see(self, picture: Picture) -> None:
        at_ms = max(self._at_ms(picture.pts), self._last_ms + 1)
        if at_ms >= self._request.length_ms:
            return
        self._last_ms = at_ms
        self.decoded_ms = max(self.decoded_ms, self._at_ms(picture.pts + picture.duration), at_ms + 1)
        begins = self._shots.add(picture.number, at_ms, picture.small, picture.hsv)
        if begins or at_ms >= self._next_ms:
            self._next_ms = at_ms + SAMPLE_EVERY_MS
            made = self._scaler.jpeg(picture.frame, self._upright)
            self._shots.add_colours(picture.number, picture.small)
            self._rows.append(SampledFrame(at_ms, picture.number, made.width, made.height, made.data))
            if len(self._rows) >= _ROWS:
                self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(columns.to_table(self._rows, SampledFrame))
            self.sampled += len(self._rows)
            self._rows = []

    def _at_ms(self, pts: int) -> int:
        return seconds_to_ms(pts * self._base - self._request.zero_s)


def _threaded(container: av.container.InputContainer, index: int, bounds: Bounds) -> VideoCodecContext:
    """Decoder of a picture, with as many threads as it may have."""
    stream = container.streams[index]
    if not isinstance(stream, VideoStream):
        raise TypeError(f"stream {index} is not video")
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = bounds.threads
    return stream.codec_context
