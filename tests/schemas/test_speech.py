"""Words as the text that they are written as."""

from __future__ import annotations

import pytest

from schemas.speech import joined


@pytest.mark.parametrize(
    ("words", "language", "text"),
    [
        (("We", "left,", "then."), "en", "We left, then."),
        (("今日は", "天気です。"), "ja", "今日は天気です。"),
        (("iPhone", "15", "を", "買いました。"), "ja", "iPhone 15を買いました。"),
        (("สวัสดี", "ครับ"), "th", "สวัสดีครับ"),
        (("好",), "zh-Hans", "好"),
        ((), "zh", ""),
    ],
)
def test_words_are_joined_as_the_language_writes_them(words: tuple[str, ...], language: str, text: str) -> None:
    assert joined(words, language) == text
