"""A budget is what can be read in the time that a cue may stay: never less with more time."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.profiles import CaptionProfile, profile
from pipeline.localize.budgets import budgets, readable
from schemas.captions import Cue
from schemas.localize import Line
from schemas.time import Span
from tests.support.lines import cues_of, lines_of

HOUSE = profile("netflix", "es")


@given(st.integers(1, 20_000), st.integers(0, 20_000), st.sampled_from(["netflix", "bbc", "web"]))
def test_more_time_never_means_less_to_read(duration_ms: int, more_ms: int, name: str) -> None:
    house = profile(name, "en")
    assert readable(duration_ms, house) <= readable(duration_ms + more_ms, house)


@pytest.mark.parametrize(
    ("house", "duration_ms", "characters"),
    [
        (profile("netflix", "es"), 2_000, 34),  # 17 characters/s
        (profile("netflix", "es"), 60_000, 84),  # two lines of 42
        (profile("bbc", "en"), 2_000, 40),  # 200 words/min of six characters
        (profile("bbc", "en"), 60_000, 74),  # two lines of 37
    ],
)
def test_a_cue_holds_what_can_be_read_in_its_time(house: CaptionProfile, duration_ms: int, characters: float) -> None:
    assert readable(duration_ms, house) == characters


def budget_of(*spans: Span) -> float:
    """Budget of the first cue, whose speech is as long as it is; the others say nothing."""
    (line,) = lines_of("What is said.")
    lines = [dataclasses.replace(line, span=spans[0])]
    return budgets(lines, [Cue(span, ("x",), "en") for span in spans], HOUSE)[0]


def test_a_cue_may_stay_after_its_speech_as_the_profile_allows() -> None:
    assert budget_of(Span(0, 2_000)) == 42.5  # half a second at 17 characters/s
    assert budget_of(Span(0, 2_000), Span(9_000, 9_500)) == 42.5


def test_a_cue_may_not_stay_into_the_next_one() -> None:
    assert budget_of(Span(0, 2_000), Span(2_084, 3_000)) == 34.0


def test_a_cue_may_come_a_little_early() -> None:
    assert budget_of(Span(1_000, 3_000)) == 44.5  # an eighth of a second more
    assert budget_of(Span(1_000, 3_000), Span(3_084, 4_000)) == 36.0


def test_a_cue_may_not_come_before_the_one_before_has_been_spoken() -> None:
    near, far = (
        [Line(number, number, number, span, None, "What is said.") for number, span in enumerate(spans)]
        for spans in ((Span(0, 950), Span(1_000, 3_000)), (Span(0, 400), Span(1_000, 3_000)))
    )
    assert budgets(near, cues_of(near), HOUSE)[1] == 42.5
    assert budgets(far, cues_of(far), HOUSE)[1] == 44.5


@given(st.lists(st.integers(1, 9_000), min_size=2, max_size=6), st.integers(1, 5_000))
def test_a_later_neighbour_never_means_less_to_read(edges: list[int], later_ms: int) -> None:
    spans = [Span(edge, edge + 800) for edge in sorted({edge // 1_000 * 1_000 for edge in edges})]
    moved = [spans[0], *(Span(span.start_ms + later_ms, span.end_ms + later_ms) for span in spans[1:])]
    assert budget_of(*spans) <= budget_of(*moved)


def test_two_speakers_share_the_time_of_their_cue_by_what_they_say() -> None:
    lines = [dataclasses.replace(line, cue_index=0, span=Span(0, 1_500)) for line in lines_of("123456789", "123")]
    cue = Cue(Span(0, 2_000), ("- 123456789", "- 123"), "en", speakers=("S1", "S2"))
    assert budgets(lines, [cue], HOUSE) == {0: 25.5, 1: 8.5}
