"""Pictures of a decoded frame: a small one for the detectors, an upright JPEG for people and describers.

Only for the process that decodes: frames come from PyAV.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Interpolation, VideoReformatter

from pipeline.media.picture_size import SAMPLE_SIDE, Size, scaled

Pixels = npt.NDArray[np.uint8]

ANALYSIS_SIDE = 160
"""Long side of the detectors' picture. With point-like scaling the reference cuts come out at the same
frames at 160, 256 (PySceneDetect's default width) and 320 pixels, and 160 costs least."""

JPEG_QUALITY = 85
"""Where 4:2:0 JPEG stops showing blocks at this size; ours."""


@dataclass(frozen=True, slots=True)
class Upright:
    """How a stored picture is turned and stretched for the eye."""

    rotation_deg: int
    """Clockwise turn: 0, 90, 180 or 270."""

    pixel_aspect: Fraction
    """Width of a pixel over its height."""


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A compressed picture."""

    width: int
    """Pixels across."""

    height: int
    """Pixels down."""

    data: bytes
    """The file."""


class Scaler:
    """Conversions of frames, kept for a whole stream: setting one up takes longer than a small picture."""

    def __init__(self) -> None:
        self._small = VideoReformatter()
        self._large = VideoReformatter()

    def small(self, frame: av.VideoFrame, size: Size) -> Pixels:
        """Small picture of shape ``(height, width, 3)``, BGR, 8 bits, as it is stored (not turned).

        Scaled by two-tap sampling, which is what PySceneDetect does. Averaging instead makes the hue of
        dark pictures jump from frame to frame: a false cut in ``fades.mp4``, a lost one in ``nature.mp4``.
        """
        taken = self._small.reformat(
            frame, size.width, size.height, format="bgr24", interpolation=Interpolation.FAST_BILINEAR, threads=1
        )
        return np.asarray(taken.to_ndarray(), np.uint8)

    def jpeg(self, frame: av.VideoFrame, upright: Upright) -> Jpeg:
        """The picture as a player shows it, its long side at most ``SAMPLE_SIDE``."""
        size = scaled(frame.width, frame.height, upright.pixel_aspect, side=SAMPLE_SIDE)
        taken = self._large.reformat(
            frame, size.width, size.height, format="bgr24", interpolation=Interpolation.AREA, threads=1
        )
        pixels = np.asarray(taken.to_ndarray(), np.uint8)
        turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
        if upright.rotation_deg in turns:
            pixels = np.asarray(cv2.rotate(pixels, turns[upright.rotation_deg]), np.uint8)
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        return Jpeg(pixels.shape[1], pixels.shape[0], data.tobytes())
