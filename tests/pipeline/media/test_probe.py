from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.errors import ProbeFailed
from pipeline.media.limits import DEFAULT_LIMITS
from pipeline.media.probe import probe
from tests.support import clips

UNREADABLE = Path("/sys/class/net/lo/duplex")
"""A regular file of 4096 bytes that can be opened; reading it fails, since a loopback has no duplex mode."""


def test_a_plain_file_is_described_whole(tmp_path: Path) -> None:
    path = clips.colours(tmp_path)
    asset = probe(path)
    assert asset.size_bytes == path.stat().st_size
    assert asset.asset_id == asset.sha256[:16]
    assert asset.length_ms == 4000
    assert asset.zero == 0
    assert asset.container.startswith("mov,mp4")
    assert asset.video is not None
    assert (asset.video.width, asset.video.height) == (clips.WIDTH, clips.HEIGHT)
    assert (asset.video.frame_rate, asset.video.frame_count) == (Fraction(25), 100)
    assert not asset.video.is_variable_rate
    assert asset.audio_choice == 1
    assert asset.audio[0].codec == "aac"
    assert asset.audio[0].channel_layout == "mono"


def test_the_name_of_a_file_does_not_matter_and_its_content_does(tmp_path: Path) -> None:
    clip = clips.tone(tmp_path)
    other = tmp_path / "-i %03d a:b\n.mp4"
    other.write_bytes(clip.read_bytes())
    assert probe(other) == probe(clip)


def test_video_that_starts_late_starts_after_time_zero(tmp_path: Path) -> None:
    asset = probe(clips.late_video(tmp_path))
    assert asset.length_ms == 4000
    assert asset.video is not None
    assert asset.video.start_ms == 400
    assert asset.video.frame_count == 75


@pytest.mark.parametrize(("name", "start_ms"), [("late.mkv", 680), ("late.mp4", 659)])
def test_audio_that_starts_late_starts_after_time_zero(tmp_path: Path, name: str, start_ms: int) -> None:
    asset = probe(clips.late_audio(tmp_path, name=name))
    assert asset.audio[0].start_ms == start_ms
    assert asset.video is not None
    assert asset.video.start_ms == 0
    assert asset.length_ms == 4000


@pytest.mark.parametrize("start_s", [Fraction(0), Fraction(7, 5)])
def test_a_transport_stream_counts_from_its_first_frame(tmp_path: Path, start_s: Fraction) -> None:
    asset = probe(clips.transport_stream(tmp_path, start_s=start_s))
    assert asset.zero > 0
    assert asset.declared_length_ms is None
    assert asset.video is not None
    assert asset.length_ms == pytest.approx(4000, abs=30)  # its audio frames are 24 ms


def test_priming_and_padding_of_aac_are_not_presented(tmp_path: Path) -> None:
    asset = probe(clips.audio_only(tmp_path))
    assert (asset.zero, asset.length_ms) == (Fraction(0), 3000)
    assert asset.video is None


def test_a_varying_rate_is_flagged(tmp_path: Path) -> None:
    asset = probe(clips.variable_rate(tmp_path))
    assert asset.video is not None
    assert asset.video.is_variable_rate
    assert asset.video.frame_rate == 25
    assert asset.video.frame_count == 80
    assert asset.length_ms == 5000


def test_a_rate_of_ntsc_is_exact_and_a_drop_frame_timecode_stays(tmp_path: Path) -> None:
    asset = probe(clips.drop_frame_timecode(tmp_path))
    assert asset.video is not None
    assert asset.video.frame_rate == Fraction(30000, 1001)
    assert asset.start_timecode == "00:59:58;00"
    assert asset.length_ms == 3003


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_is_clockwise(tmp_path: Path, degrees: int) -> None:
    asset = probe(clips.rotated(tmp_path, clockwise_deg=degrees))
    assert asset.video is not None
    assert asset.video.rotation_deg == degrees


def test_pixels_that_are_not_square_are_told(tmp_path: Path) -> None:
    asset = probe(clips.anamorphic(tmp_path))
    assert asset.video is not None
    assert asset.video.pixel_aspect == Fraction(64, 45)


def test_a_cover_picture_is_not_video(tmp_path: Path) -> None:
    asset = probe(clips.with_cover_art(tmp_path))
    assert asset.video is None
    assert asset.length_ms == 3000


def test_the_default_audio_is_chosen_and_another_can_be(tmp_path: Path) -> None:
    clip = clips.two_audio_streams(tmp_path)
    asset = probe(clip)
    assert [(stream.stream_index, stream.language) for stream in asset.audio] == [(1, "en"), (2, "es")]
    assert [stream.is_default for stream in asset.audio] == [False, True]
    assert asset.audio_choice == 2
    assert asset.audio[0].title == "Commentary"
    assert probe(clip, audio_stream=1).audio_choice == 1


def test_an_audio_stream_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailed, match="no usable audio stream 7; choose one of: 1, 2"):
        probe(clips.two_audio_streams(tmp_path), audio_stream=7)


def test_surround_sound_keeps_its_layout(tmp_path: Path) -> None:
    asset = probe(clips.surround_5_1(tmp_path))
    assert asset.audio[0].channels == 6
    assert asset.audio[0].channel_layout.startswith("5.1")


@pytest.mark.parametrize("maker", [clips.one_frame, clips.no_audio, clips.silence, clips.telephone])
def test_odd_but_whole_files_are_valid(tmp_path: Path, maker: object) -> None:
    assert callable(maker)
    assert probe(maker(tmp_path)).length_ms >= 40


def test_a_broadcast_wav_keeps_its_start(tmp_path: Path) -> None:
    plain = clips.tone(tmp_path)
    reference = str(48_000 * 3600)
    stamped = clips.copied(
        plain, tmp_path / "stamped.wav", "-write_bext", "1", "-metadata", f"time_reference={reference}"
    )
    assert probe(stamped).start_timecode == "01:00:00.000"


def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailed, match="more than 10"):
        probe(clips.tone(tmp_path), limits=replace(DEFAULT_LIMITS, max_bytes=10))


def test_more_channels_than_the_limit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailed, match="6 channels, more than 2"):
        probe(clips.surround_5_1(tmp_path), limits=replace(DEFAULT_LIMITS, max_channels=2))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    clip = clips.tone(tmp_path)
    clip.chmod(0)
    with pytest.raises(ProbeFailed, match="may not be read"):
        probe(clip)


@pytest.mark.skipif(not UNREADABLE.is_file(), reason="this system has no file that opens and cannot be read")
def test_a_file_whose_disk_fails_is_refused() -> None:
    with pytest.raises(ProbeFailed, match="cannot be read"):
        probe(UNREADABLE)
