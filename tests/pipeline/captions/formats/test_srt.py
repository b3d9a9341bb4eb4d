"""SRT: what it carries comes back, what it cannot carry is lost exactly so, and other people's files are read."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given

from pipeline.captions.formats import srt
from pipeline.errors import TextFileError
from schemas.captions import Cue, Italic, Placement
from schemas.time import Span
from tests.support.cue_strategies import captions


@given(captions())
def test_parse_undoes_compose_but_for_speakers(written: list[Cue]) -> None:
    text = srt.compose(written)
    assert srt.parse(text, "en") == [dataclasses.replace(cue, speakers=()) for cue in written]
    assert text.count("\n\n") == len(written), "a cue holds a blank line"


def test_the_form_is_what_players_take() -> None:
    cue = Cue(Span(3_723_004, 3_725_000), ("Ah.", "Over here!"), "en", (), Placement.TOP, (Italic(1, 0, 4),))
    assert srt.compose([cue]) == "1\n01:02:03,004 --> 01:02:05,000\n{\\an8}Ah.\n<i>Over</i> here!\n\n"


def test_cues_are_written_and_read_in_order_of_start() -> None:
    late, early = Cue(Span(5_000, 6_000), ("b",), "en"), Cue(Span(1_000, 9_000), ("a",), "en")
    assert srt.parse(srt.compose([late, early]), "en") == [early, late]
    assert lines_of("1\n00:00:05,000 --> 00:00:06,000\nb\n\n2\n00:00:01,000 --> 00:00:02,000\na\n") == [("a",), ("b",)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("say <i>so</i>", ("say so",), id="text that reads as a tag becomes that tag"),
        pytest.param("<b>x</b>", ("x",), id="text that reads as another tag is dropped"),
        pytest.param("{\\an8}x", ("x",), id="text that reads as an override is dropped"),
        pytest.param(" x\t", ("x",), id="white space at the ends"),
        pytest.param("a\x07b\ufeff", ("ab",), id="control characters"),
        pytest.param("e\u0301", ("é",), id="another normal form than NFC"),
    ],
)
def test_what_srt_cannot_carry_is_lost_exactly_so(written: str, read: tuple[str, ...]) -> None:
    assert lines_of(srt.compose([Cue(Span(0, 1_000), (written,), "en")])) == [read]


def test_a_line_that_reads_as_a_time_line_starts_a_cue() -> None:
    written = Cue(Span(0, 1_000), ("x", "00:00:05,000 --> 00:00:06,000", "y"), "en")
    assert lines_of(srt.compose([written])) == [("x",), ("y",)]


def test_italic_runs_that_touch_come_back_as_one() -> None:
    written = Cue(Span(0, 1_000), ("abcd",), "en", italics=(Italic(0, 0, 2), Italic(0, 2, 4)))
    assert srt.parse(srt.compose([written]), "en")[0].italics == (Italic(0, 0, 4),)


def test_an_italic_run_over_a_line_break_is_one_run_on_each_line() -> None:
    cue = only("1\n00:00:00,000 --> 00:00:01,000\nA <i>long\nstory</i>.\n")
    assert cue.italics == (Italic(0, 2, 6), Italic(1, 0, 5))


def test_a_run_of_italics_that_is_not_nfc_keeps_its_letters() -> None:
    cue = only("1\n00:00:00,000 --> 00:00:01,000\ne<i>\u0301te\u0301</i>.\n")
    assert (cue.lines, cue.italics) == (("été.",), (Italic(0, 1, 3),))


@pytest.mark.parametrize(
    ("file", "note"),
    [
        pytest.param("1\n00:00:01.000 --> 00:00:02.500\nx\n", "not set off by", id="dots: WebVTT renamed"),
        pytest.param("1\n00:00:01:000 --> 00:00:02:500\nx\n", "not set off by", id="colons: spreadsheets"),
        pytest.param("00:00:01,000 --> 00:00:02,500\nx\n", "without its number", id="no index: YouTube transcripts"),
        pytest.param("1\n00:00:01,000-->00:00:02,500\nx\n", "arrow", id="no space round the arrow"),
        pytest.param("1\n00:00:01,000  -->  00:00:02,500  \nx\n", "arrow", id="much space round the arrow"),
        pytest.param("1\n00:00:01,000 – > 00:00:02,500\nx\n".replace("– >", "–>"), "arrow", id="dash: word processors"),
        pytest.param("1\n00:00:01,000 - -> 00:00:02,500\nx\n", "arrow", id="torn arrow: OCR"),
        pytest.param("1\n00: 00: 01, 000 --> 00: 00: 02, 500\nx\n", None, id="spaces inside times: OCR"),
        pytest.param("1\n0:00:01,000 --> 0:00:02,500\nx\n", None, id="hours of one digit"),
        pytest.param("1\n00:01,000 --> 00:02,500\nx\n", None, id="no hours: WebVTT"),
        pytest.param("1\n00:00:01,0 --> 00:00:02,5\nx\n", "three digits", id="tenths"),
        pytest.param("1\n00:00:01,000000 --> 00:00:02,500000\nx\n", "three digits", id="microseconds: Python tools"),
        pytest.param(
            "1\n00:00:01,000 --> 00:00:02,500 X1:100 X2:200 Y1:10 Y2:20\nx\n", "coordinates", id="coordinates: SubRip"
        ),
        pytest.param("1\r\n00:00:01,000 --> 00:00:02,500\r\nx\r\n\r\n", None, id="CRLF: Windows"),
        pytest.param("1\r00:00:01,000 --> 00:00:02,500\rx\r", None, id="CR: old Macs"),
        pytest.param("\ufeff1\n00:00:01,000 --> 00:00:02,500\nx\n", None, id="byte order mark: Windows"),
        pytest.param("\n\n1\n00:00:01,000 --> 00:00:02,500\nx", None, id="blank lines before, none after"),
        pytest.param("Ripped by\n\n1\n00:00:01,000 --> 00:00:02,500\nx\n", "before the first", id="a preamble"),
        pytest.param("1\n00:00:01,000 --> 00:00:02,500\n<font color='#ff0000'>x</font>\n", "colours", id="colours"),
        pytest.param("1\n00:00:01,000 --> 00:00:02,500\n{\\fad(10,10)}x\n", "overrides", id="overrides: Aegisub"),
        pytest.param("1\n00:00:01,000 --> 00:00:02,500\n\nx\n", None, id="a blank line before the text"),
    ],
)
def test_other_tools_files_are_read_and_what_is_odd_is_noted(file: str, note: str | None) -> None:
    parsed = srt.scan(file, "en")
    assert [(cue.span, cue.lines) for cue in parsed.cues] == [(Span(1_000, 2_500), ("x",))]
    assert note is None or any(note in found for found in parsed.notes), parsed.notes


def test_times_without_milliseconds_are_whole_seconds() -> None:
    parsed = srt.scan("1\n00:00:01 --> 00:00:02\nx\n", "en")
    assert parsed.cues[0].span == Span(1_000, 2_000)
    assert "whole seconds" in parsed.notes[0]


def test_a_missing_blank_line_between_numbered_cues_is_seen() -> None:
    parsed = srt.scan("1\n00:00:01,000 --> 00:00:02,000\nx\n2\n00:00:03,000 --> 00:00:04,000\ny\n", "en")
    assert [cue.lines for cue in parsed.cues] == [("x",), ("y",)]
    assert parsed.notes == ("line 4: no blank line before a cue",)


def test_a_number_that_is_said_stays_in_files_without_numbers() -> None:
    file = "00:00:01,000 --> 00:00:02,000\nHow many?\n42\n00:00:03,000 --> 00:00:04,000\ny\n"
    assert lines_of(file) == [("How many?", "42"), ("y",)]


def test_a_blank_line_inside_a_cue_does_not_lose_the_rest() -> None:
    parsed = srt.scan("1\n00:00:01,000 --> 00:00:02,000\nx\n\nrest\n\n2\n00:00:03,000 --> 00:00:04,000\ny\n", "en")
    assert [cue.lines for cue in parsed.cues] == [("x", "rest"), ("y",)]
    assert parsed.notes == ("line 2: a blank line inside a cue, left out",)


def test_a_cue_without_length_is_kept_for_lint_to_find() -> None:
    parsed = srt.scan("1\n00:00:01,000 --> 00:00:01,000\nx\n", "en")
    assert parsed.cues[0].span == Span(1_000, 1_001)
    assert parsed.notes == ("line 2: a cue without length, shown for 1 ms",)


def test_a_cue_without_text_is_left_out_with_a_note() -> None:
    parsed = srt.scan("1\n00:00:01,000 --> 00:00:02,000\n<i> </i>\n\n2\n00:00:03,000 --> 00:00:04,000\n\n", "en")
    assert parsed.cues == ()
    assert parsed.notes == ("line 2 and 1 more: a cue without text, left out",)


def test_every_keypad_place_is_read() -> None:
    def place(key: int) -> Placement:
        return only(f"1\n00:00:00,000 --> 00:00:01,000\n{{\\an{key}}}x\n").placement

    assert [place(key).value for key in range(1, 10)] == [
        "bottom-left", "bottom", "bottom-right",
        "middle-left", "middle", "middle-right",
        "top-left", "top", "top-right",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "line", "what"),
    [
        pytest.param("just a text\nof two lines\n", 1, "no time line", id="no time line at all"),
        pytest.param("1\n00:00:02,000 --> 00:00:01,000\nx\n", 2, "ends before it starts", id="end before start"),
        pytest.param("1\n00:00:aa,000 --> 00:00:01,000\nx\n", 2, "not a time line", id="garbage time"),
        pytest.param("1\nsoon --> later\nx\n", 2, "not a time line", id="words for times"),
        pytest.param("1\n00:00:01,000 -->\nx\n", 2, "not a time line", id="half a time line"),
        pytest.param("1\n00:00:01,000 --> 00:75:00,000\nx\n", 2, "beyond 59", id="minute 75"),
        pytest.param("1\n-00:00:01,000 --> 00:00:02,000\nx\n", 2, "not a time line", id="negative time"),
        pytest.param("1\n99999:00:01,000 --> 99999:00:02,000\nx\n", 2, "not a time line", id="absurd time"),
        pytest.param(
            "1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n0x:03 --> 0x:04\ny\n", 6, "not a time line", id="later"
        ),
        pytest.param("1\n00:00:01,000 --> 00:00:02,000\n" + "x" * 5001, 2, "5001 characters", id="endless text"),
    ],
)
def test_what_is_not_clear_is_refused_with_its_line(file: str, line: int, what: str) -> None:
    with pytest.raises(TextFileError, match=what) as refused:
        srt.parse(file, "en")
    assert refused.value.line == line


def lines_of(file: str) -> list[tuple[str, ...]]:
    return [cue.lines for cue in srt.parse(file, "en")]


def only(file: str) -> Cue:
    (cue,) = srt.parse(file, "en")
    return cue
