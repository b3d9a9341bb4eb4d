from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.partition import GROUP_COST, cheapest_groups

LIMIT = 100

pieces = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60), st.integers(0, 3 * GROUP_COST)), max_size=9)


def laid_out(row: list[tuple[int, int, int]]) -> tuple[list[int], list[int], list[int]]:
    """Begins, ends and cut costs of pieces given as gap before, length, cost."""
    begins, ends, at = [], [], 0
    for gap, length, _ in row:
        begins.append(at + gap)
        at += gap + length
        ends.append(at)
    return begins, ends, [cost for _, _, cost in row]


def total_cost(firsts: list[int], begins: list[int], ends: list[int], costs: list[int]) -> float:
    total = 0
    for first, end in itertools.pairwise([*firsts, len(begins)]):
        unused = LIMIT - (ends[end - 1] - begins[first])
        if unused < 0:
            return float("inf")
        total += GROUP_COST + GROUP_COST * unused * unused // (LIMIT * LIMIT) + (costs[first] if first else 0)
    return total


@given(pieces)
def test_no_way_to_cut_is_cheaper(row: list[tuple[int, int, int]]) -> None:
    begins, ends, costs = laid_out(row)
    found = cheapest_groups(np.array(begins), np.array(ends), np.array(costs), limit=LIMIT)
    inner = range(1, len(row))
    ways = ([0, *cuts] for count in range(len(row)) for cuts in itertools.combinations(inner, count))
    best = min((total_cost(way, begins, ends, costs) for way in ways), default=0)
    assert total_cost(found, begins, ends, costs) == best


def test_a_piece_beyond_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="size 101 exceeds the limit of 100"):
        cheapest_groups(np.array([0]), np.array([101]), np.array([0]), limit=LIMIT)
