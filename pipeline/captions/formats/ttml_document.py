"""A document of the IMSC 1.1 Text profile (https://www.w3.org/TR/ttml-imsc1.1/), written with ElementTree.

Three regions, one for each row of the picture, so that no two overlap (§8.2, "presented regions shall not
overlap"); the columns are the alignment of a paragraph in its region.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from xml.etree import ElementTree as ET

from pipeline.captions.formats import vocabulary
from pipeline.captions.formats.positions import is_right_to_left
from pipeline.captions.formats.runs import Run, lines_of, name_of_speaker
from pipeline.captions.formats.timeline import clock
from schemas.captions import Cue, Placement

_NAMESPACES = {
    "xmlns": vocabulary.TT,
    "xmlns:ttp": vocabulary.PARAMETER,
    "xmlns:tts": vocabulary.STYLING,
    "xmlns:ttm": vocabulary.METADATA,
}

# Origin, extent, and where lines gather. Ours: the nine cells lie inside the safe title area (90 % of width and
# height, SMPTE ST 2046-1), and each row has room for three lines at the default size of a fifteenth.
_REGIONS = {
    "top": ("10% 10%", "80% 26%", "before"),
    "middle": ("10% 37%", "80% 26%", "center"),
    "bottom": ("10% 64%", "80% 26%", "after"),
}

# What every player of subtitles shows: white, without serifs, legible on any picture. The outline is at most
# 10 % of the font's size (IMSC 1.1 §8.4.4).
_BODY_STYLE = {
    "tts:color": "white",
    "tts:fontFamily": "proportionalSansSerif",
    "tts:textAlign": "center",
    "tts:textOutline": "black 5%",
}


def document(cues: Sequence[Cue], *, language: str, rate: Fraction | None) -> str:
    """The document as text with an XML declaration; it is to be written in UTF-8."""
    root = ET.Element("tt", {**_NAMESPACES, **_parameters(rate), "xml:lang": language})
    agents = _agents(cues)
    _head(root, cues, agents, is_rtl=is_right_to_left(language))
    body = ET.SubElement(root, "body", {"style": "caption"})
    division = ET.SubElement(body, "div")
    elements = [ET.SubElement(division, "p", _paragraph(number, cue)) for number, cue in enumerate(cues, start=1)]
    # Indented before it has text, since white space inside a paragraph counts.
    ET.indent(root)
    for element, cue in zip(elements, cues, strict=True):
        _fill(element, cue, agents)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _parameters(rate: Fraction | None) -> dict[str, str]:
    """Profile, time base, and the frame rate as its nominal whole and a multiplier."""
    parameters = {"ttp:contentProfiles": vocabulary.IMSC_1_1_TEXT, "ttp:timeBase": "media"}
    if rate is not None:
        nominal = max(1, round(rate))
        multiplier = rate / nominal
        parameters["ttp:frameRate"] = str(nominal)
        parameters["ttp:frameRateMultiplier"] = f"{multiplier.numerator} {multiplier.denominator}"
    return parameters


def _agents(cues: Sequence[Cue]) -> dict[str, str]:
    """An id for each speaker's name, in order of appearance."""
    names = dict.fromkeys(name_of_speaker(speaker) for cue in cues for speaker in cue.speakers)
    return {name: f"speaker{number}" for number, name in enumerate(filter(None, names), start=1)}


def _head(root: ET.Element, cues: Sequence[Cue], agents: dict[str, str], *, is_rtl: bool) -> None:
    head = ET.SubElement(root, "head")
    if agents:
        metadata = ET.SubElement(head, "metadata")
        for name, identifier in agents.items():
            agent = ET.SubElement(metadata, "ttm:agent", {"xml:id": identifier, "type": "person"})
            ET.SubElement(agent, "ttm:name", {"type": "full"}).text = name
    styling = ET.SubElement(head, "styling")
    # Lines of Arabic or Hebrew end on the left, with their punctuation.
    direction = {"tts:direction": "rtl"} if is_rtl else {}
    ET.SubElement(styling, "style", {"xml:id": "caption", **_BODY_STYLE, **direction})
    for column in ("left", "right"):
        ET.SubElement(styling, "style", {"xml:id": column, "tts:textAlign": column})
    layout = ET.SubElement(head, "layout")
    used = {_row(cue.placement) for cue in cues}
    for name, (origin, extent, display_align) in _REGIONS.items():
        if name in used:
            attributes = {"tts:origin": origin, "tts:extent": extent, "tts:displayAlign": display_align}
            ET.SubElement(layout, "region", {"xml:id": name, **attributes, "tts:overflow": "visible"})


def _paragraph(number: int, cue: Cue) -> dict[str, str]:
    start, end = (clock(at_ms, mark=".") for at_ms in (cue.span.start_ms, cue.span.end_ms))
    _, _, column = cue.placement.partition("-")
    attributes = {"xml:id": f"cue{number}", "begin": start, "end": end, "region": _row(cue.placement)}
    return {**attributes, **({"style": column} if column else {}), "xml:space": "preserve"}


def _row(placement: Placement) -> str:
    return placement.partition("-")[0]


def _fill(paragraph: ET.Element, cue: Cue, agents: dict[str, str]) -> None:
    """Text of the cue: a span for each italic run, and for each line where every line has its speaker."""
    if len(cue.speakers) == 1 and (agent := agents.get(name_of_speaker(cue.speakers[0]))):
        paragraph.set("ttm:agent", agent)
    for number, line in enumerate(lines_of(cue)):
        if number:
            ET.SubElement(paragraph, "br")
        parent = paragraph
        if len(cue.speakers) > 1 and (agent := agents.get(name_of_speaker(line[0].speaker or ""))):
            parent = ET.SubElement(paragraph, "span", {"ttm:agent": agent})
        for run in line:
            _append(parent, run)


def _append(parent: ET.Element, run: Run) -> None:
    if run.italic:
        # Not through a style: pycaption does not follow those of a span.
        ET.SubElement(parent, "span", {"tts:fontStyle": "italic"}).text = run.text
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + run.text
    else:
        parent.text = (parent.text or "") + run.text
