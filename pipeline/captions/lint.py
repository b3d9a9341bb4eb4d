"""What is wrong with captions under a profile: a pure function from cues to findings.

Every finding says what was measured, what the profile allows, and how bad that is. A rule that cannot
be checked, because the frame rate, the cuts or the words are unknown, is reported as not checked.
"""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions import sync, texts
from pipeline.captions.grid import grid_for
from pipeline.captions.measure import characters, reading_load
from pipeline.captions.profiles import CaptionProfile, Rule, Unit
from pipeline.captions.syntax import NEVER, break_cost
from pipeline.captions.timerules import TimeRules, time_rules
from pipeline.captions.tokens import is_unspaced
from schemas.captions import Cue, Finding, Severity
from schemas.speech import Word

NOT_CHECKED = "not-checked"
"""Name of the finding that lists rules which could not be checked."""

_NEED_RATE = (Rule.GAP, Rule.SHOT_CHANGE_IN, Rule.SHOT_CHANGE_OUT, Rule.SHOT_CHANGE_OUT_ZONE)
_NEED_CUTS = (Rule.SHOT_CHANGE_IN, Rule.SHOT_CHANGE_OUT, Rule.SHOT_CHANGE_OUT_ZONE)
_NEED_WORDS = (Rule.SYNC_IN, Rule.SYNC_OUT)
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})


def lint(
    cues: Sequence[Cue],
    *,
    cuts_ms: Sequence[int] | None,
    rate: Fraction | None,
    profile: CaptionProfile,
    words: Sequence[Word] | None = None,
    first_frame_ms: int = 0,
    unspoken: Collection[int] = (),
) -> list[Finding]:
    """Findings of a caption file, by cue and then by rule.

    ``cuts_ms`` are the first frames of shots, None when they are unknown; an empty sequence means that
    there are none. ``rate`` is None when unknown; ``first_frame_ms`` is when the picture begins. With
    ``words``, in the order of the cues, captions are also compared with the speech; those numbered in
    ``unspoken`` name sounds, and are not.
    """
    rules = checked_rules(profile, rate=rate, cuts_ms=cuts_ms, first_frame_ms=first_frame_ms)
    book = Rulebook(profile, rules)
    alignment = None if words is None else _alignment(cues, words, unspoken)
    findings = list(_not_checked(book, has_cuts=cuts_ms is not None, has_words=words is not None, told=alignment))
    for index, cue in enumerate(cues):
        findings.extend(_of_text(book, index, cue))
        findings.extend(_of_time(book, index, cue))
        if index + 1 < len(cues):
            findings.extend(_of_pair(book, index, cue, cues[index + 1]))
        if alignment is not None:
            findings.extend(_of_sync(book, index, cue, alignment[index]))
    return findings


def _alignment(cues: Sequence[Cue], words: Sequence[Word], unspoken: Collection[int]) -> list[sync.Said | None] | None:
    """When the words of each cue are spoken, None for one that is not; None when cues and words do not say the same."""
    spoken = [index for index in range(len(cues)) if index not in unspoken]
    told = sync.alignment([cues[index] for index in spoken], words)
    if told is None:
        return None
    found = dict(zip(spoken, told, strict=True))
    return [found.get(index) for index in range(len(cues))]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of a profile on the grid of a title, and how a finding under them is made."""

    profile: CaptionProfile
    """The rules."""

    time: TimeRules
    """Those of time, on the grid."""

    def finding(
        self,
        rule: Rule,
        index: int,
        cue: Cue,
        message: str,
        *,
        measured: float | None = None,
        limit: float | None = None,
        unit: str = "",
    ) -> Iterator[Finding]:
        """One finding, or none when the profile does not have the rule."""
        asked = self.profile.limit(rule)
        if asked is not None:
            yield Finding(rule, asked.severity, index, cue.span.start_ms, measured, limit, unit, message)

    def ticks(self, cue: Cue) -> tuple[int, int]:
        """In- and out-time on the grid."""
        return self.time.grid.tick(cue.span.start_ms), self.time.grid.tick(cue.span.end_ms)


def checked_rules(
    profile: CaptionProfile, *, rate: Fraction | None, cuts_ms: Sequence[int] | None, first_frame_ms: int
) -> TimeRules:
    """The time rules that can be checked: none about cuts without a rate, since they are in frames."""
    known = None if grid_for(rate).rate is None else cuts_ms
    return time_rules(profile, rate=rate, cuts_ms=known, first_frame_ms=first_frame_ms)


def rules_broken(book: Rulebook, cue: Cue) -> frozenset[str]:
    """Rules that a cue breaks by itself, whatever stands before and after it."""
    found = itertools.chain(_of_text(book, 0, cue), _of_time(book, 0, cue))
    return frozenset(finding.rule for finding in found)


def _not_checked(
    book: Rulebook, *, has_cuts: bool, has_words: bool, told: list[sync.Said | None] | None
) -> Iterator[Finding]:
    """One note per thing that is unknown, with the rules that need it."""
    has_rate = book.time.grid.rate is not None
    for missing, needed, remedy in (
        (not has_rate, _NEED_RATE, "the frame rate is unknown or unusable; give it to check them"),
        (
            has_rate and not has_cuts,
            _NEED_CUTS,
            "the shot changes are unknown; give the media or its cuts to check them",
        ),
        (not has_words, _NEED_WORDS, "the times of the words are unknown"),
        (has_words and told is None, _NEED_WORDS, "the captions say other words than the transcript"),
    ):
        rules = [rule.value for rule in needed if book.profile.limit(rule) is not None]
        if missing and rules:
            message = f"not checked: {', '.join(rules)}; {remedy}"
            yield Finding(NOT_CHECKED, Severity.INFO, None, None, None, None, "", message)


def _of_text(book: Rulebook, index: int, cue: Cue) -> Iterator[Finding]:
    profile = book.profile
    if all(unicodedata.category(char) in _INVISIBLE for char in cue.text):
        yield from book.finding(Rule.EMPTY, index, cue, "the cue shows nothing: all its characters are invisible")
    limit = profile.limit(Rule.LINE_LENGTH)
    longest = max(characters(line, profile.counting) for line in cue.lines)
    if limit is not None and longest > limit.value:
        message = f"a line has {longest:g} characters, at most {float(limit.value):g} are allowed"
        yield from book.finding(
            Rule.LINE_LENGTH, index, cue, message, measured=longest, limit=float(limit.value), unit="characters"
        )
    most = profile.limit(Rule.LINE_COUNT)
    if most is not None and len(cue.lines) > most.value:
        message = f"the cue has {len(cue.lines)} lines, at most {most.value} are allowed"
        yield from book.finding(
            Rule.LINE_COUNT, index, cue, message, measured=len(cue.lines), limit=float(most.value), unit="lines"
        )
    if cue.italics and not profile.is_italics_allowed:
        yield from book.finding(Rule.ITALICS, index, cue, "italics are not used in this language")
    if any(texts.has_three_dots(line) for line in cue.lines):
        yield from book.finding(Rule.ELLIPSIS, index, cue, "three dots stand where the single character … belongs")
    if any(texts.has_stray_space(line) for line in cue.lines):
        message = "white space at the start or end of a line, or more than one space in a row"
        yield from book.finding(Rule.WHITE_SPACE, index, cue, message)
    yield from _of_lines(book, index, cue)


def _of_lines(book: Rulebook, index: int, cue: Cue) -> Iterator[Finding]:
    """Hyphens of a dialogue, or the line breaks of one speaker's text."""
    dialogue = book.profile.dialogue
    if texts.is_dialogue(cue):
        if dialogue is not None and (number := texts.marker_fault(cue.lines, dialogue)) is not None:
            both = "both lines" if dialogue.is_first_marked else "the second line only"
            message = f"two speakers: {both} should begin with {dialogue.marker!r}, line {number + 1} differs"
            yield from book.finding(Rule.DUAL_SPEAKER, index, cue, message)
        return
    for upper, lower in itertools.pairwise(cue.lines):
        if forbidden_break(upper, lower, book.profile.language):
            message = f"the line breaks between {upper.split()[-1]!r} and {lower.split()[0]!r}, which belong together"
            yield from book.finding(Rule.LINE_BREAK, index, cue, message)


def forbidden_break(upper: str, lower: str, language: str) -> bool:
    """Whether two lines part words that the guides never part; always false in unspaced languages."""
    above, below = upper.split(), lower.split()
    if is_unspaced(language) or not above or not below:
        return False
    return break_cost(above[-1], below[0], language) >= NEVER


def _of_time(book: Rulebook, index: int, cue: Cue) -> Iterator[Finding]:
    time = book.time
    start, end = book.ticks(cue)
    unit = time.grid.unit
    fault = time.duration_fault(end - start)
    if fault is Rule.MIN_DURATION:
        message = f"on screen for {_count(end - start, unit)}, at least {time.min_ticks} are needed"
        yield from book.finding(fault, index, cue, message, measured=end - start, limit=time.min_ticks, unit=unit)
    elif fault is Rule.MAX_DURATION:
        message = f"on screen for {_count(end - start, unit)}, at most {time.max_ticks} are allowed"
        yield from book.finding(fault, index, cue, message, measured=end - start, limit=time.max_ticks, unit=unit)
    yield from _of_speed(book, index, cue, end - start)
    if (distance := time.in_fault(start)) is not None:
        message = f"starts {_distance(distance, unit)}; it belongs on the cut or {time.zone_in_ticks} {unit} before it"
        yield from book.finding(
            Rule.SHOT_CHANGE_IN, index, cue, message, measured=distance, limit=time.zone_in_ticks, unit=unit
        )
    if (distance := time.out_flash(end)) is not None:
        message = f"ends {_distance(distance, unit)}, which flashes; it belongs {time.guard_ticks} {unit} before it"
        yield from book.finding(
            Rule.SHOT_CHANGE_OUT, index, cue, message, measured=distance, limit=-time.guard_ticks, unit=unit
        )
    elif (distance := time.out_zone_fault(end)) is not None:
        message = (
            f"ends {_distance(distance, unit)}; it belongs {time.guard_ticks} {unit} before the cut "
            f"or {time.zone_out_ticks} or more behind it"
        )
        yield from book.finding(
            Rule.SHOT_CHANGE_OUT_ZONE, index, cue, message, measured=distance, limit=time.zone_out_ticks, unit=unit
        )


def _of_speed(book: Rulebook, index: int, cue: Cue, shown: int) -> Iterator[Finding]:
    limit = book.profile.limit(Rule.READING_SPEED)
    load = reading_load(cue.lines, book.profile)
    if limit is None or not book.time.is_unreadable(load, shown):
        return
    seconds = float(shown / book.time.grid.ticks_per_s) or cue.span.duration_ms / 1000
    speed = load / seconds * (60 if limit.unit is Unit.WORDS_PER_MINUTE else 1)
    shown_speed = math.ceil(speed * 10) / 10  # upwards: 17.001 of 17 allowed is not "17.0"
    message = f"to be read at {shown_speed:.1f} {limit.unit.value}, at most {float(limit.value):g} are comfortable"
    yield from book.finding(
        Rule.READING_SPEED, index, cue, message, measured=speed, limit=float(limit.value), unit=limit.unit.value
    )


def _of_pair(book: Rulebook, index: int, cue: Cue, following: Cue) -> Iterator[Finding]:
    time = book.time
    unit = time.grid.unit
    (start, end), (next_start, _) = book.ticks(cue), book.ticks(following)
    if next_start < start:
        message = "the next cue starts before this one; cues belong in order of time"
        yield from book.finding(Rule.OUT_OF_ORDER, index, cue, message)
        return
    gap = next_start - end
    fault = time.gap_fault(gap)
    if fault is Rule.OVERLAP:
        message = f"still on screen for {_count(-gap, unit)} when the next cue starts"
        yield from book.finding(fault, index, cue, message, measured=-gap, limit=0, unit=unit)
    elif fault is Rule.GAP and time.grid.rate is not None:
        message = f"{_count(gap, unit)} before the next cue, at least {time.gap_ticks} are needed"
        yield from book.finding(fault, index, cue, message, measured=gap, limit=time.gap_ticks, unit=unit)
    elif fault is Rule.CHAINING:
        message = (
            f"a gap of {_count(gap, unit)} before the next cue flickers; close it to {time.gap_ticks} "
            f"or leave {time.open_ticks}"
        )
        yield from book.finding(fault, index, cue, message, measured=gap, limit=time.open_ticks, unit=unit)


def _of_sync(book: Rulebook, index: int, cue: Cue, said: sync.Said | None) -> Iterator[Finding]:
    if said is None:
        return
    time = book.time
    unit = time.grid.unit
    start, end = book.ticks(cue)
    spoken, silent = time.grid.tick(said.start_ms), time.grid.tick(said.end_ms)
    lead = sync.in_excess(start, spoken, time)
    if lead:
        message = f"starts {_count(abs(lead), unit)} {'after' if lead > 0 else 'before'} its first word"
        yield from book.finding(
            Rule.SYNC_IN, index, cue, message, measured=abs(lead), limit=time.early_ticks, unit=unit
        )
    tail = sync.out_excess(start, end, silent, time)
    if tail:
        limit = time.tail_ticks if tail > 0 else time.early_ticks
        message = f"ends {_count(abs(tail), unit)} {'after' if tail > 0 else 'before'} its last word"
        yield from book.finding(Rule.SYNC_OUT, index, cue, message, measured=abs(tail), limit=limit, unit=unit)


def _distance(ticks: int, unit: str) -> str:
    if ticks == 0:
        return "on a cut"
    return f"{_count(abs(ticks), unit)} {'after' if ticks > 0 else 'before'} a cut"


def _count(ticks: int, unit: str) -> str:
    return "1 frame" if ticks == 1 and unit == "frames" else f"{ticks} {unit}"
