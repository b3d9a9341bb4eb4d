"""How long a translation may be: what can be read in the time that its cue may stay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from pipeline.captions.measure import characters, speed_limit_per_s
from pipeline.captions.profiles import CaptionProfile, Rule, Unit
from pipeline.captions.timerules import time_rules
from pipeline.captions.timing import SLIGHT_S
from schemas.captions import Cue
from schemas.localize import Line

CHARACTERS_PER_WORD = 6
"""Characters, with the space, of the standard word in which words per minute are counted (five and one)."""


def budgets(lines: Sequence[Line], cues: Sequence[Cue], profile: CaptionProfile) -> dict[int, float]:
    """Most characters that can be read in the time that each line's cue may stay, by ``line_index``.

    A cue may stay longer than in the source: as far past its speech, and as little before it, as the optimiser of
    cues goes to make it readable, and clear of its neighbours. The lines of two speakers share its time and room in
    proportion to what each says.
    """
    said: dict[int, float] = {}
    for line in lines:
        said[line.cue_index] = said.get(line.cue_index, 0.0) + characters(line.text, profile.counting)
    stays_ms = _stays_ms(lines, cues, profile)
    return {
        line.line_index: _halves(
            readable(stays_ms[line.cue_index], profile)
            * (characters(line.text, profile.counting) / said[line.cue_index] if said[line.cue_index] else 1.0)
        )
        for line in lines
    }


def readable(duration_ms: int, profile: CaptionProfile) -> float:
    """Most characters that a cue of this length can hold: by reading speed, and by lines times their length."""
    speed = profile.limit(Rule.READING_SPEED)
    is_in_words = speed is not None and speed.unit is Unit.WORDS_PER_MINUTE
    per_s = speed_limit_per_s(profile) * (CHARACTERS_PER_WORD if is_in_words else 1)
    length, count = profile.limit(Rule.LINE_LENGTH), profile.number(Rule.LINE_COUNT, Fraction(2))
    room = float(length.value * count) if length is not None else math.inf
    return min(per_s * duration_ms / 1000, room)


def _stays_ms(lines: Sequence[Line], cues: Sequence[Cue], profile: CaptionProfile) -> dict[int, int]:
    """How long each cue that has lines may stay."""
    rules = time_rules(profile, rate=None, cuts_ms=None)  # whose ticks are milliseconds
    early_ms = min(round(SLIGHT_S * 1000), rules.early_ticks)
    spoken: dict[int, tuple[int, int]] = {}
    for line in lines:
        first_ms, last_ms = spoken.get(line.cue_index, (line.span.start_ms, line.span.end_ms))
        spoken[line.cue_index] = min(first_ms, line.span.start_ms), max(last_ms, line.span.end_ms)
    stays = {}
    for index, (first_ms, last_ms) in spoken.items():
        shown = cues[index].span
        before = spoken.get(index - 1)  # a cue gives up its tail for the next one to be readable
        since_ms = 0 if before is None else before[1] + rules.gap_ticks
        until_ms = cues[index + 1].span.start_ms - rules.gap_ticks if index + 1 < len(cues) else math.inf
        start_ms = min(shown.start_ms, max(first_ms - early_ms, since_ms))
        end_ms = max(shown.end_ms, min(last_ms + rules.tail_ticks, until_ms))
        stays[index] = min(round(end_ms) - start_ms, rules.max_ticks)
    return stays


def _halves(number: float) -> float:
    """Rounded down to what characters are counted in."""
    return math.floor(number * 2) / 2 if math.isfinite(number) else number
