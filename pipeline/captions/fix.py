"""Captions put right where they can be: one joint step over texts and times.

Promises, held by tests over arbitrary captions: ``fix`` adds no finding to any cue, does nothing the
second time, and keeps every word and the order. It works in rounds until nothing improves; every round
removes a finding and adds none, so the rounds end.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from pipeline.captions import breaks, chain, lint, texts
from pipeline.captions.grid import BASE_RATE
from pipeline.captions.measure import reading_load
from pipeline.captions.pieces import line_width
from pipeline.captions.profiles import CaptionProfile, Rule
from pipeline.captions.restyle import restyled
from pipeline.captions.timerules import NO_LIMIT, TimeRules
from pipeline.captions.tokens import is_unspaced, tokenize
from schemas.captions import Cue
from schemas.time import Span

_REACH_S = Fraction(1, 2)
"""How far an in-time may move: the distance of the guides' shot-change rule."""


def fix(
    cues: Sequence[Cue],
    *,
    cuts_ms: Sequence[int] | None,
    rate: Fraction | None,
    profile: CaptionProfile,
    length_ms: int | None = None,
    first_frame_ms: int = 0,
) -> list[Cue]:
    """The same captions with what can be mended mended; nothing is extended past ``length_ms``.

    Mended are white space, ellipses, hyphens of two speakers, italics where none are allowed, line
    breaks, overlaps, gaps, durations and distances to cuts. In-times move by half a second at most.
    """
    rules = lint.checked_rules(profile, rate=rate, cuts_ms=cuts_ms, first_frame_ms=first_frame_ms)
    book = lint.Rulebook(profile, rules)
    last = NO_LIMIT if length_ms is None else rules.grid.last_tick(length_ms)
    mended = list(cues)
    while True:
        written = [_with_text_mended(cue, book) for cue in mended]
        timed = _with_times_mended(written, rules, profile, last=last)
        if timed == mended:
            return mended
        mended = timed


def _with_text_mended(cue: Cue, book: lint.Rulebook) -> Cue:
    """The cue after every edit of its text that removes a finding and adds none."""
    broken = lint.rules_broken(book, cue)
    for rules, edit in _EDITS:
        if not broken & rules:
            continue
        edited = edit(cue, book.profile)
        if edited is not None and (left := lint.rules_broken(book, edited)) < broken:
            cue, broken = edited, left
    return cue


def _single_spaced(cue: Cue, _: CaptionProfile) -> Cue | None:
    return _with_lines(cue, tuple(texts.with_single_spaces(line) for line in cue.lines), speakers=cue.speakers)


def _with_ellipses(cue: Cue, _: CaptionProfile) -> Cue | None:
    return _with_lines(cue, tuple(texts.with_ellipsis(line) for line in cue.lines), speakers=cue.speakers)


def _without_italics(cue: Cue, _: CaptionProfile) -> Cue | None:
    return replace(cue, italics=())


def _with_markers(cue: Cue, profile: CaptionProfile) -> Cue | None:
    if profile.dialogue is None:
        return None
    return _with_lines(cue, texts.with_markers(cue.lines, profile.dialogue), speakers=cue.speakers)


def _rebroken(cue: Cue, profile: CaptionProfile) -> Cue | None:
    if texts.is_dialogue(cue):
        return None
    text = ("" if is_unspaced(profile.language) else " ").join(cue.lines)
    width = line_width(profile)
    tokens = tokenize(text, profile.language, counting=profile.counting, widest=width)
    found = _with_lines(cue, breaks.lines(tokens, width=width), speakers=cue.speakers[:1])
    return None if found is None or texts.is_dialogue(found) else found


def _with_lines(cue: Cue, lines: tuple[str, ...], *, speakers: tuple[str, ...]) -> Cue | None:
    """The cue with other lines that say the same; None when a line would be blank or words would change."""
    if not lines or any(not line.strip() for line in lines):
        return None
    italics = restyled(cue, lines)
    if italics is None:
        return None
    return replace(cue, lines=lines, italics=italics, speakers=speakers)


_EDITS: tuple[tuple[frozenset[Rule], Callable[[Cue, CaptionProfile], Cue | None]], ...] = (
    (frozenset({Rule.WHITE_SPACE}), _single_spaced),
    (frozenset({Rule.ELLIPSIS}), _with_ellipses),
    (frozenset({Rule.ITALICS}), _without_italics),
    (frozenset({Rule.DUAL_SPEAKER}), _with_markers),
    (frozenset({Rule.LINE_LENGTH, Rule.LINE_COUNT, Rule.LINE_BREAK}), _rebroken),
)
"""Edits in order, each with the rules that it may mend; a later one may help where an earlier was refused."""


def _with_times_mended(cues: list[Cue], rules: TimeRules, profile: CaptionProfile, *, last: int) -> list[Cue]:
    """The cues at the best times, on whole frames."""
    if not cues:
        return []
    problem = _Repair(cues, rules, profile, last=last)
    times, _ = chain.solve(problem, len(cues))
    return [
        replace(cue, span=Span(rules.grid.ms(start), rules.grid.ms(end))) if end > start else cue
        for cue, (start, end) in zip(cues, times, strict=True)
    ]


class _Repair:
    """The problem that ``chain`` solves for existing cues: fewest broken rules, then least movement.

    A rule that a cue keeps now is kept afterwards too, even if breaking it would mend another cue.
    """

    def __init__(self, cues: Sequence[Cue], rules: TimeRules, profile: CaptionProfile, *, last: int) -> None:
        grid = rules.grid
        self._rules = rules
        self._now = [(grid.tick(cue.span.start_ms), grid.tick(cue.span.end_ms)) for cue in cues]
        self._loads = [reading_load(cue.lines, profile) for cue in cues]
        self._last = last
        self._unit = float(BASE_RATE / grid.ticks_per_s)
        self._broken = [self._faults(cue, start, end) for cue, (start, end) in enumerate(self._now)]
        self._gaps = [rules.gap_fault(following - end) for (_, end), (following, _) in itertools.pairwise(self._now)]
        self._frozen = self._out_of_order()

    def ins(self, cue: int) -> Sequence[int]:
        now = self._now[cue][0]
        if cue in self._frozen:
            return [now]
        wished = list(self._rules.in_targets(now))
        if cue:
            wished.append(self._now[cue - 1][1] + self._rules.gap_ticks)
        reach = round(_REACH_S * self._rules.grid.ticks_per_s)
        low, high = self._room(cue)
        return [now, *sorted({at for at in wished if at != now and low <= at <= high and abs(at - now) <= reach})]

    def outs(self, cue: int, start: int) -> Iterator[int]:
        now_start, now = self._now[cue]
        if start == now_start:
            yield now
        if cue in self._frozen:
            return
        rules = self._rules
        reading = rules.ticks_to_read(self._loads[cue])
        latest = max(now + min(rules.tail_ticks, rules.max_ticks), start + rules.min_ticks)
        for wish in (now, start + rules.min_ticks, start + reading, start + rules.max_ticks):
            for end in (wish, *rules.out_targets(wish)):
                if start < end <= min(latest, self._last):
                    yield end

    def outs_before(self, cue: int, following: int) -> Iterator[int]:
        if cue in self._frozen:
            return
        rules = self._rules
        now_start, now = self._now[cue]
        latest = max(now + min(rules.tail_ticks, rules.max_ticks), now_start + rules.min_ticks)
        for gap in (rules.gap_ticks, rules.open_ticks):
            for end in rules.out_targets(following - gap):
                if now_start < end <= min(latest, following, self._last):
                    yield end

    def cue_cost(self, cue: int, start: int, end: int) -> float:
        now_start, now_end = self._now[cue]
        if (start, end) == (now_start, now_end):
            return sum(self._rules.weight(rule) for rule in self._broken[cue])
        if end <= start:
            return chain.IMPOSSIBLE
        faults = self._faults(cue, start, end)
        if not faults <= self._broken[cue]:
            return chain.IMPOSSIBLE
        moved = self._unit * (2 * abs(start - now_start) + abs(end - now_end))
        return moved + sum(self._rules.weight(rule) for rule in faults)

    def pair_cost(self, cue: int, end: int, following: int) -> float:
        fault = self._rules.gap_fault(following - end)
        if fault is None or {cue, cue + 1} <= self._frozen:
            return 0.0
        return self._rules.weight(fault) if fault is self._gaps[cue] else chain.IMPOSSIBLE

    def _faults(self, cue: int, start: int, end: int) -> frozenset[Rule]:
        """Rules that a cue breaks at these times, apart from the gap after it."""
        rules = self._rules
        found = []
        if (fault := rules.duration_fault(end - start)) is not None:
            found.append(fault)
        if rules.is_unreadable(self._loads[cue], end - start):
            found.append(Rule.READING_SPEED)
        if rules.in_fault(start) is not None:
            found.append(Rule.SHOT_CHANGE_IN)
        if rules.out_flash(end) is not None:
            found.append(Rule.SHOT_CHANGE_OUT)
        elif rules.out_zone_fault(end) is not None:
            found.append(Rule.SHOT_CHANGE_OUT_ZONE)
        return frozenset(found)

    def _room(self, cue: int) -> tuple[int, int]:
        """Between which ticks an in-time may move without passing a neighbour's, whatever that one does."""
        now = self._now[cue][0]
        low = (self._now[cue - 1][0] + now + 1) // 2 if cue else 0
        high = (now + self._now[cue + 1][0]) // 2 if cue + 1 < len(self._now) else self._last - 1
        return low, high

    def _out_of_order(self) -> frozenset[int]:
        """Cues beside one that starts before its predecessor: an editor must say what is meant."""
        pairs = enumerate(itertools.pairwise(self._now))
        return frozenset(
            cue for before, (this, following) in pairs if following[0] < this[0] for cue in (before, before + 1)
        )
