"""TTML: all of a cue comes back, and documents of TTML 1 and 2, EBU-TT-D and IMSC are read."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.formats import ttml
from pipeline.errors import TextFileError
from schemas.captions import Cue, Italic, Placement
from schemas.time import Span
from tests.support.cue_strategies import captions

NAMESPACES = (
    'xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" '
    'xmlns:tts="http://www.w3.org/ns/ttml#styling" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"'
)
RATES = st.sampled_from(
    [None, Fraction(24), Fraction(25), Fraction(24_000, 1001), Fraction(30_000, 1001), Fraction(50)]
)


@given(captions(), RATES)
def test_parse_undoes_compose(written: list[Cue], rate: Fraction | None) -> None:
    assert ttml.parse(ttml.compose(written, language="en", rate=rate), "en") == written


def test_cues_are_written_in_order_of_start() -> None:
    late, early = Cue(Span(5_000, 6_000), ("b",), "en"), Cue(Span(1_000, 9_000), ("a",), "en")
    text = ttml.compose([late, early], language="en")
    assert text.index(">a<") < text.index(">b<")
    assert ttml.parse(text, "en") == [early, late]


def test_the_frame_rate_is_stated_as_a_whole_and_a_multiplier() -> None:
    text = ttml.compose([], language="en", rate=Fraction(24_000, 1001))
    assert 'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"' in text


@pytest.mark.parametrize(
    ("speakers", "read"),
    [
        pytest.param(("A", "A"), ("A",), id="the same on every line is one for the cue"),
        pytest.param(("A", ""), (), id="known for some lines only"),
        pytest.param((" A \t B",), ("A B",), id="white space in a name"),
    ],
)
def test_what_ttml_cannot_carry_of_speakers_is_lost_exactly_so(
    speakers: tuple[str, ...], read: tuple[str, ...]
) -> None:
    written = Cue(Span(0, 1_000), ("x", "y"), "en", speakers)
    assert ttml.parse(ttml.compose([written], language="en"), "en")[0].speakers == read


def test_characters_that_xml_forbids_are_left_out() -> None:
    written = Cue(Span(0, 1_000), ("a\x00b\x1bc\ufffe", "\x07"), "en")
    assert ttml.parse(ttml.compose([written], language="en"), "en")[0].lines == ("abc",)


@pytest.mark.parametrize(
    ("parameters", "times", "span"),
    [
        ("", 'begin="00:00:01.5" end="00:00:02.25"', Span(1_500, 2_250)),
        ("", 'begin="12.5s" end="0.5m"', Span(12_500, 30_000)),
        ("", 'begin="1500ms" dur="1h"', Span(1_500, 3_601_500)),
        ("", 'begin="30f" end="45f"', Span(1_000, 1_500)),
        ('ttp:frameRate="25"', 'begin="100f" end="00:00:05:05"', Span(4_000, 5_200)),
        ('ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"', 'begin="24f" end="48f"', Span(1_001, 2_002)),
        ('ttp:frameRate="30" ttp:frameRateMultiplier="1000:1001"', 'begin="0f" end="30f"', Span(0, 1_001)),
        ('ttp:tickRate="10000000"', 'begin="15000000t" end="25000000t"', Span(1_500, 2_500)),
        ("", 'begin="1t" end="2t"', Span(1_000, 2_000)),
        ('ttp:frameRate="25" ttp:subFrameRate="4"', 'begin="100t" end="00:00:02:05.2"', Span(1_000, 2_220)),
        ('ttp:timeBase="smpte" ttp:frameRate="25"', 'begin="00:00:01:00" end="00:00:02:10"', Span(1_000, 2_400)),
        (
            'ttp:timeBase="smpte" ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"',
            'begin="01:00:00:00" end="01:00:01:00"',
            Span(3_603_600, 3_604_601),
        ),
        (
            'ttp:timeBase="smpte" ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001" ttp:dropMode="dropNTSC"',
            'begin="01:00:00:00" end="01:00:01:00"',
            Span(3_599_996, 3_600_997),
        ),
        ("", 'begin="1s" end="100s" dur="2s"', Span(1_000, 3_000)),
    ],
)
def test_every_form_of_time_is_read(parameters: str, times: str, span: Span) -> None:
    (cue,) = ttml.parse(document(f"<p {times}>x</p>", parameters=parameters), "en")
    assert cue.span == span


def test_times_nest() -> None:
    body = (
        '<div begin="10s"><p begin="1s" end="2s">a</p><p begin="3s" dur="1s">b</p></div>'
        '<div begin="20s" end="22s"><p>c</p><p begin="1s" end="9s">d</p><p begin="5s" end="6s">never</p></div>'
        '<div timeContainer="seq"><p dur="1s">e</p><p begin="1s" dur="1s">f</p></div>'
    )
    parsed = ttml.scan(document(body, division=False), "en")
    assert sorted((cue.span.start_ms, cue.span.end_ms, *cue.lines) for cue in parsed.cues) == [
        (0, 1_000, "e"),
        (2_000, 3_000, "f"),
        (11_000, 12_000, "a"),
        (13_000, 14_000, "b"),
        (20_000, 22_000, "c"),
        (21_000, 22_000, "d"),
    ]
    assert parsed.notes == ("line 1: an element outside the time of what it stands in, left out",)


def test_a_sequence_of_divisions_waits_for_what_is_in_them() -> None:
    body = (
        '<div timeContainer="seq" dur="40s">'
        '<div timeContainer="seq"><p begin="5s" dur="5s" timeContainer="seq">never</p><p begin="5s" dur="5s"/></div>'
        '<div><p begin="1s" dur="2s">a</p><p dur="4s">b</p></div>'
        '<p begin="1s" dur="1s">c</p></div>'
    )
    cues = ttml.parse(document(body, division=False), "en")
    assert [(cue.span, cue.lines) for cue in cues] == [
        (Span(20_000, 24_000), ("b",)),
        (Span(21_000, 23_000), ("a",)),
        (Span(25_000, 26_000), ("c",)),
    ]


def test_a_paragraph_that_builds_up_is_a_cue_for_each_state() -> None:
    body = (
        '<p begin="10s" end="14s"><span begin="0s">one</span> <span begin="1s">two</span><span begin="3s">!</span></p>'
    )
    cues = ttml.parse(document(body), "en")
    assert [(cue.span, cue.lines) for cue in cues] == [
        (Span(10_000, 11_000), ("one",)),
        (Span(11_000, 13_000), ("one two",)),
        (Span(13_000, 14_000), ("one two!",)),
    ]


def test_a_paragraph_takes_its_times_from_its_spans_where_it_has_none() -> None:
    (cue,) = ttml.parse(document('<p><span begin="1s" end="2s">x</span></p>'), "en")
    assert cue.span == Span(1_000, 2_000)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        pytest.param("a<br/>b", ("a", "b"), id="line break"),
        pytest.param("\n   a\n   b\n  <br/>\n  c  ", ("a b", "c"), id="indented"),
        pytest.param("a <span> b</span>", ("a b",), id="space on both sides of a border"),
        pytest.param('<span xml:space="preserve">a  b</span>', ("a  b",), id="preserved"),
        pytest.param('<span xml:space="preserve">a\nb</span>', ("a", "b"), id="preserved line break"),
        pytest.param("a<metadata><ttm:desc>no</ttm:desc></metadata>b", ("ab",), id="metadata"),
        pytest.param(
            '<span tts:ruby="container"><span tts:ruby="base">漢</span><span tts:ruby="text">かん</span></span>字',
            ("漢字",),
            id="ruby",
        ),
        pytest.param("a &amp; b &lt;i&gt; <![CDATA[<c>]]>", ("a & b <i> <c>",), id="escapes"),
    ],
)
def test_text_is_laid_out_as_xml_space_says(content: str, lines: tuple[str, ...]) -> None:
    (cue,) = ttml.parse(document(f'<p begin="0s" end="1s">{content}</p>'), "en")
    assert cue.lines == lines


HEAD = """<head>
  <styling>
    <style xml:id="slanted" tts:fontStyle="italic"/>
    <style xml:id="via" style="slanted"/>
    <style xml:id="upright" tts:fontStyle="normal"/>
    <style xml:id="round" style="trip"/><style xml:id="trip" style="round via"/>
  </styling>
  <layout>
    <region xml:id="lower" tts:origin="10% 80%" tts:extent="80% 15%" tts:displayAlign="after" tts:textAlign="center"/>
    <region xml:id="upper" tts:origin="10% 5%" tts:extent="80% 15%"><style tts:textAlign="right"/></region>
    <region xml:id="slant" style="slanted" tts:displayAlign="after" tts:textAlign="center"/>
    <region xml:id="cells" tts:origin="0c 5c" tts:extent="32c 5c" tts:displayAlign="center" tts:textAlign="center"/>
    <region xml:id="standing" tts:origin="5% 20%" tts:extent="90% 60%" tts:writingMode="tbrl"/>
    <region xml:id="pixels" tts:origin="192px 864px" tts:extent="1536px 108px"/>
  </layout>
</head>"""


@pytest.mark.parametrize(
    ("attributes", "is_italic"),
    [
        ('tts:fontStyle="italic"', True),
        ('tts:fontStyle="oblique"', True),
        ('style="slanted"', True),
        ('style="via"', True),
        ('style="upright slanted"', True),
        ('style="slanted upright"', False),
        ('style="slanted" tts:fontStyle="normal"', False),
        ('style="round"', True),
        ('style="missing"', False),
        ('region="slant"', True),
        ("", False),
    ],
)
def test_italics_come_from_attributes_styles_and_regions(attributes: str, is_italic: bool) -> None:
    (cue,) = ttml.parse(document(f'<p begin="0s" end="1s" {attributes}>x</p>', head=HEAD), "en")
    assert cue.italics == ((Italic(0, 0, 1),) if is_italic else ())


def test_a_span_stands_up_in_a_slanted_paragraph() -> None:
    body = '<p begin="0s" end="1s" style="slanted">ab <span style="upright">cd</span></p>'
    (cue,) = ttml.parse(document(body, head=HEAD), "en")
    assert cue.italics == (Italic(0, 0, 3),)


@pytest.mark.parametrize(
    ("attributes", "language", "placement"),
    [
        ("", "en", Placement.BOTTOM),
        ('tts:textAlign="left"', "en", Placement.BOTTOM_LEFT),
        ('region="lower"', "en", Placement.BOTTOM),
        ('region="lower" tts:textAlign="end"', "en", Placement.BOTTOM_RIGHT),
        ('region="upper"', "en", Placement.TOP_RIGHT),
        ('region="cells"', "en", Placement.MIDDLE),
        ('region="pixels"', "en", Placement.BOTTOM_LEFT),
        ('region="pixels"', "he", Placement.BOTTOM_RIGHT),
        ('region="standing"', "ja", Placement.TOP_RIGHT),
        ('region="missing"', "en", Placement.BOTTOM),
    ],
)
def test_a_region_becomes_the_nearest_place(attributes: str, language: str, placement: Placement) -> None:
    body = f'<p begin="0s" end="1s" {attributes}>x</p>'
    file = document(body, head=HEAD, parameters='tts:extent="1920px 1080px"')
    assert ttml.parse(file, language)[0].placement is placement


def test_vertical_writing_is_noted() -> None:
    parsed = ttml.scan(document('<p begin="0s" end="1s" region="standing">x</p>', head=HEAD), "ja")
    assert [note.partition(": ")[2] for note in parsed.notes] == ["vertical writing, left out"]


def test_a_region_of_the_division_holds_for_its_paragraphs() -> None:
    file = document('<div region="upper"><p begin="0s" end="1s">x</p></div>', head=HEAD, division=False)
    assert ttml.parse(file, "en")[0].placement is Placement.TOP_RIGHT


@pytest.mark.parametrize("year", ["2006/04", "2006/10"])
def test_the_drafts_of_the_flash_era_are_read(year: str) -> None:
    styling = "style" if year == "2006/04" else "styling"
    namespace = f"http://www.w3.org/{year}/ttaf1"
    file = (
        f'<tt xmlns="{namespace}" xmlns:s="{namespace}#{styling}"><body><div>'
        '<p begin="00:00:01.00" end="00:00:02.00" s:fontStyle="italic">x</p></div></body></tt>'
    )
    assert ttml.parse(file, "en") == [Cue(Span(1_000, 2_000), ("x",), "en", italics=(Italic(0, 0, 1),))]


def test_prefixed_elements_and_late_declarations_are_read() -> None:
    file = (
        '\n <?xml version="1.0" encoding="UTF-16"?>\n<tt:tt xmlns:tt="http://www.w3.org/ns/ttml"><tt:body><tt:div>'
        '<tt:p begin="1s" end="2s">x<tt:br/>y</tt:p></tt:div></tt:body></tt:tt>'
    )
    parsed = ttml.scan(file, "en")
    assert parsed.cues == (Cue(Span(1_000, 2_000), ("x", "y"), "en"),)
    assert parsed.notes == ("line 1: white space before the XML",)


def test_speakers_come_from_agents_wherever_they_are_named() -> None:
    head = '<head><ttm:agent xml:id="a" type="person"><ttm:name>Ann  Lee</ttm:name></ttm:agent></head>'
    body = '<div ttm:agent="a"><p begin="0s" end="1s">x</p><p begin="1s" end="2s" ttm:agent="nobody">y</p></div>'
    cues = ttml.parse(document(body, head=head, division=False), "en")
    assert [cue.speakers for cue in cues] == [("Ann Lee",), ()]


def test_zero_length_and_empty_paragraphs_are_noted() -> None:
    parsed = ttml.scan(document('<p begin="1s" end="1s">x</p>\n<p begin="2s" end="3s"> </p>'), "en")
    assert [cue.span for cue in parsed.cues] == [Span(1_000, 1_001)]
    assert parsed.notes == ("line 1: a cue without length, shown for 1 ms", "line 2: a cue without text, left out")


BOMB = '<!DOCTYPE tt [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><tt xmlns="http://www.w3.org/ns/ttml">&b;</tt>'


@pytest.mark.parametrize(
    ("file", "line", "what"),
    [
        pytest.param("<tt", 1, "XML is broken", id="broken XML"),
        pytest.param("<tt>\n<body>\n</tt>", 3, "XML is broken", id="unclosed element"),
        pytest.param("<tt>a & b</tt>", 1, "XML is broken", id="bare ampersand"),
        pytest.param('<tt tts:color="red"/>', 1, "XML is broken", id="prefix without a namespace"),
        pytest.param("<html>\n</html>", 1, "not TTML", id="other XML"),
        pytest.param(BOMB, 1, "document type", id="billion laughs"),
        pytest.param("<a>" * 100, 1, "64 elements deep", id="deep nesting"),
        pytest.param('<tt xmlns="http://www.w3.org/ns/ttml" x="' + "y" * 2**20 + '"/>', 1, "a tag", id="long tag"),
    ],
)
def test_xml_that_is_no_caption_file_is_refused_with_its_line(file: str, line: int, what: str) -> None:
    with pytest.raises(TextFileError, match=what) as refused:
        ttml.parse(file, "en")
    assert refused.value.line == line


@pytest.mark.parametrize(
    ("parameters", "body", "what"),
    [
        ("", '\n<p begin="2s" end="1s">x</p>', "ends before it begins"),
        ("", '\n<p begin="soon" end="1s">x</p>', "not a time"),
        ("", '\n<p begin="00:61:00.0" end="01:00:00.0">x</p>', "not a time"),
        ("", '\n<p begin="00:00:01:30" end="00:00:02:00">x</p>', "not a time"),
        ("", '\n<p begin="1s">x</p>', "no end time"),
        ("", "\n<p>x</p>", "no end time"),
        ("", '\n<p begin="0s" end="1s">' + "x" * 5_001 + "</p>", "5001 characters"),
        ("", '\n<div timeContainer="seq"><p/><p dur="1s">y</p></div>', "in sequence"),
    ],
)
def test_times_that_are_not_clear_are_refused_with_their_line(parameters: str, body: str, what: str) -> None:
    with pytest.raises(TextFileError, match=what) as refused:
        ttml.parse(document(body, parameters=parameters), "en")
    assert refused.value.line == 2


@pytest.mark.parametrize(
    ("parameters", "what"),
    [
        ('ttp:timeBase="clock"', "time base"),
        ('ttp:frameRate="0"', "no positive number"),
        ('ttp:frameRateMultiplier="1 0"', "no ratio"),
        ('ttp:dropMode="dropPAL"', "drop mode"),
    ],
)
def test_a_clock_that_cannot_be_told_is_refused(parameters: str, what: str) -> None:
    with pytest.raises(TextFileError, match=what):
        ttml.parse(document('<p begin="0s" end="1s">x</p>', parameters=parameters), "en")


def test_a_paragraph_that_changes_without_end_is_refused() -> None:
    spans = "".join(f'<span begin="{at}ms">x</span>' for at in range(ttml.MAX_CHANGES + 1))
    with pytest.raises(TextFileError, match="changes"):
        ttml.parse(document(f'<p begin="0s" end="9s">{spans}</p>'), "en")


def document(body: str, *, head: str = "", parameters: str = "", division: bool = True) -> str:
    """A document whose body begins on the last line of its head, which is line 1 where there is none."""
    inner = f"<div>{body}</div>" if division else body
    return f'<tt {NAMESPACES} {parameters} xml:lang="en">{head}<body>{inner}</body></tt>'
