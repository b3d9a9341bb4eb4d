from __future__ import annotations

import dataclasses

from schemas.figures import Figures
from tests.support.stream import NOTHING
from workers.progress import Pace, Reports, line

BEFORE = dataclasses.replace(NOTHING, answered=100, tokens_in=10_000, tokens_out=500)
NOW = dataclasses.replace(
    NOTHING,
    answered=120,
    failed=1,
    media_ms=3_240_000,
    tokens_in=20_400,
    tokens_out=1_120,
    waiting=296,
    in_flight=64,
    kv_usage=0.41,
)
PACE = Pace(since_start_s=60.0, since_last_s=2.0)


def test_the_line_says_how_much_is_done_how_fast_it_goes_and_how_long_it_takes() -> None:
    told = "120 of 480 answered, 1 failed | 0.9 h | 5200 tokens/s in, 310 out | 64 in flight | KV 41 % | 0:03:00 left"
    assert line(NOW, BEFORE, PACE) == told


def test_nothing_is_promised_before_the_first_answer_nor_after_the_last() -> None:
    loaded = dataclasses.replace(NOTHING, waiting=5)
    assert "left" not in line(loaded, loaded, PACE)
    assert "left" not in line(dataclasses.replace(NOW, waiting=0, in_flight=0), BEFORE, PACE)


def test_two_reports_at_once_have_a_rate() -> None:
    assert "0 tokens/s" in line(NOW, NOW, Pace(since_start_s=0.0, since_last_s=0.0))


def test_what_has_not_changed_is_not_told_again() -> None:
    figures = [NOTHING, NOTHING, BEFORE, BEFORE, NOW]
    coming = iter(figures)
    told: list[Figures] = []
    shown: list[str] = []
    reports = Reports(lambda: next(coming), tell=told.append, show=shown.append)
    for _ in figures:
        reports.now()
    assert told == [NOTHING, BEFORE, NOW]
    assert len(shown) == len(told)
