"""Which frames to decode: all reference frames, and the others only where something happens.

In codecs with B-frames up to two thirds of the frames are referred to by no other and need not be
decoded to decode the rest. Here they are left out where the picture is calm. Between two frames that
were decoded the content score of PySceneDetect is measured as if they were neighbours. It is a sum of
absolute differences, so a change that lasts shows in full across the frames left out: where the score
is half of what a cut needs, or the picture crosses the level of black, the frames around are decoded
after all, from packets that are kept for it, and the detectors see what a full decode would have shown
them. Where packets foretell a change (a key frame, a size that jumps) nothing is left out to begin with.
What can be lost is a flash: other pictures for one to three frames, then the old one again, in packets
no larger than their neighbours.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext

from pipeline.media.picture_size import Size, scaled
from pipeline.media.pictures import ANALYSIS_SIDE, Pixels, Scaler
from pipeline.media.shots import BLACK_LEVEL, content_score, mean_level

CUT_SCORE = 15.0
"""Content score that a hard cut needs: ``min_content_val`` of AdaptiveDetector."""

GAP_SCORE = CUT_SCORE / 2
"""Content score across frames left out from which they are decoded after all. Half: motion in the frames
beside a cut may hide some of it, never so much that the detector's ratio of 3 still holds."""

NEIGHBOURS = 2
"""Frames before and after a cut that AdaptiveDetector's rolling window looks at (its ``window_width``)."""

SPARSE_CODECS = frozenset({"h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "vc1", "wmv3"})
"""Codecs whose decoders leave out frames that no other needs."""

_AHEAD = 6  # packets looked at before they are decoded: a usual group of B-frames and the window
_JUMP = 2  # a packet that is so many times the largest of the last eight foretells a change
_JUMP_OVER = 8
_JUMP_OF_KEY = 8  # and at least this part of the last key frame: less codes no other picture
_CALM_SCORE = GAP_SCORE / 2  # per frame: two in a row stay below the score across a gap
_CALM_FRAMES = 8  # frames of calm before any are left out again
_KEPT_PACKETS = 1500  # beyond it (a minute without a key frame) all is decoded: nothing is kept
_KEPT_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded frame."""

    number: int
    """Its number, counted from the first presented frame, frames left out included."""

    pts: int
    """When it is presented, in the stream's time base."""

    duration: int
    """How long, in the same unit; 0 when the stream does not say."""

    frame: av.VideoFrame
    """The frame itself."""

    small: Pixels
    """Small BGR picture for the detectors."""

    hsv: Pixels
    """The same in the colour space of the content score."""

    level: float
    """Mean of ``small``, 0 to 255."""


class PictureReader:
    """Decoder of one video stream. Packets go in as they are demuxed, pictures come out in order."""

    def __init__(self, context: VideoCodecContext, spare: VideoCodecContext, *, is_sparse: bool) -> None:
        self._context = context
        self._spare = spare  # decodes again what was left out
        self._sparse = is_sparse and context.name in SPARSE_CODECS
        self._ahead: deque[av.Packet[Any]] = deque()
        self._sizes: deque[int] = deque(maxlen=_JUMP_OVER)
        self._key_bytes = 0
        self._whole = 0  # packets still to decode with all frames
        self._calm = _CALM_FRAMES
        self._kept: deque[av.Packet[Any]] = deque()  # empty, or from a key frame on
        self._kept_bytes = 0
        self._times: list[int] = []  # heap of PTS that have not come out
        self._known: deque[tuple[int, int]] = deque(maxlen=8 * _AHEAD)  # number and PTS of what has
        self._pending: deque[Picture] = deque()
        self._checked = 1  # first of ``_pending`` whose gap to the one before is not yet looked at
        self._given = (-1, 0)  # number and PTS of the last picture that was given out
        self._number = -1
        self._scaler = Scaler()
        self._size: Size | None = None
        self.decoded = 0
        """Frames decoded, those decoded twice counted twice."""
        self.damaged = 0
        """Packets the decoder refused."""

    @property
    def count(self) -> int:
        """Frames presented so far."""
        return self._number + 1

    def take(self, packet: av.Packet[Any]) -> Iterator[Picture]:
        """Pictures that are ready after the next packet."""
        if not self._sparse or packet.pts is None:
            yield from self._flushed()
            yield from self._feed(packet)
            return
        self._keep(packet)
        jumps = packet.size > max(_JUMP * max(self._sizes, default=0), self._key_bytes // _JUMP_OF_KEY)
        if packet.is_keyframe or jumps:
            self._whole = len(self._ahead) + 1 + _AHEAD
        if packet.is_keyframe:
            self._key_bytes = packet.size
        self._sizes.append(packet.size)
        self._ahead.append(packet)
        if len(self._ahead) > _AHEAD:
            yield from self._feed(self._ahead.popleft())

    def finish(self) -> Iterator[Picture]:
        """The pictures that are left."""
        while self._ahead:
            yield from self._feed(self._ahead.popleft())
        for frame in self._decode(self._context, None):
            yield from self._arrive(frame)
        if self._sparse:
            self._check(at_end=True)
        yield from self._pending
        self._pending.clear()

    def _flushed(self) -> Iterator[Picture]:
        """What was held back, when a packet without a time ends numbering by time."""
        if self._sparse:
            self._sparse = False
            while self._ahead:
                yield from self._feed(self._ahead.popleft())
            yield from self._pending
            self._pending.clear()
            self._kept.clear()

    def _keep(self, packet: av.Packet[Any]) -> None:
        """Remember the packet for a second decoding, and its time for the numbers of frames."""
        if packet.pts is not None and not packet.is_discard:
            heapq.heappush(self._times, packet.pts)
        if packet.is_keyframe:
            self._forget(self._given[1])
        if self._kept or packet.is_keyframe:
            self._kept.append(packet)
            self._kept_bytes += packet.size
        if len(self._kept) > _KEPT_PACKETS or self._kept_bytes > _KEPT_BYTES:
            self._kept.clear()
            self._kept_bytes = 0

    def _forget(self, oldest: int) -> None:
        """Drop packets before the last key frame from which ``oldest`` can be decoded."""
        for _ in range(self._start(oldest)):
            self._kept_bytes -= self._kept.popleft().size

    def _start(self, pts: int) -> int:
        """Position in ``_kept`` of the last key frame that is not later than ``pts``; 0 if there is none."""
        keys = (at for at, packet in enumerate(self._kept) if packet.is_keyframe and _time(packet) <= pts)
        return max(keys, default=0)

    def _may_skip(self) -> bool:
        """Whether what is left out now can still be decoded when it turns out to matter."""
        room = len(self._kept) < _KEPT_PACKETS - 8 * _AHEAD and self._kept_bytes < _KEPT_BYTES // 2
        return bool(self._kept) and room and self._whole <= 0 and self._calm >= _CALM_FRAMES

    def _feed(self, packet: av.Packet[Any]) -> Iterator[Picture]:
        self._context.skip_frame = "NONREF" if self._sparse and self._may_skip() else "DEFAULT"
        self._whole -= 1
        for frame in self._decode(self._context, packet):
            yield from self._arrive(frame)

    def _decode(self, context: VideoCodecContext, packet: av.Packet[Any] | None) -> list[av.VideoFrame]:
        try:
            frames = context.decode(packet)
        except av.error.FFmpegError:
            self.damaged += 1
            return []
        self.decoded += len(frames)
        return list(frames)

    def _arrive(self, frame: av.VideoFrame) -> Iterator[Picture]:
        if not self._is_counted(frame):
            return
        picture = self._picture(self._number, frame)
        if not self._sparse:
            yield picture
            return
        self._pending.append(picture)
        self._check(at_end=False)
        while self._is_settled():
            self._checked -= 1
            given = self._pending.popleft()
            self._given = (given.number, given.pts)
            yield given

    def _is_settled(self) -> bool:
        """Whether no gap that is still to be looked at can need frames around the oldest picture."""
        open_from = self._pending[self._checked - 1].number
        return self._checked > 1 and self._pending[0].number < open_from - NEIGHBOURS

    def _is_counted(self, frame: av.VideoFrame) -> bool:
        """Count up to ``frame``; False for one that no packet announced."""
        if not self._sparse:
            self._number += 1
            return True
        found = False
        if frame.pts is None:
            return False
        while self._times and self._times[0] <= frame.pts:
            pts = heapq.heappop(self._times)
            if self._number < 0 and pts < frame.pts:
                continue  # before the first frame that can be decoded: never presented
            self._number += 1
            self._known.append((self._number, pts))
            found = pts == frame.pts
        return found

    def _picture(self, number: int, frame: av.VideoFrame) -> Picture:
        if self._size is None:
            self._size = scaled(frame.width, frame.height, Fraction(1), side=ANALYSIS_SIDE)
        pixels = self._scaler.small(frame, self._size)
        pts, duration = frame.pts if frame.pts is not None else number, frame.duration or 0
        hsv = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV), np.uint8)
        return Picture(number, pts, duration, frame, pixels, hsv, mean_level(pixels))

    def _check(self, *, at_end: bool) -> None:
        """Look at the gaps whose neighbours are known, and fill those in which something happens."""
        while self._checked < len(self._pending):
            before, after = self._pending[self._checked - 1], self._pending[self._checked]
            if not at_end and self._pending[-1].number < after.number + NEIGHBOURS:
                return
            found = content_score(before.hsv, after.hsv)
            if after.number - before.number == 1:
                self._calm = self._calm + 1 if found < _CALM_SCORE else 0
            if not (_is_hot(before, after, found) and self._fill(before.number - NEIGHBOURS, after.number)):
                self._checked += 1

    def _fill(self, low: int, after: int) -> bool:
        """Decode what was left out from frame ``low`` to the newest; True when a gap to look at has changed."""
        have = {picture.number for picture in self._pending}
        low = max(low, self._given[0] + 1)
        newest = self._pending[-1].number
        missing = {pts: number for number, pts in self._known if low <= number <= newest and number not in have}
        self._calm = 0
        found = [self._picture(number, frame) for number, frame in self._decoded_again(missing)]
        if not found:
            return False
        self._pending = deque(sorted((*self._pending, *found), key=lambda picture: picture.number))
        changed = min(after, *(picture.number for picture in found))
        self._checked = max(1, sum(picture.number < changed for picture in self._pending))
        return True

    def _decoded_again(self, missing: dict[int, int]) -> Iterator[tuple[int, av.VideoFrame]]:
        """Frames with the given PTS and their numbers, decoded from the last key frame before them."""
        if not missing or not self._kept:
            return
        low, high = min(missing), max(missing)
        self._spare.flush_buffers()
        left = len(missing)
        for packet in (*itertools.islice(self._kept, self._start(low), None), None):
            if packet is not None:
                self._spare.skip_frame = "DEFAULT" if low <= _time(packet) <= high else "NONREF"
            for frame in self._decode(self._spare, packet):
                if frame.pts is not None and frame.pts in missing:
                    left -= 1
                    yield missing[frame.pts], frame
            if not left:
                return


def _time(packet: av.Packet[Any]) -> int:
    """Presentation time of a packet that is known to have one."""
    if packet.pts is None:
        raise ValueError("only packets with a time are kept")
    return packet.pts


def _is_hot(before: Picture, after: Picture, found: float) -> bool:
    """Whether the detectors need every frame around this pair, whose content score is ``found``."""
    if after.number - before.number == 1:
        return found >= CUT_SCORE - 1
    crosses = (before.level < BLACK_LEVEL) != (after.level < BLACK_LEVEL)
    return crosses or found >= GAP_SCORE
