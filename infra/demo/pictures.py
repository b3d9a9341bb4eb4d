"""The drawn shots of the demo clip: a title card and six small landscapes.

Every shot is a pure function of the time since its first frame, so that the clip comes out the same
each time. Pictures are arrays of shape ``(HEIGHT, WIDTH, 3)``, RGB, float32 in [0, 1]. Edges are soft
over one pixel; what moves, moves slowly, so that no movement looks like a cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

WIDTH = 640
HEIGHT = 360

Picture: TypeAlias = npt.NDArray[np.float32]
"""One picture, shape ``(HEIGHT, WIDTH, 3)``, RGB in [0, 1]."""

Mask: TypeAlias = npt.NDArray[np.float32]
"""Coverage of each pixel, shape ``(HEIGHT, WIDTH)``, 0 to 1."""

Shot: TypeAlias = Callable[[float], Picture]
"""Draws the picture at a number of seconds after the shot's first frame."""

_ROWS, _COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32) + np.float32(0.5)

_STARS = np.random.default_rng(7).uniform((0, 0), (WIDTH, 215), size=(90, 2))


def title_card(at_s: float) -> Picture:
    """Dusk over water, and the name of the clip."""
    picture = _sky("#16324f", "#f2a65a")
    _paint(picture, _disc(470 + 3 * at_s, 236 - 2 * at_s, 46), "#ffe3b3")
    _paint(picture, _box(0, 250, WIDTH, HEIGHT), "#1d4e6b")
    for row in range(258, 352, 12):
        half = 30 + (row - 250) * 0.5 + 8 * math.sin(row + 1.5 * at_s)
        _paint(picture, _box(470 + 3 * at_s - half, row, 470 + 3 * at_s + half, row + 3), "#f7c98b", 0.6)
    shade = min(1.0, 0.25 + at_s)
    _paint(picture, _text("A Day at the Lake", 58, 140, size=46, weight=600), "#ffffff", shade)
    _paint(picture, _text("two voices, seven shots", 60, 180, size=20, weight=400), "#ffffff", 0.8 * shade)
    return picture


def sunrise(at_s: float) -> Picture:
    """The sun comes up behind three ranges of hills; a house with a lit window."""
    picture = _sky("#7db9e8", "#fde7c1")
    _paint(picture, _disc(200, 205 - 14 * at_s, 34), "#fff3c4")
    _paint(picture, _hills(200, 26, 210, 0.4), "#8aa6a3")
    _paint(picture, _hills(245, 22, 150, 2.1), "#5d8a66")
    _paint(picture, _hills(290, 16, 260, 4.0), "#3d6b45")
    _paint(picture, _box(430, 216, 530, 290), "#e8d5b7")
    _paint(picture, _polygon((418, 218), (480, 168), (542, 218)), "#a23e2e")
    _paint(picture, _box(462, 238, 498, 266), "#ffd76a")
    for bird in range(3):
        x, y = 90 + 18 * at_s + 46 * bird, 92 + 12 * bird - 3 * at_s
        lift = 5 * math.sin(5 * at_s + bird)
        _paint(picture, _line((x - 10, y - lift), (x, y), (x + 10, y - lift)), "#32475c")
    return picture


def kitchen(at_s: float) -> Picture:
    """A breakfast table by a window: two cups of coffee that steam, and a plate of sandwiches."""
    picture = _sky("#f3dcc0", "#e9c49a")
    _paint(picture, _box(380, 40, 570, 190), "#ffffff")
    _paint(picture, _box(390, 50, 560, 180), "#bfe3f7")
    _paint(picture, _disc(430 + 6 * at_s, 90, 18) + _disc(452 + 6 * at_s, 86, 22), "#ffffff", 0.9)
    _paint(picture, _box(472, 50, 478, 180), "#ffffff")
    _paint(picture, _box(0, 262, WIDTH, HEIGHT), "#8c5a3c")
    _paint(picture, _box(0, 262, WIDTH, 270), "#a9714f")
    for index, left in enumerate((110, 235)):
        _paint(picture, _disc(left + 66, 232, 17), "#c8553d")
        _paint(picture, _disc(left + 66, 232, 9), "#ecd0ab")
        _paint(picture, _box(left, 205, left + 60, 268), "#c8553d")
        _paint(picture, _box(left + 4, 205, left + 56, 212), "#4a2c1d")
        steam = [(left + 30 + 9 * math.sin(y / 14 + 2 * at_s + index), float(y)) for y in range(140, 200, 6)]
        _paint(picture, _line(*steam, width=5), "#ffffff", 0.55)
    _paint(picture, _box(370, 256, 520, 266), "#f7f4ee")
    for left in (385, 445):
        _paint(picture, _polygon((left, 256), (left + 30, 216), (left + 60, 256)), "#e2b96f")
        _paint(picture, _polygon((left + 6, 256), (left + 30, 250), (left + 54, 256)), "#6f9c4a")
    return picture


def road(at_s: float) -> Picture:
    """A red car on a country road; the hills slide by."""
    picture = _sky("#8fc7ee", "#eaf6fb")
    for left, row in ((120, 80), (330, 58), (520, 96)):
        x = left - 5 * at_s
        _paint(picture, _disc(x, row, 18) + _disc(x + 22, row - 8, 24) + _disc(x + 48, row, 18), "#ffffff", 0.9)
    _paint(picture, _hills(190, 30, 230, 1.0 + 0.10 * at_s), "#9dbf8a")
    _paint(picture, _hills(232, 14, 160, 3.0 + 0.25 * at_s), "#6fa05a")
    _paint(picture, _box(0, 262, WIDTH, 330), "#5b6168")
    for dash in range(8):
        dash_left = dash * 100 - (60 * at_s) % 100
        _paint(picture, _box(dash_left, 293, dash_left + 46, 298), "#f4f1e8")
    x, y = 250 + 10 * math.sin(0.5 * at_s), 1.2 * math.sin(7 * at_s)
    _paint(picture, _polygon((x + 30, 232 + y), (x + 52, 202 + y), (x + 108, 202 + y), (x + 136, 232 + y)), "#b02a30")
    _paint(picture, _polygon((x + 42, 230 + y), (x + 58, 208 + y), (x + 102, 208 + y), (x + 122, 230 + y)), "#cfe8f5")
    _paint(picture, _box(x, 230 + y, x + 168, 264 + y), "#d23b41")
    for wheel in (x + 36, x + 132):
        _paint(picture, _disc(wheel, 266, 19), "#23272b")
        _paint(picture, _disc(wheel, 266, 8), "#c9ced3")
    return picture


def bridge(at_s: float) -> Picture:
    """An old stone bridge with two arches over a river."""
    picture = _sky("#cfe6dc", "#f6f2d7")
    _paint(picture, _hills(150, 24, 190, 5.2), "#7fa37b")
    _paint(picture, _hills(196, 12, 120, 1.7), "#55804f")
    _paint(picture, _box(0, 250, WIDTH, HEIGHT), "#3f7c94")
    for row in range(262, 350, 16):
        for ripple in range(5):
            left = (ripple * 150 + 37 * row + 22 * at_s) % (WIDTH + 80) - 80
            _paint(picture, _box(left, row, left + 60, row + 2), "#a8d3df", 0.7)
    arches = np.maximum(_disc(220, 262, 78), _disc(430, 262, 78))
    _paint(picture, _box(0, 168, WIDTH, 262) * (1 - arches), "#a3907c")
    _paint(picture, _box(0, 158, WIDTH, 170), "#8a7864")
    for stone in range(16):
        _paint(picture, _box(stone * 42 + 4, 174, stone * 42 + 34, 181) * (1 - arches), "#b8a692")
    return picture


def lake(at_s: float) -> Picture:
    """A sailing boat on a wide lake under snowy mountains."""
    picture = _sky("#4f9bd6", "#d8eefb")
    for peak, top, half in ((120, 70, 190), (340, 40, 220), (560, 86, 180)):
        _paint(picture, _polygon((peak - half, 232), (peak, top), (peak + half, 232)), "#6d7f95")
        cap = half * 42 / (232 - top)
        _paint(picture, _polygon((peak - cap, top + 42), (peak, top), (peak + cap, top + 42)), "#f5f9fc")
    _paint(picture, _box(0, 228, WIDTH, HEIGHT), "#1f6f9f")
    for row in range(240, 354, 14):
        for ripple in range(3):
            left = (ripple * 260 + 53 * row + 16 * at_s) % (WIDTH + 140) - 140
            _paint(picture, _box(left, row, left + 120, row + 2), "#7fb9dc", 0.7)
    x, y = 200 + 24 * at_s, 262 + 3 * math.sin(1.6 * at_s)
    _paint(picture, _polygon((x + 4, y - 8), (x + 4, y - 112), (x + 66, y - 8)), "#ffffff")
    _paint(picture, _polygon((x - 4, y - 8), (x - 4, y - 92), (x - 44, y - 8)), "#f3d9a4")
    _paint(picture, _polygon((x - 56, y), (x + 76, y), (x + 54, y + 24), (x - 38, y + 24)), "#8b3a2b")
    return picture


def night(at_s: float) -> Picture:
    """Dark: stars over the lake, a tent with a lamp inside."""
    picture = _sky("#0e1a38", "#2a3f66")
    for star, (x, y) in enumerate(_STARS):
        glow = 0.55 + 0.45 * math.sin(2.2 * at_s + star)
        _paint(picture, _disc(x, y, 0.9 + 0.5 * (star % 3)), "#f2f5ff", glow)
    _paint(picture, _disc(500, 70, 30), "#f4ecd0")
    _paint(picture, _hills(232, 20, 200, 0.9), "#0d1628")
    _paint(picture, _box(0, 262, WIDTH, HEIGHT), "#1a2c4d")
    _paint(picture, _polygon((150, 286), (220, 196), (290, 286)), "#d98b3a", 0.8 + 0.05 * math.sin(3 * at_s))
    _paint(picture, _polygon((206, 286), (220, 226), (234, 286)), "#ffcf7a", 0.9)
    return picture


def _sky(top: str, bottom: str) -> Picture:
    """A picture that fades from one colour to another, top to bottom."""
    share = (np.arange(HEIGHT, dtype=np.float32) / (HEIGHT - 1))[:, None, None]
    rows = _rgb(top) * (1 - share) + _rgb(bottom) * share
    return np.ascontiguousarray(np.broadcast_to(rows, (HEIGHT, WIDTH, 3)), dtype=np.float32)


def _paint(picture: Picture, mask: Mask, colour: str, opacity: float = 1.0) -> None:
    """Lay a colour over the picture where the mask covers it."""
    alpha = (np.clip(mask, 0, 1) * np.float32(opacity))[:, :, None]
    picture += alpha * (_rgb(colour) - picture)


def _rgb(colour: str) -> npt.NDArray[np.float32]:
    """``#rrggbb`` as three numbers from 0 to 1."""
    return np.frombuffer(bytes.fromhex(colour[1:]), dtype=np.uint8).astype(np.float32) / np.float32(255)


def _disc(x: float, y: float, radius: float) -> Mask:
    return _soft(radius - np.hypot(_COLUMNS - x, _ROWS - y))


def _box(left: float, top: float, right: float, bottom: float) -> Mask:
    across = _soft(_COLUMNS[0] - left) * _soft(right - _COLUMNS[0])
    down = _soft(_ROWS[:, 0] - top) * _soft(bottom - _ROWS[:, 0])
    return down[:, None] * across[None, :]


def _below(skyline: npt.NDArray[np.float32]) -> Mask:
    """Everything under a line that has a row for each column."""
    return _soft(_ROWS - skyline[None, :])


def _hills(base: float, height: float, length: float, phase: float) -> Mask:
    """Ground under a rolling line around row ``base``; ``length`` is that of one wave, in pixels."""
    x = 2 * math.pi * _COLUMNS[0] / length + phase
    return _below(base - height * (0.7 * np.sin(x) + 0.3 * np.sin(2.3 * x + 1)))


def _polygon(*corners: tuple[float, float]) -> Mask:
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    points = np.array(corners, np.float64) * 16  # sixteenths of a pixel: shift=4
    cv2.fillPoly(drawn, [points.round().astype(np.int32)], 255, lineType=cv2.LINE_AA, shift=4)
    return drawn.astype(np.float32) / np.float32(255)


def _line(*points: tuple[float, float], width: int = 2) -> Mask:
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    path = (np.array(points, np.float64) * 16).round().astype(np.int32)
    cv2.polylines(drawn, [path], False, 255, thickness=width, lineType=cv2.LINE_AA, shift=4)
    return drawn.astype(np.float32) / np.float32(255)


def _text(text: str, left: int, baseline: int, *, size: int, weight: int) -> Mask:
    """Words in the sans serif that comes with OpenCV."""
    drawn = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    cv2.putText(drawn, text, (left, baseline), (255, 255, 255), cv2.FontFace("sans"), size, weight)
    return drawn[:, :, 0].astype(np.float32) / np.float32(255)


def _soft(inside: npt.NDArray[np.float32]) -> Mask:
    """Coverage from a distance to the edge, positive inside: half at the edge, soft over one pixel."""
    coverage: Mask = np.clip(inside + np.float32(0.5), np.float32(0), np.float32(1))
    return coverage
