"""WebVTT cue settings and the 3 by 3 grid (https://www.w3.org/TR/webvtt1/, §4.4)."""

from __future__ import annotations

import re

from pipeline.captions.formats.notes import Notes
from pipeline.captions.formats.positions import is_right_to_left, placement_at
from schemas.captions import Placement

_LINE_HEIGHT = 5.33
"""Height of a line in per cent of the video's (§7.2: the default font size is 5vh, and lines are normal)."""

_ROW_SETTINGS = {
    "top": "line:0",
    # The top of the box. Two lines of 5.33 % around the middle; a line alignment (``line:50%,center``) would
    # be exact, and browsers that do not know it ignore the whole setting.
    "middle": "line:45%",
    "bottom": "",
}
_COLUMN_SETTINGS = {"left": "align:left", "": "", "right": "align:right"}

_KNOWN = frozenset({"vertical", "line", "position", "size", "align", "region"})
_LINE = re.compile(r"(?P<value>-?\d{1,4}(?:\.\d{1,9})?)(?P<percent>%?)(?:,(?:start|center|end))?", re.ASCII)
_POSITION = re.compile(
    r"(?P<value>\d{1,3}(?:\.\d{1,9})?)%(?:,(?:line-left|center|line-right|start|middle|end))?", re.ASCII
)


def write(placement: Placement) -> str:
    """Settings that put a cue there; none for the bottom centre, which is the default."""
    row, _, column = placement.partition("-")
    return " ".join(setting for setting in (_ROW_SETTINGS[row], _COLUMN_SETTINGS[column]) if setting)


def read(settings: str, language: str, number: int, notes: Notes) -> Placement:
    """Nearest placement; settings that cannot be read are ignored, as the standard says, and noted.

    ``start`` and ``end`` are left and right in the direction in which ``language`` is written.
    """
    values: dict[str, str] = {}
    for setting in settings.split():
        name, colon, value = setting.partition(":")
        if not colon or name not in _KNOWN:
            notes.add("settings that WebVTT does not know, left out", number)
            continue
        values[name] = value
    if values.keys() & {"vertical", "region"}:
        notes.add("vertical writing and regions, left out", number)
    x = _x(values, language, number, notes)
    return placement_at(x, _y(values, number, notes))


def _x(values: dict[str, str], language: str, number: int, notes: Notes) -> float:
    """Where the text is anchored, in per cent from the left."""
    rtl = is_right_to_left(language)
    # "middle" is what drafts before 2013 called "center".
    anchors = {
        "left": 0,
        "right": 100,
        "center": 50,
        "middle": 50,
        "start": 100 if rtl else 0,
        "end": 0 if rtl else 100,
    }
    align = values.get("align", "center")
    if align not in anchors:
        notes.add("an align setting that cannot be read, ignored", number)
    if "position" in values:
        if match := _POSITION.fullmatch(values["position"]):
            return float(match["value"])
        notes.add("a position setting that cannot be read, ignored", number)
    return anchors.get(align, 50)


def _y(values: dict[str, str], number: int, notes: Notes) -> float:
    """Where the text stands, in per cent from the top."""
    line = values.get("line", "auto")
    if line == "auto":
        return 100
    match = _LINE.fullmatch(line)
    if match is None:
        notes.add("a line setting that cannot be read, ignored", number)
        return 100
    value = float(match["value"])
    if match["percent"]:
        return value
    return value * _LINE_HEIGHT if value >= 0 else 100 + value * _LINE_HEIGHT
