"""What is wrong with the text of a cue apart from its length, and the text put right.

Three dots, white space, and the hyphens of two speakers. Each question has its answer beside it, so
that ``lint`` and ``fix`` agree. Speech is never changed, only its spelling on screen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.captions.profiles import Dialogue
from schemas.captions import Cue

THREE_DOTS = "..."

ELLIPSIS = "…"
"""U+2026, which Netflix asks for in place of three dots."""

HYPHENS = "-‐‑–—"
"""Hyphens and dashes that mark a speaker's line."""

_SPEECH_HYPHEN = re.compile(rf"^[{HYPHENS}]\s*(?=[^\W\d_]|[¿¡\"'“«「『(\[♪…]|\.\.\.)")
"""A hyphen or dash that opens a speaker's line by the look of it; one before a digit may be a minus."""

_HYPHEN = re.compile(rf"^[{HYPHENS}]\s*(?=\S)")
"""A hyphen or dash that opens a line of a cue that is known to be a dialogue."""

_WHITE = re.compile(r"\s+")
_SINGLE_SPACES = frozenset({" ", "\u00a0", "\u202f", "\u3000"})
"""One of these alone is typography: the no-break ones before French punctuation, the ideographic one in Japanese."""


def has_three_dots(line: str) -> bool:
    """Whether a line spells the ellipsis as dots."""
    return THREE_DOTS in line


def with_ellipsis(line: str) -> str:
    """The line with U+2026 for every three dots."""
    return line.replace(THREE_DOTS, ELLIPSIS)


def has_stray_space(line: str) -> bool:
    """Whether a line begins or ends with white space, or has a tab or more than one space in a row."""
    return line != with_single_spaces(line)


def with_single_spaces(line: str) -> str:
    """The line with single spaces and none at its ends."""
    return _WHITE.sub(lambda run: run[0] if run[0] in _SINGLE_SPACES else " ", line.strip())


def is_dialogue(cue: Cue) -> bool:
    """Whether two speakers share the cue: it says so, or its lines begin with hyphens.

    Without named speakers the last line must carry a hyphen: a first line alone may open with a dash.
    """
    if len(cue.lines) < 2:
        return False
    if cue.speakers:
        return len(set(cue.speakers)) > 1
    return bool(_SPEECH_HYPHEN.match(cue.lines[-1].strip()))


def marker_fault(lines: Sequence[str], dialogue: Dialogue) -> int | None:
    """First line of a dialogue whose hyphen is not as the profile asks; None when all are."""
    asked = with_markers(lines, dialogue)
    return next((number for number, line in enumerate(lines) if line != asked[number]), None)


def without_markers(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines of a dialogue without their hyphens, and without white space before the speech."""
    return tuple(_HYPHEN.sub("", line.lstrip()) for line in lines)


def with_markers(lines: Sequence[str], dialogue: Dialogue) -> tuple[str, ...]:
    """Lines of a dialogue with the hyphens that the profile asks for, and no others."""
    return marked(without_markers(lines), dialogue)


def marked(lines: Sequence[str], dialogue: Dialogue) -> tuple[str, ...]:
    """Bare lines of two speakers with the hyphens that the profile asks for."""
    return tuple(
        line if number == 0 and not dialogue.is_first_marked else dialogue.marker + line
        for number, line in enumerate(lines)
    )
