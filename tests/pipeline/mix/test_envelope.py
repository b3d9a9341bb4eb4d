from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mix.envelope import Envelope
from schemas.time import Span

BEFORE_MS, AFTER_MS, HOLD_MS = 250, 600, 400
STEEPEST = np.pi / 2 / (BEFORE_MS * 48)
"""Slope of a raised cosine in its middle, per sample."""

spans = st.lists(
    st.builds(lambda start, length: Span(start, start + length), st.integers(0, 9_000), st.integers(1, 3_000)),
    max_size=6,
)


def envelope(of: list[Span]) -> Envelope:
    return Envelope(of, before_ms=BEFORE_MS, after_ms=AFTER_MS, hold_ms=HOLD_MS)


def test_it_is_up_where_a_span_begins_and_comes_down_after_it() -> None:
    curve = envelope([Span(1_000, 2_000)]).curve(0, 4_000 * 48)
    assert not curve[: 750 * 48 + 1].any()
    assert (curve[1_000 * 48 : 2_000 * 48 + 1] == 1).all()
    assert not curve[2_600 * 48 :].any()
    assert abs(curve[875 * 48] - 0.5) < 1e-6, "half way up in the middle of the ramp"
    assert abs(curve[2_300 * 48] - 0.5) < 1e-6


def test_it_stays_up_between_neighbours() -> None:
    longest_ms = BEFORE_MS + HOLD_MS + AFTER_MS
    near = envelope([Span(1_000, 2_000), Span(2_000 + longest_ms, 5_000)]).curve(1_000 * 48, 4_000 * 48)
    far = envelope([Span(1_000, 2_000), Span(2_001 + longest_ms, 5_000)]).curve(1_000 * 48, 4_000 * 48)
    assert (near == 1).all()
    assert far.min() == 0


def test_a_span_at_the_start_is_up_at_once() -> None:
    assert envelope([Span(0, 500)]).curve(0, 1)[0] == 1


@given(spans, st.integers(1, 480_000), st.integers(1, 48_000))
def test_blocks_put_together_are_the_whole(of: list[Span], first: int, count: int) -> None:
    made = envelope(of)
    whole = made.curve(0, 600_000)
    assert (made.curve(first, count) == whole[first : first + count]).all()


@given(spans)
def test_it_is_one_in_every_span_and_has_no_step(of: list[Span]) -> None:
    curve = envelope(of).curve(0, 13_000 * 48)
    assert all((curve[span.start_ms * 48 : span.end_ms * 48] == 1).all() for span in of)
    assert np.abs(np.diff(curve)).max() <= STEEPEST * 1.01
    assert ((curve >= 0) & (curve <= 1)).all()
