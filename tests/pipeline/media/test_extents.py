from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.errors import MediaError
from pipeline.media.extents import SHORT_MS, extents, require_end, require_picture
from pipeline.media.probe import probe
from tests.support import clips


def test_the_streams_of_a_file_end_where_its_packets_do(tmp_path: Path) -> None:
    found = extents(clips.late_audio(tmp_path), failure=MediaError)
    assert found.video is not None
    assert found.video.end_s == 4
    assert [stream.end_s for stream in found.audio] == [pytest.approx(3.68, abs=0.02)]


def test_what_is_no_media_raises_what_it_was_given(tmp_path: Path) -> None:
    made = tmp_path / "made.mp4"
    made.write_text("no film")
    with pytest.raises(MediaError, match=r"'made\.mp4': it is not media"):
        extents(made, failure=MediaError)


@pytest.mark.parametrize("away_ms", [-SHORT_MS, 0, SHORT_MS])
def test_an_end_may_be_a_second_off(away_ms: int) -> None:
    require_end(Fraction(5_000 + away_ms, 1_000), 5_000, what="picture", failure=MediaError)


@pytest.mark.parametrize("away_ms", [-SHORT_MS - 1, SHORT_MS + 1])
def test_an_end_that_is_further_off_is_an_error(away_ms: int) -> None:
    with pytest.raises(MediaError, match="the picture of the result ends after"):
        require_end(Fraction(5_000 + away_ms, 1_000), 5_000, what="picture", failure=MediaError)


def test_a_stream_without_an_end_is_an_error() -> None:
    with pytest.raises(MediaError, match=r"ends after 0\.0 s and not after 5\.0 s"):
        require_end(None, 5_000, what="dub", failure=MediaError)


def test_a_picture_is_held_to_its_rate_where_that_is_constant(tmp_path: Path) -> None:
    long, short = clips.no_audio(tmp_path), clips.one_frame(tmp_path)
    wanted, found = probe(long).video, extents(short, failure=MediaError)
    assert wanted is not None
    require_picture(extents(long, failure=MediaError), wanted, failure=MediaError)
    with pytest.raises(MediaError, match=r"not after 4\.0 s"):
        require_picture(found, wanted, failure=MediaError)
    varying = probe(clips.variable_rate(tmp_path)).video
    assert varying is not None
    require_picture(found, varying, failure=MediaError)
    sound = extents(clips.tone(tmp_path), failure=MediaError)
    with pytest.raises(MediaError, match="the result has no picture"):
        require_picture(sound, wanted, failure=MediaError)
