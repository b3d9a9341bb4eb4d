"""Text of other people as one line."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain café 日本.mp4", "plain café 日本.mp4"),
        ("a\x1b[2Jb\nc\x07", "a\\x1b[2Jb\\nc\\x07"),
        ("film\u202e4pm.exe", "film\\u202e4pm.exe"),
        ("\u2067film\u2069", "\\u2067film\\u2069"),
        ("one\u2028two\u2029three", "one\\u2028two\\u2029three"),
        (os.fsdecode(b"caf\xe9.mp4"), "caf\\xe9.mp4"),
        ("half of a pair: \ud83d", "half of a pair: \\ud83d"),
    ],
)
def test_what_could_break_or_turn_a_line_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert one_line(text) == shown


@given(st.text(st.characters(), max_size=20))
def test_any_text_becomes_one_line_that_can_be_encoded(text: str) -> None:
    line = one_line(text)
    assert line.encode().decode() == line
    assert line.splitlines() in ([], [line])
