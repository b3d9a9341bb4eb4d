"""Which pieces share a cue: dynamic programming over every way to cut the row.

A cue is a stretch of one speaker's pieces that fits on the lines, or two short utterances of two
speakers, one line each. What a cue costs says how an editor would mind it: a break inside a phrase, a
pause or a full stop in the middle, a cut crossed, too little time to read. The weights are ours, set by
reading captions of real speech (``tests/bench/bench_cues.py``); only their order is taken from guides.
Pieces of different groups never share a cue.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions.breaks import best_break, measured
from pipeline.captions.pieces import Piece, line_width
from pipeline.captions.profiles import CaptionProfile, Rule, Unit
from pipeline.captions.syntax import AFTER_CLAUSE
from pipeline.captions.timerules import TimeRules

_TWO = Fraction(2)
"""Lines of a cue where a profile sets no number."""

CUE = 30.0
"""Every cue costs this, so that fewer are better."""

BREAK = 1.5
"""A break between two cues costs this many times what it would cost between two lines: it is seen for longer."""

PAUSE_MS = 1000
"""A break where the speaker pauses this long costs a quarter of what it would cost in flowing speech."""

SECOND_LINE = 4.0
"""Cost of a second line: next to nothing, two lines are read as easily as one."""

LINE_BREAK = 1.0
"""Cost of a break between lines, in points of ``syntax``."""

SENTENCE_INSIDE = 22.0
"""Cost of a sentence end inside a cue: one sentence per cue is easier to read (BBC 3.2)."""

QUIET_MS = 350
"""Pauses up to this long inside a cue cost nothing: breath and closure of stops."""

QUIET_COST_PER_MS = 0.045
"""Cost of each millisecond of a pause beyond ``QUIET_MS``: a second and a half more costs about what two cues cost."""

ORPHAN = 60.0
"""Cost of a cue that holds a few words of a longer sentence; the fewer, the nearer to all of this."""

ORPHAN_SHARE = 0.55
"""Share of a line from which on it costs nothing."""

UNREADABLE = 150.0
"""Cost of text that must be read at twice the speed allowed; in proportion to the excess, up to three times it."""

TOO_LONG = 25.0
"""Cost of speech so long that the maximum duration ends the cue before its tail does, the time that it stays
after the last word: the gap to the next cue can then not be chosen."""

TOO_SHORT = 260.0
"""Cost of a cue that has no time on screen at all; one that just misses the minimum duration costs half of it."""

CUT_CROSSED = 10.0
"""Cost of a cut inside a cue."""

CUT_NEAR_EDGE = 22.0
"""Cost of a cut so near to the first or last word that the cue must begin or end away from its speech."""

UNSURE_SPEAKER = 8.0
"""Cost of joining two segments whose speaker is unknown: they may be two people."""

TWO_SPEAKERS = 52.0
"""Cost of two speakers sharing a cue: more than the second cue that they save, less than one that is too short."""

ANSWERED = 12.0
"""What a question and its answer gain by sharing a cue."""

_QUESTION_MARKS = ("?", "？", "؟")


@dataclass(frozen=True, slots=True)
class Draft:
    """Which pieces a cue holds."""

    start: int
    """First piece."""

    end: int
    """Piece after the last."""

    turn: int | None
    """First piece of the second speaker; null when one speaks."""


def split(row: Sequence[Piece], profile: CaptionProfile, rules: TimeRules) -> list[Draft]:
    """The best way to cut the row into cues; every piece is in exactly one."""
    return _Splitter(row, profile, rules).best()


class _Splitter:
    """Costs of all cues of one row, laid out as arrays for speed."""

    def __init__(self, row: Sequence[Piece], profile: CaptionProfile, rules: TimeRules) -> None:
        self._row = row
        self._width = line_width(profile)
        self._most_lines = int(profile.number(Rule.LINE_COUNT, default=_TWO))
        self._marker = None if profile.dialogue is None else float(len(profile.dialogue.marker))
        ms_per_tick = 1000 / float(rules.grid.ticks_per_s)
        self._min_ms = rules.min_ticks * ms_per_tick
        self._max_ms = rules.max_ticks * ms_per_tick
        self._gap_ms = rules.gap_ticks * ms_per_tick
        self._zone_ms = rules.zone_in_ticks * ms_per_tick
        self._tail_ms = min(rules.tail_ticks * ms_per_tick, 500.0)
        self._speed = rules.load_per_tick / ms_per_tick
        self._offsets, self._joiners = measured([piece.token for piece in row])
        self._costs = [piece.token.break_cost for piece in row]
        self._starts = [piece.start_ms for piece in row]
        self._ends = [piece.end_ms for piece in row]
        self._stops = [piece.closes_sentence for piece in row]
        self._loads = self._reading_loads(profile)
        cuts_ms = [rules.grid.ms(cut) for cut in rules.cuts]
        self._cuts_ms = cuts_ms
        self._cut_at = [bisect_left(cuts_ms, start) for start in self._starts]
        self._edges = [self._edge_cost(number) for number in range(len(row))]
        self._runs = self._run_ends()

    def best(self) -> list[Draft]:
        """The cheapest row of cues."""
        count = len(self._row)
        best = [0.0] + [float("inf")] * count
        came: list[Draft | None] = [None] * (count + 1)
        for start in range(count):
            so_far = best[start]
            for end, cost in self._from(start):
                if so_far + cost < best[end]:
                    best[end], came[end] = so_far + cost, Draft(start, end, None)
            for turn, end, cost in self._dialogues(start):
                if so_far + cost < best[end]:
                    best[end], came[end] = so_far + cost, Draft(start, end, turn)
        drafts: list[Draft] = []
        draft = came[count]
        while draft is not None:
            drafts.append(draft)
            draft = came[draft.start]
        return drafts[::-1]

    def _from(self, start: int) -> list[tuple[int, float]]:
        """Every cue of one speaker that begins at ``start``: where it ends and what it costs."""
        found: list[tuple[int, float]] = []
        offsets, joiners, ends = self._offsets, self._joiners, self._ends
        base = offsets[start] + joiners[start]
        inside = 0.0
        for end in range(start + 1, self._runs[start] + 1):
            width = offsets[end] - base
            if end - start > 1 and (
                width > self._width * self._most_lines or ends[end - 1] - self._starts[start] > self._max_ms
            ):
                break
            if end - start > 1:
                inside += self._inside_cost(end - 1)
            lines = 0.0
            if width > self._width:
                at, line_cost = best_break(offsets, joiners, self._costs, (start, end), width=self._width)
                if at is None:
                    continue
                lines = SECOND_LINE + LINE_BREAK * line_cost
            found.append((end, inside + lines + self._cue_cost(start, end, width)))
        return found

    def _cue_cost(self, start: int, end: int, width: float) -> float:
        """Cost of a cue apart from its lines and what lies inside it."""
        cost = CUE + self._edges[end - 1] + self._time_cost(start, end) + self._cut_cost(start, end)
        is_whole = self._stops[end - 1] and (start == 0 or self._stops[start - 1])
        if width < ORPHAN_SHARE * self._width and not is_whole:
            cost += ORPHAN * (1 - width / (ORPHAN_SHARE * self._width))
        return cost

    def _inside_cost(self, piece: int) -> float:
        """Cost of having the boundary before ``piece`` inside a cue."""
        cost = 0.0
        pause = self._starts[piece] - self._ends[piece - 1]
        if self._stops[piece - 1]:
            cost += SENTENCE_INSIDE
            before, after = self._row[piece - 1], self._row[piece]
            if before.segment != after.segment and before.speaker is None:
                cost += UNSURE_SPEAKER
        if pause > QUIET_MS:
            cost += (pause - QUIET_MS) * QUIET_COST_PER_MS
        return cost

    def _edge_cost(self, last: int) -> float:
        """Cost of ending a cue after piece ``last``."""
        if self._stops[last] or last + 1 == len(self._row):
            return 0.0
        pause = max(0, self._starts[last + 1] - self._ends[last])
        flow = max(0.25, 1 - 0.75 * pause / PAUSE_MS)
        return BREAK * flow * max(self._costs[last], AFTER_CLAUSE)

    def _time_cost(self, start: int, end: int) -> float:
        """Cost of the time there is to show and read the pieces."""
        until = self._ends[end - 1] + self._tail_ms
        if end < len(self._starts):
            until = min(until, self._starts[end] - self._gap_ms)
        room = max(1.0, until - self._starts[start])
        cost = TOO_LONG if until - self._starts[start] > self._max_ms else 0.0
        if room < self._min_ms:
            free = self._starts[end] - self._gap_ms if end < len(self._starts) else float("inf")
            room = max(room, min(self._min_ms, free - self._starts[start]))
            if room < self._min_ms:
                cost += TOO_SHORT * (1 - 0.5 * room / self._min_ms)
        speed = (self._loads[end] - self._loads[start]) / (room * self._speed)
        return cost + (UNREADABLE * min(speed - 1, 2.0) if speed > 1 else 0.0)

    def _cut_cost(self, start: int, end: int) -> float:
        """Cost of the cuts that the speech of a cue crosses."""
        if not self._cuts_ms:
            return 0.0
        first, last = self._starts[start], self._ends[end - 1]
        cost = 0.0
        for number in range(self._cut_at[start], len(self._cuts_ms)):
            cut = self._cuts_ms[number]
            if cut >= last:
                break
            if cut > first:
                is_near = cut - first < self._zone_ms or last - cut < self._zone_ms
                cost += CUT_NEAR_EDGE if is_near else CUT_CROSSED
        return cost

    def _dialogues(self, start: int) -> list[tuple[int, int, float]]:
        """Every cue of two speakers that begins at ``start``: second speaker's first piece, end, cost."""
        row, turn = self._row, self._runs[start]
        if self._marker is None or turn >= len(row) or self._most_lines < 2 or row[start].group != row[turn].group:
            return []
        if (start and not self._stops[start - 1]) or None in (row[start].speaker, row[turn].speaker):
            return []
        top = self._offsets[turn] - self._offsets[start] - self._joiners[start] + self._marker
        if top > self._width:
            return []
        base = self._offsets[turn] + self._joiners[turn]
        inside = sum(self._inside_cost(piece) for piece in range(start + 1, turn + 1))
        answered = ANSWERED if row[turn - 1].token.text.endswith(_QUESTION_MARKS) else 0.0
        found = []
        for end in range(turn + 1, self._runs[turn] + 1):
            bottom = self._offsets[end] - base + self._marker
            if bottom > self._width or self._ends[end - 1] - self._starts[start] > self._max_ms:
                break
            if end > turn + 1:
                inside += self._inside_cost(end - 1)
            if self._stops[end - 1]:
                cost = CUE + TWO_SPEAKERS + inside - SENTENCE_INSIDE - answered
                found.append((turn, end, cost + self._time_cost(start, end) + self._cut_cost(start, end)))
        return found

    def _run_ends(self) -> list[int]:
        """For each piece, where the stretch of its speaker and group ends."""
        ends = [len(self._row)] * len(self._row)
        for number in range(len(self._row) - 2, -1, -1):
            piece, following = self._row[number], self._row[number + 1]
            same = piece.speaker == following.speaker and piece.group == following.group
            ends[number] = ends[number + 1] if same else number + 1
        return ends

    def _reading_loads(self, profile: CaptionProfile) -> list[float]:
        """Running reading load before each piece."""
        limit = profile.limit(Rule.READING_SPEED)
        if limit is not None and limit.unit is Unit.WORDS_PER_MINUTE:
            return [float(number) for number in range(len(self._row) + 1)]
        return self._offsets
