"""WebVTT: all of a cue comes back, and other people's files are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.formats import vtt
from pipeline.errors import TextFileError
from schemas.captions import Cue, Italic, Placement
from schemas.time import Span
from tests.support.cue_strategies import captions

HEAD = "WEBVTT\n\n"
TIMES = "00:00:01.000 --> 00:00:02.500"


@given(captions())
def test_parse_undoes_compose(written: list[Cue]) -> None:
    text = vtt.compose(written)
    assert vtt.parse(text, "en") == written
    assert text.count("-->") == len(written), "an arrow stands in a text"


def test_starts_never_go_back() -> None:
    late, early = Cue(Span(5_000, 6_000), ("b",), "en"), Cue(Span(1_000, 9_000), ("a",), "en")
    text = vtt.compose([late, early])
    assert text.index("\na\n") < text.index("\nb\n")
    assert vtt.parse(f"WEBVTT\n\n{TIMES}\nb\n\n00:00:00.500 --> 00:00:03.000\na\n", "en")[0].lines == ("a",)


def test_the_form_is_the_standards() -> None:
    cue = Cue(Span(3_723_004, 3_725_000), ("A & B <", "x"), "en", ("Zoë >",), Placement.TOP_RIGHT, (Italic(1, 0, 1),))
    assert vtt.compose([cue]) == (
        "WEBVTT\n\n1\n01:02:03.004 --> 01:02:05.000 line:0 align:right\n<v Zoë &gt;>A &amp; B &lt;\n<i>x</i></v>\n"
    )


def test_each_line_has_its_speaker() -> None:
    cue = Cue(Span(0, 1_000), ("- Who?", "- Me."), "en", ("Ann", "Bob"))
    assert vtt.compose([cue]).endswith("<v Ann>- Who?</v>\n<v Bob>- Me.</v>\n")


@pytest.mark.parametrize(
    ("speakers", "read"),
    [
        pytest.param(("A", "A"), ("A",), id="the same on every line is one for the cue"),
        pytest.param(("A", ""), (), id="known for some lines only"),
        pytest.param((" A \t B",), ("A B",), id="white space in a name"),
    ],
)
def test_what_webvtt_cannot_carry_of_speakers_is_lost_exactly_so(
    speakers: tuple[str, ...], read: tuple[str, ...]
) -> None:
    written = Cue(Span(0, 1_000), ("x", "y"), "en", speakers)
    assert vtt.parse(vtt.compose([written]), "en")[0].speakers == read


@pytest.mark.parametrize(
    ("settings", "placement"),
    [
        ("", Placement.BOTTOM),
        ("line:auto", Placement.BOTTOM),
        ("line:-1", Placement.BOTTOM),
        ("line:90% align:center", Placement.BOTTOM),
        ("line:84.66%,end position:50%,center", Placement.BOTTOM),
        ("line:0 position:20% size:60% align:start", Placement.TOP_LEFT),
        ("line:10%", Placement.TOP),
        ("line:-15", Placement.TOP),
        ("line:50%", Placement.MIDDLE),
        ("line:8", Placement.MIDDLE),
        ("align:start position:0%", Placement.BOTTOM_LEFT),
        ("align:left", Placement.BOTTOM_LEFT),
        ("align:end", Placement.BOTTOM_RIGHT),
        ("align:middle", Placement.BOTTOM),
        ("position:75%,line-left align:left", Placement.BOTTOM_RIGHT),
    ],
)
def test_settings_become_the_nearest_place(settings: str, placement: Placement) -> None:
    parsed = vtt.scan(f"{HEAD}{TIMES} {settings}\nx\n", "en")
    assert parsed.cues[0].placement is placement
    assert parsed.notes == ()


def test_start_is_the_right_where_the_language_runs_to_the_left() -> None:
    (cue,) = vtt.parse(f"{HEAD}{TIMES} align:start\nx\n", "ar")
    assert cue.placement is Placement.BOTTOM_RIGHT


@pytest.mark.parametrize("settings", ["line:abc", "align:sideways", "position:-5%", "wobble:3", "line", "vertical:rl"])
def test_settings_that_mean_nothing_here_are_ignored_with_a_note(settings: str) -> None:
    parsed = vtt.scan(f"{HEAD}{TIMES} {settings}\nx\n", "en")
    assert parsed.cues[0].placement is Placement.BOTTOM
    assert parsed.notes != ()


def test_notes_styles_regions_and_identifiers_are_skipped() -> None:
    file = (
        f"{HEAD}STYLE\n::cue {{ color: red }}\n\nREGION\nid:fred\n\nNOTE one line\n\nNOTE\nof two\nlines\n\n"
        f"an id\n{TIMES}\nx\n\nNOTE\n\n01:00.000 --> 01:01.000\ny"
    )
    parsed = vtt.scan(file, "en")
    assert [(cue.span, cue.lines) for cue in parsed.cues] == [
        (Span(1_000, 2_500), ("x",)),
        (Span(60_000, 61_000), ("y",)),
    ]
    assert parsed.notes == ()


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("<c.yellow.bg_blue>x</c>", ("x",)),
        ("<b>a</b> <u>b</u>", ("a b",)),
        ("<lang fr>oui</lang>", ("oui",)),
        ("00<00:00:01.500>11", ("0011",)),
        ("<ruby>漢<rt>かん</rt></ruby>字", ("漢字",)),
        ("AT&T &amp; R&B; 1 < 2 <3", ("AT&T & R&B; 1 < 2 <3",)),
        ("a&nbsp;b&lrm;&#233;&#x1F600;", ("a\u00a0b\u200eé😀",)),
        ("half <i", ("half <i",)),
        ("--&gt;", ("-->",)),
    ],
)
def test_cue_text_is_read_as_the_standard_says_and_unescaped_text_as_it_is_meant(
    body: str, lines: tuple[str, ...]
) -> None:
    assert vtt.parse(f"{HEAD}{TIMES}\n{body}\n", "en")[0].lines == lines


def test_voices_and_italics_nest() -> None:
    (cue,) = vtt.parse(f"{HEAD}{TIMES}\n<v.loud Mary Ann>A <i.x>b<i>c</i>d</i>\ne\n", "en")
    assert (cue.speakers, cue.lines, cue.italics) == (("Mary Ann",), ("A bcd", "e"), (Italic(0, 2, 5),))


def test_two_voices_on_one_line_cannot_be_told_and_are_noted() -> None:
    parsed = vtt.scan(f"{HEAD}{TIMES}\n<v A>x</v> <v B>y</v>\n", "en")
    assert parsed.cues[0].speakers == ()
    assert "speakers" in parsed.notes[0]


@pytest.mark.parametrize(
    ("file", "note"),
    [
        pytest.param(f"WEBVTT\n{TIMES}\nx\n", "after the header", id="no blank line after the header"),
        pytest.param(f"WEBVTT\n7\n{TIMES}\nx\n", None, id="nor before the identifier"),
        pytest.param(f"WEBVTT\nKind: captions\nLanguage: en\n\n{TIMES}\nx\n", "Kind", id="header lines: YouTube"),
        pytest.param(f"WEBVTT - title\n\n{TIMES}\nx\n", None, id="a title"),
        pytest.param(f"\ufeffWEBVTT\n\n{TIMES}\nx\n", None, id="byte order mark"),
        pytest.param(f"WEBVTT\r\n\r\n{TIMES}\r\nx\r\n", None, id="CRLF"),
        pytest.param(f"\n\nWEBVTT \n\n{TIMES}\nx\n", "blank lines before", id="blank lines first: web pages"),
        pytest.param(f"{TIMES}\nx\n", "signature", id="no signature: cut from a longer file"),
        pytest.param(HEAD + TIMES.replace(".", ",") + "\nx\n", "not set off by '.'", id="commas: SRT renamed"),
        pytest.param(HEAD + TIMES.replace(" --> ", "-->") + "\nx\n", "arrow", id="no space round the arrow"),
        pytest.param(f"{HEAD}{TIMES}\nx\n\nstray\n", "belongs to no cue", id="text after a blank line"),
    ],
)
def test_other_tools_files_are_read_and_what_is_odd_is_noted(file: str, note: str | None) -> None:
    parsed = vtt.scan(file, "en")
    assert [(cue.span, cue.lines) for cue in parsed.cues] == [(Span(1_000, 2_500), ("x",))]
    assert note is None or any(note in found for found in parsed.notes), parsed.notes


def test_cues_without_blank_lines_between_are_told_apart() -> None:
    parsed = vtt.scan(f"{HEAD}1\n{TIMES}\nx\n2\n00:00:03.000 --> 00:00:04.000\ny\n", "en")
    assert [cue.lines for cue in parsed.cues] == [("x",), ("y",)]
    assert parsed.notes == ("line 7: no blank line before a cue",)


@pytest.mark.parametrize(
    ("file", "line", "what"),
    [
        pytest.param("hello\n", 1, "begins with 'hello'", id="no signature and no cue"),
        pytest.param("", 1, "begins with ''", id="nothing"),
        pytest.param(f"{HEAD}00:00:02.000 --> 00:00:01.000\nx\n", 3, "ends before it starts", id="end before start"),
        pytest.param(f"{HEAD}id\nsoon --> later\nx\n", 4, "not a time line", id="words for times"),
        pytest.param(f"{HEAD}00:61:00.000 --> 00:62:00.000\nx\n", 3, "beyond 59", id="minute 61"),
        pytest.param(f"{HEAD}{TIMES}\n" + "x" * 5001, 3, "5001 characters", id="endless text"),
    ],
)
def test_what_is_not_clear_is_refused_with_its_line(file: str, line: int, what: str) -> None:
    with pytest.raises(TextFileError, match=what) as refused:
        vtt.parse(file, "en")
    assert refused.value.line == line


@given(st.text(st.sampled_from("<>/&;.iv \nabt0:rc")))
def test_any_cue_text_is_read(body: str) -> None:
    for cue in vtt.parse(f"{HEAD}{TIMES}\n{body}\n", "en"):
        assert all(line.strip() for line in cue.lines)
