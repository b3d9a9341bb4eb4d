from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media import rates

BASES = st.sampled_from([Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 12_800), Fraction(1, 30_000)])


@given(st.sampled_from(rates.STANDARD_RATES), BASES, st.integers(2, 3000), st.integers(-5000, 10**9))
def test_a_constant_rate_is_found_exactly_whatever_the_container_rounds_to(
    rate: Fraction, base: Fraction, frames: int, first: int
) -> None:
    pts = np.asarray([first + round(frame / rate / base) for frame in range(frames)], np.int64)
    found = rates.find(pts, base, [])
    assert not found.is_variable
    if frames > 500:  # fewer do not tell 24 from 24000/1001 in whole milliseconds
        assert found.frames_per_s == rate


@given(st.sampled_from(rates.STANDARD_RATES), st.integers(0, 98))
def test_a_missing_frame_makes_the_rate_variable_and_the_nominal_one_stays(rate: Fraction, missing: int) -> None:
    base = Fraction(1, 90_000)
    pts = np.asarray([round(frame / rate / base) for frame in range(100) if frame != missing + 1], np.int64)
    found = rates.find(pts, base, [rate])
    assert found.frames_per_s == rate
    assert found.is_variable == (missing + 1 != 99)  # at the end it is not missed


def test_the_rate_that_the_container_states_wins_where_it_fits() -> None:
    pts = np.asarray([0, 42, 83, 125], np.int64)
    assert rates.find(pts, Fraction(1, 1000), [Fraction(24)]).frames_per_s == 24
    assert rates.find(pts, Fraction(1, 1000), [Fraction(24000, 1001)]).frames_per_s == Fraction(24000, 1001)


@pytest.mark.parametrize("count", [1, 2])
def test_hardly_any_frames_still_have_a_rate(count: int) -> None:
    assert rates.find(np.zeros(count, np.int64), Fraction(1, 1000), []).frames_per_s > 0
