"""What crosses between us and the process that opens untrusted media, as JSON. Checked when read.

That process may have been taken over by what it opened, so that each field says what it may hold: what
passes the checks can be worked with, and nothing that it writes can make us hang, crash or fill the screen.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PositiveInt,
    StringConstraints,
    model_validator,
)

from pipeline.media.limits import Limits

_WRITTEN = re.compile(r"-?[0-9]{1,100}(/[0-9]{1,100})?")
"""A fraction as ``str`` writes it, without the exponents by which a short text becomes a huge number. Sums of
64-bit time stamps in 32-bit time bases have at most 60 digits."""


def _exact(value: object) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if not isinstance(value, str) or _WRITTEN.fullmatch(value) is None or re.search("/0+$", value):
        raise ValueError("not a fraction")
    return Fraction(value)


Exact = Annotated[Fraction, BeforeValidator(_exact), PlainSerializer(str)]
"""A fraction, written as ``30000/1001``."""

Count = Annotated[int, Field(ge=0, lt=1 << 63)]
"""A number of things, or of milliseconds."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
"""A line to be shown to the user."""


class Message(BaseModel):
    """Base of all: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Bounds(Message):
    """What the inner process keeps to."""

    limits: Limits
    cpu_s: PositiveInt
    """Processor time after which it ends."""
    threads: PositiveInt
    """Threads of a decoder."""


class Request(Message):
    """What the inner process is asked."""

    job: str
    bounds: Bounds


class Refusal(Message):
    """Why there is no answer, for the user."""

    what: Line
    remedy: Line


class Progress(Message):
    """One line on standard output."""

    done: Count


class AudioFacts(Message):
    """One audio stream."""

    stream_index: Count
    codec: str
    sample_rate_hz: Count
    channels: Count
    channel_layout: str
    language: str
    title: str
    is_default: bool
    start_s: Exact | None
    """First presented sample on the container's clock; null when nothing can be decoded."""
    end_s: Exact | None
    """End of the last presented sample; null exactly when there is no first one."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.start_s is None) != (self.end_s is None):
            raise ValueError("a begin without an end")
        return self


class VideoFacts(Message):
    """The picture."""

    stream_index: Count
    codec: str
    width: PositiveInt
    height: PositiveInt
    frame_rate: Annotated[Exact, Field(gt=0)]
    is_variable_rate: bool
    rotation_deg: Annotated[int, Field(ge=0, lt=360, multiple_of=90)]
    pixel_aspect: Annotated[Exact, Field(gt=0)]
    frame_count: PositiveInt
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
    """All audio streams; where there is no picture, something can be decoded of at least one."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.video is None and all(stream.start_s is None for stream in self.audio):
            raise ValueError("nothing in it can be decoded")
        return self


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


class ProgramRequest(Request):
    """The program that the inner process gives itself over to, once it is confined."""

    program: str
    """Path of the executable."""
    arguments: tuple[str, ...]
    """Its arguments; they name files of the folder only."""


class SoundRequest(Request):
    """Which sound is to be decoded, and as what."""

    zero_s: Exact
    length_ms: int
    stream_index: int
    channels: tuple[str, ...]
    """Channels that are wanted, as ``pipeline.media.layouts`` names them."""


class SoundAnswer(Message):
    """How much of it there was."""

    decoded_ms: Count
    """End of the last decoded sample."""
    damaged_packets: Count
    """Packets that the decoder refused; silence stands for them."""
