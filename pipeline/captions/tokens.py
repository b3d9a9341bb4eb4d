"""Text as tokens: the smallest pieces that a line or a cue may be cut between, and what each cut costs.

Spaced languages are cut at spaces; Japanese, Chinese and Thai where budoux's parsers find phrases. What
is wider than a line (a URL) is cut inside, as the last resort.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.captions import syntax
from pipeline.captions.measure import characters
from pipeline.captions.profiles import Counting
from pipeline.speech.phrases import phrase_parser
from schemas.languages import primary
from schemas.speech import UNSPACED

INSIDE_WORD = 400.0
"""Cost of a cut inside a word: only when nothing else will do."""

_NO_LINE_START = (
    "、。，．・：；？！ー…⋯‥）」』】〉》］｝〕’”»ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ々ゝゞ,.!?;:)]}%％ๆฯ"
)
"""May not begin a line: the core of JIS X 4051's and GB/T 15834's lists, and Thai's repetition marks."""

_NO_LINE_END = "（「『【〈《［｛〔‘“«([{$￥＄"
"""May not end a line, from the same lists."""

_SOFT_SPOTS = "/-_.?&=#~"
"""Where a URL is cut first, after the mark."""

_RUN = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of text."""

    text: str
    """The piece, without white space around it."""

    start: int
    """Its first character in the text it was cut from."""

    joiner: str
    """What stands between it and the token before it on one line: a space or nothing."""

    break_cost: float
    """Cost of a break after it; ``syntax`` has the scale."""

    width: float
    """Its characters, as the profile counts."""

    joiner_width: float
    """Characters of its joiner, as the profile counts."""


def tokenize(text: str, language: str, *, counting: Counting, widest: float) -> list[Token]:
    """Cut ``text`` into tokens no wider than ``widest``."""
    spans = list(_spans(text, language, counting=counting, widest=widest))
    tokens = []
    for number, (start, end) in enumerate(spans):
        is_joined = number > 0 and spans[number - 1][1] == start
        joiner = "" if is_joined or number == 0 else " "
        tokens.append(
            Token(
                text=text[start:end],
                start=start,
                joiner=joiner,
                break_cost=_cost(text, spans[number : number + 3], language),
                width=characters(text[start:end], counting),
                joiner_width=characters(joiner, counting),
            )
        )
    return tokens


def joined(tokens: Sequence[Token]) -> str:
    """The tokens on one line."""
    return "".join(token.text if number == 0 else token.joiner + token.text for number, token in enumerate(tokens))


def is_unspaced(language: str) -> bool:
    """Whether the language is written without spaces between words."""
    return primary(language) in UNSPACED


def _spans(text: str, language: str, *, counting: Counting, widest: float) -> Iterator[tuple[int, int]]:
    for run in _RUN.finditer(text):
        for start, end in _phrases(text, run.start(), run.end(), language):
            yield from _cut_to_width(text, start, end, counting=counting, widest=widest)


def _phrases(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    """Phrases of one run without white space; the whole run in spaced languages."""
    parser = phrase_parser(language)
    if parser is None or text[start:end].isascii():
        yield start, end
        return
    at = start
    for phrase in parser.parse(text[start:end]):
        following = at + len(phrase)
        may_break = (
            following < end and text[following] not in _NO_LINE_START and text[following - 1] not in _NO_LINE_END
        )
        if may_break or following == end:
            yield start, following
            start = following
        at = following


def _cut_to_width(text: str, start: int, end: int, *, counting: Counting, widest: float) -> Iterator[tuple[int, int]]:
    """The span, cut inside where it is wider than a line; marks stay with their base."""
    taken = 0.0
    at = start
    while at < end:
        width = characters(text[at], counting)
        if at > start and width > 0 and taken + width > widest:
            cut = _soft_spot(text, start, at)
            yield start, cut
            taken = characters(text[cut:at], counting)
            start = cut
        taken += width
        at += 1
    if start < end:
        yield start, end


def _soft_spot(text: str, start: int, end: int) -> int:
    """Where to cut a word that must be cut at ``end`` at the latest."""
    earliest = start + (end - start) // 2
    found = max((text.rfind(mark, earliest, end) for mark in _SOFT_SPOTS), default=-1)
    return end if found < 0 else found + 1


def _cost(text: str, spans: Sequence[tuple[int, int]], language: str) -> float:
    """Cost of a break between the first of three tokens and the second; 0 after the last of a text."""
    if len(spans) < 2:
        return 0.0
    left, right, *rest = (text[start:end] for start, end in spans)
    is_glued = spans[0][1] == spans[1][0]
    if not is_unspaced(language):
        return INSIDE_WORD if is_glued else syntax.break_cost(left, right, language, beyond="".join(rest))
    if not is_glued:
        return min(syntax.AFTER_CLAUSE, syntax.phrase_break_cost(left, right, language))
    is_inside = left.isascii() and right.isascii()
    return INSIDE_WORD if is_inside else syntax.phrase_break_cost(left, right, language)
