from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.windows import Pictures, plan_windows
from pipeline.sizing.profiles import catalogue
from pipeline.sizing.tokens import audio_tokens, video_tokens
from schemas.media import CutKind, Shot
from schemas.time import Span

OMNI = catalogue().model("Qwen3-Omni-30B-A3B")
SIGNAL = catalogue().model("signal")
SMALL = Pictures(width=480, height=288, frames_per_s=2.0)


def shots_at(*starts_ms: int, length_ms: int, fades: tuple[int, ...] = ()) -> list[Shot]:
    return [
        Shot(
            shot_index=index,
            span=Span(start_ms, end_ms),
            first_frame=start_ms // 40,
            end_frame=end_ms // 40,
            begins_with=CutKind.START if index == 0 else CutKind.FADE if start_ms in fades else CutKind.CUT,
            brightness=0.5,
            motion=0.1,
            black_share=0.0,
            freeze_share=0.0,
            colours=(),
        )
        for index, (start_ms, end_ms) in enumerate(itertools.pairwise([*starts_ms, length_ms]))
    ]


@st.composite
def titles(draw: st.DrawFn) -> tuple[list[Shot], int]:
    durations_ms = draw(st.lists(st.integers(40, 20_000) | st.integers(40, 400_000), min_size=1, max_size=25))
    edges_ms = [0, *itertools.accumulate(durations_ms)]
    return shots_at(*edges_ms[:-1], length_ms=edges_ms[-1]), edges_ms[-1]


@given(titles(), st.integers(1_500, 30_000), st.booleans())
def test_windows_cover_the_title_within_budget_on_shot_boundaries(
    title: tuple[list[Shot], int], budget: int, has_audio: bool
) -> None:
    shots, length_ms = title
    windows = plan_windows(
        shots, length_ms=length_ms, profile=OMNI, pictures=SMALL, has_audio=has_audio, budget_tokens=budget
    )
    edges = [windows[0].span.start_ms, *(w.span.end_ms for w in windows)]
    assert (edges[0], edges[-1]) == (0, length_ms)
    assert [w.span.start_ms for w in windows] == edges[:-1]
    assert [w.window_index for w in windows] == list(range(len(windows)))
    starts = {shot.span.start_ms for shot in shots}
    for window in windows:
        assert window.tokens <= budget
        assert window.span.duration_ms <= (OMNI.window_ms.value or 0)
        inside = [shot.shot_index for shot in shots if shot.span.overlap_ms(window.span)]
        assert inside == list(range(window.first_shot, window.end_shot))
        if window.span.start_ms not in starts:  # a split shot: it is alone too long for the budget
            whole_ms = shots[window.first_shot].span.duration_ms
            frames = -(-whole_ms // 500)
            heard = audio_tokens(whole_ms, OMNI.audio) if has_audio and OMNI.audio else 0
            assert OMNI.video is not None
            too_many = heard + video_tokens(frames, SMALL.width, SMALL.height, OMNI.video) > budget
            assert too_many or whole_ms > (OMNI.window_ms.value or 0)


def test_tokens_are_those_of_the_sound_and_the_pictures() -> None:
    (window,) = plan_windows(shots_at(0, length_ms=60_000), length_ms=60_000, profile=OMNI, pictures=SMALL)
    assert (window.frames, window.tokens) == (120, 60 * 13 + 60 * 15 * 9)


def test_a_title_without_picture_has_windows_of_sound_alone() -> None:
    windows = plan_windows([], length_ms=200_000, profile=OMNI, pictures=None)
    assert [(w.span.duration_ms, w.first_shot, w.end_shot, w.frames) for w in windows] == [(100_000, 0, 0, 0)] * 2


def test_an_engine_that_counts_no_tokens_is_bound_by_time_only() -> None:
    windows = plan_windows(shots_at(0, length_ms=900_000), length_ms=900_000, profile=SIGNAL, pictures=SMALL)
    assert [(w.span.duration_ms, w.tokens, w.first_shot) for w in windows] == [(450_000, 0, 0)] * 2


def test_windows_rather_end_with_a_fade() -> None:
    shots = shots_at(0, 70_000, 80_000, length_ms=160_000, fades=(70_000,))
    windows = plan_windows(shots, length_ms=160_000, profile=OMNI, pictures=SMALL)
    assert [w.span.start_ms for w in windows] == [0, 70_000]


def test_sound_before_and_after_the_picture_belongs_to_the_nearest_shot() -> None:
    shots = shots_at(2_000, 10_000, length_ms=20_000)
    windows = plan_windows(shots, length_ms=30_000, profile=OMNI, pictures=SMALL)
    assert [(w.span, w.first_shot, w.end_shot) for w in windows] == [(Span(0, 30_000), 0, 2)]


def test_a_budget_that_holds_nothing_is_refused() -> None:
    shots = shots_at(0, length_ms=10_000)
    with pytest.raises(ValueError, match="100 tokens hold 0 ms"):
        plan_windows(shots, length_ms=10_000, profile=OMNI, pictures=SMALL, budget_tokens=100)


def test_a_model_that_sees_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot describe"):
        plan_windows([], length_ms=1_000, profile=catalogue().model("Qwen3-ASR-1.7B"), pictures=None)


def test_a_shot_beyond_the_title_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="begins beyond"):
        plan_windows(shots_at(0, 5_000, length_ms=6_000), length_ms=5_000, profile=OMNI, pictures=SMALL)
