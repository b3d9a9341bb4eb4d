"""Styles and regions of a TTML document: what of them a cue carries, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.captions.formats.positions import is_right_to_left, placement_at
from pipeline.captions.formats.xml_tree import Element
from schemas.captions import Placement

_LENGTH = re.compile(r"(?P<value>[+-]?\d{1,9}(?:\.\d{1,9})?)(?P<unit>%|px|c|vh|vw|rw|rh)", re.ASCII)
_DEFAULT_CELLS = (32.0, 15.0)
"""``ttp:cellResolution`` where a document states none (TTML2 §7.2.1)."""

_MAX_REFERENCES = 32
"""Ours: how long a chain of styles is followed; editors write chains of two or three."""

Path = Sequence[Element]
"""Elements from ``body`` down to the one in question."""


@dataclass(frozen=True, slots=True)
class _Box:
    """A region in per cent of the picture."""

    x: float
    y: float
    width: float
    height: float


class Layout:
    """What the styles and regions of one document say of its elements."""

    def __init__(self, root: Element, language: str) -> None:
        self._styles = {style.attributes["xml:id"]: style for style in _identified(root, "tt:style")}
        self._regions = {region.attributes["xml:id"]: region for region in _identified(root, "tt:region")}
        self._cells = _pair(root.attributes.get("ttp:cellResolution", "")) or _DEFAULT_CELLS
        self._pixels = _pair(root.attributes.get("tts:extent", "").replace("px", ""))
        self._specified: dict[tuple[int, str], str | None] = {}
        self._is_rtl = is_right_to_left(language)

    def style(self, name: str, path: Path) -> str | None:
        """Value of an inherited style on the last element of ``path``: its own, its parents' or its region's."""
        for element in reversed(path):
            value = self.specified(element, name)
            if value is not None:
                return value
        region = self._region(path)
        return None if region is None else self.specified(region, name)

    def is_italic(self, path: Path) -> bool:
        """Whether text of the last element of ``path`` slants."""
        return self.style("tts:fontStyle", path) in ("italic", "oblique", "reverseOblique")

    def placement(self, path: Path) -> Placement:
        """Cell nearest to where the text stands in its region; the bottom for text that names no region.

        Strictly, such text stands at the top left. Files without a layout (YouTube, exports of editors) mean
        the player's own place.
        """
        region = self._region(path)
        align = self.style("tts:textAlign", path)
        if region is None:
            return placement_at(_anchor(align or "center", 0, 100, is_rtl=self._is_rtl), 100)
        box = self._box(region)
        across = {"before": 0.0, "center": 0.5, "after": 1.0}.get(self.specified(region, "tts:displayAlign") or "", 0.0)
        if self.is_vertical(path):
            # Lines follow each other from one side to the other, and text begins at the top.
            x = 1 - across if self.specified(region, "tts:writingMode") in ("tb", "tbrl") else across
            return placement_at(box.x + x * box.width, _anchor(align or "start", box.y, box.height, is_rtl=False))
        x = _anchor(align or "start", box.x, box.width, is_rtl=self._is_rtl)
        return placement_at(x, box.y + across * box.height)

    def is_vertical(self, path: Path) -> bool:
        """Whether text runs from top to bottom, which a cue does not carry."""
        region = self._region(path)
        return region is not None and (self.specified(region, "tts:writingMode") or "").startswith("tb")

    def specified(self, element: Element, name: str, *, depth: int = 0) -> str | None:
        """What an element specifies: inline, in style elements inside it, or in the last style it refers to.

        Every answer is remembered, and None while it is looked for, so that a circle of references ends and a
        web of them costs no more than a list.
        """
        if name in element.attributes:
            return element.attributes[name].strip()
        key = (id(element), name)
        if key in self._specified or depth > _MAX_REFERENCES:
            return self._specified.get(key)
        self._specified[key] = None
        inner = [*element.children("tt:style")] if element.name == "tt:region" else []
        named = (self._styles.get(reference) for reference in reversed(element.attributes.get("style", "").split()))
        for style in (*reversed(inner), *named):
            value = None if style is None else self.specified(style, name, depth=depth + 1)
            if value is not None:
                self._specified[key] = value
                break
        return self._specified[key]

    def _region(self, path: Path) -> Element | None:
        """The region that the innermost element names."""
        for element in reversed(path):
            if "region" in element.attributes:
                return self._regions.get(element.attributes["region"])
        return None

    def _box(self, region: Element) -> _Box:
        origin = self._percents(self.specified(region, "tts:origin")) or (0.0, 0.0)
        extent = self._percents(self.specified(region, "tts:extent"))
        width, height = extent or (100 - origin[0], 100 - origin[1])
        return _Box(*origin, width, height)

    def _percents(self, value: str | None) -> tuple[float, float] | None:
        """Two lengths in per cent of the picture; None for ``auto`` and what cannot be read."""
        lengths = [_LENGTH.fullmatch(part) for part in (value or "").split()]
        if len(lengths) != 2:
            return None
        percents = []
        for axis, length in enumerate(lengths):
            if length is None:
                return None
            whole = {"px": self._pixels[axis] if self._pixels else 0.0, "c": self._cells[axis]}.get(
                length["unit"], 100.0
            )
            if not whole:
                return None
            percents.append(float(length["value"]) * 100 / whole)
        return percents[0], percents[1]


def _identified(root: Element, name: str) -> Iterator[Element]:
    return (element for element in root.descendants(name) if "xml:id" in element.attributes)


def _pair(value: str) -> tuple[float, float] | None:
    parts = value.split()
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 9 and int(part) for part in parts):
        return None
    return float(parts[0]), float(parts[1])


def _anchor(align: str, left: float, width: float, *, is_rtl: bool) -> float:
    """Where aligned text begins, in per cent from the left."""
    share = {"left": 0.0, "center": 0.5, "right": 1.0, "start": float(is_rtl), "end": float(not is_rtl)}.get(align, 0.5)
    return left + share * width
