"""One small picture per scene for the review page, of the frames that prepare has kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from schemas.media import SampledFrame
from schemas.scenes import Scene

THUMBNAIL_WIDTH = 224
"""Pixels: twice the width at which the strip shows them, for dense screens. Ours."""

JPEG_QUALITY = 72
"""6 KiB a picture at this width; blocks do not show at the size of the strip. Ours."""


def per_scene(scenes: Sequence[Scene], frames: Iterable[SampledFrame]) -> tuple[SampledFrame | None, ...]:
    """The picture of each scene, at most ``THUMBNAIL_WIDTH`` wide; None for a scene of which no frame was kept.

    Frames are taken one at a time and in order, as they lie in the library, so that a long title costs no memory.
    """
    nearest: list[SampledFrame | None] = [None] * len(scenes)
    at = 0
    for frame in frames:
        while at < len(scenes) and scenes[at].span.end_ms <= frame.at_ms:
            at += 1
        if at == len(scenes):
            break
        scene, kept = scenes[at], nearest[at]
        inside = frame.at_ms >= scene.span.start_ms
        if inside and (kept is None or _distance_ms(scene, frame) < _distance_ms(scene, kept)):
            nearest[at] = frame
    return tuple(None if kept is None else _small(kept) for kept in nearest)


def _distance_ms(scene: Scene, frame: SampledFrame) -> int:
    """From the first third of the scene: past a fade, before what the scene leads to."""
    return abs(scene.span.start_ms + scene.span.duration_ms // 3 - frame.at_ms)


def _small(frame: SampledFrame) -> SampledFrame:
    if frame.width <= THUMBNAIL_WIDTH:
        return frame
    height = max(2, round(frame.height * THUMBNAIL_WIDTH / frame.width))
    pixels = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"the frame at {frame.at_ms} ms is no JPEG")
    small = cv2.resize(pixels, (THUMBNAIL_WIDTH, height), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return SampledFrame(frame.at_ms, frame.frame, THUMBNAIL_WIDTH, height, data.tobytes())
