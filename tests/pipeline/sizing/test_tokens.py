from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.chunks import CHUNK_LIMIT_MS
from pipeline.media.decode import SAMPLE_EVERY_MS
from pipeline.media.picture_size import SAMPLE_SIDE
from pipeline.sizing.profiles import AudioTokens, SizedJob, VideoTokens, catalogue
from pipeline.sizing.tokens import (
    CHUNK_MS,
    SAMPLED_PER_S,
    SAMPLED_SIZE,
    audio_tokens,
    patch_grid,
    patch_tokens,
    request_tokens,
    shown_frames,
    shown_per_s,
    video_tokens,
)


def audio_of(name: str) -> AudioTokens:
    audio = catalogue().model(name).audio
    assert audio is not None
    return audio


def video_of(name: str) -> VideoTokens:
    video = catalogue().model(name).video
    assert video is not None
    return video


OMNI = "Qwen3-Omni-30B-A3B"


@pytest.mark.parametrize(
    ("length_ms", "tokens"),
    [
        (1_000, 13),
        (2_000, 26),
        (10_000, 130),
        (30_000, 390),
        (35_500, 462),
        (20, 1),
        (0, 0),
        (80, 1),
        (81, 2),
        (1_001, 14),
    ],
)
@pytest.mark.parametrize("name", [OMNI, "Qwen3-ASR-1.7B", "Qwen3-ForcedAligner-0.6B"])
def test_sound_counts_as_vllm_was_seen_to_count_it(name: str, length_ms: int, tokens: int) -> None:
    assert audio_tokens(length_ms, audio_of(name)) == tokens


@given(st.integers(0, 3_600_000))
def test_a_rest_is_halved_three_times_rounding_up(length_ms: int) -> None:
    blocks, rest = divmod(math.ceil(length_ms / 10), 100)
    for _ in range(3):
        rest = (rest + 1) // 2
    assert audio_tokens(length_ms, audio_of(OMNI)) == 13 * blocks + rest


def test_qwen3_5_hears_ten_hours_in_its_context() -> None:
    profile = catalogue().model("Qwen3.5-Omni")
    tokens = audio_tokens(36_000_000, audio_of(profile.name))
    assert tokens == 36_000 * 6.25
    assert tokens <= (profile.context_tokens.value or 0)


def test_qwen3_5_sees_400_seconds_of_720p_in_its_context() -> None:
    profile = catalogue().model("Qwen3.5-Omni")
    seen = video_tokens(400, 1280, 720, video_of(profile.name)) + audio_tokens(400_000, audio_of(profile.name))
    assert 150_000 < seen < (profile.context_tokens.value or 0)


def test_ten_minutes_at_the_smallest_size_are_what_was_published() -> None:
    smallest = video_tokens(2 * 600, 256, 512, video_of(OMNI)) + audio_tokens(600_000, audio_of(OMNI))
    assert smallest == 600 * (128 + 13)  # about 85,000: 128 for two pictures and 13 for the sound, each second


def test_an_odd_picture_counts_as_a_whole_patch() -> None:
    video = video_of(OMNI)
    assert video_tokens(3, 480, 288, video) == video_tokens(4, 480, 288, video) == 2 * 15 * 9


@given(st.integers(64, 8_000), st.integers(64, 8_000))
def test_pictures_of_any_usual_shape_stay_within_what_the_model_takes(width: int, height: int) -> None:
    video = video_of(OMNI)
    tokens = patch_tokens(width, height, video)
    if max(width, height) <= 16 * min(width, height):
        assert video.min_patch_tokens <= tokens <= video.max_patch_tokens * 17 / 16


@given(st.integers(1, 100_000), st.integers(1, 100_000))
def test_no_picture_costs_more_than_a_full_row_of_patches(width: int, height: int) -> None:
    assert 1 <= patch_tokens(width, height, video_of(OMNI)) <= 2 * video_of(OMNI).max_patch_tokens


def test_the_larger_picture_never_costs_less() -> None:
    video = video_of(OMNI)
    sizes = [patch_tokens(16 * n, 9 * n, video) for n in range(4, 240, 4)]
    smallest, largest = min(sizes), max(sizes)
    assert sizes[0] == smallest
    assert largest <= video.max_patch_tokens


def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="0 by 9"):
        patch_tokens(0, 9, video_of(OMNI))


def test_a_model_with_another_rate_counts_otherwise() -> None:
    slower = dataclasses.replace(audio_of(OMNI), tokens_per_block=6, token_ms=160)
    assert audio_tokens(1_500, slower) == 6 + 4


@given(st.integers(1, 8_000), st.integers(1, 8_000))
def test_a_picture_of_whole_patches_is_not_scaled_again(width: int, height: int) -> None:
    video = video_of(OMNI)
    grid = patch_grid(width, height, video)
    if min(grid.columns, grid.rows) * 16 >= max(grid.columns, grid.rows):
        again = patch_grid(grid.columns * video.patch_px, grid.rows * video.patch_px, video)
        assert abs(again.columns * again.rows - grid.columns * grid.rows) <= max(grid.columns, grid.rows)


@pytest.mark.parametrize(("length_ms", "frames"), [(1, 1), (500, 1), (501, 2), (1_000, 2), (120_000, 240)])
def test_pictures_are_shown_at_the_start_and_at_each_step_after_it(length_ms: int, frames: int) -> None:
    assert shown_frames(length_ms, 2.0) == frames


def test_requests_are_sized_by_what_the_pipeline_really_sends() -> None:
    assert CHUNK_MS == CHUNK_LIMIT_MS
    assert SAMPLED_SIZE == (SAMPLE_SIDE, SAMPLE_SIDE * 9 // 16)
    assert SAMPLED_PER_S == 1_000 / SAMPLE_EVERY_MS


def test_a_model_is_shown_no_more_pictures_than_the_library_has() -> None:
    assert shown_per_s(video_of(OMNI)) == SAMPLED_PER_S < video_of(OMNI).frames_per_s
    assert shown_per_s(dataclasses.replace(video_of(OMNI), frames_per_s=0.5)) == 0.5


def test_a_window_of_two_minutes_is_sized_with_its_pictures_sound_and_answer() -> None:
    profile = catalogue().model(OMNI)
    media = 60 * 16 * 9 + 120 * 13  # a patch in time each two seconds
    assert request_tokens(profile, SizedJob.DESCRIBE) == media + 600 + 4_096


def test_what_sees_no_windows_cannot_be_sized_for_them() -> None:
    with pytest.raises(ValueError, match="cannot describe"):
        request_tokens(catalogue().model("Qwen3-ASR-1.7B"), SizedJob.DESCRIBE)
