"""The one decode pass: speech audio, levels, regions, shots, sampled frames. Runs inside the sandbox only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import pyarrow.parquet as pq
from av.audio.stream import AudioStream
from av.stream import Discard
from av.video.stream import VideoStream

from pipeline.errors import DecodeFailed
from pipeline.media.audio_stream import AudioDecoder
from pipeline.media.files import FRAMES, LEVELS, REGIONS, SHOTS, SPEECH
from pipeline.media.messages import PrepareAnswer, PrepareRequest
from pipeline.media.pictures import Scaler, Upright
from pipeline.media.shots import ShotFinder
from pipeline.media.sparse import Picture, PictureReader
from pipeline.media.speech_audio import SpeechWriter, Timeline
from schemas import columns
from schemas.media import Level, SampledFrame, Shot, SpeechRegion
from schemas.time import seconds_to_ms

SAMPLE_EVERY_MS = 1000
"""Distance of sampled frames: one per second, the rate that Qwen's video models are shown."""

SHORTFALL_TOLERANCE_MS = 1000
"""How much less than its packets promise a stream may decode to. Ours: a second is seen and heard."""

_ROWS = 32  # sampled frames per row group: about a megabyte


def decode(
    container: av.container.InputContainer,
    again: av.container.InputContainer,
    request: PrepareRequest,
    folder: Path,
    progress: Callable[[int], None],
) -> PrepareAnswer:
    """Decodes ``container`` once and writes all that comes of it into ``folder``.

    Args:
        container: The file.
        again: The same file opened a second time, for a decoder of frames that were first left out.
        request: What probe found.
        folder: Where the files go.
        progress: Told the decoded milliseconds.

    Raises:
        DecodeFailed: A stream is more than ``SHORTFALL_TOLERANCE_MS`` shorter than its packets, or broken.

    """
    cv2.setNumThreads(1)
    with ExitStack() as stack:
        sound = stack.enter_context(_Sound(container, request, folder)) if request.audio_index is not None else None
        film = stack.enter_context(_Film(container, again, request, folder))
        indices = {request.audio_index, request.video_index}
        for stream in container.streams:
            if stream.index not in indices:
                stream.discard = Discard.all
        wanted = [stream for stream in container.streams if stream.index in indices]
        for packet in _packets(container, wanted):
            if packet.stream_index == request.video_index:
                film.take(packet)
            elif sound is not None:
                sound.take(packet)
            progress(max(film.decoded_ms, 0 if sound is None else sound.decoded_ms))
        if sound is not None:
            sound.finish()
        shots = film.finish()
    regions = [] if sound is None else sound.writer.regions(length_ms=request.length_ms)
    _write(folder, shots, regions, has_sound=sound is not None)
    decoded_ms = max(film.decoded_ms, 0 if sound is None else sound.decoded_ms)
    shortfall_ms = max(film.shortfall_ms, 0 if sound is None else sound.shortfall_ms, request.length_ms - decoded_ms)
    if shortfall_ms > SHORTFALL_TOLERANCE_MS:
        raise DecodeFailed(
            f"it decodes to {decoded_ms / 1000:.1f} s, {shortfall_ms / 1000:.1f} s less than it promises",
            "it is damaged: copy or export it again",
        )
    return PrepareAnswer(
        decoded_ms=min(decoded_ms, request.length_ms),
        shortfall_ms=shortfall_ms,
        damaged_packets=film.damaged + (0 if sound is None else sound.decoder.damaged),
        frames_presented=film.presented,
        frames_decoded=film.frames_decoded,
        shots=len(shots),
        sampled_frames=film.sampled,
        speech_regions=len(regions),
    )


def _packets(container: av.container.InputContainer, wanted: list[av.stream.Stream]) -> Iterator[av.Packet[Any]]:
    """Packets of the streams in question, up to the end or to where the file breaks."""
    packets = container.demux(wanted)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            return
        if packet is None:
            return
        if packet.size:
            yield packet


def _write(folder: Path, shots: list[Shot], regions: list[SpeechRegion], *, has_sound: bool) -> None:
    pq.write_table(columns.to_table(shots, Shot), folder / SHOTS, compression="zstd")
    pq.write_table(columns.to_table(regions, SpeechRegion), folder / REGIONS, compression="zstd")
    if not has_sound:
        pq.write_table(columns.to_table([], Level), folder / LEVELS, compression="zstd")


class _Sound:
    """The chosen audio stream on its way to the speech audio."""

    def __init__(self, container: av.container.InputContainer, request: PrepareRequest, folder: Path) -> None:
        self._timeline = Timeline(length_ms=request.length_ms)
        self._zero = request.zero_s
        self._promised = 0  # end of the last packet, in the stream's time base
        self._base = Fraction(1)
        self._length_ms = request.length_ms
        stream = container.streams[request.audio_index or 0]
        if not isinstance(stream, AudioStream):
            raise TypeError(f"stream {stream.index} is not audio")
        self.decoder = AudioDecoder(stream, request.zero_s)
        self.writer = SpeechWriter(folder / SPEECH, folder / LEVELS)

    def __enter__(self) -> _Sound:
        self.writer.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.writer.__exit__(*error)  # type: ignore[arg-type]  # the three arguments of the protocol, passed on

    @property
    def decoded_ms(self) -> int:
        return seconds_to_ms(self._timeline.heard_s)

    @property
    def shortfall_ms(self) -> int:
        promised_ms = seconds_to_ms(self._promised * self._base - self._zero)
        return max(0, min(promised_ms, self._length_ms) - self.decoded_ms)

    def take(self, packet: av.Packet[Any]) -> None:
        if packet.pts is not None and packet.time_base and not packet.is_discard:
            self._promised = max(self._promised, packet.pts + (packet.duration or 0))
            self._base = packet.time_base
        self._place(packet)

    def finish(self) -> None:
        self._place(None)
        self.writer.write(self._timeline.finish())

    def _place(self, packet: av.Packet[Any] | None) -> None:
        for block in self.decoder.take(packet):
            self.writer.write(self._timeline.place(block.samples, block.rate_hz, block.at_s))


class _Film:
    """The picture on its way to shots and sampled frames; without a picture it only writes empty files."""

    def __init__(
        self,
        container: av.container.InputContainer,
        again: av.container.InputContainer,
        request: PrepareRequest,
        folder: Path,
    ) -> None:
        self._request = request
        self._shots = ShotFinder()
        self._upright = Upright(request.rotation_deg, request.pixel_aspect)
        self._scaler = Scaler()
        self._rows: list[SampledFrame] = []
        self._next_ms = 0
        self._last_ms = -1
        self._end_ms = 0
        self._promised = 0  # end of the last packet, in the stream's time base
        self._writer = pq.ParquetWriter(folder / FRAMES, columns.schema(SampledFrame), compression="none")
        self._reader: PictureReader | None = None
        self._base = Fraction(1)
        self.sampled = 0
        if request.video_index is not None:
            contexts = []
            for opened in (container, again):
                stream = opened.streams[request.video_index]
                if not isinstance(stream, VideoStream):
                    raise TypeError(f"stream {stream.index} is not video")
                stream.thread_type = "AUTO"
                stream.codec_context.thread_count = request.bounds.threads
                contexts.append(stream.codec_context)
            self._base = container.streams[request.video_index].time_base or self._base
            self._reader = PictureReader(*contexts, is_sparse=request.is_sparse)

    def __enter__(self) -> _Film:
        return self

    def __exit__(self, *error: object) -> None:
        self._writer.close()

    @property
    def decoded_ms(self) -> int:
        return self._end_ms

    @property
    def shortfall_ms(self) -> int:
        if self._reader is None:
            return 0
        return max(0, min(self._at_ms(self._promised), self._request.length_ms) - self._end_ms)

    @property
    def presented(self) -> int:
        return 0 if self._reader is None else self._reader.count

    @property
    def frames_decoded(self) -> int:
        return 0 if self._reader is None else self._reader.decoded

    @property
    def damaged(self) -> int:
        return 0 if self._reader is None else self._reader.damaged

    def take(self, packet: av.Packet[Any]) -> None:
        if packet.pts is not None and not packet.is_discard:
            self._promised = max(self._promised, packet.pts + (packet.duration or 0))
        if self._reader is not None:
            for picture in self._reader.take(packet):
                self._see(picture)

    def finish(self) -> list[Shot]:
        if self._reader is None:
            return []
        for picture in self._reader.finish():
            self._see(picture)
        self._flush()
        if self._last_ms < 0:
            raise DecodeFailed("no frame of its picture can be decoded", "check that it plays, then export it again")
        end_ms = self._request.video_end_ms or self._end_ms
        return self._shots.finish(end_frame=self._reader.count, end_ms=min(end_ms, self._request.length_ms))

    def _see(self, picture: Picture) -> None:
        at_ms = max(self._at_ms(picture.pts), self._last_ms + 1)
        if at_ms >= self._request.length_ms:
            return
        self._last_ms = at_ms
        self._end_ms = max(self._end_ms, self._at_ms(picture.pts + picture.duration), at_ms + 1)
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
