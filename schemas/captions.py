"""Cues, and what is wrong with them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import StrEnum

from schemas.time import Span


class Variant(StrEnum):
    """What a caption file is for."""

    SUBTITLE = "subtitle"
    SDH = "sdh"
    FORCED = "forced"


class Placement(StrEnum):
    """Where on the picture a cue stands: rows by columns of a 3 by 3 grid."""

    BOTTOM_LEFT = "bottom-left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom-right"
    MIDDLE_LEFT = "middle-left"
    MIDDLE = "middle"
    MIDDLE_RIGHT = "middle-right"
    TOP_LEFT = "top-left"
    TOP = "top"
    TOP_RIGHT = "top-right"


@dataclass(frozen=True, slots=True, order=True)
class Italic:
    """A run of italic characters in one line of a cue."""

    line: int
    """Line of the cue, from 0."""

    start: int
    """First character, a code point index into the line."""

    end: int
    """First character after the run."""

    def __post_init__(self) -> None:
        if self.line < 0 or not 0 <= self.start < self.end:
            raise ValueError(f"italic run must not be empty, got {self}")


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption event."""

    span: Span
    """When it is on screen, on the asset's timeline."""

    lines: tuple[str, ...]
    """Display lines, top to bottom, NFC, no markup, none blank."""

    language: str
    """BCP 47 tag, e.g. ``es-419``."""

    speakers: tuple[str, ...] = ()
    """Who speaks: nobody known, one for the whole cue, or one per line."""

    placement: Placement = Placement.BOTTOM
    """Where it stands."""

    italics: tuple[Italic, ...] = ()
    """Italic runs, sorted, not overlapping, inside their lines."""

    def __post_init__(self) -> None:
        if not self.lines or any(not line.strip() for line in self.lines):
            raise ValueError(f"cue at {self.span.start_ms} ms has a blank line: {self.lines!r}")
        if any(mark in line for line in self.lines for mark in "\n\r"):
            raise ValueError(f"cue at {self.span.start_ms} ms has a line break inside a line")
        if len(self.speakers) not in (0, 1, len(self.lines)):
            raise ValueError(f"cue at {self.span.start_ms} ms: {len(self.speakers)} speakers, {len(self.lines)} lines")
        for run in self.italics:
            if run.line >= len(self.lines) or run.end > len(self.lines[run.line]):
                raise ValueError(f"cue at {self.span.start_ms} ms: {run} lies outside its line")
        for run, following in itertools.pairwise(self.italics):
            if (following.line, following.start) < (run.line, run.end):
                raise ValueError(f"cue at {self.span.start_ms} ms: italic runs overlap or are unsorted")

    @property
    def text(self) -> str:
        """Its lines, separated by line feeds."""
        return "\n".join(self.lines)


class Severity(StrEnum):
    """How bad a finding is: an ``error`` would fail delivery, a ``warning`` needs a look, ``info`` is good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken delivery rule."""

    rule: str
    """Name of the rule, e.g. ``reading-speed``."""

    severity: Severity
    """How bad it is, under the profile."""

    cue_index: int | None
    """Position of the cue in its file, from 0; null when the finding is about the whole file or title."""

    start_ms: int | None
    """Where it is on the timeline; null when it is about the whole."""

    measured: float | None
    """Value that was found, in ``unit``; null where the rule is not a number."""

    limit: float | None
    """Value that the profile allows, in ``unit``."""

    unit: str
    """Unit of ``measured`` and ``limit``, e.g. ``characters/s``, ``ms``, ``frames``; empty where there is none."""

    message: str
    """One sentence for an editor: what is wrong."""
