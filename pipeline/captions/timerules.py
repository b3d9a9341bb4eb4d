"""The rules of time of a profile on one grid, as pure questions about ticks.

``lint`` reports what these answer, ``timing`` and ``fix`` steer by them, so that the three cannot
disagree. Distances to a cut are signed: negative before it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions.grid import NTSC, Grid, grid_for
from pipeline.captions.measure import speed_limit_per_s
from pipeline.captions.profiles import CaptionProfile, Rule
from schemas.captions import Severity

WEIGHTS = {Severity.ERROR: 1e6, Severity.WARNING: 1e3, Severity.INFO: 100.0}
"""Cost of breaking a rule once, in the points of ``timing``, where a frame of shifting costs one or more. An
error costs as much as a thousand warnings, which is more than one choice of times ever breaks or mends; an info
as much as an in-time almost a second from its speech."""

READING_SLACK = 1e-9
"""Relative tolerance for rounding of reading loads; far less than one character more or less makes."""

NO_LIMIT = 1 << 40
"""More ticks than any title has."""


@dataclass(frozen=True, slots=True)
class TimeRules:
    """Limits of time in ticks, and the cuts they refer to."""

    grid: Grid
    """The clock."""

    min_ticks: int
    """Shortest time on screen; 0 without a rule."""

    max_ticks: int
    """Longest time on screen."""

    gap_ticks: int
    """Smallest gap between cues, and the one that gaps are closed to."""

    open_ticks: int
    """Gaps above ``gap_ticks`` and below this are to be closed."""

    zone_in_ticks: int
    """In-times nearer than this to a cut belong on it or this far before it; 0 without a rule."""

    zone_out_ticks: int
    """Out-times nearer than this to a cut belong ``guard_ticks`` before it or this far behind it; 0 without a rule."""

    guard_ticks: int
    """Distance from a cut at which an out-time before it belongs; nearer ones flash."""

    early_ticks: int
    """In-time may differ this much from the start of speech."""

    tail_ticks: int
    """Out-time may follow the end of speech by this much."""

    load_per_tick: float
    """Reading load that the profile allows per tick."""

    cuts: tuple[int, ...]
    """First frames of shots, ascending; empty where no rule asks for them."""

    weights: tuple[tuple[Rule, float], ...]
    """What breaking a rule costs."""

    def weight(self, rule: Rule) -> float:
        """Cost of one broken ``rule``; 0 when the profile has no such rule."""
        return next((cost for name, cost in self.weights if name is rule), 0.0)

    def ticks_to_read(self, load: float) -> int:
        """Ticks in which ``load`` can be read at the allowed speed; 1 without a rule."""
        return max(1, math.ceil(load / self.load_per_tick * (1 - READING_SLACK)))

    def is_unreadable(self, load: float, ticks: int) -> bool:
        """Whether ``load`` is more than can be read in ``ticks``."""
        return load > self.load_per_tick * ticks * (1 + READING_SLACK)

    def duration_fault(self, ticks: int) -> Rule | None:
        """What is wrong with a cue of this duration."""
        if ticks < self.min_ticks:
            return Rule.MIN_DURATION
        return Rule.MAX_DURATION if ticks > self.max_ticks else None

    def gap_fault(self, ticks: int) -> Rule | None:
        """What is wrong with two cues this far apart; negative when they overlap."""
        if ticks < 0:
            return Rule.OVERLAP
        if ticks < self.gap_ticks:
            return Rule.GAP
        return Rule.CHAINING if self.gap_ticks < ticks < self.open_ticks else None

    def in_fault(self, tick: int) -> int | None:
        """Signed distance of an in-time from the nearest cut when it is near one and on none; else None."""
        if not self.zone_in_ticks or not self.cuts:
            return None
        near = [tick - cut for cut in self.cuts_around(tick, self.zone_in_ticks)]
        return None if not near or 0 in near else min(near, key=abs)

    def out_flash(self, tick: int) -> int | None:
        """Signed distance of an out-time from a cut that it is on, or less than ``guard_ticks`` before; else None."""
        if not self.cuts or not self.guard_ticks:
            return None
        near = [tick - cut for cut in self.cuts_around(tick, self.guard_ticks) if tick <= cut]
        return min(near, key=abs) if near else None

    def out_zone_fault(self, tick: int) -> int | None:
        """Signed distance of an out-time from the nearest cut when it is near one and not ``guard_ticks`` before it.

        None when it is not, and where ``out_flash`` finds worse.
        """
        if not self.zone_out_ticks or not self.cuts:
            return None
        near = [tick - cut for cut in self.cuts_around(tick, self.zone_out_ticks)]
        if not near or -self.guard_ticks in near or self.out_flash(tick) is not None:
            return None
        return min(near, key=abs)

    def cuts_around(self, tick: int, within: int) -> tuple[int, ...]:
        """Cuts less than ``within`` ticks away."""
        first = bisect_left(self.cuts, tick - within + 1)
        return self.cuts[first : bisect_left(self.cuts, tick + within, first)]

    def has_cut_between(self, after: int, before: int) -> bool:
        """Whether a shot begins in ``[after, before)``."""
        first = bisect_left(self.cuts, after)
        return first < len(self.cuts) and self.cuts[first] < before

    def in_targets(self, tick: int) -> Iterator[int]:
        """Where an in-time wished at ``tick`` may stand: there, or on the cuts near it and a zone before them."""
        if self.in_fault(tick) is None:
            yield tick
            return
        for cut in self.cuts_around(tick, self.zone_in_ticks):
            yield cut
            yield cut - self.zone_in_ticks

    def out_targets(self, tick: int) -> Iterator[int]:
        """Where an out-time wished at ``tick`` may stand: there, or clear of the cuts near it on either side."""
        if self.out_flash(tick) is None and self.out_zone_fault(tick) is None:
            yield tick
            return
        reach = max(self.zone_out_ticks, self.guard_ticks + 1)
        for cut in self.cuts_around(tick, reach):
            yield cut - self.guard_ticks
            yield cut + self.zone_out_ticks
            yield cut - max(self.zone_out_ticks, self.guard_ticks)

    def in_cost(self, tick: int) -> float:
        """Cost of the rules that an in-time breaks."""
        return 0.0 if self.in_fault(tick) is None else self.weight(Rule.SHOT_CHANGE_IN)

    def out_cost(self, tick: int) -> float:
        """Cost of the rules that an out-time breaks."""
        if not self.cuts:
            return 0.0
        if self.out_flash(tick) is not None:
            return self.weight(Rule.SHOT_CHANGE_OUT)
        return 0.0 if self.out_zone_fault(tick) is None else self.weight(Rule.SHOT_CHANGE_OUT_ZONE)


def time_rules(
    profile: CaptionProfile, *, rate: Fraction | None, cuts_ms: Sequence[int] | None, first_frame_ms: int = 0
) -> TimeRules:
    """Rules of a profile at a frame rate, or in milliseconds where it is None or of no use.

    ``first_frame_ms`` is when the picture begins on the asset's timeline.
    """
    grid = grid_for(rate, first_frame_ms=first_frame_ms)

    def ticks(rule: Rule, without: int) -> int:
        limit = profile.limit(rule)
        return without if limit is None else grid.ticks(limit)

    max_ticks = ticks(Rule.MAX_DURATION, NO_LIMIT)
    return TimeRules(
        grid=grid,
        min_ticks=ticks(Rule.MIN_DURATION, 0),
        max_ticks=max_ticks if grid.rate is not None else round(max_ticks * NTSC),
        gap_ticks=ticks(Rule.GAP, 0),
        open_ticks=ticks(Rule.CHAINING, 0),
        zone_in_ticks=ticks(Rule.SHOT_CHANGE_IN, 0),
        zone_out_ticks=ticks(Rule.SHOT_CHANGE_OUT_ZONE, 0),
        guard_ticks=ticks(Rule.SHOT_CHANGE_OUT, 0),
        early_ticks=ticks(Rule.SYNC_IN, NO_LIMIT),
        tail_ticks=ticks(Rule.SYNC_OUT, NO_LIMIT),
        load_per_tick=speed_limit_per_s(profile) / float(grid.ticks_per_s),
        cuts=tuple(sorted({grid.tick(cut_ms) for cut_ms in cuts_ms or () if cut_ms > 0})),
        weights=tuple((limit.rule, WEIGHTS[limit.severity]) for limit in profile.limits),
    )
