"""The survey of a file: all packets are read, heads and tails decoded. Runs inside the sandbox only.

What is presented is told by packets and frames, never by the header: libavformat applies edit lists and
marks what they leave out, the decoders drop priming and padding samples, so that the first and the last
decoded frame of a stream are the first and the last that a player presents.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from pipeline.errors import ProbeFailed
from pipeline.media import packets, rates
from pipeline.media.limits import Limits
from pipeline.media.messages import AudioFacts, SurveyAnswer, VideoFacts

ESTIMATED = frozenset({"aac", "ac3", "mp3", "mpegts", "mpeg"})
"""Containers that state no length: libavformat guesses one from the bit rate or the last packet."""

_TAIL_PACKETS = 24  # decoded at the end of an audio stream: longer than any codec's delay
_HEAD_PACKETS = 600  # without one frame out of so many (20 s of picture), a stream cannot be decoded
_PROGRESS_PACKETS = 2000  # some milliseconds of reading, so that asking the clock costs nothing


def survey(container: av.container.InputContainer, limits: Limits, progress: Callable[[int], None]) -> SurveyAnswer:
    """What ``container`` is made of.

    Raises:
        ProbeFailed: Nothing in it can be decoded, or it is beyond a limit.
    """
    streams = list(container.streams)
    if len(streams) > limits.max_streams:
        raise ProbeFailed(f"it has {len(streams)} streams, more than {limits.max_streams}", "keep only those needed")
    picture = _picture(streams)
    sound = [stream for stream in streams if isinstance(stream, AudioStream)]
    if picture is None and not sound:
        raise ProbeFailed("it has neither audio nor video to work on", "give a file with a picture or sound")
    _refuse_encrypted(streams)
    readers = {s.index: _AudioReader(s) for s in sound if s.codec_context is not None}
    video = None if picture is None else _VideoReader(picture, limits)
    reached: dict[int, int] = {}  # in each stream's own time base: fractions cost more than reading the packet
    starts: dict[int, int] = {}
    for count, packet in enumerate(packets.demuxed(container, streams)):
        if count % _PROGRESS_PACKETS == 0:
            progress(count)
        if count < _HEAD_PACKETS and packet.has_sidedata("encryption_info"):
            raise ProbeFailed("it is encrypted (DRM)", "give a copy without protection")
        if packet.pts is not None:
            at, index = packet.pts, packet.stream_index
            starts[index] = min(starts.get(index, at), at)
            reached[index] = max(reached.get(index, at), at + (packet.duration or 0))
        if packet.stream_index in readers:
            readers[packet.stream_index].take(packet)
        elif video is not None and picture is not None and packet.stream_index == picture.index:
            video.take(packet)
    audio = tuple(_checked(reader.facts(), limits) for reader in readers.values())
    facts = None if video is None else video.facts()
    if facts is None and not any(found.start_s is not None for found in audio):
        raise ProbeFailed("nothing in it can be decoded", "check that it plays, then export it again")
    declared = container.duration
    name = container.format.name
    is_stated = declared is not None and name not in ESTIMATED
    return SurveyAnswer(
        container=name,
        declared_s=Fraction(declared, av.time_base) if is_stated and declared is not None else None,
        reached_s=_seconds(max, reached, streams) - _seconds(min, starts, streams),
        timecode=_timecode(container, streams),
        time_reference=container.metadata.get("time_reference", ""),
        video=facts,
        audio=audio,
    )


def _seconds(
    pick: Callable[[Iterable[Fraction]], Fraction], times: dict[int, int], streams: Sequence[Stream]
) -> Fraction:
    """Least or largest of the streams' times; 0 where there are none."""
    found = [at * (streams[index].time_base or Fraction(0)) for index, at in times.items()]
    return pick(found) if found else Fraction(0)


def _picture(streams: Sequence[Stream]) -> VideoStream | None:
    """The default picture, else the first; cover images are none."""
    films = [
        stream
        for stream in streams
        if isinstance(stream, VideoStream)
        and not stream.disposition & (Disposition.attached_pic | Disposition.still_image)
    ]
    films.sort(key=lambda stream: not stream.disposition & Disposition.default)
    return films[0] if films else None


def _refuse_encrypted(streams: Sequence[Stream]) -> None:
    for stream in streams:
        if stream.codec_context is not None and stream.codec_context.codec_tag in ("encv", "enca", "drms", "drmi"):
            raise ProbeFailed("it is encrypted (DRM)", "give a copy without protection")


def _timecode(container: av.container.InputContainer, streams: Sequence[Stream]) -> str:
    """The first that is stated; Matroska writes the name of the tag in capitals."""
    tags = [container.metadata, *(stream.metadata for stream in streams)]
    stated = (text for tag in tags for name, text in tag.items() if name.casefold() == "timecode")
    return next(filter(None, stated), "")


def _checked(facts: AudioFacts, limits: Limits) -> AudioFacts:
    if facts.channels > limits.max_channels:
        raise ProbeFailed(
            f"audio stream {facts.stream_index} has {facts.channels} channels, more than {limits.max_channels}",
            "keep only those with speech",
        )
    if facts.sample_rate_hz > limits.max_sample_rate_hz:
        raise ProbeFailed(
            f"audio stream {facts.stream_index} has {facts.sample_rate_hz} samples per second, "
            f"more than {limits.max_sample_rate_hz}",
            "resample it to 48 kHz",
        )
    return facts


class _AudioReader:
    """The search for the first and the last presented sample of one stream."""

    def __init__(self, stream: AudioStream) -> None:
        self._stream = stream
        self._start_s: Fraction | None = None
        self._stated: int | None = None  # end of the last packet
        self._tried = 0
        self._tail: deque[av.Packet[Any]] = deque(maxlen=_TAIL_PACKETS)

    def take(self, packet: av.Packet[Any]) -> None:
        if not packet.is_discard:
            self._tail.append(packet)
            if packet.pts is not None and packet.duration:
                self._stated = packet.pts + packet.duration
        if self._start_s is None and self._tried < _HEAD_PACKETS:
            self._tried += 1
            frames = self._decoded(packet)
            if frames:
                self._start_s = _time(frames[0])

    def facts(self) -> AudioFacts:
        stream, context = self._stream, self._stream.codec_context
        if self._start_s is None:
            frames = self._decoded(None)
            self._start_s = _time(frames[0]) if frames else None
        end = self._end() if self._start_s is not None else None
        return AudioFacts(
            stream_index=stream.index,
            codec=context.name,
            sample_rate_hz=context.sample_rate or 0,
            channels=context.channels or 0,
            channel_layout=context.layout.name,
            language=stream.metadata.get("language", ""),
            title=stream.metadata.get("title", ""),
            is_default=bool(stream.disposition & Disposition.default),
            start_s=self._start_s,
            end_s=end,
        )

    def _end(self) -> Fraction | None:
        """End of the last sample, from a decoder that starts over shortly before it."""
        self._stream.codec_context.flush_buffers()
        end = self._start_s
        for packet in (*self._tail, None):
            for frame in self._decoded(packet):
                at = _time(frame)
                if at is not None and frame.sample_rate:
                    end = max(end or at, at + Fraction(frame.samples, frame.sample_rate))
        base = self._stream.time_base
        counts_samples = base == Fraction(1, self._stream.codec_context.sample_rate or 1)
        if end is not None and base is not None and self._stated is not None and counts_samples:
            return min(end, self._stated * base)  # MP4 cuts the padding of the last packet by its duration alone
        return end

    def _decoded(self, packet: av.Packet[Any] | None) -> list[av.AudioFrame]:
        try:
            return [frame for frame in self._stream.codec_context.decode(packet) if frame.samples]
        except av.error.FFmpegError:
            return []


class _VideoReader:
    """The count of presented frames, and the search for the first and the last."""

    def __init__(self, stream: VideoStream, limits: Limits) -> None:
        if stream.codec_context is None:
            raise ProbeFailed("its picture is in a coding that is not known here", "convert it to H.264")
        self._stream = stream
        self._limits = limits
        self._refuse_large(stream.codec_context.width, stream.codec_context.height)
        stream.codec_context.thread_count = 1  # the first frame comes out soonest
        self._first: av.VideoFrame | None = None
        self._tried = 0
        self._times = array("q")
        self._untimed = 0
        self._ends = array("q")

    def take(self, packet: av.Packet[Any]) -> None:
        if packet.pts is None:
            self._untimed += 1
        elif not packet.is_discard:
            self._times.append(packet.pts)
            self._ends.append(packet.pts + (packet.duration or 0))
        if self._first is None and self._tried < _HEAD_PACKETS:
            self._tried += 1
            self._first = self._decoded(packet)

    def facts(self) -> VideoFacts:
        stream, base = self._stream, self._stream.time_base
        first = self._first or self._decoded(None)
        if first is None or base is None:
            raise ProbeFailed("its picture cannot be decoded", "check that it plays, then export it again")
        self._refuse_large(first.width, first.height)
        times = np.sort(np.asarray(self._times, np.int64))
        start = first.pts if first.pts is not None else int(times[0]) if times.size else 0
        times = times[times >= start]
        hints = [rate for rate in (stream.average_rate, stream.base_rate, stream.guessed_rate) if rate]
        if not times.size:
            times = np.asarray([start], np.int64)
        rate = rates.find(times, base, hints)
        if rate.frames_per_s > self._limits.max_frame_rate:
            raise ProbeFailed(
                f"its frame rate is {float(rate.frames_per_s):g} frames per second, "
                f"more than {self._limits.max_frame_rate}",
                "convert it to a usual rate",
            )
        count = int(times.size) + (self._untimed if times.size <= self._untimed else 0)
        last = max(int(max(self._ends, default=start)), int(times[-1]))
        end = last * base
        if not rate.is_variable or last == int(times[-1]):
            shown = count if not rate.is_variable else 1
            begin = (start if not rate.is_variable else int(times[-1])) * base
            end = begin + shown / rate.frames_per_s
        aspect = stream.sample_aspect_ratio or Fraction(1)
        return VideoFacts(
            stream_index=stream.index,
            codec=stream.codec_context.name,
            width=first.width,
            height=first.height,
            frame_rate=rate.frames_per_s,
            is_variable_rate=rate.is_variable,
            rotation_deg=-first.rotation % 360 // 90 * 90,
            pixel_aspect=aspect if aspect > 0 else Fraction(1),
            frame_count=count,
            start_s=start * base,
            end_s=end,
        )

    def _decoded(self, packet: av.Packet[Any] | None) -> av.VideoFrame | None:
        try:
            return next(iter(self._stream.codec_context.decode(packet)), None)
        except av.error.FFmpegError:
            return None

    def _refuse_large(self, width: int, height: int) -> None:
        if width * height > self._limits.max_pixels:
            raise ProbeFailed(
                f"its picture has {width} x {height} pixels, more than {self._limits.max_pixels} in all",
                "scale it to 8K or less",
            )


def _time(frame: av.AudioFrame) -> Fraction | None:
    return None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
