"""Italics on new lines stand on the same words."""

from __future__ import annotations

import pytest

from pipeline.captions.restyle import restyled
from schemas.captions import Cue, Italic
from schemas.time import Span

CARRIED = [
    (("one two three",), (Italic(0, 4, 7),), ("one two", "three"), ["two"]),
    (("one two three",), (Italic(0, 0, 13),), ("one two", "three"), ["one two", "three"]),
    (("one", "two"), (Italic(0, 0, 3), Italic(1, 0, 3)), ("one two",), ["one two"]),
    (("wait... no",), (Italic(0, 0, 7),), ("wait… no",), ["wait…"]),
    (("a  b",), (Italic(0, 0, 4),), ("a b",), ["a b"]),
    (("Yes.", "No."), (Italic(1, 0, 3),), ("-Yes.", "-No."), ["-No."]),
]


@pytest.mark.parametrize(("lines", "runs", "new", "expected"), CARRIED)
def test_italics_follow_their_words(
    lines: tuple[str, ...], runs: tuple[Italic, ...], new: tuple[str, ...], expected: list[str]
) -> None:
    speakers = ("S1", "S2") if new[0].startswith("-") else ()
    cue = Cue(Span(0, 1), lines, "en", speakers, italics=runs)
    found = restyled(cue, new)
    assert found is not None
    assert [new[run.line][run.start : run.end] for run in found] == expected


def test_lines_that_say_something_else_are_refused() -> None:
    assert restyled(Cue(Span(0, 1), ("one two",), "en"), ("one too",)) is None
    assert restyled(Cue(Span(0, 1), ("one two",), "en"), ("one",)) is None
