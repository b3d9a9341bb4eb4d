"""What we write, as other people's software reads it: ffmpeg, pysubs2, srt, webvtt-py, pycaption, ttconv.

ffmpeg has no reader of TTML; ttconv, by the editor of IMSC, stands in for it there.
"""

from __future__ import annotations

import re
import subprocess
import warnings
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import imageio_ffmpeg
import pycaption
import pysubs2
import pytest
import srt as other_srt  # type: ignore[import-untyped]  # it has no annotations
import ttconv.imsc.reader
import ttconv.model
import webvtt
from ttconv.isd import ISD
from ttconv.style_properties import DirectionType, DisplayAlignType, FontStyleType, StyleProperties, TextAlignType

from pipeline.captions.formats import srt, ttml, vtt
from schemas.captions import Cue, Italic, Placement
from schemas.time import Span

CUES = [
    Cue(Span(0, 1_001), ("1 < 2 & 3 > 2.",), "en"),
    Cue(Span(1_001, 3_500), ("- Who is there?", "- Me."), "en", ("Ann", "Bob")),
    Cue(Span(4_000, 5_040), ("He said so,", "didn't he?"), "en", ("Ann",), italics=(Italic(0, 3, 7), Italic(1, 0, 6))),
    Cue(Span(5_040, 6_000), ("Up here",), "en", placement=Placement.TOP),
    Cue(Span(3_600_000, 3_600_999), ("Größe 日本語 مرحبا 👩‍👩‍👧", "♪ la ♪"), "en", placement=Placement.MIDDLE_LEFT),
]
SPANS = [(cue.span.start_ms, cue.span.end_ms) for cue in CUES]
TEXTS = [cue.text for cue in CUES]
ITALIC_WORDS = ["said", "didn't"]
COMPOSED = {
    "srt": srt.compose(CUES),
    "vtt": vtt.compose(CUES),
    "ttml": ttml.compose(CUES, language="en", rate=Fraction(24_000, 1001)),
}


@pytest.mark.parametrize("suffix", ["srt", "vtt"])
def test_ffmpeg_decodes_without_complaint(tmp_path: Path, suffix: str) -> None:
    source, decoded = tmp_path / f"ours.{suffix}", tmp_path / "theirs.vtt"
    source.write_text(COMPOSED[suffix], encoding="utf-8")
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "warning", "-xerror", "-i", str(source), str(decoded)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    theirs = vtt.parse(decoded.read_text(encoding="utf-8"), "en")
    assert [(cue.span.start_ms, cue.span.end_ms) for cue in theirs] == SPANS
    assert [cue.text for cue in theirs] == TEXTS
    assert [cue.lines[run.line][run.start : run.end] for cue in theirs for run in cue.italics] == ITALIC_WORDS


@pytest.mark.parametrize("suffix", ["srt", "vtt", "ttml"])
def test_pysubs2_agrees(suffix: str) -> None:
    events = list(pysubs2.SSAFile.from_string(COMPOSED[suffix], format_=suffix))
    assert [(event.start, event.end) for event in events] == SPANS
    texts = [re.sub(r"\{[^}]*\}", "", event.text).replace("\\N", "\n") for event in events]
    if suffix == "vtt":  # it leaves the standard's entities in the text
        texts = [text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">") for text in texts]
    assert texts == TEXTS
    if suffix != "ttml":  # it reads no italics from TTML
        assert italics_between(r"\{\\i1\}(.*?)\{\\i0\}", (event.text for event in events)) == ITALIC_WORDS


def test_srt_agrees() -> None:
    items = list(other_srt.parse(COMPOSED["srt"], ignore_errors=False))
    assert [(milliseconds(item.start), milliseconds(item.end)) for item in items] == SPANS
    assert [item.index for item in items] == [1, 2, 3, 4, 5]
    assert [re.sub(r"</?i>|\{[^}]*\}", "", item.content) for item in items] == TEXTS
    assert italics_between("<i>(.*?)</i>", (item.content for item in items)) == ITALIC_WORDS


def test_webvtt_py_agrees() -> None:
    items = webvtt.from_string(COMPOSED["vtt"]).captions
    assert [(item.start_in_seconds, item.end_in_seconds) for item in items] == [
        (start_ms // 1000, end_ms // 1000)
        for start_ms, end_ms in SPANS  # it counts whole seconds here
    ]
    assert (items[0].start, items[0].end) == ("00:00:00.000", "00:00:01.001")
    assert [item.voice for item in items] == [None, "Ann", "Ann", None, None]
    assert [item.text for item in items[1:]] == TEXTS[1:]
    assert italics_between("<i>(.*?)</i>", (item.raw_text for item in items)) == ITALIC_WORDS


@pytest.mark.parametrize(
    ("reader", "suffix"),
    [(pycaption.SRTReader, "srt"), (pycaption.WebVTTReader, "vtt"), (pycaption.DFXPReader, "ttml")],
)
def test_pycaption_agrees(reader: type[pycaption.base.BaseReader], suffix: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reads TTML with an HTML parser, and that warns
        read = reader().read(COMPOSED[suffix])
    items = read.get_captions(read.get_languages()[0])
    assert [(item.start // 1000, item.end // 1000) for item in items] == SPANS
    texts = [re.sub(r"</?i>|\{[^}]*\}|^(Ann|Bob): ", "", item.get_text(), flags=re.MULTILINE) for item in items]
    assert texts == TEXTS
    if suffix == "srt":  # it leaves SRT's tags in the text
        assert italics_between("<i>(.*?)</i>", (item.get_text() for item in items)) == ITALIC_WORDS
    else:
        assert [word for item in items for word in pycaption_italics(item)] == ITALIC_WORDS


def test_ttconv_agrees() -> None:
    document = ttconv.imsc.reader.to_model(ET.ElementTree(ET.fromstring(COMPOSED["ttml"])))
    assert document.get_lang() == "en"
    assert document.get_content_profiles() == {"http://www.w3.org/ns/ttml/profile/imsc1.1/text"}
    shown: list[tuple[int, str, DisplayAlignType, TextAlignType]] = []
    slanted: list[str] = []
    for offset, state in ISD.generate_isd_sequence(document):
        for region in state.iter_regions():
            paragraph = next(e for e in region.dfs_iterator() if isinstance(e, ttconv.model.P))
            text = "".join("\n" if isinstance(e, ttconv.model.Br) else e.get_text() for e in leaves(paragraph))
            display_align = region.get_style(StyleProperties.DisplayAlign)
            shown.append((round(offset * 1000), text, display_align, paragraph.get_style(StyleProperties.TextAlign)))
            slanted += (
                e.get_text()
                for e in leaves(paragraph)
                if e.parent().get_style(StyleProperties.FontStyle) is FontStyleType.italic
            )
    after, center = DisplayAlignType.after, TextAlignType.center
    assert shown == [
        (0, TEXTS[0], after, center),
        (1_001, TEXTS[1], after, center),
        (4_000, TEXTS[2], after, center),
        (5_040, TEXTS[3], DisplayAlignType.before, center),
        (3_600_000, TEXTS[4], DisplayAlignType.center, TextAlignType.start),
    ]
    assert slanted == ITALIC_WORDS


@pytest.mark.parametrize(("language", "direction"), [("ar", DirectionType.rtl), ("es-419", DirectionType.ltr)])
def test_ttconv_sees_the_direction_of_the_language(language: str, direction: DirectionType) -> None:
    text = ttml.compose([Cue(Span(0, 1_000), ("نعم.",), language)], language=language)
    state = ISD.from_model(ttconv.imsc.reader.to_model(ET.ElementTree(ET.fromstring(text))), 0)
    (region,) = state.iter_regions()
    paragraph = next(e for e in region.dfs_iterator() if isinstance(e, ttconv.model.P))
    assert paragraph.get_style(StyleProperties.Direction) is direction


def leaves(paragraph: ttconv.model.P) -> Iterator[ttconv.model.ContentElement]:
    return (e for e in paragraph.dfs_iterator() if isinstance(e, ttconv.model.Text | ttconv.model.Br))


def pycaption_italics(item: pycaption.base.Caption) -> Iterator[str]:
    is_italic = False
    for node in item.nodes:
        if node.type_ == pycaption.base.CaptionNode.STYLE:
            is_italic = bool(node.start and node.content.get("italics"))
        elif node.type_ == pycaption.base.CaptionNode.TEXT and is_italic:
            yield node.content


def italics_between(pattern: str, texts: Iterator[str]) -> list[str]:
    return [word for text in texts for word in re.findall(pattern, text)]


def milliseconds(time: timedelta) -> int:
    return round(time.total_seconds() * 1000)
