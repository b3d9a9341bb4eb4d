"""The 3 by 3 grid of placements: which cell is nearest to a point of the picture."""

from __future__ import annotations

from fractions import Fraction

from schemas.captions import Placement
from schemas.languages import primary

_THIRD = Fraction(100, 3)

# Scripts written from right to left, by language (CLDR, characterOrder) and by script subtag.
_RTL_LANGUAGES = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "syr", "ug", "ur", "yi"})
_RTL_SCRIPTS = frozenset({"arab", "hebr", "syrc", "thaa", "nkoo", "rohg"})


def placement_at(x: float, y: float) -> Placement:
    """Cell of a point in per cent from the left and the top; points outside belong to the cell at that edge."""
    row = ("top", "middle", "bottom")[_cell(y)]
    column = ("-left", "", "-right")[_cell(x)]
    return Placement(row + column)


def is_right_to_left(language: str) -> bool:
    """Whether lines in this language (BCP 47) run from right to left."""
    scripts = [part for part in language.lower().split("-")[1:] if len(part) == 4 and part.isalpha()]
    return scripts[0] in _RTL_SCRIPTS if scripts else primary(language) in _RTL_LANGUAGES


def _cell(percent: float) -> int:
    return int(percent > _THIRD) + int(percent > 2 * _THIRD)
