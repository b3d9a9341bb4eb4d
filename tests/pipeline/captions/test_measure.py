"""Counting characters and reading speed as houses do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.measure import characters, longest_line, reading_load, reading_speed_cps
from pipeline.captions.profiles import Counting, profile
from schemas.captions import Cue
from schemas.time import Span

COUNTED = [
    ("Hello, world!", Counting.EACH, 13),
    ("cafe\u0301", Counting.EACH, 4),  # a combining mark is drawn on its base
    ("\u200fשלום\u200f", Counting.EACH, 4),  # bidi marks take no room
    ("zero\u200bwidth", Counting.EACH, 9),
    ("ที่นี่", Counting.EACH, 2),  # Thai vowels and tones above the line
    ("漢字かな", Counting.EAST_ASIAN, 4),
    ("BBC", Counting.EAST_ASIAN, 1.5),
    ("ＢＢＣ", Counting.EAST_ASIAN, 3),
    ("ﾊﾝｶｸ", Counting.EAST_ASIAN, 2),
    ("そう…", Counting.EAST_ASIAN, 3),
    ("안녕 bye!", Counting.HANGUL, 4.5),
    ("가", Counting.HANGUL, 1),  # decomposed jamo are one syllable
]


@pytest.mark.parametrize(("text", "counting", "expected"), COUNTED)
def test_characters_are_counted_as_the_guides_count(text: str, counting: Counting, expected: float) -> None:
    assert characters(text, counting) == expected


@given(st.text(), st.text(), st.sampled_from(Counting))
def test_a_line_is_never_longer_than_its_parts(left: str, right: str, counting: Counting) -> None:
    assert characters(left + right, counting) <= characters(left, counting) + characters(right, counting)


def test_the_longest_line_decides_and_the_break_is_not_read() -> None:
    english = profile("netflix", "en")
    assert longest_line(("four", "sixsix"), english) == 6
    assert reading_load(("four", "sixsix"), english) == 10


def test_the_bbc_reads_words() -> None:
    assert reading_load(("one two", "three"), profile("bbc", "en")) == 3


def test_reading_speed_is_characters_per_second_of_display() -> None:
    cue = Cue(Span(1_000, 3_000), ("twenty characters ab",), "en")
    assert reading_speed_cps(cue, profile("netflix", "en")) == 10
