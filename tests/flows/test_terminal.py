"""Names and texts of other people on our terminal."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from flows.terminal import shown


def printed(text: str) -> str:
    out = io.StringIO()
    Console(file=out, width=10_000).print(shown(text), highlight=False, soft_wrap=True)
    return out.getvalue()


def test_a_name_cannot_move_the_cursor() -> None:
    assert printed("a\x1b[2Jb\nc\x07") == "a\\x1b[2Jb\\nc\\x07\n"


def test_a_name_that_is_no_text_is_shown_with_escapes() -> None:
    assert printed(b"caf\xe9.mp4".decode("utf-8", "surrogateescape")) == "caf\\xe9.mp4\n"


def test_square_brackets_are_only_brackets() -> None:
    assert printed("[red]film[/red].mp4") == "[red]film[/red].mp4\n"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_is_one_line_that_can_be_encoded(text: str) -> None:
    line = printed(text)
    assert line.encode()
    assert line.count("\n") == 1
