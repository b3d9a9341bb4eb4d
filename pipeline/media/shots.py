"""Shots: where cuts and fades are, and what the signal says about the frames between them.

Frames arrive in order with their true numbers and times; some between them may have been left out by
``pipeline.media.sparse`` where nothing changes. Cuts are PySceneDetect's: AdaptiveDetector for hard
cuts, ThresholdDetector for fades through black, both with their defaults. A fade whose black stretch
has a hard cut in it is that cut; black at the very beginning is no fade, since there is nothing before it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ThresholdDetector

from schemas.media import CutKind, Shot
from schemas.time import Span

BLACK_LEVEL = 12.0
"""A picture whose mean is lower, of 255, is black: ThresholdDetector's default threshold."""

FREEZE_DIFFERENCE = 0.1 / 255
"""Mean luma difference below which a frame repeats the one before. Ours: a coded repetition differs by
nothing, the least film grain by about 1/255 (``tests/pipeline/media/test_shots.py``)."""

COLOUR_DISTANCE = 64
"""Largest difference of a channel up to which two colours count as one, of 255. Ours."""

COLOURS = 3
"""Dominant colours that a shot keeps."""

_BITS = 4  # per channel when colours are counted
_COUNTED = 24  # most frequent bins kept per sampled frame
_LOOKED_AT = 60  # sampled frames per shot whose colours are compared: a minute of it, or every n-th
_RATE = 25.0  # of the detectors' clock; they are asked in frames, so that no time follows from it

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Fade:
    """Black between two pictures."""

    out_frame: int
    """First black frame."""

    in_frame: int
    """First frame after it that is not."""

    cut_frame: int
    """Where the shot changes: the middle of the black."""


class ShotFinder:
    """The search for shots: frames go in in order, shots come out at the end. Holds 20 bytes per frame."""

    def __init__(self) -> None:
        self._adaptive = _ScoredDetector()
        self._threshold = ThresholdDetector()
        self._cuts: list[int] = []
        self._fades: list[Fade] = []
        self._numbers, self._at_ms = array("q"), array("q")
        self._luma, self._change = array("f"), array("f")
        self._colours: list[tuple[int, _Colours]] = []
        self._last: Pixels | None = None
        self._last_hsv: Pixels | None = None

    def add(self, number: int, at_ms: int, picture: Pixels, hsv: Pixels) -> bool:
        """The next frame; True when with it a new shot is known to have begun (a few frames ago).

        Args:
            number: Its number, counted from the first presented frame; larger than the one before.
            at_ms: When it is presented, on the asset's timeline.
            picture: ``(height, width, 3)`` BGR, always of one shape.
            hsv: The same as ``cv2.COLOR_BGR2HSV`` gives it.
        """
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        self._change.append(0.0 if self._last is None else cv2.mean(cv2.absdiff(grey, self._last))[0] / 255)
        self._last = grey
        self._numbers.append(number)
        self._at_ms.append(at_ms)
        self._luma.append(cv2.mean(grey)[0] / 255)
        clock = FrameTimecode(number, fps=_RATE)
        self._adaptive.score = 0.0 if self._last_hsv is None else content_score(self._last_hsv, hsv)
        self._last_hsv = hsv
        cuts = [found.frame_num for found in self._adaptive.process_frame(clock, picture)]
        self._cuts += cuts
        level = np.full((1, 1), mean_level(picture))  # all that this detector takes from a picture
        fades = [found.frame_num for found in self._threshold.process_frame(clock, level)]
        self._fades += [Fade(2 * middle - number, number, middle) for middle in fades]
        return bool(cuts or fades)

    def add_colours(self, number: int, picture: Pixels) -> None:
        """Count the colours of a frame that was sampled."""
        self._colours.append((number, _count(picture)))

    def finish(self, *, end_frame: int, end_ms: int) -> list[Shot]:
        """All shots, from the first frame to the end of the picture.

        Args:
            end_frame: Number of frames that are presented.
            end_ms: End of the last one.
        """
        if not self._numbers:
            return []
        numbers, at_ms = np.asarray(self._numbers), np.asarray(self._at_ms)
        weights = np.diff(numbers, append=max(end_frame, numbers[-1] + 1))
        begins = [(int(numbers[0]), CutKind.START), *merged(self._cuts, self._fades)]
        places = [int(np.searchsorted(numbers, frame)) for frame, _ in begins] + [len(numbers)]
        shots: list[Shot] = []
        for (frame, kind), low, high in zip(begins, places[:-1], places[1:], strict=True):
            last = high == len(numbers)
            end = max(end_frame, frame + 1) if last else int(numbers[high])
            start_ms = int(at_ms[low])
            stop_ms = max(end_ms, start_ms + 1) if last else max(int(at_ms[high]), start_ms + 1)
            shots.append(self._shot(len(shots), Span(start_ms, stop_ms), frame, end, kind, slice(low, high), weights))
        return shots

    def _shot(
        self,
        index: int,
        span: Span,
        first: int,
        end: int,
        kind: CutKind,
        rows: slice,
        weights: npt.NDArray[np.int64],
    ) -> Shot:
        luma, change = np.asarray(self._luma)[rows], np.asarray(self._change)[rows].copy()
        own = weights[rows]
        change[0] = 0.0  # against the shot before
        steps = np.diff(np.asarray(self._numbers)[rows], prepend=first)
        still = (change < FREEZE_DIFFERENCE) * steps
        return Shot(
            shot_index=index,
            span=span,
            first_frame=first,
            end_frame=end,
            begins_with=kind,
            brightness=_share(float(luma @ own), float(own.sum())),
            motion=_share(float(change.sum()), float(steps.sum())),
            black_share=_share(float((luma < BLACK_LEVEL / 255) @ own), float(own.sum())),
            freeze_share=_share(float(still.sum()), float(own.sum())),
            colours=_dominant([colours for number, colours in self._colours if first <= number < end]),
        )


def content_score(before: Pixels, after: Pixels) -> float:
    """Content score of PySceneDetect: mean absolute difference of hue, saturation and value, 0 to 255."""
    return sum(cv2.mean(cv2.absdiff(before, after))[:3]) / 3


def mean_level(picture: Pixels) -> float:
    """Mean of all values of a BGR picture, 0 to 255."""
    return sum(cv2.mean(picture)[:3]) / 3


class _ScoredDetector(AdaptiveDetector):  # type: ignore[misc]  # the library has no types
    """AdaptiveDetector with its content score computed in 8 bits by OpenCV: the same number, 15 times faster.

    ``tests/pipeline/media/test_shots.py`` holds it to the library's own.
    """

    score = 0.0

    def _calculate_frame_score(self, timecode: FrameTimecode, frame_img: Pixels) -> float:  # noqa: ARG002 - the library's signature
        return self.score


def merged(cuts: Sequence[int], fades: Sequence[Fade]) -> list[tuple[int, CutKind]]:
    """First frames of shots in order, each once: a fade counts only where no hard cut says it better."""
    kept = dict.fromkeys(sorted(set(cuts)), CutKind.CUT)
    hard = np.asarray(sorted(kept), np.int64)
    for fade in fades:
        at = int(np.searchsorted(hard, fade.out_frame))
        cut_inside = at < hard.size and hard[at] <= fade.in_frame
        if fade.out_frame > 1 and not cut_inside:
            kept.setdefault(fade.cut_frame, CutKind.FADE)
    return sorted(kept.items())


@dataclass(frozen=True, slots=True)
class _Colours:
    """The most frequent coarse colours of a picture."""

    counts: npt.NDArray[np.int64]
    means: npt.NDArray[np.float64]


def _count(picture: Pixels) -> _Colours:
    pixels = picture.reshape(-1, 3)
    coarse = (pixels >> (8 - _BITS)).astype(np.int64)
    bins = (coarse[:, 2] << 2 * _BITS) | (coarse[:, 1] << _BITS) | coarse[:, 0]
    counts = np.bincount(bins, minlength=1 << 3 * _BITS)
    top = np.argsort(-counts, kind="stable")[:_COUNTED]
    top = top[counts[top] > 0]
    sums = [np.bincount(bins, pixels[:, channel], minlength=counts.size)[top] for channel in (2, 1, 0)]
    return _Colours(counts[top], np.stack(sums, axis=1) / counts[top, None])


def _dominant(found: Sequence[_Colours]) -> tuple[str, ...]:
    """Up to ``COLOURS`` colours as ``#rrggbb``: neighbours count together, the most frequent first."""
    groups: list[tuple[int, npt.NDArray[np.float64]]] = []
    for picture in found[:: 1 + len(found) // _LOOKED_AT]:
        for count, mean in zip(picture.counts.tolist(), picture.means, strict=True):
            near = next((n for n, (_, own) in enumerate(groups) if np.abs(own - mean).max() <= COLOUR_DISTANCE), None)
            if near is None:
                groups.append((count, mean))
            else:
                total, own = groups[near]
                groups[near] = (total + count, (own * total + mean * count) / (total + count))
    groups.sort(key=lambda group: -group[0])
    return tuple("#" + "".join(f"{round(part):02x}" for part in mean.tolist()) for _, mean in groups[:COLOURS])


def _share(part: float, whole: float) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 0.0
