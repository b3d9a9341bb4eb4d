"""Tokens: what may be cut, where, and that nothing is lost by cutting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.measure import characters
from pipeline.captions.profiles import Counting
from pipeline.captions.tokens import INSIDE_WORD, Token, is_unspaced, joined, tokenize

WIDE = 42.0


def cut(text: str, language: str, *, widest: float = WIDE) -> list[Token]:
    return tokenize(text, language, counting=Counting.EACH, widest=widest)


PHRASES = [
    ("en", "Yes, I know.", ["Yes,", "I", "know."]),
    ("ko", "친구와 공원에", ["친구와", "공원에"]),
    ("ja", "電車が遅れたので会議に", ["電車が", "遅れたので", "会議に"]),
    ("zh-Hans", "我们明天早上八点", ["我们", "明天", "早上", "八点"]),
]


@pytest.mark.parametrize(("language", "text", "expected"), PHRASES)
def test_text_is_cut_as_the_language_is_written(language: str, text: str, expected: list[str]) -> None:
    assert [token.text for token in cut(text, language)] == expected


def test_thai_is_cut_at_words_and_keeps_its_spaces() -> None:
    tokens = cut("วันนี้อากาศดี ฉันไป", "th")
    assert len(tokens) > 3
    assert joined(tokens) == "วันนี้อากาศดี ฉันไป"


def test_a_cut_inside_a_word_costs_more_than_any_other() -> None:
    tokens = cut("x" * 50 + " then", "en")
    assert [(token.text, token.break_cost == INSIDE_WORD) for token in tokens] == [
        ("x" * 42, True),
        ("x" * 8, False),
        ("then", False),
    ]


def test_a_mark_is_never_parted_from_its_letter() -> None:
    tokens = cut("e\u0301" * 10, "en", widest=4)
    assert all(token.text[0] != "\u0301" for token in tokens)


@pytest.mark.parametrize(("language", "unspaced"), [("ja", True), ("zh-Hant", True), ("th", True), ("ko", False)])
def test_languages_without_spaces_are_known(language: str, unspaced: bool) -> None:
    assert is_unspaced(language) is unspaced


@given(st.text(max_size=80), st.sampled_from(["en", "ja", "zh-Hans", "th", "ko", "ar"]), st.integers(2, 20))
def test_tokens_hold_all_of_any_text_within_the_width(text: str, language: str, widest: int) -> None:
    tokens = cut(text, language, widest=float(widest))
    assert "".join(token.text for token in tokens) == "".join(text.split())
    assert all(text[token.start : token.start + len(token.text)] == token.text for token in tokens)
    assert all(characters(token.text, Counting.EACH) <= widest for token in tokens)
