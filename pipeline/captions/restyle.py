"""Italics carried over when the lines of a cue change and its words do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.captions import texts
from pipeline.captions.texts import ELLIPSIS, HYPHENS, THREE_DOTS
from schemas.captions import Cue, Italic


def restyled(cue: Cue, lines: Sequence[str]) -> tuple[Italic, ...] | None:
    """Italic runs of ``cue`` in its new ``lines``; None when they do not say the same.

    Spaces between italic words become italic, and hyphens before an italic word.
    """
    old = list(_letters(cue.lines, is_dialogue=texts.is_dialogue(cue)))
    new = list(_letters(lines, is_dialogue=texts.is_dialogue(cue)))
    if [cue.lines[line][at] for line, at in old if not _is_dot(cue.lines[line], at)] != [
        lines[line][at] for line, at in new if not _is_dot(lines[line], at)
    ] or len(old) != len(new):
        return None
    if not cue.italics:
        return ()
    slanted = {
        place for place, (line, at) in zip(new, old, strict=True) if any(_holds(run, line, at) for run in cue.italics)
    }
    return tuple(run for number, line in enumerate(lines) for run in _runs(number, line, slanted))


def _letters(lines: Sequence[str], *, is_dialogue: bool) -> Iterator[tuple[int, int]]:
    """Line and position of every character that speech or punctuation is made of; three dots are one."""
    bare = texts.without_markers(lines) if is_dialogue else tuple(lines)
    for number, line in enumerate(lines):
        at = len(line) - len(bare[number])
        while at < len(line):
            if not line[at].isspace():
                yield number, at
            at += len(THREE_DOTS) if line.startswith(THREE_DOTS, at) else 1


def _is_dot(line: str, at: int) -> bool:
    """Whether an ellipsis stands there, in either spelling."""
    return line[at] == ELLIPSIS or line.startswith(THREE_DOTS, at)


def _holds(run: Italic, line: int, at: int) -> bool:
    return run.line == line and run.start <= at < run.end


def _runs(number: int, line: str, slanted: set[tuple[int, int]]) -> Iterator[Italic]:
    """Italic runs of one new line."""
    places = [at for at in range(len(line)) if (number, at) in slanted]
    start = end = -1
    for at in places:
        if start >= 0 and not line[end:at].strip():
            end = at + 1
            continue
        if start >= 0:
            yield Italic(number, start, end)
        start, end = at, at + 1
    if start >= 0:
        yield Italic(number, 0 if not line[:start].strip(f"{HYPHENS} ") else start, end)
