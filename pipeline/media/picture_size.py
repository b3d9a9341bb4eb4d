"""Size of the pictures that are kept of a title: upright, with square pixels, at most so large."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from schemas.media import VideoStream

SAMPLE_SIDE = 512
"""Long side of a sampled frame: 512 x 288 are 16 x 9 patches of 32 pixels, 144 tokens for Qwen3-Omni, just
above the least it takes (128), and enough for a thumbnail. About 20 KB per second of title."""

MAX_PIXEL_ASPECT = Fraction(8)
"""Stranger shapes of a pixel are broken headers and are taken as square."""


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels of a picture."""

    width: int
    """Across."""

    height: int
    """Down."""


def scaled(width: int, height: int, pixel_aspect: Fraction, *, side: int) -> Size:
    """A stored picture with square pixels, its long side at most ``side``; even, and not turned yet."""
    shown_width = _shown_width(width, pixel_aspect)
    return _even(shown_width, height, scale=min(1.0, side / max(shown_width, height)))


def sampled_size(video: VideoStream) -> Size:
    """Size of the sampled frames of a title, upright."""
    size = scaled(video.width, video.height, video.pixel_aspect, side=SAMPLE_SIDE)
    return Size(size.height, size.width) if video.rotation_deg in (90, 270) else size


def upright_within(video: VideoStream, box: Size) -> Size:
    """Size of a title's picture as a player shows it, with square pixels, even, and no larger than ``box``."""
    width, height = _shown_width(video.width, video.pixel_aspect), float(video.height)
    if video.rotation_deg in (90, 270):
        width, height = height, width
    return _even(width, height, scale=min(1.0, box.width / width, box.height / height))


def _shown_width(width: int, pixel_aspect: Fraction) -> float:
    is_sane = 1 / MAX_PIXEL_ASPECT <= pixel_aspect <= MAX_PIXEL_ASPECT
    return width * float(pixel_aspect if is_sane else 1)


def _even(width: float, height: float, *, scale: float) -> Size:
    return Size(*(max(2, round(length * scale / 2) * 2) for length in (width, height)))
