from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.chunks import CHUNK_LIMIT_MS, LONGEST_PAUSE_MS, SEAM_MS, SHORTEST_LIMIT_MS, plan_chunks
from schemas.media import LEVEL_STEP_MS, SpeechRegion
from schemas.plan import Chunk, CutReason
from schemas.time import Span, merged

SPEECH_DBFS = -20.0


def region(start_ms: int, end_ms: int) -> SpeechRegion:
    return SpeechRegion(Span(start_ms, end_ms), 0.9)


def loud(length_ms: int, *quiet_ms: int) -> npt.NDArray[np.float32]:
    """An envelope of speech with dips of about 0.1 s around the given instants, each 1 dB deeper than the last."""
    levels = np.full(-(-length_ms // LEVEL_STEP_MS), SPEECH_DBFS, dtype=np.float32)
    for depth, at_ms in enumerate(quiet_ms):
        step = at_ms // LEVEL_STEP_MS
        levels[step - 1 : step + 2] = -50.0 - depth
    return levels


@st.composite
def titles(draw: st.DrawFn) -> tuple[list[SpeechRegion], int]:
    """Regions of speech in a title, some longer than any chunk, some apart by more than any pause."""
    steps = st.tuples(st.integers(0, 2 * LONGEST_PAUSE_MS), st.integers(1, 5_000) | st.integers(1, 3 * CHUNK_LIMIT_MS))
    at_ms, regions = 0, []
    for pause_ms, speech_ms in draw(st.lists(steps, max_size=30)):
        regions.append(region(at_ms + pause_ms, at_ms + pause_ms + speech_ms))
        at_ms += pause_ms + speech_ms
    return regions, at_ms + draw(st.integers(1, 5_000))


def levels_of(length_ms: int, seed: int) -> npt.NDArray[np.float32]:
    count = -(-length_ms // LEVEL_STEP_MS)
    return np.random.default_rng(seed).uniform(-60, -10, count).astype(np.float32)


limits = st.sampled_from([SHORTEST_LIMIT_MS, 17_003, CHUNK_LIMIT_MS, 180_000])


@given(titles(), limits, st.integers(0, 99))
def test_chunks_hold_all_speech_and_keep_every_promise(
    title: tuple[list[SpeechRegion], int], limit_ms: int, seed: int
) -> None:
    regions, length_ms = title
    chunks = plan_chunks(regions, levels_of(length_ms, seed), length_ms=length_ms, limit_ms=limit_ms)
    speech = list(merged(r.span for r in regions))
    for span in speech:
        assert sum(span.overlap_ms(chunk.span) for chunk in chunks) == span.duration_ms
    assert [chunk.chunk_index for chunk in chunks] == list(range(len(chunks)))
    for chunk in chunks:
        assert chunk.heard.duration_ms <= limit_ms
        assert chunk.heard.end_ms <= length_ms
        assert chunk.speech_ms == sum(chunk.span.overlap_ms(span) for span in speech) > 0
    for one, following in itertools.pairwise(chunks):
        assert one.span.end_ms <= following.span.start_ms
        runs_on = any(s.start_ms < one.span.end_ms < s.end_ms for s in speech)
        assert (one.ends_by is CutReason.ENERGY) == runs_on == (one.span.end_ms == following.span.start_ms and runs_on)
        assert (one.tail_ms, following.lead_ms) == ((SEAM_MS, SEAM_MS) if runs_on else (0, 0))
    if chunks:
        assert (chunks[0].lead_ms, chunks[-1].tail_ms) == (0, 0)
        assert [chunk.ends_by for chunk in chunks].count(CutReason.END) == 1
        assert chunks[-1].ends_by is CutReason.END


@given(titles(), st.integers(0, 99))
def test_the_order_of_regions_does_not_matter(title: tuple[list[SpeechRegion], int], seed: int) -> None:
    regions, length_ms = title
    levels = levels_of(length_ms, seed)
    plan = plan_chunks(regions, levels, length_ms=length_ms)
    assert plan_chunks(regions[::-1], levels, length_ms=length_ms) == plan


@given(titles())
def test_speech_that_fits_is_never_cut(title: tuple[list[SpeechRegion], int]) -> None:
    regions, length_ms = title
    chunks = plan_chunks(regions, levels_of(length_ms, 0), length_ms=length_ms)
    for span in merged(r.span for r in regions):
        if span.duration_ms <= CHUNK_LIMIT_MS:
            assert sum(span.overlap_ms(chunk.span) > 0 for chunk in chunks) == 1


def cuts(chunks: list[Chunk]) -> list[int]:
    return [chunk.span.end_ms for chunk in chunks[:-1]]


def test_the_longest_pause_is_preferred() -> None:
    regions = [region(0, 14_000), region(14_200, 16_000), region(16_900, 18_000), region(18_100, 32_000)]
    chunks = plan_chunks(regions, loud(32_000), length_ms=32_000)
    assert [(c.span.start_ms, c.ends_by) for c in chunks] == [(0, CutReason.SILENCE), (16_750, CutReason.END)]


def test_among_good_pauses_chunks_are_balanced() -> None:
    regions = [region(at, at + 5_000) for at in range(0, 42_000, 6_000)]  # 41 s with a pause of 1 s after each 5
    chunks = plan_chunks(regions, loud(42_000), length_ms=42_000)
    assert sorted(chunk.speech_ms for chunk in chunks) == [15_000, 20_000]


def test_nobody_pauses_so_the_quietest_instant_is_chosen_and_both_sides_hear_it() -> None:
    chunks = plan_chunks([region(0, 40_000)], loud(40_000, 13_000, 21_000), length_ms=40_000)
    (cut_ms,) = cuts(chunks)
    assert abs(cut_ms - 21_000) <= LEVEL_STEP_MS
    assert chunks[0].ends_by is CutReason.ENERGY
    assert chunks[0].heard.overlap_ms(chunks[1].heard) == 2 * SEAM_MS


def test_a_quiet_instant_is_worth_more_than_balance() -> None:
    (cut_ms,) = cuts(plan_chunks([region(0, 40_000)], loud(40_000, 13_000), length_ms=40_000))
    assert abs(cut_ms - 13_000) <= LEVEL_STEP_MS


def test_speech_is_not_cut_twice_where_once_is_enough() -> None:
    levels = loud(57_000)
    for step in (20_000 // LEVEL_STEP_MS, 40_000 // LEVEL_STEP_MS):  # no single cut is possible there
        levels[step - 1 : step + 2] = -120.0
    assert len(cuts(plan_chunks([region(0, 57_000)], levels, length_ms=57_000))) == 1


def test_long_silence_is_left_out_and_short_pauses_are_kept() -> None:
    regions = [region(1_000, 2_000), region(4_900, 6_000), region(60_000, 61_000)]
    chunks = plan_chunks(regions, loud(70_000), length_ms=70_000)
    assert [(c.span.start_ms, c.span.end_ms) for c in chunks] == [(850, 6_150), (59_850, 61_150)]


def test_no_speech_gives_no_chunks() -> None:
    assert plan_chunks([], loud(1_000), length_ms=1_000) == []


def test_one_millisecond_of_speech_is_a_chunk() -> None:
    assert [c.speech_ms for c in plan_chunks([region(0, 1)], loud(32), length_ms=1)] == [1]


def test_a_missing_envelope_counts_as_silence_and_does_not_fail() -> None:
    chunks = plan_chunks([region(0, 100_000)], np.empty(0, dtype=np.float32), length_ms=100_000)
    assert sum(chunk.span.duration_ms for chunk in chunks) == 100_000


def test_a_limit_that_seams_would_fill_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        plan_chunks([], loud(1_000), length_ms=1_000, limit_ms=SHORTEST_LIMIT_MS - 1)
