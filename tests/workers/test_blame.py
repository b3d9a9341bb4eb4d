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
            blame.answered(len(asked))
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


def test_bad_requests_among_many_good_ones_do_not_make_a_machine_sick() -> None:
    blame = Blame()
    for number in range(10 * SICK_DEATHS):
        assert not blame.died([f"r{number}"]).is_sick
        assert not blame.died([f"r{number}"]).is_sick
        blame.answered(FORGIVEN_AFTER)
