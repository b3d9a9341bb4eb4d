"""What is translated and dubbed: lines, their translations, voices, and where dubbed speech is placed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemas.time import Span


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """One entry of a glossary."""

    source: str
    """What is said, in the language of the title; one or more words."""

    target: str | None
    """What it must become; null when it is not to be translated."""

    language: str | None = None
    """BCP 47 tag of the target language it holds for; null for all."""

    is_case_exact: bool = False
    """Whether only this very spelling counts, as for names and abbreviations."""

    note: str = ""
    """For the translator: which meaning, which register."""

    def __post_init__(self) -> None:
        if not self.source.strip() or (self.target is not None and not self.target.strip()):
            raise ValueError(f"a term needs words on both sides: {self}")

    @property
    def wanted(self) -> str:
        """What the translation must contain."""
        return self.source if self.target is None else self.target


@dataclass(frozen=True, slots=True)
class Line:
    """What one person says in one cue: the unit that is translated."""

    line_index: int
    """Position in the asset, from 0."""

    cue_index: int
    """Its cue in the source captions, from 0; a cue of two speakers has two lines."""

    utterance: int
    """Neighbouring lines with the same number are one sentence of one speaker, translated and dubbed as one."""

    span: Span
    """From the start of its first word to the end of its last."""

    speaker: str | None
    """Who says it; null when unsure."""

    text: str
    """The words, with one space between them where the language writes any; no dialogue marker, no line break."""


@dataclass(frozen=True, slots=True)
class TranslatedLine:
    """What became of one line in a target language."""

    line_index: int
    """The line."""

    cue_index: int
    """Its cue in the source captions."""

    language: str
    """BCP 47 tag of the target."""

    source: str
    """The words that were translated."""

    text: str | None
    """The translation, one line; null when there is none."""

    shorter: tuple[str, ...]
    """Other wordings, each shorter than the one before it; none where the engine makes none."""

    budget: float
    """Most characters that can be read in the time, as the target's profile counts."""

    length: float
    """Characters of the translation, as the target's profile counts; 0 when there is none."""

    terms_due: tuple[str, ...]
    """Source sides of the glossary terms that the line contains."""

    terms_used: tuple[str, ...]
    """Those whose target the translation contains."""

    terms_missed: tuple[str, ...]
    """Those whose target it does not contain."""

    unknown: tuple[str, ...]
    """Words that the engine does not know and left as they are."""

    attempts: int
    """How often it was asked; 0 when the answer of another line of the sentence covered it."""

    failure: str | None
    """Why there is no translation; null when there is one."""


@dataclass(frozen=True, slots=True)
class CueLink:
    """Which source cue a cue in the target language translates; a source cue may have several."""

    cue_index: int
    """Position in the target captions, from 0."""

    source_cue_index: int
    """Position in the source captions, from 0."""


class VoiceKind(StrEnum):
    """Whose voice a dubbed line has."""

    STOCK = "stock"
    """A voice of the engine's, as it is."""

    MATCHED = "matched"
    """A voice of the engine's, with the pitch and pace of the speaker: not a clone."""

    CLONED = "cloned"
    """The speaker's own, made from a reference clip, under a consent record."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A clip of a speaker's own voice."""

    span: Span
    """Where it is in the asset, 3 to 15 s of one speaker."""

    text: str
    """What is said in it."""

    level_dbfs: float
    """RMS of its speech, in dB relative to full scale."""

    snr_db: float
    """Level of its speech over that of its pauses, in dB."""

    word_error_rate: float
    """Share of its words that another recognition of the clip alone hears differently, from 0."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What is known of one speaker's voice, and what may be done with it."""

    speaker: str | None
    """The speaker; null for lines of which nobody is sure who says them."""

    kind: VoiceKind
    """Whose voice dubbed lines get."""

    pitch_hz: float | None
    """Median fundamental frequency; null when too little voiced speech was heard."""

    syllables_per_s: float | None
    """Pace of the speech without its pauses; null when too little was heard."""

    reference: Reference | None
    """The clip to clone from; null when none is usable."""

    consent_id: str | None
    """The consent record under which it is cloned; null for a voice of any other kind."""

    reason: str
    """Why the voice is of this kind, one sentence."""

    tract_cm: float | None = None
    """Length of the vocal tract, estimated from the resonances of speech: about 17 in men, 15 in women, which pitch
    does not tell; null when too little voiced speech was heard."""


class DubOutcome(StrEnum):
    """How a dubbed line got into its slot."""

    NATURAL = "natural"
    """At natural tempo."""

    ACCEPTED = "accepted"
    """Faster or slower than natural, inside the accepted band."""

    SHORTER = "shorter"
    """With a shorter wording."""

    BORROWED = "borrowed"
    """With time of the gap that follows."""

    FLAGGED = "flagged"
    """Not at all: the original speech stays until a human decides."""


@dataclass(frozen=True, slots=True)
class DubLine:
    """What became of one utterance in the dub."""

    dub_index: int
    """Position in the dub, from 0."""

    utterance: int
    """The utterance."""

    first_line: int
    """Its first line."""

    lines: int
    """How many lines it has."""

    speaker: str | None
    """Who says it; null when unsure."""

    language: str
    """BCP 47 tag of the dub."""

    slot: Span
    """The time that the source speech fills."""

    text: str | None
    """What is spoken; null when there is nothing to speak."""

    wording: int
    """0 for the translation, n for its n-th shorter wording."""

    natural_ms: int
    """How long the take is at its own tempo; 0 without a take."""

    placed: Span | None
    """Where it is in the dub; null when it is flagged."""

    tempo: float | None
    """Natural length over placed length: above 1 is faster; null when it is flagged."""

    borrowed_ms: int
    """Time taken from the gap that follows the slot."""

    attempts: int
    """Takes that were spoken for it."""

    outcome: DubOutcome
    """How it got into its slot."""

    reason: str | None
    """Why it is flagged, one sentence; null when it is not."""

    voice: str | None
    """What spoke, e.g. ``espeak-ng/es+f2``; null without a take."""

    voice_kind: VoiceKind
    """Whose voice it is."""

    consent_id: str | None
    """The consent record under which a voice was cloned; null when none was."""

    def __post_init__(self) -> None:
        if (self.outcome is DubOutcome.FLAGGED) != (self.placed is None) or (self.placed is None) != bool(self.reason):
            raise ValueError(f"a line is placed, or flagged with a reason: {self}")


@dataclass(frozen=True, slots=True)
class PlacedSpeech:
    """The sound of one line that is in the dub."""

    dub_index: int
    """The line."""

    placed: Span
    """Where it is."""

    flac: bytes
    """48 kHz mono FLAC of exactly 48 samples per millisecond of ``placed``."""
