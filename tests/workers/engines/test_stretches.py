from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from schemas.time import Span
from workers.engines.stretches import Stretch, best_path, cut_up, evenly, joined, runs, turns

SCORES = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 3)),
    elements=st.floats(-10, 10, allow_nan=False, width=16),
)
TOLERANCE = 1e-9  # sums in another order


def gain(scores: npt.NDArray[np.float64], path: npt.NDArray[np.int64], cost: float) -> float:
    return float(scores[np.arange(len(path)), path].sum() - cost * np.count_nonzero(np.diff(path)))


@given(SCORES, st.floats(0, 10))
def test_no_path_gains_more_than_the_best(scores: npt.NDArray[np.float64], cost: float) -> None:
    blocks, voices = scores.shape
    others = (np.array(path) for path in itertools.product(range(voices), repeat=blocks))
    best = gain(scores, best_path(scores, change_cost=cost), cost)
    assert best >= max(gain(scores, path, cost) for path in others) - TOLERANCE


def test_a_change_that_costs_more_than_it_gains_is_not_made() -> None:
    scores = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert best_path(scores, change_cost=0.6).tolist() == [0, 0, 0]
    assert best_path(scores, change_cost=0.4).tolist() == [0, 1, 0]


@given(st.lists(st.integers(0, 2), min_size=1, max_size=20))
def test_runs_are_the_path_cut_where_it_changes(voices: list[int]) -> None:
    found = list(runs(np.array(voices)))
    assert [block for first, end in found for block in range(first, end)] == list(range(len(voices)))
    assert all(len(set(voices[first:end])) == 1 for first, end in found)
    assert all(voices[end - 1] != voices[end] for _, end in found[:-1])


def test_neighbours_of_one_voice_are_joined_and_their_confidence_weighs_by_length() -> None:
    said = [Stretch(Span(0, 1_000), 3, 1.0), Stretch(Span(1_000, 4_000), 3, 0.6), Stretch(Span(4_000, 5_000), None, 0)]
    first, second = joined(said)
    assert (first.span, first.voice, round(first.confidence, 6)) == (Span(0, 4_000), 3, 0.7)
    assert second == said[2]


def test_speakers_are_named_in_order_of_appearance_whatever_their_voices_number() -> None:
    voices = (None, 7, 2, 7, None, 0)
    said = [Stretch(Span(n, n + 1), voice, 0.9) for n, voice in enumerate(voices)]
    assert [turn.speaker for turn in turns(said)] == [None, "S1", "S2", "S1", None, "S3"]


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.integers(-1, 50))
def test_the_parts_of_a_span_are_equal_and_cover_it(start_ms: int, length_ms: int, count: int) -> None:
    span = Span(start_ms, start_ms + max(length_ms, count))
    parts = list(cut_up(span, count))
    assert len(parts) == max(1, count)
    assert (parts[0].start_ms, parts[-1].end_ms) == (span.start_ms, span.end_ms)
    assert all(first.end_ms == second.start_ms for first, second in itertools.pairwise(parts))
    lengths = {part.duration_ms for part in parts}
    assert max(lengths) - min(lengths) <= 1


@given(st.integers(0, 200), st.integers(2, 50))
def test_the_chosen_spans_are_in_order_and_reach_from_the_first_to_the_last(count: int, most: int) -> None:
    spans = [Span(n, n + 1) for n in range(count)]
    chosen = list(evenly(spans, most=most))
    assert len(chosen) == min(count, most)
    assert chosen == sorted(set(chosen))
    assert chosen[:1] == spans[:1]
    assert chosen[-1:] == spans[-1:]
