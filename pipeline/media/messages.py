"""What crosses between us and the process that opens untrusted media, as JSON files. Checked when read."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

Exact = Annotated[Fraction, BeforeValidator(Fraction), PlainSerializer(str)]
"""A fraction, written as ``30000/1001``."""


class Message(BaseModel):
    """Base of all: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Bounds(Message):
    """The part of ``Limits`` that the inner process keeps to."""

    max_pixels: int
    max_frame_rate: int
    max_channels: int
    max_sample_rate_hz: int
    max_streams: int
    max_length_ms: int
    memory_bytes: int
    output_bytes: int
    cpu_s: int
    threads: int


class Request(Message):
    """What the inner process is asked."""

    job: str
    bounds: Bounds


class Refusal(Message):
    """Why there is no answer, for the user."""

    what: str
    remedy: str


class Progress(Message):
    """One line on standard output."""

    done: int


class AudioFacts(Message):
    """One audio stream."""

    stream_index: int
    codec: str
    sample_rate_hz: int
    channels: int
    channel_layout: str
    language: str
    title: str
    is_default: bool
    start_s: Exact | None
    """First presented sample on the container's clock; null when nothing can be decoded."""
    end_s: Exact | None
    """End of the last presented sample."""


class VideoFacts(Message):
    """The picture."""

    stream_index: int
    codec: str
    width: int
    height: int
    frame_rate: Exact
    is_variable_rate: bool
    rotation_deg: int
    pixel_aspect: Exact
    frame_count: int
    start_s: Exact
    end_s: Exact


class SurveyAnswer(Message):
    """What the file is made of."""

    container: str
    declared_s: Exact | None
    """Length that the header states; null where libavformat only estimates it."""
    reached_s: Exact
    """Length of what is in the file, over all streams."""
    timecode: str
    time_reference: str
    """Samples since midnight of a broadcast WAV; empty when there is none."""
    video: VideoFacts | None
    audio: tuple[AudioFacts, ...]


class PrepareRequest(Request):
    """What is to be decoded, as probe found it."""

    zero_s: Exact
    length_ms: int
    video_index: int | None
    video_end_ms: int
    """End of the picture where its rate is constant; 0 where the times of the frames decide."""
    rotation_deg: int
    pixel_aspect: Exact
    audio_index: int | None
    is_sparse: bool


class PrepareAnswer(Message):
    """What one decode pass made."""

    decoded_ms: int
    shortfall_ms: int
    damaged_packets: int
    frames_presented: int
    frames_decoded: int
    shots: int
    sampled_frames: int
    speech_regions: int
