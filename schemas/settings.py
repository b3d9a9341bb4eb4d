"""What a user asks for, from the command line or a job file."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.localize import Term
from schemas.scenes import Detail

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

    detail: Detail = Detail.STANDARD
    """How much the descriptions of shots and scenes say, of an engine that reads."""

    style: str = ""
    """How they say it, in the user's own words; empty for the usual."""

    to: tuple[str, ...] = ()
    """BCP 47 tags of the languages that captions are translated into, beside those of ``dub``."""

    dub: tuple[str, ...] = ()
    """BCP 47 tags of the languages that the title is dubbed into."""

    glossary: tuple[Term, ...] = ()
    """Terms that translations must use."""

    mix: str = "voice-over"
    """How a dub is mixed: ``voice-over`` or ``replacement``."""

    music_and_effects: str | None = None
    """Path of the audio under a ``replacement``; null takes the source's own stream of that label."""

    loudness: str = "ebu-r128"
    """Loudness target of a mix: ``ebu-r128``, ``netflix``, ``web``."""

    mux: bool = False
    """Whether picture, sound, dubs and captions also come as one file."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Languages of translated captions: ``to``, then what ``dub`` adds, each once."""
        return tuple(dict.fromkeys((*self.to, *self.dub)))
