"""Hypothesis strategies for cues, in the form in which every format carries them.

Lines are NFC, without white space at the ends and without control characters; italic runs do not touch. What
lies outside of that is in the tests of losses, by example.
"""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

from schemas.captions import Cue, Italic, Placement
from schemas.time import Span

LONGEST_MS = 100 * 3600 * 1000  # hours take three digits at its end

# What a careless reader or writer trips over; none of it reads as a tag or a time line of SRT.
TRICKY_WORDS = st.sampled_from(
    ["&amp;", "R&B", "a<b", "<3", "->", "-->", "1", "42", "NOTE", "WEBVTT", "{sic}", "]]>", "'\"", "\\N", "<", ">", "&",
     "\u3000x", "café", "한국어", "مرحبا", "\u200fעברית\u200f", "ประเทศไทย", "👩‍👩‍👧", "a\u00a0b", "x  y", "¿Qué?", "♪"]
)  # fmt: skip
LETTERS = st.characters(codec="utf-8", categories=["L", "M", "N", "P", "S"], exclude_characters="<>{}\\")
WORDS = st.text(LETTERS, min_size=1, max_size=4) | TRICKY_WORDS


@st.composite
def lines(draw: st.DrawFn) -> str:
    text = unicodedata.normalize("NFC", " ".join(draw(st.lists(WORDS, min_size=1, max_size=3))))
    return text.rstrip().lstrip(" \t") or "x"


@st.composite
def italic_runs(draw: st.DrawFn, texts: list[str]) -> tuple[Italic, ...]:
    """Runs that start and end where NFC does not join characters, and that do not touch."""
    runs: list[Italic] = []
    for number, text in enumerate(texts):
        borders = [at for at in range(len(text) + 1) if is_border(text, at)]
        edges = sorted(draw(st.sets(st.sampled_from(borders), max_size=4)))
        runs += (Italic(number, start, end) for start, end in zip(edges[::2], edges[1::2], strict=False))
    return tuple(runs)


def is_border(text: str, at: int) -> bool:
    return at in (0, len(text)) or unicodedata.combining(text[at]) == 0


@st.composite
def cues(draw: st.DrawFn, *, language: str = "en", with_speakers: bool = True) -> Cue:
    texts = draw(st.lists(lines(), min_size=1, max_size=3))
    start_ms = draw(st.integers(0, LONGEST_MS))
    return Cue(
        Span(start_ms, start_ms + draw(st.integers(1, 600_000))),
        tuple(texts),
        language,
        draw(speakers(len(texts))) if with_speakers else (),
        draw(st.sampled_from(Placement)),
        draw(italic_runs(texts)),
    )


@st.composite
def speakers(draw: st.DrawFn, line_count: int) -> tuple[str, ...]:
    """Nobody, one for the cue, or one for each line, not the same on all."""
    names = st.lists(WORDS.filter(str.strip), min_size=1, max_size=3).map(
        lambda words: " ".join(" ".join(words).split())
    )
    count = draw(st.sampled_from([0, 1, line_count]))
    drawn = tuple(draw(st.lists(names, min_size=count, max_size=count)))
    return drawn[:1] if len(set(drawn)) == 1 else drawn


def captions(*, language: str = "en", with_speakers: bool = True) -> st.SearchStrategy[list[Cue]]:
    """Cues in order of start, no two of which start together."""
    drawn = st.lists(
        cues(language=language, with_speakers=with_speakers), max_size=3, unique_by=lambda c: c.span.start_ms
    )
    return drawn.map(lambda found: sorted(found, key=lambda cue: cue.span.start_ms))
