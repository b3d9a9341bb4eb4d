"""Ticks: frames where there is a usable rate, milliseconds where there is none."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.grid import FASTEST_RATE, SLOWEST_RATE, Grid, grid_for
from pipeline.captions.profiles import profile
from pipeline.captions.timerules import time_rules
from schemas.time import frame_to_ms

SCALED = [  # rate, 5/6 s, 7 s, half a second, gap: Netflix's guide for 24 and 29.97, its rule for the others
    (Fraction(24), 20, 168, 12, 2),
    (Fraction(24000, 1001), 20, 168, 12, 2),
    (Fraction(25), 21, 175, 12, 2),
    (Fraction(30000, 1001), 25, 210, 15, 2),
    (Fraction(30), 25, 210, 15, 2),
    (Fraction(50), 42, 350, 25, 2),
    (Fraction(60000, 1001), 50, 420, 30, 2),
    (None, 833, 7007, 500, 83),
]


@pytest.mark.parametrize(("rate", "shortest", "longest", "half", "gap"), SCALED)
def test_limits_scale_with_the_rate_as_the_guide_says(
    rate: Fraction | None, shortest: int, longest: int, half: int, gap: int
) -> None:
    rules = time_rules(profile("netflix", "en"), rate=rate, cuts_ms=[])
    assert (rules.min_ticks, rules.max_ticks, rules.open_ticks, rules.gap_ticks) == (shortest, longest, half, gap)
    assert (rules.zone_in_ticks, rules.zone_out_ticks, rules.tail_ticks) == (half, half, half)


@pytest.mark.parametrize("rate", [None, Fraction(1), Fraction(10), Fraction(1000)])
def test_a_rate_that_frames_cannot_serve_is_milliseconds(rate: Fraction | None) -> None:
    assert grid_for(rate) == Grid(None)


@given(st.fractions(SLOWEST_RATE, FASTEST_RATE), st.integers(0, 10_000), st.integers(0, 100_000))
def test_ticks_are_the_frames_of_a_picture_that_begins_late(rate: Fraction, first_frame_ms: int, frame: int) -> None:
    grid = grid_for(rate, first_frame_ms=first_frame_ms)
    at_ms = first_frame_ms + frame_to_ms(frame, rate)
    assert abs(grid.ms(grid.tick(at_ms)) - at_ms) <= 1
    assert grid.ms(0) * rate < 1000 + rate  # less than a frame, rounded
    assert grid.tick(grid.ms(frame)) == frame


@given(st.fractions(SLOWEST_RATE, FASTEST_RATE), st.integers(0, 36_000_000))
def test_the_last_tick_of_a_title_starts_inside_it(rate: Fraction, length_ms: int) -> None:
    grid = grid_for(rate)
    last = grid.last_tick(length_ms)
    assert grid.ms(last) <= length_ms < grid.ms(last + 1)


def test_limits_that_are_not_times_have_no_ticks() -> None:
    limit = profile("netflix", "en").limits[0]
    with pytest.raises(ValueError, match="not a time"):
        grid_for(None).ticks(limit)
