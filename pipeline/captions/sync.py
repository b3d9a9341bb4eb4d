"""Captions compared with their speech: when the words of a cue are spoken, and how far its times are from that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.captions.texts import HYPHENS, with_ellipsis
from pipeline.captions.timerules import TimeRules
from schemas.captions import Cue
from schemas.speech import Word

_IGNORED = re.compile(rf"[{HYPHENS}\s]")


@dataclass(frozen=True, slots=True)
class Said:
    """When the words of a cue are spoken."""

    start_ms: int
    """When the first of them begins."""

    end_ms: int
    """When the last of them has been spoken; words may overlap."""


def alignment(cues: Sequence[Cue], words: Sequence[Word]) -> list[Said | None] | None:
    """When each cue's words are spoken; None when cues and words do not say the same.

    Compared are the characters in order, apart from white space and hyphens, which may be a speaker's
    mark. A cue without any is None.
    """
    owners = [number for number, word in enumerate(words) for _ in _compared(word.text)]
    letters = [char for word in words for char in _compared(word.text)]
    found: list[Said | None] = []
    at = 0
    for cue in cues:
        shown = [char for line in cue.lines for char in _compared(line)]
        if letters[at : at + len(shown)] != shown:
            return None
        heard = words[owners[at] : owners[at + len(shown) - 1] + 1] if shown else ()
        found.append(Said(heard[0].span.start_ms, max(word.span.end_ms for word in heard)) if heard else None)
        at += len(shown)
    return found if at == len(letters) else None


def in_excess(start: int, spoken: int, rules: TimeRules) -> int:
    """How many ticks an in-time is after its first word, negative when before it; 0 where the profile allows that.

    ``start`` is the in-time, ``spoken`` when the first word begins.
    """
    shift = start - spoken
    if abs(shift) <= rules.early_ticks or is_in_excused(start, spoken, rules):
        return 0
    return shift


def out_excess(start: int, end: int, silent: int, rules: TimeRules) -> int:
    """How many ticks an out-time is after its last word, negative when before it; 0 where the profile allows that.

    ``start`` and ``end`` are the cue's times, ``silent`` when its last word has been spoken. A late out-time is
    allowed where the minimum duration or a cut near its end asks for it, an early one where the maximum or a cut does.
    """
    tail = end - silent
    if tail > rules.tail_ticks:
        return 0 if _is_earliest(end, start + rules.min_ticks, rules) else tail
    if -tail > rules.early_ticks:
        return 0 if end - start >= rules.max_ticks or is_out_excused(end, silent, rules) else tail
    return 0


def is_in_excused(at: int, spoken: int, rules: TimeRules) -> bool:
    """Whether an in-time stands away from its speech because the shot-change rule wants it there."""
    zone = rules.zone_in_ticks
    return any(
        (at == cut and abs(spoken - cut) <= zone) or (at == cut - zone <= spoken < cut)
        for cut in rules.cuts_around(spoken, zone + 1)
    )


def is_out_excused(at: int, silent: int, rules: TimeRules) -> bool:
    """Whether an out-time stands before the end of its speech because the shot-change rule wants it there."""
    return any(at == cut - rules.guard_ticks for cut in rules.cuts_around(silent, rules.zone_out_ticks + 1))


def _is_earliest(end: int, minimum: int, rules: TimeRules) -> bool:
    """Whether ``end`` is where the minimum duration ends, or where a cut near that allows the next out-time."""
    if end <= minimum:
        return True
    zone = rules.zone_out_ticks
    return any(
        end == (cut - rules.guard_ticks if minimum <= cut - rules.guard_ticks else cut + zone)
        for cut in rules.cuts_around(minimum, zone)
    )


def _compared(text: str) -> str:
    return _IGNORED.sub("", with_ellipsis(text))
