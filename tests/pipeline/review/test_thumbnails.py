from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.review import thumbnails
from schemas.media import SampledFrame
from schemas.scenes import Scene
from schemas.time import Span


def frame(at_ms: int, *, width: int = 320, height: int = 180) -> SampledFrame:
    """A picture as grey as its time, in seconds times ten."""
    pixels = np.full((height, width, 3), at_ms // 100, np.uint8)
    _, data = cv2.imencode(".jpg", pixels)
    return SampledFrame(at_ms, at_ms // 40, width, height, data.tobytes())


def scene(index: int, start_ms: int, end_ms: int) -> Scene:
    return Scene(index, Span(start_ms, end_ms), 0, 1, "", "", "", ())


def test_a_scene_shows_its_frame_nearest_to_its_first_third() -> None:
    frames = [frame(at_ms) for at_ms in range(0, 12_000, 1_000)]
    shown = thumbnails.per_scene([scene(0, 0, 6_000), scene(1, 6_000, 12_000)], iter(frames))
    assert [one and one.at_ms for one in shown] == [2_000, 8_000]


def test_a_scene_without_a_frame_has_no_picture() -> None:
    shown = thumbnails.per_scene([scene(0, 0, 500), scene(1, 500, 900), scene(2, 900, 2_000)], [frame(0), frame(1_000)])
    assert [one and one.at_ms for one in shown] == [0, None, 1_000]


def test_a_title_without_picture_has_none_at_all() -> None:
    assert thumbnails.per_scene([scene(0, 0, 500)], []) == (None,)


@pytest.mark.parametrize(
    ("width", "height", "shown"), [(640, 360, (224, 126)), (90, 160, (90, 160)), (448, 8, (224, 4))]
)
def test_a_picture_is_made_smaller_in_its_own_proportions(width: int, height: int, shown: tuple[int, int]) -> None:
    (made,) = thumbnails.per_scene([scene(0, 0, 900)], [frame(0, width=width, height=height)])
    assert made is not None
    pixels = cv2.imdecode(np.frombuffer(made.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert (made.width, made.height) == shown == (pixels.shape[1], pixels.shape[0])
