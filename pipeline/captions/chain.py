"""The best joint choice of in- and out-times for a row of cues: dynamic programming over candidates.

What a choice costs is the caller's business (``timing`` for new cues, ``fix`` for existing ones). Every
cue is decided together with its neighbours, so that no rule is broken to mend another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

IMPOSSIBLE = float("inf")
"""Cost of what must not be."""


class Problem(Protocol):
    """Candidates and costs of a row of cues, in ticks."""

    def ins(self, cue: int) -> Sequence[int]:
        """In-times that a cue may have; at least one."""
        ...

    def outs(self, cue: int, start: int) -> Iterable[int]:
        """Out-times worth trying for a cue that starts at ``start``, whatever follows."""
        ...

    def outs_before(self, cue: int, following: int) -> Iterable[int]:
        """Out-times worth trying because the next cue starts at ``following``."""
        ...

    def cue_cost(self, cue: int, start: int, end: int) -> float:
        """Cost of showing a cue from ``start`` to ``end``."""
        ...

    def pair_cost(self, cue: int, end: int, following: int) -> float:
        """Cost of a cue that ends at ``end`` before one that starts at ``following``."""
        ...


def solve(problem: Problem, count: int) -> tuple[list[tuple[int, int]], float]:
    """In- and out-time of each of ``count`` cues at the least total cost, and that cost.

    Raises:
        ValueError: No choice is possible at all.

    """
    if count == 0:
        return [], 0.0
    reached = dict.fromkeys(problem.ins(0), 0.0)
    steps: list[dict[int, tuple[int, int]]] = []
    for cue in range(count - 1):
        shown = {start: _shown(problem, cue, start) for start in reached}
        onward: dict[int, float] = {}
        step: dict[int, tuple[int, int]] = {}
        for following in problem.ins(cue + 1):
            cost, choice = _best_before(problem, cue, following, reached=reached, shown=shown)
            if choice is not None:
                onward[following], step[following] = cost, choice
        if not onward:
            raise ValueError(f"cue {cue} leaves no room for the next one")
        steps.append(step)
        reached = onward
    return _trace(problem, count, reached, steps)


def _shown(problem: Problem, cue: int, start: int) -> list[tuple[int, float]]:
    """Possible out-times of a cue that starts at ``start``, each with what the cue then costs."""
    costs = {end: problem.cue_cost(cue, start, end) for end in problem.outs(cue, start)}
    return [(end, cost) for end, cost in costs.items() if cost < IMPOSSIBLE]


def _best_before(
    problem: Problem,
    cue: int,
    following: int,
    *,
    reached: dict[int, float],
    shown: dict[int, list[tuple[int, float]]],
) -> tuple[float, tuple[int, int] | None]:
    """Cheapest in- and out-time of a cue when the next one starts at ``following``."""
    best, choice = IMPOSSIBLE, None
    chained = [(end, problem.pair_cost(cue, end, following)) for end in problem.outs_before(cue, following)]
    for start, so_far in reached.items():
        for end, cost in shown[start]:
            total = so_far + cost
            if total < best:
                total += problem.pair_cost(cue, end, following)
                if total < best:
                    best, choice = total, (start, end)
        for end, cost in chained:
            total = so_far + cost
            if total < best:
                total += problem.cue_cost(cue, start, end)
                if total < best:
                    best, choice = total, (start, end)
    return best, choice


def _trace(
    problem: Problem, count: int, reached: dict[int, float], steps: list[dict[int, tuple[int, int]]]
) -> tuple[list[tuple[int, int]], float]:
    """The chosen times, from the last cue back to the first."""
    best, choice = IMPOSSIBLE, None
    for start, so_far in reached.items():
        for end, cost in _shown(problem, count - 1, start):
            if so_far + cost < best:
                best, choice = so_far + cost, (start, end)
    if choice is None:
        raise ValueError("the last cue has no room")
    chosen = [choice]
    for step in reversed(steps):
        chosen.append(step[chosen[-1][0]])
    return chosen[::-1], best
