"""Write the golden files anew: ``.venv/bin/python -m tests.golden.regenerate``, then read the diff.

A golden file is what a writer makes of a fixed input, in full, so that a change of its form is seen by a person.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from pipeline.captions.formats import srt, ttml, vtt
from schemas.captions import Cue, Italic, Placement
from schemas.time import Span

FOLDER = Path(__file__).parent

CAPTIONS = (
    Cue(Span(0, 1_001), ("Good evening.",), "en", ("Ann",)),
    Cue(Span(1_085, 3_504), ("- Who is there?", "- R&D, floor < 3"), "en", ("Ann", "Bob")),
    Cue(Span(4_004, 6_000), ("She read Der Zauberberg", "all night."), "en", ("Bob",), italics=(Italic(0, 9, 23),)),
    Cue(Span(6_083, 7_000), ("♪ La, la ♪",), "en", placement=Placement.TOP, italics=(Italic(0, 0, 10),)),
    Cue(Span(7_000, 8_000), ("(knocks)",), "en", placement=Placement.MIDDLE_RIGHT),
    Cue(Span(36_000_000, 36_002_002), ("Größe, 日本語, مرحبا",), "en"),
)
"""One cue for each thing that the formats carry, the last ten hours in."""

GOLDENS: dict[str, Callable[[], str]] = {
    "captions.srt": lambda: srt.compose(CAPTIONS),
    "captions.vtt": lambda: vtt.compose(CAPTIONS),
    "captions.ttml": lambda: ttml.compose(CAPTIONS, language="en", rate=Fraction(24_000, 1001)),
}
"""What writes each file."""


def regenerate() -> None:
    """Write every golden file."""
    for name, compose in GOLDENS.items():
        (FOLDER / name).write_text(compose(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    regenerate()
