"""The 3 by 3 grid."""

from __future__ import annotations

import pytest

from pipeline.captions.formats.positions import is_right_to_left, placement_at
from schemas.captions import Placement


def test_the_middles_of_the_cells_are_the_placements() -> None:
    found = [placement_at(x, y) for y in (17, 50, 83) for x in (17, 50, 83)]
    assert found == [
        Placement.TOP_LEFT, Placement.TOP, Placement.TOP_RIGHT,
        Placement.MIDDLE_LEFT, Placement.MIDDLE, Placement.MIDDLE_RIGHT,
        Placement.BOTTOM_LEFT, Placement.BOTTOM, Placement.BOTTOM_RIGHT,
    ]  # fmt: skip


def test_what_lies_outside_belongs_to_the_edge() -> None:
    assert placement_at(-20, 140) is Placement.BOTTOM_LEFT


@pytest.mark.parametrize(
    ("language", "expected"),
    [("ar", True), ("he-IL", True), ("az-Arab", True), ("ar-Latn", False), ("en", False), ("zh-Hans", False)],
)
def test_direction_follows_the_script_and_else_the_language(language: str, expected: bool) -> None:
    assert is_right_to_left(language) is expected
