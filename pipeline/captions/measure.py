"""Counting as houses count: characters of a line, reading speed of a cue.

Not counted anywhere: combining marks, control and format characters (bidi marks, zero-width spaces
and joiners). A line break is not a character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

from pipeline.captions.profiles import CaptionProfile, Counting, Rule, Unit
from schemas.captions import Cue

_UNCOUNTED = frozenset({"Mn", "Me", "Cc", "Cf"})
"""General categories that take no room: marks drawn on their base, controls, format characters."""

_NARROW = frozenset({"H", "Na", "N"})
"""East Asian widths that are half a full-width character; ambiguous ones are full in East Asian text (UAX 11)."""


def characters(text: str, counting: Counting) -> float:
    """Length of ``text`` as ``counting`` counts; a multiple of 0.5."""
    return sum(_weight(char, counting) for char in unicodedata.normalize("NFC", text))


def longest_line(lines: Sequence[str], profile: CaptionProfile) -> float:
    """Characters of the longest of ``lines``, as the profile counts."""
    return max((characters(line, profile.counting) for line in lines), default=0.0)


def reading_load(lines: Sequence[str], profile: CaptionProfile) -> float:
    """What there is to read: characters, or words where the profile's reading speed is in words."""
    limit = profile.limit(Rule.READING_SPEED)
    if limit is not None and limit.unit is Unit.WORDS_PER_MINUTE:
        return float(sum(len(line.split()) for line in lines))
    return sum(characters(line, profile.counting) for line in lines)


def speed_limit_per_s(profile: CaptionProfile) -> float:
    """Reading load per second that the profile allows; infinite when it sets no reading speed."""
    limit = profile.limit(Rule.READING_SPEED)
    if limit is None:
        return float("inf")
    return float(limit.value) / (60 if limit.unit is Unit.WORDS_PER_MINUTE else 1)


def reading_speed_cps(cue: Cue, profile: CaptionProfile) -> float:
    """Characters per second of a cue, counted as the profile counts."""
    return sum(characters(line, profile.counting) for line in cue.lines) * 1000 / cue.span.duration_ms


@cache
def _weight(char: str, counting: Counting) -> float:
    category = unicodedata.category(char)
    if category in _UNCOUNTED:
        return 0.0
    if counting is Counting.EACH:
        return 1.0
    width = unicodedata.east_asian_width(char)
    if counting is Counting.EAST_ASIAN:
        return 0.5 if width in _NARROW else 1.0
    is_full = width in {"W", "F"} and category[0] == "L"
    return 1.0 if is_full else 0.5
