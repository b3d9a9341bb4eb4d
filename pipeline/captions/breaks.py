"""Where the lines of a cue break: the syntactically best place, within the width, bottom-heavy.

One line while the text fits on one. Two lines are found by trying every break; more only when two
cannot hold the text, which ``lint`` then reports.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pipeline.captions.tokens import Token, joined

TOP_HEAVY = 10.0
"""Extra cost of a first line that is longer than the second by the whole width; in proportion. Guides ask for a
pyramid."""

UNEVEN = 70.0
"""Cost of two lines whose lengths differ by the whole width; it grows with the square of the difference. Set so
that a break at a clause wins over even lines as long as the shorter line has a third of the longer one."""

EXTRA_LINE = 1000.0
"""Cost of one more line, where more than two are needed: as few as possible."""


def lines(tokens: Sequence[Token], *, width: float) -> tuple[str, ...]:
    """Display lines of a text; more than two only when it does not fit on two.

    ``width`` is in characters as the tokens were measured. No token may be wider.
    """
    offsets, joiners = measured(tokens)
    count = len(tokens)
    if count == 0:
        return ()
    if offsets[count] <= width:
        return (joined(tokens),)
    costs = [token.break_cost for token in tokens]
    at, _ = best_break(offsets, joiners, costs, (0, count), width=width)
    if at is not None:
        return joined(tokens[:at]), joined(tokens[at:])
    cuts = [0, *_many(offsets, joiners, costs, width=width), count]
    return tuple(joined(tokens[start:end]) for start, end in itertools.pairwise(cuts))


def measured(tokens: Sequence[Token]) -> tuple[list[float], list[float]]:
    """Running width before each token with joiners (one longer than the tokens), and the joiner before each.

    The width of ``tokens[i:j]`` on one line is ``offsets[j] - offsets[i] - joiners[i]``.
    """
    offsets = [0.0]
    joiners: list[float] = []
    for token in tokens:
        joiners.append(token.joiner_width)
        offsets.append(offsets[-1] + token.joiner_width + token.width)
    return offsets, joiners


def best_break(
    offsets: Sequence[float], joiners: Sequence[float], costs: Sequence[float], part: tuple[int, int], *, width: float
) -> tuple[int | None, float]:
    """First token of the second line and what that break costs; None when two lines do not hold the part."""
    start, end = part
    base = offsets[start] + joiners[start]
    best: int | None = None
    best_cost = float("inf")
    for at in range(end - 1, start, -1):
        bottom = offsets[end] - offsets[at] - joiners[at]
        if bottom > width:
            break
        top = offsets[at] - base
        if top > width:
            continue
        cost = costs[at - 1] + shape_cost(top, bottom, width)
        if cost < best_cost:
            best, best_cost = at, cost
    return best, best_cost


def shape_cost(top: float, bottom: float, width: float) -> float:
    """Cost of the shape of two lines: even is best, then bottom-heavy."""
    slope = (top - bottom) / width
    return UNEVEN * slope * slope + (TOP_HEAVY * slope if slope > 0 else 0.0)


def _many(offsets: Sequence[float], joiners: Sequence[float], costs: Sequence[float], *, width: float) -> list[int]:
    """Breaks of a text that needs more than two lines: fewest lines, then the best breaks and even lines."""
    count = len(offsets) - 1
    best = [0.0] + [float("inf")] * count
    came_from = [0] * (count + 1)
    for end in range(1, count + 1):
        for start in range(end - 1, -1, -1):
            length = offsets[end] - offsets[start] - joiners[start]
            if length > width and start < end - 1:
                break
            ragged = UNEVEN * (1 - length / width) ** 2 if end < count else 0.0
            cost = best[start] + EXTRA_LINE + ragged + (costs[end - 1] if end < count else 0.0)
            if cost < best[end]:
                best[end], came_from[end] = cost, start
    breaks = []
    at = came_from[count]
    while at > 0:
        breaks.append(at)
        at = came_from[at]
    return breaks[::-1]
