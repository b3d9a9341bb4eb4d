"""Consent to the cloning of a voice: who allows what, for which voice, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

DUB = "dub"
"""The use that a consent must name before a dub may have the voice."""


@dataclass(frozen=True, slots=True)
class ConsentedVoice:
    """One speaker of one asset."""

    asset_id: str
    """The asset in which the voice is heard, and which may be dubbed with it."""

    speaker: str
    """The speaker's name there, as the captions and the tables have it, e.g. ``S1``."""

    heard_at_ms: int
    """A moment at which the person, and nobody else, is heard: proof that the name still means the person. A speaker
    whom a record names with several moments is heard at all of them, or is not cleared by it."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One record: a person allows that their voice is cloned."""

    consent_id: str
    """Name of the record: that of its file below ``consents/``, without ``.toml``."""

    sha256: str
    """SHA-256 of the file, 64 hex digits: which wording of the record it was."""

    person: str
    """Whose voice it is."""

    voices: tuple[ConsentedVoice, ...]
    """Where that voice is heard."""

    languages: tuple[str, ...]
    """BCP 47 tags of the languages that may be spoken with it; ``es`` includes ``es-419``."""

    uses: tuple[str, ...]
    """What may be made with it, e.g. ``dub``."""

    valid_until: date
    """Last day on which it holds."""

    recorded_by: str
    """Who wrote the record down, and answers for it."""

    recorded_on: date
    """When; it does not hold before."""

    note: str = ""
    """Where the signed paper is, and what else is to be known."""
