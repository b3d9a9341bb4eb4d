"""In- and out-times of new cues from the times of their speech, under the time rules of a profile.

In-times stand on the first sound, or on a cut nearby; out-times follow the last sound by up to half a
second, close short gaps, and keep clear of cuts. What cannot be had together is weighed by severity.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions import chain
from pipeline.captions.grid import BASE_RATE
from pipeline.captions.profiles import Rule
from pipeline.captions.sync import in_excess, out_excess
from pipeline.captions.timerules import NO_LIMIT, TimeRules

MAX_LEAD_S = Fraction(1, 2)
"""A cue starts at most this early, to make room for its minimum duration: the distance that the guides'
shot-change rule already accepts (12 frames at 24)."""

SLIGHT_S = Fraction(1, 8)
"""A cue may start this much early to be readable: 3 frames at 24, what Netflix's quality control lets pass."""

MAX_LAG_S = Fraction(1)
"""A cue starts at most this late. Half of what the BBC calls the limit (5.4: never more than 2 s)."""

TAIL_S = Fraction(1, 2)
"""Out-time after the last sound where nothing follows: Netflix recommends 12 frames at 24."""

SHIFT_FRAMES = 6.0
"""An in-time this many frames from its speech costs twice as much per frame: small shifts are not seen."""

EARLY_COST = 2.0
"""How many times as much starting before the speech costs as starting after it. With ``SHIFT_FRAMES`` a cue whose
speech begins 8 to 11 frames before a cut starts 12 before the cut, and one 1 to 7 before it on the cut: the zones of
Netflix's guide."""

EXCESS_COST = 0.3
"""Share of the cost of unreadable text that grows with the excess: small, so that no gap to the next cue is given up
for one more frame to read in."""

MOST_EXCESS = 10.0
"""Multiple of the reading speed beyond which it makes no difference."""

CUT_OFF_COST = 4.0
"""Cost per frame of leaving before the speech ends."""

OVERHANG_COST = 8.0
"""Cost of staying into a shot in which nothing of the cue is spoken (BBC 6.5: end subtitle with speech)."""

TAIL_COST = 0.25
"""Cost per frame of a shorter or longer tail: the weakest wish."""


@dataclass(frozen=True, slots=True)
class Speech:
    """What one cue has to show, in ticks."""

    start: int
    """First sound."""

    end: int
    """End of the last sound."""

    load: float
    """What there is to read."""


def place(speech: Sequence[Speech], rules: TimeRules, *, last: int) -> list[tuple[int, int]]:
    """In- and out-tick of each cue: in order, apart, within ``[0, last]``.

    Raises:
        ValueError: There are more cues than ticks.

    """
    if len(speech) > last:
        raise ValueError(f"{len(speech)} cues do not fit into {last} {rules.grid.unit}")
    chosen, _ = chain.solve(_Placement(speech, rules, last), len(speech))
    return chosen


class _Placement:
    """The problem that ``chain`` solves for new cues."""

    def __init__(self, speech: Sequence[Speech], rules: TimeRules, last: int) -> None:
        self._speech = speech
        self._rules = rules
        self._last = last
        per_s = rules.grid.ticks_per_s
        self._unit = float(BASE_RATE / per_s)
        self._lead, self._lag = round(MAX_LEAD_S * per_s), round(MAX_LAG_S * per_s)
        self._early = min(rules.early_ticks, self._lead)
        self._slight = min(rules.early_ticks, round(SLIGHT_S * per_s))
        self._tail = min(round(TAIL_S * per_s), rules.tail_ticks)
        self._weight = {rule: rules.weight(rule) for rule in Rule}
        self._ins = self._all_ins()

    def ins(self, cue: int) -> Sequence[int]:
        return self._ins[cue]

    def outs(self, cue: int, start: int) -> Iterator[int]:
        said, rules = self._speech[cue], self._rules
        wished = [
            said.end,
            said.end + self._tail,
            start + max(1, rules.min_ticks),
            self._clear(start + max(1, rules.min_ticks)),
            start + rules.ticks_to_read(said.load),
            start + rules.max_ticks,
        ]
        if rules.tail_ticks < NO_LIMIT:
            wished.append(said.end + rules.tail_ticks)
        for wish in wished:
            latest = min(wish, start + rules.max_ticks, self._last)
            for end in (latest, *rules.out_targets(latest)):
                if start < end <= self._last:
                    yield end

    def outs_before(self, cue: int, following: int) -> Iterator[int]:  # noqa: ARG002 - the same for every cue
        rules = self._rules
        yield following
        for gap in (rules.gap_ticks, rules.open_ticks):
            for end in rules.out_targets(following - gap):
                if 0 < end <= following:
                    yield end
            if following > gap:
                yield following - gap

    def cue_cost(self, cue: int, start: int, end: int) -> float:
        if end <= start or end > self._last:
            return chain.IMPOSSIBLE
        said, rules, weight = self._speech[cue], self._rules, self._weight
        shown = end - start
        cost = rules.in_cost(start) + rules.out_cost(end)
        if shown < rules.min_ticks:
            cost += weight[Rule.MIN_DURATION] * (2 - shown / rules.min_ticks)
        elif shown > rules.max_ticks:
            cost += weight[Rule.MAX_DURATION] * shown / rules.max_ticks
        if rules.is_unreadable(said.load, shown):
            excess = min(said.load / (rules.load_per_tick * shown), MOST_EXCESS) - 1
            cost += weight[Rule.READING_SPEED] * (1 + EXCESS_COST * excess)
        return cost + self._in_sync_cost(said, start) + self._out_sync_cost(said, start, end)

    def pair_cost(self, cue: int, end: int, following: int) -> float:  # noqa: ARG002 - the same for every cue
        gap = following - end
        if gap >= self._rules.open_ticks and gap >= self._rules.gap_ticks:
            return 0.0
        fault = self._rules.gap_fault(gap)
        if fault is None:
            return 0.0
        if fault is Rule.OVERLAP:
            return chain.IMPOSSIBLE
        return self._weight[fault] * (2 - gap / self._rules.gap_ticks if fault is Rule.GAP else 1)

    def _in_sync_cost(self, said: Speech, start: int) -> float:
        shift = start - said.start
        if shift == 0:
            return 0.0
        frames = self._unit * abs(shift)
        cost = frames * (1 + frames / SHIFT_FRAMES) * (EARLY_COST if shift < 0 else 1)
        if in_excess(start, said.start, self._rules):
            cost += self._weight[Rule.SYNC_IN] * (1 + abs(shift) / self._lag)
        return cost

    def _out_sync_cost(self, said: Speech, start: int, end: int) -> float:
        tail = end - said.end
        cost = self._unit * (TAIL_COST * abs(tail - self._tail) + CUT_OFF_COST * max(0, -tail))
        if self._rules.cuts and self._rules.has_cut_between(said.end, end):
            cost += OVERHANG_COST
        if out_excess(start, end, said.end, self._rules):
            cost += self._weight[Rule.SYNC_OUT] * (1 + abs(tail) / self._lag)
        return cost

    def _clear(self, tick: int) -> int:
        """First tick from ``tick`` on where an out-time does not flash before a cut."""
        while (before := self._rules.out_flash(tick)) is not None:
            tick += 1 - before
        return tick

    def _all_ins(self) -> list[list[int]]:
        """Candidate in-times of every cue.

        Where speech starts or slightly before, and where the cut rules would have it. Where cues
        crowd, also the earliest in-times that give every cue before its minimum duration, the latest
        that leave it to those after, and a last resort of one tick per cue, so that there is always
        a way.
        """
        said, last, count = self._speech, self._last, len(self._speech)
        prompt, free = self._forward(lead=0)
        early, _ = self._forward(lead=self._early)
        latest, squeezed, crowded = self._backward(), self._squeezed(), self._crowded(prompt, free)
        found = []
        for cue in range(count):
            start = min(said[cue].start, last - 1)
            wished = {start, start - self._slight, latest[cue]} | ({prompt[cue], early[cue]} if crowded[cue] else set())
            candidates = {target for wish in wished for target in self._rules.in_targets(wish)} | wished
            low, high = start - self._lead - self._rules.zone_in_ticks, start + self._lag
            kept = {tick for tick in candidates if max(0, low) <= tick <= min(high, last - 1)}
            found.append(sorted(kept | {squeezed[cue]}))
        return found

    def _forward(self, *, lead: int) -> tuple[list[int], list[int]]:
        """Earliest in-times when every cue before lasts its minimum, at most ``lead`` before the speech.

        With each, the earliest that the next cue may then start.
        """
        rules = self._rules
        starts: list[int] = []
        free = [0]
        for said in self._speech:
            start = max(free[-1], said.start - lead, 0)
            starts.append(min(start, said.start + self._lag))
            free.append(self._clear(starts[-1] + rules.min_ticks) + rules.gap_ticks)
        return starts, free[1:]

    def _crowded(self, prompt: Sequence[int], free: Sequence[int]) -> list[bool]:
        """Whether each cue starts late because of the cues before it, or makes a later one start late."""
        said, count = self._speech, len(self._speech)
        crowded = [start > speech.start for start, speech in zip(prompt, said, strict=True)]
        for cue in range(count - 2, -1, -1):
            if crowded[cue + 1] and free[cue] > said[cue + 1].start - self._early:
                crowded[cue] = True
        return crowded

    def _backward(self) -> list[int]:
        """Latest in-times that leave every cue its minimum before the next one starts on its speech."""
        rules = self._rules
        found: list[int] = []
        until = self._last
        for said in reversed(self._speech):
            start = min(said.start, until - rules.min_ticks)
            found.append(max(start, said.start - self._lead, 0))
            until = found[-1] - rules.gap_ticks
        return found[::-1]

    def _squeezed(self) -> list[int]:
        """In-times that leave every cue at least one tick."""
        found: list[int] = []
        count = len(self._speech)
        for cue, said in enumerate(self._speech):
            earliest = found[-1] + 1 if found else 0
            found.append(min(max(said.start, earliest), self._last - (count - cue)))
        return found
