from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import TextFileError
from pipeline.speech import rttm
from schemas.speech import Turn
from schemas.time import Span

NAMES = st.none() | st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name.lower() != "unknown"
)
TURNS = st.lists(
    st.builds(
        lambda start_ms, length_ms, name: Turn(Span(start_ms, start_ms + length_ms), name, 1.0),
        st.integers(0, 10**8),
        st.integers(1, 10**6),
        NAMES,
    )
).map(lambda turns: sorted(turns, key=lambda turn: (turn.span, turn.speaker or "")))


@given(TURNS)
def test_parse_undoes_compose(turns: list[Turn]) -> None:
    assert rttm.parse(rttm.compose(turns, recording="my film.mp4")) == turns


def test_a_file_of_the_evaluations_is_read() -> None:
    text = (
        ";; made by hand\n"
        "SPKR-INFO talk 1 <NA> <NA> <NA> unknown anna <NA> <NA>\n"
        "SPEAKER talk 1 5.5 0.25 <NA> <NA> ben <NA> <NA>\n"
        "\n"
        "SPEAKER\ttalk\t1\t0.0004\t3.21\t<NA>\t<NA>\tanna\t<NA>\n"
    )
    assert rttm.parse(text) == [Turn(Span(0, 3_210), "anna", 1.0), Turn(Span(5_500, 5_750), "ben", 1.0)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_line_end_and_a_byte_order_mark_are_read(newline: str) -> None:
    lines = ["\ufeffSPEAKER a 1 1 1 <NA> <NA> x <NA> <NA>", "SPEAKER a 1 3 1 <NA> <NA> y <NA> <NA>"]
    assert [turn.speaker for turn in rttm.parse(newline.join(lines))] == ["x", "y"]


def test_a_turn_of_no_length_is_left_out_and_one_of_nobody_has_no_speaker() -> None:
    text = "SPEAKER a 1 1 0 <NA> <NA> x <NA> <NA>\nSPEAKER a 1 3 1 <NA> <NA> <NA> <NA> <NA>\n"
    assert rttm.parse(text) == [Turn(Span(3_000, 4_000), None, 1.0)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("00:00:01,000 --> 00:00:02,000", "no type of RTTM"),
        ("SPEAKER a 1 1 1", "5 fields"),
        ("SPEAKER a 1 one 1 <NA> <NA> x <NA> <NA>", "'one' is no time in seconds"),
        ("SPEAKER a 1 -1 1 <NA> <NA> x <NA> <NA>", "no time inside a recording"),
        ("SPEAKER a 1 1 -1 <NA> <NA> x <NA> <NA>", "no time inside a recording"),
        ("SPEAKER a 1 nan 1 <NA> <NA> x <NA> <NA>", "no time inside a recording"),
        ("SPEAKER a 1 1e99 1 <NA> <NA> x <NA> <NA>", "no time inside a recording"),
        ("SPEAKER other 1 1 1 <NA> <NA> x <NA> <NA>", "one file per recording"),
    ],
)
def test_what_is_no_turn_is_refused_with_its_line(line: str, said: str) -> None:
    with pytest.raises(TextFileError, match=said) as refused:
        rttm.parse("SPEAKER a 1 0 1 <NA> <NA> x <NA> <NA>\n\n" + line)
    assert refused.value.line == 3


@given(st.text() | st.text("SPEAKR 01.-e<NA>\n\t", max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        turns = rttm.parse(text)
    except TextFileError:
        return
    assert all(turn.confidence == 1.0 for turn in turns)
