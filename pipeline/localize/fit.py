"""Where each dubbed line goes: the ladder from natural tempo down to a flag. Pure.

For each utterance in order of time the first that works: a wording at natural tempo, at an accepted
tempo, the next shorter wording, time of the gap that follows, and else a flag: then the original stays.
Speech is never cut off, never overlaps other dubbed speech and is never fast without a word about it. It is
never slowed down either: what is shorter than its slot begins with it and leaves the rest silent.

``fit`` decides on what is known. Where it needs to know how long a shorter wording is, it says so (``Wanted``),
so that all that is wanted can be spoken at once before it decides again. ``infra/decisions/007-fit.md`` has
the reasons.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from schemas.localize import DubOutcome
from schemas.time import Span, clock

NATURAL_TEMPO = Fraction(11, 10)
"""Fastest tempo that passes for natural. Listeners notice a change of about 10 % (Quené, ICPhS 2003; 5 % in his
later same-or-different test, Journal of Phonetics 35, 2007)."""

ACCEPTED_TEMPO = Fraction(5, 4)
"""Fastest tempo that is accepted. VideoLingo, ``config.yaml`` ``speed_factor``, read 2026-11-20, accepts 1.2 and
goes to 1.4 at worst; no standard has a number."""

BORROW_MS = 1_500
"""Most that a line takes of the gap that follows. VideoLingo, ``config.yaml`` ``tolerance``, read 2026-11-20."""

LATE_MS = 1_500
"""Latest that a line begins after its speaker does: BBC subtitle guidelines 1.2.3 have words in vision within
1.5 s of being said."""

LEAST_GAP_MS = 120
"""What borrowing leaves of a gap: shorter ones are not heard as gaps between two speakers (Heldner, Journal of the
Acoustical Society of America 130, 2011)."""


@dataclass(frozen=True, slots=True)
class ToFit:
    """One utterance as far as it is known."""

    slot: Span
    """The time that the source speech fills."""

    wordings: int
    """How many wordings there are; 0 when nothing can be said."""

    natural_ms: tuple[int | None, ...] = ()
    """How long the take of each wording is that was spoken so far, the fullest first; null where none could be made."""

    failure: str | None = None
    """Why nothing can be placed whatever the time, one sentence; null when something can."""

    def __post_init__(self) -> None:
        if len(self.natural_ms) > self.wordings or any(ms is not None and ms < 1 for ms in self.natural_ms):
            raise ValueError(f"takes are at least 1 ms long and no more than the wordings: {self}")


@dataclass(frozen=True, slots=True)
class Placed:
    """It is in the dub."""

    outcome: DubOutcome
    """The rung of the ladder that was reached."""

    wording: int
    """Which wording."""

    natural_ms: int
    """How long its take is at its own tempo."""

    span: Span
    """Where it is."""

    borrowed_ms: int
    """Time after the end of its slot."""

    @property
    def tempo(self) -> float:
        """Natural length over placed length, from 1 to ``ACCEPTED_TEMPO``."""
        return self.natural_ms / self.span.duration_ms


@dataclass(frozen=True, slots=True)
class Wanted:
    """It does not fit with what was spoken so far: another wording must be."""

    wording: int
    """Which one."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """It is not in the dub: the original speech stays until a human decides."""

    reason: str
    """Why, one sentence."""

    wording: int
    """The wording that came nearest; 0 when none was spoken."""

    natural_ms: int
    """How long its take is; 0 when none was spoken."""


Decision = Placed | Wanted | Flagged


def fit(told: Sequence[ToFit], *, length_ms: int) -> list[Decision]:
    """One decision per utterance. As long as one of them is ``Wanted``, the others may still change.

    Where two people talk at once, who began first is placed first, and the other begins when that one has ended.

    Args:
        told: Utterances in order of time: by start, then by end, of their slots.
        length_ms: Length of the title.

    Raises:
        ValueError: They are not in order of time.

    """
    if any(following.slot < one.slot for one, following in itertools.pairwise(told)):
        raise ValueError("utterances come in order of time")
    limits_ms = _limits_ms([one.slot for one in told], length_ms)
    decisions: list[Decision] = []
    free_from_ms = 0
    for one, limit_ms in zip(told, limits_ms, strict=True):
        room = _Room(
            start_ms=max(one.slot.start_ms, free_from_ms),
            slot_end_ms=min(one.slot.end_ms, length_ms),
            limit_ms=limit_ms,
        )
        decision = _decided(one, room)
        decisions.append(decision)
        if isinstance(decision, Placed):
            free_from_ms = decision.span.end_ms
        elif isinstance(decision, Wanted):
            # As much as it may turn out to need, so that what comes after it asks for its own wordings now.
            free_from_ms = max(free_from_ms, room.slot_end_ms)
    return decisions


@dataclass(frozen=True, slots=True)
class _Room:
    """The time that one utterance may fill."""

    start_ms: int
    """Where it begins."""

    slot_end_ms: int
    """Where its slot ends; may lie before ``start_ms``."""

    limit_ms: int
    """Where it must have ended at the latest, with all that can be borrowed."""

    @property
    def in_slot_ms(self) -> int:
        """Time without borrowing."""
        return max(0, self.slot_end_ms - self.start_ms)

    @property
    def in_all_ms(self) -> int:
        """Time with all that can be borrowed."""
        return max(0, self.limit_ms - self.start_ms)

    def span(self, length_ms: int) -> Span:
        """The first ``length_ms`` of it."""
        return Span(self.start_ms, self.start_ms + length_ms)


def _limits_ms(slots: Sequence[Span], length_ms: int) -> Iterator[int]:
    """For each slot, in order of time, the end of what can be borrowed: nothing where another slot goes on."""
    starts_ms = [slot.start_ms for slot in slots]
    last_ends_ms = list(itertools.accumulate((slot.end_ms for slot in slots), max, initial=0))
    for slot in slots:
        begun = bisect.bisect_right(starts_ms, slot.end_ms)
        limit_ms = slot.end_ms
        if last_ends_ms[begun] == slot.end_ms:
            next_ms = starts_ms[begun] - LEAST_GAP_MS if begun < len(slots) else length_ms
            limit_ms = max(slot.end_ms, min(slot.end_ms + BORROW_MS, next_ms))
        yield min(limit_ms, length_ms)


def _decided(one: ToFit, room: _Room) -> Decision:
    if one.failure is not None:
        return _flagged(one, one.failure)
    if not one.natural_ms and one.wordings:
        return Wanted(0)  # even where there is no time for it: whoever decides wants to know how long it is
    if (late := _late(one, room)) is not None:
        return _flagged(one, late)
    for wording, natural_ms in enumerate(one.natural_ms):
        if natural_ms is not None and _fastest_ms(natural_ms) <= room.in_slot_ms:
            span = room.span(min(natural_ms, room.in_slot_ms))
            return Placed(_outcome(wording, natural_ms, span), wording, natural_ms, span, borrowed_ms=0)
    if len(one.natural_ms) < one.wordings:
        return Wanted(len(one.natural_ms))
    return _borrowed(one, room)


def _late(one: ToFit, room: _Room) -> str | None:
    """Why there is no time for it, however short it is; None when there is some."""
    if room.start_ms >= room.limit_ms:
        if one.slot.start_ms >= room.limit_ms:
            return "it is said after the end of the title"
        return f"another line is spoken until {clock(room.start_ms)}, and that leaves no time for it"
    if room.start_ms - one.slot.start_ms > LATE_MS:
        late_ms = room.start_ms - one.slot.start_ms
        return f"another line is spoken until {clock(room.start_ms)}: it would begin {late_ms} ms late"
    return None


def _outcome(wording: int, natural_ms: int, span: Span) -> DubOutcome:
    if wording > 0:
        return DubOutcome.SHORTER
    return DubOutcome.NATURAL if natural_ms <= NATURAL_TEMPO * span.duration_ms else DubOutcome.ACCEPTED


def _borrowed(one: ToFit, room: _Room) -> Decision:
    """The shortest take with as much of the gap as natural tempo needs, or all of it; a flag if that is too little."""
    spoken = _shortest(one)
    if spoken is None:
        return _flagged(one, "no speech could be made of it")
    natural_ms, wording = spoken
    needed_ms = _fastest_ms(natural_ms)
    if needed_ms > room.in_all_ms:
        tempo = f"{float(ACCEPTED_TEMPO):g} times its tempo"
        return _flagged(
            one,
            f"it lasts {natural_ms} ms, {needed_ms} ms at {tempo}, and there are {room.in_all_ms} ms for it",
        )
    span = room.span(min(math.ceil(natural_ms / NATURAL_TEMPO), room.in_all_ms))
    return Placed(DubOutcome.BORROWED, wording, natural_ms, span, borrowed_ms=span.end_ms - one.slot.end_ms)


def _fastest_ms(natural_ms: int) -> int:
    """Least time in which a take can be said."""
    return math.ceil(natural_ms / ACCEPTED_TEMPO)


def _shortest(one: ToFit) -> tuple[int, int] | None:
    """Length of the shortest take and its wording, the fuller of two; None when none was spoken."""
    return min(
        ((natural_ms, wording) for wording, natural_ms in enumerate(one.natural_ms) if natural_ms is not None),
        default=None,
    )


def _flagged(one: ToFit, reason: str) -> Flagged:
    natural_ms, wording = _shortest(one) or (0, 0)
    return Flagged(reason, wording, natural_ms)
