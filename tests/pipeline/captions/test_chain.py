"""The chain of cues finds the cheapest times there are: compared with trying everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.chain import IMPOSSIBLE, solve


class Table:
    """A problem whose costs are written down; a cue may end at any of ``ends`` ticks, or one before the next."""

    def __init__(self, ins: list[list[int]], lengths: list[int], costs: list[int]) -> None:
        self._ins = ins
        self._lengths = lengths
        self._costs = costs

    def ins(self, cue: int) -> Sequence[int]:
        return self._ins[cue]

    def outs(self, cue: int, start: int) -> Iterator[int]:
        yield from (start + length for length in self._lengths)

    def outs_before(self, cue: int, following: int) -> Iterator[int]:
        yield following - 1

    def cue_cost(self, cue: int, start: int, end: int) -> float:
        return self._cost(cue, start, end) if end > start else IMPOSSIBLE

    def pair_cost(self, cue: int, end: int, following: int) -> float:
        return self._cost(end, following) if end <= following else IMPOSSIBLE

    def _cost(self, *at: int) -> float:
        return float(self._costs[sum(n * 7**place for place, n in enumerate(at)) % len(self._costs)])


def cheapest(problem: Table, count: int) -> float:
    """Least cost of all in- and out-times."""
    best = IMPOSSIBLE
    for starts in itertools.product(*(problem.ins(cue) for cue in range(count))):
        options = []
        for cue, start in enumerate(starts):
            chained = list(problem.outs_before(cue, starts[cue + 1])) if cue + 1 < count else []
            options.append([*problem.outs(cue, start), *chained])
        for ends in itertools.product(*options):
            cost = sum(problem.cue_cost(cue, starts[cue], ends[cue]) for cue in range(count))
            cost += sum(problem.pair_cost(cue, ends[cue], starts[cue + 1]) for cue in range(count - 1))
            best = min(best, cost)
    return best


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True), min_size=1, max_size=4),
    st.lists(st.integers(1, 5), min_size=1, max_size=2),
    st.lists(st.integers(0, 20), min_size=5, max_size=23),
)
def test_the_chain_costs_as_little_as_any(ins: list[list[int]], lengths: list[int], costs: list[int]) -> None:
    problem = Table(ins, lengths, costs)
    least = cheapest(problem, len(ins))
    if least == IMPOSSIBLE:
        with pytest.raises(ValueError, match="room"):
            solve(problem, len(ins))
    else:
        times, cost = solve(problem, len(ins))
        assert cost == least
        assert all(start in allowed for (start, _), allowed in zip(times, ins, strict=True))


def test_no_cues_cost_nothing() -> None:
    assert solve(Table([], [1], [0]), 0) == ([], 0.0)
