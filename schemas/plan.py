"""What engines will be asked: chunks of speech and audio-visual windows, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemas.time import Span


class CutReason(StrEnum):
    """Why a chunk ends where it does."""

    SILENCE = "silence"
    """A pause between speech regions."""

    ENERGY = "energy"
    """Nobody pauses within the limit: the quietest instant."""

    END = "end"
    """The last speech of the asset ends."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of speech that one transcription request answers for."""

    chunk_index: int
    """Position in the asset, from 0."""

    span: Span
    """The stretch; chunks do not overlap and together hold every speech region."""

    ends_by: CutReason
    """Why it ends where it does."""

    speech_ms: int
    """How much of it lies in speech regions."""

    lead_ms: int
    """What the engine also hears before it; more than 0 only where speech runs over the seam."""

    tail_ms: int
    """What the engine also hears after it; more than 0 only where speech runs over the seam."""

    @property
    def heard(self) -> Span:
        """The stretch that is sent to the engine: the chunk with its lead and tail."""
        return Span(self.span.start_ms - self.lead_ms, self.span.end_ms + self.tail_ms)


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring shots that one description request answers for; windows cover the title without gaps."""

    window_index: int
    """Position in the asset, from 0."""

    span: Span
    """From the start of its first shot to the end of its last; a shot longer than the budget is split."""

    first_shot: int
    """``shot_index`` of its first shot; 0 in a title without picture."""

    end_shot: int
    """``shot_index`` after its last shot; 0 in a title without picture."""

    frames: int
    """Pictures that the model is shown."""

    tokens: int
    """Audio and video tokens of the prompt under the describing model's profile."""
