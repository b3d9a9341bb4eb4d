"""A text as the words that it is displayed in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.speech.phrases import words_of


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("  We left,\nat once. ", "en", ("We", "left,", "at", "once.")),
        ("今日は天気です。", "ja", ("今日は", "天気です。")),
        ("iPhone 15 を", "ja", ("iPhone", "15", "を")),
        ("我们今天去学校", "zh-Hans", ("我们", "今天", "去", "学校")),
        ("one\x00two\u2028three", "en", ("one", "two", "three")),
        ("cafe\u0301", "fr", ("caf\u00e9",)),
        (" \n", "en", ()),
    ],
)
def test_words_are_what_spaces_part_and_phrases_where_there_are_none(
    text: str, language: str, words: tuple[str, ...]
) -> None:
    assert words_of(text, language) == words


@given(st.text(max_size=60), st.sampled_from(["en", "ja", "zh-Hant", "yue", "th", "km", "und"]))
def test_nothing_of_any_text_is_lost_and_every_word_can_be_one(text: str, language: str) -> None:
    words = words_of(text, language)
    assert all(word.split() == [word] for word in words)
    written = "".join(words_of(text, "en"))
    assert "".join(words) == written
