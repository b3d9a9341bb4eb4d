from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media import regions
from schemas.media import LEVEL_STEP_MS, SpeechRegion

probabilities = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.36, 0.4, 0.5, 0.9, 1.0]), st.integers(1, 20)), max_size=40
)


Heard = npt.NDArray[np.float32]


def spread(runs: list[tuple[float, int]]) -> Heard:
    return np.asarray(list(itertools.chain.from_iterable([value] * count for value, count in runs)), np.float32)


def find(*heard: Heard, length_ms: int) -> list[SpeechRegion]:
    finder = regions.RegionFinder()
    for block in heard:
        finder.take(block)
    return finder.finish(length_ms=length_ms)


@given(probabilities, st.integers(-31, 0))
def test_regions_are_in_order_apart_and_inside_the_asset(runs: list[tuple[float, int]], cut_ms: int) -> None:
    heard = spread(runs)
    length_ms = max(1, heard.size * LEVEL_STEP_MS + cut_ms)
    found = find(heard, length_ms=length_ms)
    assert all(region.span.start_ms >= 0 and region.span.end_ms <= length_ms for region in found)
    assert all(before.span.end_ms < after.span.start_ms for before, after in itertools.pairwise(found))
    assert all(0 <= region.confidence <= 1 for region in found)


@given(probabilities)
def test_what_is_surely_speech_for_long_enough_is_in_a_region(runs: list[tuple[float, int]]) -> None:
    heard = spread(runs)
    found = find(heard, length_ms=max(1, heard.size * LEVEL_STEP_MS))
    at = 0
    for value, count in runs:
        if value >= regions.OPEN_PROBABILITY and count * LEVEL_STEP_MS >= regions.MIN_SPEECH_MS:
            start_ms, end_ms = at * LEVEL_STEP_MS, (at + count) * LEVEL_STEP_MS
            assert any(region.span.start_ms <= start_ms and region.span.end_ms >= end_ms for region in found)
        at += count


def test_a_region_has_its_padding_on_both_sides() -> None:
    (region,) = find(spread([(0.0, 20), (0.9, 10), (0.0, 20)]), length_ms=50 * LEVEL_STEP_MS)
    assert region.span.start_ms == 20 * LEVEL_STEP_MS - regions.PAD_MS
    assert region.span.end_ms == 30 * LEVEL_STEP_MS + regions.PAD_MS


def test_a_short_pause_does_not_split_and_a_long_one_does() -> None:
    short, long = regions.MIN_SILENCE_MS // LEVEL_STEP_MS - 1, regions.MIN_SILENCE_MS // LEVEL_STEP_MS + 6
    for pause, count in ((short, 1), (long, 2)):
        heard = spread([(0.9, 10), (0.0, pause), (0.9, 10)])
        assert len(find(heard, length_ms=heard.size * LEVEL_STEP_MS)) == count


def test_a_click_is_no_speech() -> None:
    assert find(spread([(0.0, 9), (0.99, 2), (0.0, 9)]), length_ms=640) == []


@given(probabilities, st.lists(st.integers(0, 300), max_size=8))
def test_regions_do_not_depend_on_the_blocks_in_which_answers_come(
    runs: list[tuple[float, int]], cuts: list[int]
) -> None:
    heard = spread(runs)
    length_ms = max(1, heard.size * LEVEL_STEP_MS)
    assert find(*np.split(heard, sorted(cuts)), length_ms=length_ms) == find(heard, length_ms=length_ms)
