"""Labels of sounds, for viewers who do not hear: cues of their own in the pauses of the speech, inside their shot.

What sounds is the describer's word; when, is never: a label stands where its shot has a pause, on screen and in the
sound, that is long enough under the profile's rules. Captions of speech stay as they are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.captions.grid import Grid
from pipeline.captions.lint import Rulebook, rules_broken
from pipeline.captions.measure import reading_load
from pipeline.captions.profiles import CaptionProfile, Labels
from pipeline.captions.timerules import NO_LIMIT, TimeRules
from schemas.captions import Cue, Finding, Severity
from schemas.media import Shot, SpeechRegion
from schemas.scenes import ShotNote
from schemas.time import Span, clock, gaps, overlapping

SHOWN_S = 2
"""How long a label stays where there is room. Ours: two words are read in a second, and nobody waits for them."""

UNLABELLED = "sound-unlabelled"
"""Name of the finding about a sound that has no room."""

_AROUND = " .,;:[](){}<>（）［］【】「」♪*\"'“”"
"""What a describer may have put around the name of a sound."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Captions with labels among them."""

    cues: tuple[Cue, ...]
    """All cues, in order of time."""

    unspoken: frozenset[int]
    """Numbers of those that are labels."""

    findings: tuple[Finding, ...]
    """Sounds that have no room."""


def label(
    cues: Sequence[Cue],
    notes: Sequence[ShotNote],
    shots: Sequence[Shot],
    regions: Sequence[SpeechRegion],
    *,
    profile: CaptionProfile,
    rules: TimeRules,
) -> Labelled:
    """The cues, with labels of the sounds that ``notes`` name where there is room for them.

    A sound that goes on from one shot to the next is labelled once, where there is room first. ``rules`` are those of
    ``profile`` on the title's grid. A profile without labels gets none.
    """
    style = profile.labels
    if style is None:
        return Labelled(tuple(cues), frozenset(), ())
    sounds = {note.shot_index: _names(note) for note in notes}
    going_on: frozenset[str] = frozenset()
    found: list[Cue] = []
    findings: list[Finding] = []
    spans = [shot.span for shot in shots]
    shown = overlapping([_around(span, rules) for span in spans], cues)
    for shot, speech, near in zip(shots, overlapping(spans, regions), shown, strict=True):
        names = sounds.get(shot.shot_index, ())
        room = _Room(profile, rules, shot.span, tuple(region.span for region in speech), (*found[-2:], *near))
        made, left_out = _placed(room, [name for name in names if name not in going_on], style)
        found += made
        going_on = frozenset(names).difference(left_out)
        later = sounds.get(shot.shot_index + 1, ())
        findings += (_unlabelled(name, shot.span) for name in left_out if name not in later)
    ordered = sorted([*((cue, False) for cue in cues), *((cue, True) for cue in found)], key=lambda one: one[0].span)
    unspoken = frozenset(index for index, (_, is_label) in enumerate(ordered) if is_label)
    return Labelled(tuple(cue for cue, _ in ordered), unspoken, tuple(findings))


def _around(span: Span, rules: TimeRules) -> Span:
    """A shot with what stands near enough to it for the rule of gaps."""
    margin_ms = rules.grid.ms(max(rules.gap_ticks, rules.open_ticks) + 1) - rules.grid.ms(0)
    return Span(max(0, span.start_ms - margin_ms), span.end_ms + margin_ms)


def _names(note: ShotNote) -> tuple[str, ...]:
    """The sounds of a shot, each once."""
    return tuple(dict.fromkeys(filter(None, map(_bare, note.sound_cues))))


def _bare(name: str) -> str:
    """The name of a sound on one line, without what may stand around it."""
    visible = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in name)
    return unicodedata.normalize("NFC", " ".join(visible.split())).strip(_AROUND)


def _text(name: str, style: Labels) -> str:
    return f"{style.before}{name.upper() if style.is_capital else name}{style.after}"


def _unlabelled(name: str, shot: Span) -> Finding:
    where = f"the shot from {clock(shot.start_ms)} to {clock(shot.end_ms)}"
    message = f"The sound “{name}” has no caption: {where} has no pause with room for it."
    return Finding(UNLABELLED, Severity.WARNING, None, shot.start_ms, None, None, "", message)


def _placed(room: _Room, names: Sequence[str], style: Labels) -> tuple[list[Cue], list[str]]:
    """Labels of the sounds of one shot, in order of time, and the sounds that have no room.

    Each stands alone where that goes, else as second line of one that is there already.
    """
    made: list[Cue] = []
    left_out: list[str] = []
    for name in names:
        text = _text(name, style)
        alone = room.place((text,), beside=made)
        if alone is not None:
            made.append(alone)
            continue
        for other in made:
            rest = [cue for cue in made if cue is not other]
            both = room.place((*other.lines, text), beside=rest)
            if both is not None:
                made = [*rest, both]
                break
        else:
            left_out.append(name)
    return sorted(made, key=lambda cue: cue.span), left_out


@dataclass(frozen=True, slots=True)
class _Room:
    """One shot, and what is in the way of labels in it."""

    profile: CaptionProfile
    rules: TimeRules
    shot: Span
    speech: tuple[Span, ...]
    """Where somebody speaks."""
    near: tuple[Cue, ...]
    """Captions in it, and those before and after it."""

    def place(self, lines: tuple[str, ...], *, beside: Sequence[Cue]) -> Cue | None:
        """A cue of these lines in the longest pause that has room for it; None when none has."""
        taken = sorted(cue.span for cue in (*self.near, *beside))
        in_the_way = [*taken, *self.speech]
        pauses = (gap.clipped(self.shot) for gap in gaps(in_the_way, length_ms=self.shot.end_ms))
        for pause in sorted(filter(None, pauses), key=lambda pause: (-pause.duration_ms, pause)):
            for start, end in self._times(pause, taken, reading_load(lines, self.profile)):
                span = Span(self.rules.grid.ms(start), self.rules.grid.ms(end))
                cue = Cue(span, lines, self.profile.language)
                if not rules_broken(Rulebook(self.profile, self.rules), cue):
                    return cue
        return None

    def _times(self, pause: Span, taken: Sequence[Span], load: float) -> Iterator[tuple[int, int]]:
        """In- and out-times inside a pause that keep the rules, the nearest to the wanted length first."""
        rules, grid = self.rules, self.rules.grid
        first, last = _ticks_inside(pause, grid)
        before = max((grid.tick(span.end_ms) for span in taken if span.end_ms <= pause.start_ms), default=-NO_LIMIT)
        after = min((grid.tick(span.start_ms) for span in taken if span.start_ms >= pause.end_ms), default=NO_LIMIT)
        shortest = max(1, rules.min_ticks, rules.ticks_to_read(load))
        wanted = min(rules.max_ticks, max(shortest, round(SHOWN_S * grid.ticks_per_s)))
        wishes = (first, before + rules.gap_ticks, before + rules.open_ticks, last - wanted, last - shortest)
        starts = {at for wish in wishes for at in rules.in_targets(wish)}
        found = [
            (start, end)
            for start in starts
            if first <= start and rules.gap_fault(start - before) is None
            for end in self._ends((start + wanted, start + shortest, last, after - rules.gap_ticks), after)
            if start + shortest <= end <= last
        ]
        return iter(sorted(found, key=lambda times: (abs(times[1] - times[0] - wanted), times)))

    def _ends(self, wishes: Sequence[int], after: int) -> set[int]:
        """Out-times near the wished ones that keep the rules before a cue that starts at ``after``."""
        wished = (*wishes, after - self.rules.open_ticks)
        ends = {at for wish in wished for at in self.rules.out_targets(wish)}
        return {at for at in ends if self.rules.gap_fault(after - at) is None}


def _ticks_inside(pause: Span, grid: Grid) -> tuple[int, int]:
    """First and last tick that begin inside a pause, its end included."""
    first, last = grid.tick(pause.start_ms), grid.tick(pause.end_ms)
    return (
        first if grid.ms(first) >= pause.start_ms else first + 1,
        last if grid.ms(last) <= pause.end_ms else last - 1,
    )
