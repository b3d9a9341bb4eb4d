"""What a user asks for, from the command line or a job file."""

from __future__ import annotations

from dataclasses import dataclass

AUTO = "auto"
"""Engine family that is chosen by what the machine has; the choice is printed and recorded."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is to be made of one title. Every field enters the fingerprints of the stages that read it."""

    engine: str = AUTO
    """Engine family: ``embedded``, or ``auto``."""

    profile: str = "netflix"
    """Caption profile, e.g. ``netflix``, ``netflix-sdh``, ``bbc``, ``web``."""

    language: str | None = None
    """BCP 47 tag of what is spoken; null takes what the container says of the audio stream."""

    audio_stream: int | None = None
    """``stream_index`` of the audio to transcribe; null takes the default stream."""

    transcript: str | None = None
    """What is said, word for word, when a human has written it down; null has it recognised."""

    speakers: str | None = None
    """Who speaks when, as the text of an RTTM file; null has it found out."""
