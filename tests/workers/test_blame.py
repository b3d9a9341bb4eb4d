from __future__ import annotations

import math
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from workers.blame import FORGIVEN_AFTER, SICK_DEATHS, Blame


def deaths_until_found(company: list[str], poison: str) -> tuple[int, list[str]]:
    """How often an engine dies until ``poison`` is set aside, and who was set aside."""
    blame = Blame()
    waiting = deque([tuple(company)])
    deaths = 0
    aside: list[str] = []
    while waiting:
        asked = waiting.popleft()
        if poison in asked:
            deaths += 1
            verdict = blame.died(asked)
            assert not verdict.is_sick
            aside += verdict.set_aside
            waiting.extend(verdict.companies)
        else:
            blame.answered(asked)
    return deaths, aside


@given(st.integers(1, 300), st.data())
def test_the_request_that_kills_is_found_and_nobody_else_is_set_aside(size: int, data: st.DataObject) -> None:
    company = [f"r{number}" for number in range(size)]
    poison = data.draw(st.sampled_from(company))
    deaths, aside = deaths_until_found(company, poison)
    assert aside == [poison]
    assert deaths <= max(2, math.ceil(math.log2(size)) + 1)


@given(st.lists(st.integers(0, 99).map(str), min_size=1, unique=True))
def test_nobody_is_lost_or_doubled_by_a_verdict(started: list[str]) -> None:
    verdict = Blame().died(started)
    assert [one for company in verdict.companies for one in company] + list(verdict.set_aside) == started


def test_deaths_on_unrelated_requests_mean_a_sick_machine() -> None:
    blame = Blame()
    verdicts = [blame.died([f"r{number}"]) for number in range(SICK_DEATHS)]
    assert [verdict.is_sick for verdict in verdicts] == [False] * (SICK_DEATHS - 1) + [True]


def test_deaths_of_an_idle_engine_mean_a_sick_machine() -> None:
    blame = Blame()
    assert [blame.died([]).is_sick for _ in range(SICK_DEATHS)][-1]


@given(st.integers(1, 1024))
def test_a_machine_that_answers_nothing_is_known_to_be_sick_before_many_are_set_aside(size: int) -> None:
    blame = Blame()
    waiting = deque([tuple(f"r{number}" for number in range(size))])
    aside: list[str] = []
    deaths = 0
    is_sick = False
    while waiting and not is_sick:
        verdict = blame.died(waiting.popleft())
        deaths += 1
        aside += verdict.set_aside
        waiting.extendleft(reversed(verdict.companies))
        is_sick = verdict.is_sick
    assert len(aside) == min(size, SICK_DEATHS)
    assert is_sick == (size >= SICK_DEATHS)
    assert deaths <= math.ceil(math.log2(size)) + 2 * SICK_DEATHS


def test_what_was_answered_is_no_longer_suspect() -> None:
    blame = Blame()
    assert blame.died(["a", "b"]).companies == (("a",), ("b",))
    blame.answered(["a"])
    assert blame.died(["a"]).set_aside == ()


def test_bad_requests_among_many_good_ones_do_not_make_a_machine_sick() -> None:
    blame = Blame()
    for number in range(10 * SICK_DEATHS):
        assert not blame.died([f"r{number}"]).is_sick
        assert not blame.died([f"r{number}"]).is_sick
        blame.answered([f"good{n}" for n in range(FORGIVEN_AFTER)])
