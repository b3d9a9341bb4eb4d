"""The cheapest way to cut a row of pieces into groups of bounded size: chunks of speech, windows of shots.

An optimisation over all ways to cut, not a greedy walk: a group costs one unit, more the less it
fills the limit (so that groups are few and alike), and each cut has a cost of its own. Deterministic:
whole numbers, and of two equally cheap ways the one with the longer last group.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

GROUP_COST = 1_000
"""Cost of one more group, and of an empty one's unused size: the unit in which cuts are priced."""


def cheapest_groups(
    begins: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    cut_costs: npt.NDArray[np.int64],
    *,
    limit: int,
) -> list[int]:
    """First piece of each group, ascending; the first is 0, and none for no pieces.

    Time is linear in the pieces, times what one NumPy operation over a group's pieces takes.

    Args:
        begins: Shape ``(n,)``: where a group begins that begins with the piece; must not decrease.
        ends: Shape ``(n,)``: where a group ends that ends with the piece; must not decrease.
        cut_costs: Shape ``(n,)``: cost of a cut before the piece; the first one is not used.
        limit: Size that ``ends[last] - begins[first]`` of a group must not exceed.

    Raises:
        ValueError: A piece alone exceeds the limit.
    """
    count = len(begins)
    if count == 0:
        return []
    if int((ends - begins).max()) > limit:
        raise ValueError(f"a piece of size {int((ends - begins).max())} exceeds the limit of {limit}")
    earliest = np.searchsorted(begins, ends - limit, side="left")
    best = np.zeros(count + 1, dtype=np.int64)
    before = np.zeros(count, dtype=np.int64)  # cheapest cover of all before a piece, with the cut that follows it
    chosen = np.zeros(count, dtype=np.int64)
    for last in range(count):
        if last:
            before[last] = best[last] + cut_costs[last]
        first = int(earliest[last])
        unused = limit - (ends[last] - begins[first : last + 1])
        costs = before[first : last + 1] + GROUP_COST + GROUP_COST * unused * unused // (limit * limit)
        cheapest = int(np.argmin(costs))
        best[last + 1] = costs[cheapest]
        chosen[last] = first + cheapest
    firsts: list[int] = []
    end = count
    while end > 0:
        end = int(chosen[end - 1])
        firsts.append(end)
    return firsts[::-1]
