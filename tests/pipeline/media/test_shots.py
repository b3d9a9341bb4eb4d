from __future__ import annotations

import itertools

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ThresholdDetector

from pipeline.media.shots import Fade, ShotFinder, merged
from schemas.media import CutKind, Shot

Pixels = npt.NDArray[np.uint8]

frames = st.integers(0, 500)
scenes = st.tuples(st.integers(0, 20), st.sampled_from([0, 60, 255]), st.integers(1, 40))


def noise(seed: int, brightness: int = 255) -> Pixels:
    return np.random.default_rng(seed).integers(0, brightness + 1, (90, 160, 3)).astype(np.uint8)


def flat(*bgr: int) -> Pixels:
    return np.full((90, 160, 3), bgr, np.uint8)


def found(pictures: list[Pixels]) -> list[Shot]:
    finder = ShotFinder()
    for number, picture in enumerate(pictures):
        finder.add(number, number * 40, picture, np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV), np.uint8))
        if number % 25 == 0:
            finder.add_colours(number, picture)
    return finder.finish(end_frame=len(pictures), end_ms=len(pictures) * 40)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from([0, 60, 255]), st.integers(1, 40)), min_size=1, max_size=6)
)
def test_cuts_are_those_of_the_librarys_own_detectors(shots: list[tuple[int, int, int]]) -> None:
    pictures = [noise(seed, light) for seed, light, count in shots for _ in range(count)]
    adaptive, threshold = AdaptiveDetector(), ThresholdDetector()
    cuts: set[int] = set()
    fades: list[Fade] = []
    for number, picture in enumerate(pictures):
        clock = FrameTimecode(number, fps=25.0)
        cuts |= {at.frame_num for at in adaptive.process_frame(clock, picture)}
        middles = [at.frame_num for at in threshold.process_frame(clock, picture)]
        fades += [Fade(2 * middle - number, number, middle) for middle in middles]
    expected = merged(sorted(cuts), fades)
    assert [(shot.first_frame, shot.begins_with) for shot in found(pictures)[1:]] == expected


@given(st.lists(frames), st.lists(st.tuples(frames, st.integers(1, 60))))
def test_boundaries_come_once_in_order_and_no_cut_is_lost(cuts: list[int], blacks: list[tuple[int, int]]) -> None:
    fades = [Fade(out, out + length, out + length // 2) for out, length in blacks]
    boundaries = merged(cuts, fades)
    numbers = [frame for frame, _ in boundaries]
    assert numbers == sorted(set(numbers))
    assert {frame for frame, kind in boundaries if kind is CutKind.CUT} == set(cuts)


def test_a_fade_with_a_hard_cut_in_its_black_is_that_cut() -> None:
    assert merged([180], [Fade(180, 216, 198)]) == [(180, CutKind.CUT)]
    assert merged([100], [Fade(180, 216, 198)]) == [(100, CutKind.CUT), (198, CutKind.FADE)]


def test_black_at_the_very_beginning_is_no_fade() -> None:
    assert merged([], [Fade(0, 40, 20)]) == []


def test_shots_cover_the_picture_without_gaps() -> None:
    shots = found([noise(1)] * 40 + [noise(2)] * 40 + [noise(3)] * 40)
    assert [shot.first_frame for shot in shots] == [0, 40, 80]
    assert shots[0].span.start_ms == 0
    assert shots[-1].span.end_ms == 120 * 40
    assert all(a.span.end_ms == b.span.start_ms and a.end_frame == b.first_frame for a, b in itertools.pairwise(shots))


def test_a_still_picture_is_frozen_and_a_black_one_black() -> None:
    (still,) = found([flat(200, 100, 50)] * 30)
    assert still.freeze_share == pytest.approx(29 / 30)
    assert (still.motion, still.black_share) == (0, 0)
    (black,) = found([flat(0, 0, 0)] * 30)
    assert black.black_share == 1
    assert black.brightness == 0


def test_grain_is_motion_and_not_a_freeze() -> None:
    (shot,) = found([np.asarray(np.clip(flat(128, 128, 128) + noise(n, 4), 0, 255), np.uint8) for n in range(30)])
    assert shot.freeze_share == 0
    assert 0 < shot.motion < 0.02


def test_the_most_frequent_colours_come_first() -> None:
    picture = flat(0, 0, 200)
    picture[:30] = (200, 0, 0)
    (shot,) = found([picture] * 30)
    assert shot.colours == ("#c80000", "#0000c8")
