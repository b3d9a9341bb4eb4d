"""Segments as one row of pieces: what is said, in order, cut as finely as a cue may be cut, with times.

In spaced languages a piece is a word; in Japanese, Chinese and Thai a phrase, whatever the recogniser
called a word. A piece that lies inside a word takes its times from its share of the word's characters.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.captions import texts
from pipeline.captions.measure import characters
from pipeline.captions.profiles import CaptionProfile, Rule
from pipeline.captions.tokens import Token, is_unspaced, tokenize
from pipeline.speech.punctuation import ends_sentence
from schemas.speech import Segment, Word

SHORT_WORD = 8
"""A recogniser's word of up to this many characters is not broken inside, whatever the phrase parser says; longer
ones are whole phrases that the recogniser did not part."""

INSIDE_SHORT_WORD = 150.0
"""Cost of a break inside a recogniser's word, in points of ``syntax``: worse than any between words."""

WIDEST = 80.0
"""Width of a line where a profile sets none, in characters: no television or web player shows more."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One token that is spoken."""

    token: Token
    """The text and what a cut after it costs."""

    start_ms: int
    """When it begins to be spoken."""

    end_ms: int
    """When it has been spoken; at least 1 ms later."""

    speaker: str | None
    """Who says it; null when unsure."""

    segment: int
    """Number of its segment in the row, from 0."""

    closes_sentence: bool
    """Whether a sentence ends with it, by its punctuation or because the segment does."""

    group: int
    """Number of its segment's group: pieces of different groups never share a cue."""


def line_width(profile: CaptionProfile) -> float:
    """Characters that a line may hold."""
    limit = profile.limit(Rule.LINE_LENGTH)
    return WIDEST if limit is None else float(limit.value)


def pieces(
    segments: Sequence[Segment], profile: CaptionProfile, *, length_ms: int, groups: Sequence[int] | None = None
) -> list[Piece]:
    """The pieces of all segments, within ``[0, length_ms)``, in order of when the segments start.

    With ``groups``, one number per segment, they are in order of their groups instead, and of the segments'
    numbers in each.
    """
    if groups is None:
        in_time = sorted(segments, key=lambda segment: (segment.span.start_ms, segment.segment_index))
        ordered = [(0, segment) for segment in in_time]
    else:
        grouped = zip(groups, segments, strict=True)
        ordered = sorted(grouped, key=lambda pair: (pair[0], pair[1].segment_index))
    row: list[Piece] = []
    for number, (group, segment) in enumerate(ordered):
        first = len(row)
        row.extend(_of_segment(segment, profile, number=number, group=group, length_ms=length_ms))
        if first and first < len(row):
            row[first] = _after(row[first - 1], row[first], profile)
    return row


def _after(before: Piece, piece: Piece, profile: CaptionProfile) -> Piece:
    """The first piece of a segment, with the space that parts it from the one before it on the same line.

    In a language without spaces there is none after a full stop.
    """
    if is_unspaced(profile.language) and ends_sentence(before.token.text, piece.token.text, profile.language):
        return piece
    width = characters(" ", profile.counting)
    return replace(piece, token=replace(piece.token, joiner=" ", joiner_width=width))


def _of_segment(
    segment: Segment, profile: CaptionProfile, *, number: int, group: int, length_ms: int
) -> Iterator[Piece]:
    words = _with_ellipsis(segment.words, profile)
    text, offsets = _text(words, profile.language)
    tokens = tokenize(text, profile.language, counting=profile.counting, widest=line_width(profile))
    times = _Clock(words, offsets, length_ms=length_ms)
    followers = [*(token.text for token in tokens[1:]), None]
    for token, following in zip(_kept_whole(tokens, words, offsets), followers, strict=True):
        start_ms, end_ms = times.span_ms(token.start, token.start + len(token.text))
        yield Piece(
            token=token,
            start_ms=start_ms,
            end_ms=end_ms,
            speaker=segment.speaker,
            segment=number,
            closes_sentence=following is None or ends_sentence(token.text, following, profile.language),
            group=group,
        )


def _with_ellipsis(words: Sequence[Word], profile: CaptionProfile) -> Sequence[Word]:
    """Words as the profile spells the ellipsis."""
    if profile.limit(Rule.ELLIPSIS) is None:
        return words
    return [
        replace(word, text=texts.with_ellipsis(word.text)) if texts.has_three_dots(word.text) else word
        for word in words
    ]


def _text(words: Sequence[Word], language: str) -> tuple[str, list[int]]:
    """The words as one text, and where in it each begins."""
    unspaced = is_unspaced(language)
    text = ""
    parts: list[str] = []
    offsets: list[int] = []
    at = 0
    for word in words:
        glued = unspaced and not (text[-1:].isascii() and word.text[:1].isascii())
        joiner = "" if not parts or glued else " "
        parts.append(joiner + word.text)
        offsets.append(at + len(joiner))
        at += len(parts[-1])
        text = word.text
    return "".join(parts), offsets


def _kept_whole(tokens: Sequence[Token], words: Sequence[Word], offsets: Sequence[int]) -> Iterator[Token]:
    """Tokens with breaks inside the recogniser's words made expensive."""
    inside = {
        at
        for word, start in zip(words, offsets, strict=True)
        if len(word.text) <= SHORT_WORD
        for at in range(start + 1, start + len(word.text))
    }
    for token in tokens:
        is_inside = token.start + len(token.text) in inside
        yield replace(token, break_cost=max(token.break_cost, INSIDE_SHORT_WORD)) if is_inside else token


class _Clock:
    """Times of places in a text whose words are timed."""

    def __init__(self, words: Sequence[Word], offsets: Sequence[int], *, length_ms: int) -> None:
        self._words = words
        self._offsets = offsets
        self._length_ms = length_ms

    def span_ms(self, start: int, end: int) -> tuple[int, int]:
        """When the characters from ``start`` to ``end`` are spoken; at least 1 ms, within the title."""
        start_ms = max(0, min(self._at_ms(start), self._length_ms - 1))
        last = self._at_ms(end - 1, is_end=True)
        return start_ms, max(start_ms + 1, min(last, self._length_ms))

    def _at_ms(self, character: int, *, is_end: bool = False) -> int:
        number = bisect_right(self._offsets, character) - 1
        word = self._words[number]
        passed = character - self._offsets[number] + (1 if is_end else 0)
        share = min(passed, len(word.text)) / len(word.text)
        return word.span.start_ms + round(share * word.span.duration_ms)
