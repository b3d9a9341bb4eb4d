"""What became of one source in one run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How it ended."""

    MADE = "made"
    """A new release was published."""

    UNCHANGED = "unchanged"
    """The current release already is what was asked for; nothing was done."""

    REJECTED = "rejected"
    """The input cannot be used; running again will not help."""

    FAILED = "failed"
    """Something of ours broke; running again goes on where it stopped."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source."""

    source: str
    """Path or key, as it was given."""

    status: Status
    """How it ended."""

    asset_id: str | None
    """The asset; null when the input was rejected before it had a name."""

    release_id: str | None
    """Its current release; null when there is none."""

    message: str | None
    """Why it was rejected or failed, and what to do; null otherwise."""

    length_ms: int
    """Length of the title; 0 when unknown."""

    cues: int
    """Captions in the release."""

    languages: tuple[str, ...]
    """Languages of its captions, the spoken one first."""

    dubs: tuple[str, ...]
    """Languages that it is dubbed into."""

    flagged: int
    """Dubbed lines that keep the original speech until a human decides."""

    scenes: int
    """Scenes in the release."""

    speakers: int
    """Speakers in the release."""

    errors: int
    """Findings of severity error: each needs a human before delivery."""

    warnings: int
    """Findings of severity warning: each is worth a look."""

    wall_s: float
    """How long it took."""
