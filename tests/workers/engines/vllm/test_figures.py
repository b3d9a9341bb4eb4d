from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.vllm.figures import Meter

ROUNDING_S = 1e-9


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_time_with_work_and_none_at_the_engine_is_idle_and_without_work_it_is_neither() -> None:
    clock = Clock()
    meter = Meter(clock=clock)
    clock.now_s += 5  # nothing to do
    meter.arrived()
    clock.now_s += 2  # being prepared
    with meter.at_engine(10, is_retry=False):
        clock.now_s += 7
        assert meter.figures().in_flight == 1
    clock.now_s += 1  # its answer is being read
    meter.answered(is_failed=False, media_ms=30_000)
    clock.now_s += 50
    found = meter.figures()
    assert (found.busy_s, found.idle_s) == (7, 3)
    assert (found.answered, found.failed, found.media_ms, found.in_flight, found.waiting) == (1, 0, 30_000, 0, 0)


def test_an_engine_with_less_than_half_of_what_it_could_have_waits_for_its_feeder_though_it_is_busy() -> None:
    clock = Clock()
    meter = Meter(slots=4, clock=clock)
    for _ in range(8):
        meter.arrived()
    with meter.at_engine(10, is_retry=False):
        clock.now_s += 4
        found = meter.figures()
        assert (found.busy_s, found.idle_s, found.waiting, found.in_flight) == (4, 4, 7, 8)
        with meter.at_engine(10, is_retry=False):
            clock.now_s += 3
            assert (meter.figures().busy_s, meter.figures().idle_s) == (7, 4)


def test_an_engine_that_takes_no_more_does_not_wait_for_its_feeder() -> None:
    clock = Clock()
    meter = Meter(slots=64, clock=clock)
    for _ in range(100):
        meter.arrived()
    with meter.at_engine(10, is_retry=False):
        with meter.at_gate():
            clock.now_s += 4
        assert meter.figures().idle_s == 0
        clock.now_s += 1
        assert meter.figures().idle_s == 1


def test_an_engine_that_has_all_the_work_there_is_does_not_wait_for_its_feeder() -> None:
    clock = Clock()
    meter = Meter(slots=64, clock=clock)
    meter.arrived()
    with meter.at_engine(10, is_retry=False):
        clock.now_s += 4
        assert meter.figures().idle_s == 0


def test_requests_that_are_lost_are_not_answered() -> None:
    meter = Meter(clock=Clock())
    meter.arrived()
    meter.lost()
    assert (meter.figures().answered, meter.figures().in_flight) == (0, 0)


@given(
    st.lists(
        st.tuples(st.integers(1, 5_000), st.floats(0, 5), st.integers(0, 3)),
        min_size=1,
        max_size=25,
    )
)
def test_all_shares_together_are_the_time_in_which_the_engine_was_busy(
    asked: list[tuple[int, float, int]],
) -> None:
    clock = Clock()
    meter = Meter(clock=clock)
    paid_s = 0.0
    there: list[tuple[int, ExitStack]] = []
    for tokens, passed_s, leaving in [*asked, (1, 1.0, 1_000)]:
        stack = ExitStack()
        stack.enter_context(meter.at_engine(tokens, is_retry=False))
        there.append((tokens, stack))
        clock.now_s += passed_s
        for _ in range(min(leaving, len(there))):
            gone, stack = there.pop(0)
            share_s = meter.paid(gone, tokens_in=gone, tokens_out=0, tokens_cached=0)
            assert share_s >= 0
            paid_s += share_s
            stack.close()
    assert paid_s == pytest.approx(meter.figures().busy_s, abs=ROUNDING_S)


def test_a_question_pays_by_its_tokens() -> None:
    clock = Clock()
    meter = Meter(clock=clock)
    with meter.at_engine(300, is_retry=False), meter.at_engine(100, is_retry=True):
        clock.now_s += 8
        assert meter.paid(300, tokens_in=250, tokens_out=50, tokens_cached=128) == pytest.approx(6)
    found = meter.figures()
    assert (found.tokens_in, found.tokens_out, found.tokens_cached, found.retries) == (250, 50, 128, 1)


def test_an_engine_that_says_nothing_is_noticed() -> None:
    clock = Clock()
    meter = Meter(clock=clock)
    clock.now_s += 3
    meter.stepped(kv_usage=0.5, preemptions=2)
    clock.now_s += 4
    assert meter.silent_s == 4
    meter.stepped(kv_usage=None, preemptions=0)
    assert (meter.figures().kv_usage, meter.figures().preemptions, meter.silent_s) == (0.5, 2, 0)
