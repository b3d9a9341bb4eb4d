"""Leaving frames out must not cost a cut: every clip is decoded twice, whole and sparse, and compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.video.stream import VideoStream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.media.shots import ShotFinder
from pipeline.media.sparse import PictureReader
from tests.support import clips

WIDTH, HEIGHT = 192, 108

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Found:
    """What the detectors say, and what it took."""

    begins: list[tuple[int, str, int]]
    """First frame, kind and start of each shot."""

    presented: int
    decoded: int
    given: int


def found_in(path: Path, *, is_sparse: bool) -> Found:
    with av.open(str(path)) as container, av.open(str(path)) as again:
        stream, spare = container.streams.video[0], again.streams.video[0]
        assert isinstance(stream, VideoStream)
        stream.thread_type = spare.thread_type = "AUTO"
        base = stream.time_base
        assert base is not None
        reader, finder = PictureReader(stream.codec_context, spare.codec_context, is_sparse=is_sparse), ShotFinder()
        numbers: list[int] = []
        packets = (packet for packet in container.demux(stream) if packet.size)
        for picture in itertools.chain(itertools.chain.from_iterable(map(reader.take, packets)), reader.finish()):
            finder.add(picture.number, round(picture.pts * base * 1000), picture.small, picture.hsv)
            numbers.append(picture.number)
        assert numbers == sorted(set(numbers)), "pictures must come once and in order"
        shots = finder.finish(end_frame=reader.count, end_ms=10**9)
        begins = [(shot.first_frame, str(shot.begins_with), shot.span.start_ms) for shot in shots]
        return Found(begins, reader.count, reader.decoded, len(numbers))


def texture(seed: int) -> Pixels:
    """A coarse random picture, twice as wide as the frame so that it can be panned over."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 32, 3), dtype=np.uint8)
    return coarse.repeat(12, axis=0).repeat(12, axis=1)


def film(shots: list[tuple[int, int, int]]) -> Iterator[Pixels]:
    """Shots of ``(seed, frames, pixels of pan per frame)``; seed 0 is black."""
    for seed, frames, pan in shots:
        whole = texture(seed) * (seed > 0)
        for frame in range(frames):
            left = (frame * pan) % WIDTH
            yield whole[:HEIGHT, left : left + WIDTH]


def encoded(target: Path, pictures: Iterator[Pixels], *options: str) -> Path:
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", "25", "-i", "-"]
    return clips.encode(target, *source, *options, "-pix_fmt", "yuv420p", pictures=pictures)


LONG_GOP = ("-c:v", "libx264", "-preset", "veryfast", "-g", "400", "-sc_threshold", "0", "-bf", "4")
"""One key frame at the start and none at the cuts: nothing but the pictures tells where they are."""

USUAL = ("-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-bf", "3")
OPEN_GOP = ("-c:v", "libx264", "-preset", "veryfast", "-x264-params", "open-gop=1:keyint=40:scenecut=0:bframes=3")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:keyint=60:bframes=4")
MPEG2 = ("-c:v", "mpeg2video", "-bf", "2", "-g", "30", "-qscale:v", "4")
NO_B = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0")

films = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 60), st.sampled_from([0, 0, 1, 3])), min_size=2, max_size=7
)


@pytest.mark.parametrize("codec", [LONG_GOP, USUAL, OPEN_GOP, HEVC, MPEG2, NO_B], ids=lambda codec: codec[-1])
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shots=films)
def test_cuts_are_those_of_a_whole_decode(
    tmp_path: Path, codec: tuple[str, ...], shots: list[tuple[int, int, int]]
) -> None:
    clip = encoded(tmp_path / "film.mkv", film(shots), *codec)
    assert found_in(clip, is_sparse=True).begins == found_in(clip, is_sparse=False).begins


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("at", [31, 32, 33, 34])
def test_a_short_shot_inside_one_group_of_pictures_is_not_lost(tmp_path: Path, length: int, at: int) -> None:
    pictures = film([(1, at, 0), (2, length, 0), (1, 60, 0)])
    clip = encoded(tmp_path / "film.mkv", pictures, *LONG_GOP)
    assert found_in(clip, is_sparse=True).begins == found_in(clip, is_sparse=False).begins


def test_a_fade_through_black_is_at_the_frame_of_a_whole_decode(tmp_path: Path) -> None:
    down, up = np.linspace(1, 0, 20), np.linspace(0, 1, 20)
    factors = [*np.ones(40), *down, *np.zeros(9), *up, *np.ones(40)]
    greys = [texture(seed)[:HEIGHT, :WIDTH, :1].repeat(3, axis=2) for seed in (1, 2)]  # colours would jump in the dark
    pictures = ((greys[n >= 65] * factor).astype(np.uint8) for n, factor in enumerate(factors))
    clip = encoded(tmp_path / "film.mkv", pictures, *LONG_GOP)
    sparse = found_in(clip, is_sparse=True)
    assert [kind for _, kind, _ in sparse.begins] == ["start", "fade"]
    assert sparse.begins == found_in(clip, is_sparse=False).begins


def test_cuts_of_a_variable_rate_are_at_the_time_of_their_frame(tmp_path: Path) -> None:
    clip = clips.variable_rate(tmp_path)
    sparse = found_in(clip, is_sparse=True)
    assert sparse.begins == found_in(clip, is_sparse=False).begins
    assert [start_ms for _, _, start_ms in sparse.begins] == [0, 1200, 3000]


def test_a_calm_film_is_decoded_in_part(tmp_path: Path) -> None:
    clip = encoded(tmp_path / "film.mkv", film([(1, 200, 0), (2, 200, 0)]), *USUAL)
    sparse = found_in(clip, is_sparse=True)
    assert sparse.presented == 400
    assert sparse.decoded < 0.7 * sparse.presented


def test_a_whole_decode_gives_every_frame(tmp_path: Path) -> None:
    clip = encoded(tmp_path / "film.mkv", film([(1, 50, 0), (2, 50, 0)]), *USUAL)
    whole = found_in(clip, is_sparse=False)
    assert (whole.presented, whole.given, whole.decoded) == (100, 100, 100)
