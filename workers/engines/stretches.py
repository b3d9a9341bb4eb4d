"""Stretches of speech and the voices they go to: what every diarizer does once it knows the voices of a recording."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas.speech import Turn
from schemas.time import Span


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech that goes to one voice."""

    span: Span
    """When."""

    voice: int | None
    """Which of the known voices; None when unsure."""

    confidence: float
    """How sure, 0 to 1."""


def best_path(scores: npt.NDArray[np.float64], *, change_cost: float) -> npt.NDArray[np.int64]:
    """The best voice of each block when a change costs ``change_cost`` (Viterbi).

    ``scores`` has shape ``(blocks, voices)``, at least one of each, the higher the better; the path ``(blocks,)``.
    """
    blocks, count = scores.shape
    came_from = np.zeros((blocks, count), dtype=np.int64)
    best = scores[0].copy()
    for block in range(1, blocks):
        other = int(best.argmax())
        stays = best >= best[other] - change_cost
        came_from[block] = np.where(stays, np.arange(count), other)
        best = np.where(stays, best, best[other] - change_cost) + scores[block]
    path = np.zeros(blocks, dtype=np.int64)
    path[-1] = int(best.argmax())
    for block in range(blocks - 1, 0, -1):
        path[block - 1] = came_from[block, path[block]]
    return path


def runs(path: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """First block of each run of one voice, and the first after it."""
    edges = [0, *(int(block) + 1 for block in np.flatnonzero(np.diff(path))), len(path)]
    return itertools.pairwise(edges)


def joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Neighbours of one voice as one stretch; they must touch."""
    for _, group in itertools.groupby(stretches, key=lambda stretch: stretch.voice):
        run = list(group)
        span = Span(run[0].span.start_ms, run[-1].span.end_ms)
        weighted = sum(one.confidence * one.span.duration_ms for one in run)
        yield Stretch(span, run[0].voice, float(weighted / span.duration_ms))


def turns(stretches: Sequence[Stretch]) -> list[Turn]:
    """Turns with names in order of appearance: S1, S2, …"""
    order = list(dict.fromkeys(stretch.voice for stretch in stretches if stretch.voice is not None))
    names = {voice: f"S{number}" for number, voice in enumerate(order, start=1)}
    return [
        Turn(one.span, None if one.voice is None else names[one.voice], round(one.confidence, 3)) for one in stretches
    ]


def cut_up(span: Span, parts: int) -> Iterator[Span]:
    """``span`` in so many equal parts, but never less than one."""
    count = max(1, parts)
    edges = [span.start_ms + span.duration_ms * part // count for part in range(count + 1)]
    return (Span(start_ms, end_ms) for start_ms, end_ms in itertools.pairwise(edges))


def evenly(spans: Sequence[Span], *, most: int) -> Sequence[Span]:
    """``most`` of the spans, evenly over all; all where there are fewer."""
    if len(spans) <= most:
        return spans
    chosen = np.linspace(0, len(spans) - 1, most).round().astype(int)
    return [spans[index] for index in chosen]
