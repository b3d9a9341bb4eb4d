"""What was said, when, and by whom; and what became of every millisecond."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import StrEnum

from schemas.languages import primary
from schemas.time import Span


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is displayed, with its punctuation."""

    text: str
    """The word, NFC, no white space, e.g. ``Hello,``."""

    span: Span
    """When it is spoken, on the asset's timeline, from an aligner or recogniser's samples."""

    confidence: float | None
    """The engine's own posterior, 0 to 1; null when it states none."""

    def __post_init__(self) -> None:
        if not self.text or self.text.split() != [self.text]:
            raise ValueError(f"word at {self.span.start_ms} ms is empty or has white space: {self.text!r}")


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch in which one person speaks."""

    span: Span
    """When."""

    speaker: str | None
    """Name that is stable over the asset, e.g. ``S1``; null when the diarizer is unsure."""

    confidence: float
    """How sure the diarizer is, 0 to 1; 1 when a human said so."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence, or what comes nearest to one, by one speaker."""

    segment_index: int
    """Position in the asset, from 0."""

    span: Span
    """From the start of its first word to the end of its last."""

    language: str
    """BCP 47 tag of what is spoken."""

    speaker: str | None
    """Who speaks; null when unsure."""

    words: tuple[Word, ...]
    """Its words in order of time; never empty."""

    is_draft: bool
    """Whether case and punctuation were restored by rule and not heard by the engine."""

    def __post_init__(self) -> None:
        if not self.words:
            raise ValueError(f"segment {self.segment_index} has no words")
        if self.span != Span(self.words[0].span.start_ms, self.words[-1].span.end_ms):
            raise ValueError(f"segment {self.segment_index} does not span its words")

    @property
    def text(self) -> str:
        """Its words, separated by one space where the language writes spaces between words."""
        return joined(tuple(word.text for word in self.words), self.language)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A chunk of speech whose words no aligner could place: they are spread over the speech by their length."""

    chunk_index: int
    """The chunk."""

    reason: str
    """Why no aligner could, one line."""


UNSPACED = frozenset({"ja", "zh", "th", "lo", "km", "my", "yue"})
"""Languages written without spaces between words (Unicode UAX 14, class SA and ID scripts)."""


def joined(words: tuple[str, ...], language: str) -> str:
    """Text of ``words`` as the language writes it; Latin words keep a space between them in any language."""
    if primary(language) not in UNSPACED:
        return " ".join(words)
    spaces = (" " if one[-1:].isascii() and other[:1].isascii() else "" for one, other in itertools.pairwise(words))
    return "".join(itertools.chain.from_iterable(zip(words, [*spaces, ""], strict=False)))


class CoverageLabel(StrEnum):
    """What became of a stretch of the source."""

    SPEECH = "speech"
    NON_SPEECH = "non_speech"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Coverage:
    """One stretch of the source; the stretches of an asset sum to its length."""

    span: Span
    """When."""

    label: CoverageLabel
    """``speech`` is in a segment, ``non_speech`` has none, ``dropped`` had some that was screened out or failed."""

    reason: str | None
    """Why it was dropped, e.g. ``loop``, ``phantom``, ``rate``, ``engine: …``; null otherwise."""

    def __post_init__(self) -> None:
        if (self.reason is not None) != (self.label is CoverageLabel.DROPPED):
            raise ValueError(f"exactly what is dropped has a reason, got {self}")
