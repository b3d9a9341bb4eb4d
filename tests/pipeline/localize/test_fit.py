"""Every rung of the ladder, and what holds for any lengths: no overlap, no cut, nothing fast without a word."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.localize.fit import (
    ACCEPTED_TEMPO,
    BORROW_MS,
    LATE_MS,
    LEAST_GAP_MS,
    NATURAL_TEMPO,
    Decision,
    Flagged,
    Placed,
    ToFit,
    Wanted,
    fit,
)
from schemas.localize import DubOutcome
from schemas.time import Span

TITLE_MS = 60_000
RANK = list(DubOutcome)

Lengths = tuple[int | None, ...]
"""How long each wording of an utterance turns out to be; null where no take can be made."""


@dataclasses.dataclass(frozen=True)
class Script:
    """A title: slots in order of time, and the lengths that the takes of each will have."""

    slots: tuple[Span, ...]
    lengths: tuple[Lengths, ...]
    length_ms: int = TITLE_MS

    @property
    def unspoken(self) -> list[ToFit]:
        """With no wording spoken."""
        return [ToFit(slot, len(takes)) for slot, takes in zip(self.slots, self.lengths, strict=True)]

    @property
    def known(self) -> list[ToFit]:
        """With every wording spoken."""
        return [ToFit(slot, len(takes), takes) for slot, takes in zip(self.slots, self.lengths, strict=True)]


def alone(slot_ms: int, *takes: int | None, gap_ms: int = 0) -> Decision:
    """What becomes of one utterance of ``slot_ms``, with ``gap_ms`` to the next."""
    script = Script((Span(1_000, 1_000 + slot_ms),), (takes,), length_ms=1_000 + slot_ms + gap_ms)
    (decision,) = spoken_in_waves(script)
    return decision


def spoken_in_waves(script: Script) -> list[Decision]:
    """The end of asking for what is wanted, as the stage does."""
    told = script.unspoken
    while (further := after_a_wave(told, script)) != told:
        told = further
    return fit(told, length_ms=script.length_ms)


def after_a_wave(told: list[ToFit], script: Script) -> list[ToFit]:
    """With what is wanted spoken."""
    further = list(told)
    for index, one in enumerate(fit(told, length_ms=script.length_ms)):
        if isinstance(one, Wanted):
            assert one.wording == len(told[index].natural_ms)  # each once, in order
            further[index] = dataclasses.replace(told[index], natural_ms=script.lengths[index][: one.wording + 1])
    return further


def placed(decision: Decision) -> Placed:
    assert isinstance(decision, Placed)
    return decision


@st.composite
def scripts(draw: st.DrawFn, *, overlapping: bool = True) -> Script:
    """Dialogue of any kind: gaps, interruptions, lines inside other lines, takes of any length, failures."""
    slots = []
    at_ms = 0
    for _ in range(draw(st.integers(1, 8))):
        at_ms += draw(st.one_of(st.integers(0, 300), st.integers(0, 4_000)))
        duration_ms = draw(st.one_of(st.integers(1, 3_000), st.just(500)))
        slots.append(Span(at_ms, at_ms + duration_ms))
        at_ms = at_ms + draw(st.integers(0, duration_ms)) if overlapping and draw(st.booleans()) else slots[-1].end_ms
    take = st.one_of(st.none(), st.integers(1, 6_000), st.integers(400, 700))
    lengths = [tuple(draw(st.lists(take, max_size=3))) for _ in slots]
    end_ms = max(slot.end_ms for slot in slots)
    length_ms = draw(st.one_of(st.integers(end_ms, end_ms + 3_000), st.integers(1, end_ms)))
    return Script(tuple(sorted(slots)), tuple(lengths), length_ms)


def test_what_is_shorter_than_its_slot_begins_with_it_at_its_own_tempo() -> None:
    decision = placed(alone(2_000, 1_200))
    assert (decision.outcome, decision.span, decision.tempo) == (DubOutcome.NATURAL, Span(1_000, 2_200), 1.0)


def test_what_is_a_little_longer_fills_its_slot_and_still_is_natural() -> None:
    decision = placed(alone(2_000, 2_200))
    assert (decision.outcome, decision.span, decision.tempo) == (DubOutcome.NATURAL, Span(1_000, 3_000), 1.1)


def test_one_millisecond_more_is_no_longer_natural() -> None:
    assert placed(alone(2_000, 2_201)).outcome is DubOutcome.ACCEPTED


def test_the_accepted_band_goes_to_its_last_millisecond() -> None:
    decision = placed(alone(2_000, 2_500))
    assert (decision.outcome, decision.tempo) == (DubOutcome.ACCEPTED, 1.25)


def test_a_shorter_wording_comes_before_anything_is_borrowed() -> None:
    decision = placed(alone(2_000, 2_501, 1_900, gap_ms=5_000))
    assert (decision.outcome, decision.wording, decision.tempo) == (DubOutcome.SHORTER, 1, 1.0)


def test_a_shorter_wording_may_be_faster_than_natural() -> None:
    decision = placed(alone(2_000, 3_000, 2_400))
    assert (decision.outcome, decision.wording, decision.tempo) == (DubOutcome.SHORTER, 1, 1.2)


def test_the_fullest_wording_that_fits_is_taken() -> None:
    assert placed(alone(2_000, 3_000, 2_400, 1_000)).wording == 1


def test_a_gap_lends_what_natural_tempo_needs_and_no_more() -> None:
    decision = placed(alone(2_000, 3_300, gap_ms=5_000))
    assert (decision.outcome, decision.span, decision.borrowed_ms) == (DubOutcome.BORROWED, Span(1_000, 4_000), 1_000)
    assert decision.tempo == 1.1


def test_a_gap_that_is_too_small_for_natural_tempo_is_used_up() -> None:
    decision = placed(alone(2_000, 3_300, gap_ms=700))
    assert (decision.outcome, decision.borrowed_ms, decision.tempo) == (DubOutcome.BORROWED, 700, 3_300 / 2_700)


def test_no_more_than_the_tolerance_is_borrowed() -> None:
    longest_ms = int((2_000 + BORROW_MS) * ACCEPTED_TEMPO)
    assert placed(alone(2_000, longest_ms, gap_ms=30_000)).borrowed_ms == BORROW_MS
    assert isinstance(alone(2_000, longest_ms + 1, gap_ms=30_000), Flagged)


def test_of_all_wordings_that_do_not_fit_the_shortest_take_borrows() -> None:
    decision = placed(alone(1_000, 2_000, 1_400, 1_600, gap_ms=5_000))
    assert (decision.wording, decision.natural_ms, decision.borrowed_ms) == (1, 1_400, 273)


def test_borrowing_leaves_a_gap_that_is_heard_before_the_next_line() -> None:
    script = Script((Span(0, 1_000), Span(1_500, 2_000)), ((1_600,), (500,)))
    first = placed(spoken_in_waves(script)[0])
    assert first.span.end_ms == 1_500 - LEAST_GAP_MS


def test_a_gap_that_is_not_heard_lends_nothing() -> None:
    script = Script((Span(0, 1_000), Span(1_000 + LEAST_GAP_MS, 2_000)), ((1_251,), (500,)))
    assert isinstance(spoken_in_waves(script)[0], Flagged)


def test_nothing_is_borrowed_of_a_slot_in_which_someone_else_still_speaks() -> None:
    script = Script((Span(0, 2_000), Span(500, 1_000)), ((100,), (700,)))
    assert isinstance(spoken_in_waves(script)[1], Flagged)


def test_a_flag_says_how_long_it_would_take_and_how_long_there_is() -> None:
    decision = alone(1_000, 2_000, gap_ms=300)
    assert decision == Flagged(
        "it lasts 2000 ms, 1600 ms at 1.25 times its tempo, and there are 1300 ms for it", 0, 2_000
    )


def test_a_take_that_failed_is_passed_over_for_the_next_wording() -> None:
    decision = placed(alone(1_000, None, 900))
    assert (decision.outcome, decision.wording) == (DubOutcome.SHORTER, 1)


@pytest.mark.parametrize("takes", [(), (None,), (None, None)])
def test_without_any_take_it_is_flagged(takes: Lengths) -> None:
    assert alone(1_000, *takes) == Flagged("no speech could be made of it", 0, 0)


def test_what_cannot_be_said_is_flagged_with_its_own_reason_and_nothing_is_asked() -> None:
    told = [ToFit(Span(0, 500), 2, failure="it has no translation")]
    assert fit(told, length_ms=1_000) == [Flagged("it has no translation", 0, 0)]


def test_who_interrupts_begins_when_the_interrupted_line_has_ended() -> None:
    script = Script((Span(0, 1_000), Span(700, 2_000)), ((950,), (900,)))
    first, second = spoken_in_waves(script)
    assert (placed(first).span, placed(second).span) == (Span(0, 950), Span(950, 1_850))


def test_what_has_begun_too_late_is_flagged() -> None:
    script = Script((Span(0, 5_000), Span(1_000, 9_000)), ((5_000,), (2_000,)))
    assert spoken_in_waves(script)[1] == Flagged(
        "another line is spoken until 0:00:05.000: it would begin 4000 ms late", 0, 2_000
    )


def test_the_last_moment_to_begin_is_the_tolerance() -> None:
    slots = (Span(0, 5_000), Span(1_000, 9_000))
    for late_ms, is_placed in ((LATE_MS, True), (LATE_MS + 1, False)):
        script = Script(slots, ((1_000 + late_ms,), (2_000,)))
        assert isinstance(spoken_in_waves(script)[1], Placed) is is_placed


def test_a_line_after_one_that_is_undecided_asks_in_the_same_wave() -> None:
    """The first may yet fill its slot, and then the second has 800 ms: a take of 1,001 ms is too long for them."""
    told = [ToFit(Span(0, 1_000), 2, (2_000,)), ToFit(Span(800, 1_800), 2, (1_001,))]
    assert fit(told, length_ms=TITLE_MS) == [Wanted(1), Wanted(1)]


def test_a_word_inside_a_line_that_takes_all_its_time_is_flagged() -> None:
    script = Script((Span(0, 3_000), Span(2_000, 2_400)), ((3_000,), (300,)))
    assert spoken_in_waves(script)[1] == Flagged(
        "another line is spoken until 0:00:03.000, and that leaves no time for it", 0, 300
    )


def test_of_two_who_begin_together_the_one_with_less_to_say_is_first() -> None:
    script = Script((Span(0, 600), Span(0, 5_000)), ((500,), (4_000,)))
    assert [placed(one).span for one in spoken_in_waves(script)] == [Span(0, 500), Span(500, 4_500)]


def test_nothing_is_placed_after_the_end_of_the_title() -> None:
    script = Script((Span(0, 1_000), Span(2_000, 3_000)), ((1_262,), (100,)), length_ms=1_010)
    first, second = spoken_in_waves(script)
    assert placed(first).span == Span(0, 1_010)
    assert second == Flagged("it is said after the end of the title", 0, 100)


def test_the_translation_is_spoken_first_and_another_wording_only_when_it_does_not_fit() -> None:
    slots = (Span(0, 1_000), Span(2_000, 3_000))
    assert fit([ToFit(slot, 3) for slot in slots], length_ms=TITLE_MS) == [Wanted(0), Wanted(0)]
    known = [ToFit(slots[0], 3, (1_000,)), ToFit(slots[1], 3, (1_300,))]
    first, second = fit(known, length_ms=TITLE_MS)
    assert placed(first).outcome is DubOutcome.NATURAL
    assert second == Wanted(1)


def test_utterances_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="order of time"):
        fit([ToFit(Span(5, 6), 1), ToFit(Span(0, 1), 1)], length_ms=10)


@given(scripts())
def test_everything_is_placed_in_the_band_or_flagged_with_a_reason(script: Script) -> None:
    for one, takes in zip(spoken_in_waves(script), script.lengths, strict=True):
        if isinstance(one, Flagged):
            assert one.reason
        else:
            assert 1 <= placed(one).tempo <= ACCEPTED_TEMPO
            assert placed(one).natural_ms == takes[placed(one).wording]
            assert (placed(one).outcome is DubOutcome.BORROWED) == (placed(one).borrowed_ms > 0)


@given(scripts())
def test_what_is_called_natural_is_natural(script: Script) -> None:
    for one in spoken_in_waves(script):
        if isinstance(one, Placed) and one.outcome in {DubOutcome.NATURAL, DubOutcome.ACCEPTED}:
            is_natural = one.natural_ms <= NATURAL_TEMPO * one.span.duration_ms
            assert (one.outcome is DubOutcome.NATURAL) == is_natural
            assert one.wording == 0


@given(scripts())
def test_placements_lie_in_the_title_in_order_and_never_overlap(script: Script) -> None:
    spans = [one.span for one in spoken_in_waves(script) if isinstance(one, Placed)]
    assert all(one.end_ms <= following.start_ms for one, following in itertools.pairwise(spans))
    assert all(span.end_ms <= script.length_ms for span in spans)


@given(scripts())
def test_a_line_begins_with_its_speaker_or_a_little_later(script: Script) -> None:
    for slot, one in zip(script.slots, spoken_in_waves(script), strict=True):
        if isinstance(one, Placed):
            assert slot.start_ms <= one.span.start_ms <= slot.start_ms + LATE_MS


@given(scripts())
def test_what_is_borrowed_is_nobodys(script: Script) -> None:
    for slot, one in zip(script.slots, spoken_in_waves(script), strict=True):
        if isinstance(one, Placed) and one.borrowed_ms:
            borrowed = Span(slot.end_ms, one.span.end_ms)
            assert borrowed.duration_ms == one.borrowed_ms <= BORROW_MS
            assert not any(other.overlap_ms(borrowed) for other in script.slots)
            assert not any(0 <= other.start_ms - borrowed.end_ms < LEAST_GAP_MS for other in script.slots)


@given(scripts())
def test_what_was_asked_in_between_does_not_bear_on_the_end(script: Script) -> None:
    in_waves = spoken_in_waves(script)
    for decided, known in zip(in_waves, fit(script.known, length_ms=script.length_ms), strict=True):
        if isinstance(decided, Flagged) and isinstance(known, Flagged):
            assert decided.reason == known.reason
        else:
            assert decided == known


@given(scripts(overlapping=False))
def test_there_are_no_more_waves_than_wordings(script: Script) -> None:
    told = script.unspoken
    for _ in range(max(len(takes) for takes in script.lengths)):
        told = after_a_wave(told, script)
    assert not any(isinstance(one, Wanted) for one in fit(told, length_ms=script.length_ms))


@given(scripts(overlapping=False), st.integers(1, 3_000), st.data())
def test_silence_between_two_lines_makes_no_line_worse(script: Script, longer_ms: int, data: st.DataObject) -> None:
    for more, less in _with_silence(script, longer_ms, data):
        assert _badness(more) <= _badness(less)


@given(scripts(), st.integers(1, 3_000), st.data())
def test_where_two_talk_at_once_more_time_is_good_for_the_first_line_that_it_changes(
    script: Script, longer_ms: int, data: st.DataObject
) -> None:
    """A line that now has its place may take the place of one that began inside it."""
    changed = [pair for pair in _with_silence(script, longer_ms, data) if _badness(pair[0]) != _badness(pair[1])]
    assert all(_badness(more) < _badness(less) for more, less in changed[:1])


@given(scripts(overlapping=False), st.integers(1, 3_000), st.data())
def test_a_slot_that_ends_later_makes_no_line_worse(script: Script, longer_ms: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(script.slots) - 1))
    slot = script.slots[index]
    following = [other.start_ms for other in script.slots[index + 1 :]]
    end_ms = min([slot.end_ms + longer_ms, *following])
    slots = (*script.slots[:index], Span(slot.start_ms, end_ms), *script.slots[index + 1 :])
    longer = spoken_in_waves(dataclasses.replace(script, slots=slots))
    for more, less in zip(longer, spoken_in_waves(script), strict=True):
        assert _badness(more) <= _badness(less)


@given(scripts(overlapping=False), st.integers(1, 3_000))
def test_a_longer_title_makes_no_line_worse(script: Script, longer_ms: int) -> None:
    longer = spoken_in_waves(dataclasses.replace(script, length_ms=script.length_ms + longer_ms))
    for more, less in zip(longer, spoken_in_waves(script), strict=True):
        assert _badness(more) <= _badness(less)


def _with_silence(script: Script, longer_ms: int, data: st.DataObject) -> list[tuple[Decision, Decision]]:
    """Each line with silence put where nobody speaks, and without it."""
    borders = [0, *(slot.end_ms for slot in script.slots)]
    quiet = [at for at in borders if not any(slot.start_ms < at < slot.end_ms for slot in script.slots)]
    at_ms = data.draw(st.sampled_from(quiet))
    assume(at_ms <= script.length_ms)
    slots = tuple(
        slot if slot.end_ms <= at_ms else Span(slot.start_ms + longer_ms, slot.end_ms + longer_ms)
        for slot in script.slots
    )
    longer = Script(slots, script.lengths, script.length_ms + longer_ms)
    return list(zip(spoken_in_waves(longer), spoken_in_waves(script), strict=True))


def _badness(decision: Decision) -> tuple[int, int, float]:
    """The rung of the ladder; on one rung how many words are lost, then how fast it is."""
    if isinstance(decision, Placed):
        return RANK.index(decision.outcome), decision.wording, decision.tempo
    return RANK.index(DubOutcome.FLAGGED), 0, 0.0
