"""What a source is made of, and what one decode pass finds in it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction

from schemas.time import Span


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One audio stream of a source."""

    stream_index: int
    """Position in the container, counted over streams of every kind, from 0."""

    codec: str
    """Name of the codec as libavcodec has it, e.g. ``aac``."""

    sample_rate_hz: int
    """Samples per second and channel."""

    channels: int
    """Number of channels."""

    channel_layout: str
    """Layout as libavutil names it, e.g. ``5.1(side)``; ``2 channels`` when unknown."""

    language: str | None
    """BCP 47 tag from the container's metadata; null when it says none, or ``und``."""

    title: str | None
    """The container's label of the stream, e.g. ``Commentary``."""

    is_default: bool
    """Whether the container marks the stream as default."""

    start_ms: int
    """First presented sample, on the asset's timeline."""


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture of a source; attached cover images are not video."""

    stream_index: int
    """Position in the container, counted over streams of every kind, from 0."""

    codec: str
    """Name of the codec as libavcodec has it, e.g. ``h264``."""

    width: int
    """Stored width in pixels, before rotation and pixel aspect."""

    height: int
    """Stored height in pixels, before rotation and pixel aspect."""

    frame_rate: Fraction
    """Exact frames per second, e.g. ``30000/1001``; the nominal rate where it varies."""

    is_variable_rate: bool
    """Whether the times of the frames depart from the exact rate."""

    rotation_deg: int
    """Clockwise turn that a player applies: 0, 90, 180 or 270."""

    pixel_aspect: Fraction
    """Width of a pixel over its height; 1 for square ones."""

    frame_count: int
    """Frames that are presented, counted and not taken from the header."""

    start_ms: int
    """First presented frame, on the asset's timeline."""

    @property
    def constant_rate(self) -> Fraction | None:
        """Exact frames per second; None where it varies and frames have no grid."""
        return None if self.is_variable_rate else self.frame_rate

    def __post_init__(self) -> None:
        if self.frame_rate <= 0 or self.frame_count < 1:
            raise ValueError(f"video stream without rate or frames: {self}")


@dataclass(frozen=True, slots=True)
class Asset:
    """One input file, named by its content."""

    asset_id: str
    """First 16 hex digits of the file's SHA-256."""

    sha256: str
    """SHA-256 of the file, 64 hex digits."""

    size_bytes: int
    """Size of the file."""

    container: str
    """Name of the container as libavformat has it, e.g. ``mov,mp4,m4a,3gp,3g2,mj2``."""

    length_ms: int
    """End of the last presented frame or sample, counted from time zero."""

    zero: Fraction
    """The container's clock at time zero, in seconds, exact (e.g. ``7/5`` in many transport streams)."""

    declared_length_ms: int | None
    """Length that the container's header states; null when it states none."""

    start_timecode: str | None
    """Start timecode of the source, ``HH:MM:SS:FF``, with ``;`` before the frames where it drops frames."""

    video: VideoStream | None
    """The picture; null when there is none."""

    audio: tuple[AudioStream, ...]
    """All audio streams, in the container's order."""

    audio_choice: int | None
    """``stream_index`` of the stream that is transcribed: the default one unless told; null without audio."""

    def __post_init__(self) -> None:
        if self.asset_id != self.sha256[:16]:
            raise ValueError(f"asset_id {self.asset_id} does not belong to sha256 {self.sha256}")
        if self.length_ms < 1:
            raise ValueError(f"asset {self.asset_id} has no length")


class CutKind(StrEnum):
    """What begins a shot."""

    START = "start"
    CUT = "cut"
    FADE = "fade"


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames between two cuts, with what the signal says about them."""

    shot_index: int
    """Position in the asset, from 0."""

    span: Span
    """From its first frame to the first frame of the next shot; shots cover the picture without gaps."""

    first_frame: int
    """Number of its first frame, counted from the first presented frame, from 0."""

    end_frame: int
    """Number of the first frame after it."""

    begins_with: CutKind
    """What separates it from the shot before."""

    brightness: float
    """Mean luma of its frames, 0 (black) to 1 (white)."""

    motion: float
    """Mean absolute luma difference between neighbouring frames, 0 to 1."""

    black_share: float
    """Share of its frames that are black, 0 to 1."""

    freeze_share: float
    """Share of its frames that repeat the one before, 0 to 1."""

    colours: tuple[str, ...]
    """Up to three dominant colours as ``#rrggbb``, the most frequent first."""


@dataclass(frozen=True, slots=True)
class SpeechRegion:
    """A stretch in which the voice activity detector hears speech."""

    span: Span
    """From the first to the last detected speech, with the detector's padding."""

    confidence: float
    """Mean speech probability inside, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Level:
    """One step of the envelope that accompanies the speech audio; step ``n`` begins at ``n * LEVEL_STEP_MS``."""

    level_dbfs: float
    """RMS of the step, in dB relative to full scale; -120 for digital silence."""

    speech_probability: float
    """What the voice activity detector answered for the step, 0 to 1."""


LEVEL_STEP_MS = 32
"""512 samples at 16 kHz: the window that Silero's VAD answers for (its version 5 and later)."""

SILENT_DBFS = -120.0
"""Level of digital silence in dB relative to full scale, and of what is softer; the step of 16 bits is at -90."""


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """One picture kept for the describer and for thumbnails."""

    at_ms: int
    """When it is presented."""

    frame: int
    """Its number, counted from the first presented frame, from 0."""

    width: int
    """Width of the JPEG, upright and with square pixels."""

    height: int
    """Height of the JPEG, upright and with square pixels."""

    jpeg: bytes
    """The picture."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one decode pass of an asset made."""

    has_speech_audio: bool
    """Whether there is speech audio; a title without audio has none."""

    decoded_ms: int
    """End of the last frame or sample that could be decoded, on the asset's timeline."""

    shortfall_ms: int
    """How much less a stream decodes to than its packets promise; 0 when nothing is missing."""

    damaged_packets: int
    """Packets that no decoder could read; silence or a repeated picture stands for them."""

    frames_presented: int
    """Frames of the picture."""

    frames_decoded: int
    """Frames that were decoded to find the shots; fewer where nothing changes."""

    shots: int
    """Number of shots; 0 without a picture."""

    sampled_frames: int
    """Number of sampled frames; 0 without a picture."""

    speech_regions: int
    """Number of speech regions; 0 when nobody speaks."""

    holes: tuple[Span, ...] = ()
    """Stretches inside the sound for which the source has no samples; silence stands for them."""

    def __post_init__(self) -> None:
        counts = (getattr(self, field.name) for field in fields(self) if field.name != "holes")
        if any(count < 0 for count in counts):
            raise ValueError(f"less than nothing was decoded: {self}")
