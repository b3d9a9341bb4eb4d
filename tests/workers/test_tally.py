from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.figures import Figures
from tests.support.stream import NOTHING
from workers import tally
from workers.tally import Tally

COUNTED = ("answered", "failed", "media_ms", "tokens_in", "tokens_out", "tokens_cached", "retries", "preemptions")
WORDS = st.lists(st.one_of(st.none(), st.integers(0, 100)), max_size=30)  # None: the worker ended


@given(WORDS)
def test_counts_never_fall_however_often_the_worker_is_started_again(words: list[int | None]) -> None:
    one = Tally()
    before, grown = 0, 0
    expected = 0
    for word in words:
        if word is None:
            one.ended()
            expected, grown = expected + grown, 0
            continue
        grown += word
        one.heard(dataclasses.replace(NOTHING, **dict.fromkeys(COUNTED, grown), in_flight=1))
        now = one.total()
        assert now is not None
        assert {getattr(now, name) for name in COUNTED} == {expected + grown}
        assert now.answered >= before
        before = now.answered


def test_nothing_is_said_before_the_first_word() -> None:
    one = Tally()
    assert one.total() is None
    one.ended()
    assert one.total() is None


def test_nothing_waits_at_a_worker_that_has_ended() -> None:
    one = Tally()
    one.heard(dataclasses.replace(NOTHING, answered=3, busy_s=2.0, waiting=5, in_flight=4, kv_usage=0.5))
    one.ended()
    assert one.total() == dataclasses.replace(NOTHING, answered=3, busy_s=2.0)


def test_places_are_added_up_and_the_fullest_cache_counts() -> None:
    first = dataclasses.replace(NOTHING, answered=3, busy_s=2.0, waiting=5, kv_usage=0.5)
    second = dataclasses.replace(NOTHING, answered=4, idle_s=1.5, in_flight=2, kv_usage=0.25)
    assert tally.total([first, second]) == dataclasses.replace(
        NOTHING, answered=7, busy_s=2.0, idle_s=1.5, waiting=5, in_flight=2, kv_usage=0.5
    )


@pytest.mark.parametrize(
    ("figures", "is_wrong"),
    [
        (dataclasses.replace(NOTHING, answered=1_000, preemptions=10), False),
        (dataclasses.replace(NOTHING, answered=1_000, preemptions=11), True),
        (dataclasses.replace(NOTHING, answered=10, preemptions=5), False),
    ],
)
def test_more_than_one_preemption_in_a_hundred_answers_is_too_many(figures: Figures, is_wrong: bool) -> None:
    assert tally.too_many_preempted(figures) is is_wrong


@pytest.mark.parametrize(
    ("figures", "is_wrong"),
    [
        (dataclasses.replace(NOTHING, busy_s=100.0, idle_s=10.0), False),
        (dataclasses.replace(NOTHING, busy_s=100.0, idle_s=10.5), True),
        (dataclasses.replace(NOTHING, busy_s=30.0, idle_s=30.0), False),
    ],
)
def test_an_engine_that_waits_a_tenth_of_its_busy_time_is_too_idle(figures: Figures, is_wrong: bool) -> None:
    assert tally.too_idle(figures) is is_wrong
