"""Styled text in lines: what a cue demands holds for any text at all."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.formats.runs import Run, lay_out
from schemas.captions import Italic, Placement
from schemas.time import Span

# Letters that NFC joins to what precedes them (an accent, Hangul vowel and final, two Kannada vowel signs), white
# space of all kinds, and what no caption shows.
TROUBLE = "aeA\u0301\u0327\u1112\u1161\u11ab\ud558\u0cc6\u0cc2\u0cd5 \t\n\u3000\u00a0\u2028\x00\x07\x85\ufeff\ufffe"
RUNS = st.lists(
    st.builds(
        Run, st.text(st.sampled_from(TROUBLE)) | st.text(max_size=5), st.booleans(), st.sampled_from([None, "A"])
    ),
    max_size=6,
)


@given(RUNS)
def test_any_runs_make_a_valid_cue_or_none(runs: list[Run]) -> None:
    laid = lay_out(runs)
    if not laid.lines:
        return
    cue = laid.cue(Span(0, 1), language="en", placement=Placement.BOTTOM)  # checks lines, italics and speakers
    assert all(unicodedata.is_normalized("NFC", line) for line in cue.lines)
    assert all(line == line.rstrip().lstrip(" \t") for line in cue.lines)


@given(RUNS)
def test_no_letter_is_lost_and_none_is_made_up(runs: list[Run]) -> None:
    def letters(text: str) -> Counter[str]:
        """NFC may order accents anew, so they are counted."""
        return Counter(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c)[0] in "LMN")

    assert letters("".join(lay_out(runs).lines)) == letters("".join(run.text for run in runs))


@pytest.mark.parametrize(
    ("runs", "line", "italics"),
    [
        ([Run("e"), Run("\u0301t", italic=True)], "ét", (Italic(0, 1, 2),)),
        ([Run("\u1112\u1161", italic=True), Run("\u11ab!")], "한!", (Italic(0, 0, 1),)),
        ([Run(" a", italic=True), Run("b "), Run(" ", italic=True)], "ab", (Italic(0, 0, 1),)),
        ([Run("a", italic=True), Run("\x07"), Run("b", italic=True)], "ab", (Italic(0, 0, 2),)),
    ],
)
def test_italics_follow_their_letters(runs: list[Run], line: str, italics: tuple[Italic, ...]) -> None:
    laid = lay_out(runs)
    assert (laid.lines, laid.italics) == ((line,), italics)


def test_a_japanese_indent_stays_and_a_space_goes() -> None:
    assert lay_out([Run("\u3000次\n 行\u3000")]).lines == ("\u3000次", "行")
