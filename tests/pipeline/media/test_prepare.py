from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from pipeline.errors import DecodeFailed
from pipeline.media import files
from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from schemas.media import LEVEL_STEP_MS
from tests.pipeline.media.conftest import Made
from tests.support import clips

ONSET_TOLERANCE_MS = 3
"""How far a lossy codec smears the begin and the end of a beep: AAC's short window is 2.7 ms."""

Make = Callable[..., Made]


def beep_ms(samples: npt.NDArray[np.int16]) -> tuple[float, float]:
    """Begin and end of what is louder than a quarter of the beep, in milliseconds."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 4000)
    return loud[0] / 16, (loud[-1] + 1) / 16


def assert_beep(made: Made, from_ms: float, to_ms: float) -> None:
    begin, end = beep_ms(made.samples)
    assert begin == pytest.approx(from_ms, abs=ONSET_TOLERANCE_MS)
    assert end == pytest.approx(to_ms, abs=ONSET_TOLERANCE_MS)
    assert made.samples.size == made.asset.length_ms * 16


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv"])
def test_audio_that_starts_late_keeps_its_place_on_the_timeline(tmp_path: Path, made: Make, name: str) -> None:
    clip = made(clips.late_audio(tmp_path, name=name))
    assert_beep(clip, 1680, 2680)
    assert [shot.first_frame for shot in clip.shots] == [0, 30, 70]


def test_video_that_starts_late_keeps_its_place_on_the_timeline(tmp_path: Path, made: Make) -> None:
    clip = made(clips.late_video(tmp_path))
    assert_beep(clip, 1000, 2000)
    assert [shot.span.start_ms for shot in clip.shots] == [400, 1600]
    assert clip.shots[-1].span.end_ms == 3400


@pytest.mark.parametrize("start_s", [Fraction(0), Fraction(7, 5)])
def test_a_transport_stream_is_on_its_own_timeline(tmp_path: Path, made: Make, start_s: Fraction) -> None:
    clip = made(clips.transport_stream(tmp_path, start_s=start_s))
    assert clip.asset.video is not None
    first_ms = clip.asset.video.start_ms
    assert_beep(clip, first_ms + 1000, first_ms + 2000)
    assert [shot.span.start_ms for shot in clip.shots] == [first_ms, first_ms + 1200, first_ms + 2800]


def test_priming_of_aac_moves_nothing(tmp_path: Path, made: Make) -> None:
    assert_beep(made(clips.audio_only(tmp_path)), 1000, 2000)


def test_the_chosen_audio_stream_is_heard(tmp_path: Path, made: Make) -> None:
    path = clips.two_audio_streams(tmp_path)
    assert_beep(made(path, audio_stream=1), 1000, 2000)
    assert beep_ms(made(path).samples) != pytest.approx((1000, 2000), abs=ONSET_TOLERANCE_MS)


def test_surround_sound_gives_the_centre(tmp_path: Path, made: Make) -> None:
    assert_beep(made(clips.surround_5_1(tmp_path)), 1000, 2000)


def test_a_gap_in_the_middle_is_silence(tmp_path: Path, made: Make) -> None:
    first = clips.tone(tmp_path, name="first.wav", from_ms=0, to_ms=500, length_ms=500)
    gap = ["-af", "asetpts='if(gte(T,0.25),PTS+1/TB,PTS)'"]  # its second half a second later
    holed = clips.encode(tmp_path / "holed.mkv", "-i", f"file:{first}", *gap, "-c:a", "pcm_s16le")
    clip = made(holed)
    assert clip.asset.length_ms == pytest.approx(1500, abs=30)  # packets are 21 ms long
    assert clip.samples.size == clip.asset.length_ms * 16
    assert np.abs(clip.samples[300 * 16 : 1200 * 16]).max() < 100
    assert np.abs(clip.samples[1300 * 16 : 1450 * 16]).max() > 4000
    (hole,) = clip.prepared.holes
    assert (hole.start_ms, hole.end_ms) == pytest.approx((250, 1250), abs=30)


def test_cuts_of_a_variable_rate_are_at_their_frames_times(tmp_path: Path, made: Make) -> None:
    clip = made(clips.variable_rate(tmp_path))
    assert [(shot.first_frame, shot.span.start_ms) for shot in clip.shots] == [(0, 0), (30, 1200), (60, 3000)]


def test_a_dip_to_black_is_one_boundary_inside_the_black(tmp_path: Path, made: Make) -> None:
    shots = made(clips.fades(tmp_path)).shots
    assert len(shots) == 2
    assert 50 <= shots[1].first_frame <= 57


def test_shots_cover_the_picture_and_each_has_a_sampled_frame(tmp_path: Path, made: Make) -> None:
    clip = made(clips.colours(tmp_path))
    assert [shot.span.start_ms for shot in clip.shots] == [0, 1200, 2800]
    assert all(a.span.end_ms == b.span.start_ms for a, b in itertools.pairwise(clip.shots))
    assert all(a.end_frame == b.first_frame for a, b in itertools.pairwise(clip.shots))
    assert clip.shots[-1].end_frame == 100
    assert all(
        any(shot.span.start_ms <= frame.at_ms < shot.span.end_ms for frame in clip.frames) for shot in clip.shots
    )
    assert all(0 < shot.brightness < 1 and shot.black_share == 0 for shot in clip.shots)
    red = clip.shots[0].colours[0]
    expected = np.asarray(clips.PALETTE[0])
    found = np.asarray([int(red[at : at + 2], 16) for at in (1, 3, 5)])
    assert np.abs(found - expected).max() < 12  # 4:2:0 and BT.601 against BT.709


@pytest.mark.parametrize(("degrees", "size"), [(90, (90, 160)), (180, (160, 90))])
def test_sampled_frames_are_upright(tmp_path: Path, made: Make, degrees: int, size: tuple[int, int]) -> None:
    frame = made(clips.rotated(tmp_path, clockwise_deg=degrees)).frames[0]
    picture = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert (frame.width, frame.height) == size
    assert picture is not None
    assert picture.shape == (frame.height, frame.width, 3)


def test_sampled_frames_have_square_pixels(tmp_path: Path, made: Make) -> None:
    frame = made(clips.anamorphic(tmp_path)).frames[0]
    assert (frame.width, frame.height) == (228, 90)


def test_a_title_with_sound_and_picture_has_every_file(tmp_path: Path, made: Make) -> None:
    clip = made(clips.colours(tmp_path))
    assert clip.prepared.has_speech_audio
    assert clip.files == {files.SPEECH, files.LEVELS, files.REGIONS, files.FRAMES, files.SHOTS}


def test_a_title_without_audio_has_no_files_of_it(tmp_path: Path, made: Make) -> None:
    clip = made(clips.no_audio(tmp_path))
    assert not clip.prepared.has_speech_audio
    assert clip.files == {files.FRAMES, files.SHOTS}


def test_a_title_without_picture_has_no_frames_and_no_shots(tmp_path: Path, made: Make) -> None:
    clip = made(clips.tone(tmp_path))
    assert clip.files == {files.SPEECH, files.LEVELS, files.REGIONS, files.SHOTS}
    assert clip.shots == []
    assert len(clip.levels) == -(-3000 // LEVEL_STEP_MS)
    levels = [level.level_dbfs for level in clip.levels]
    assert levels[5] == -120
    assert levels[1500 // LEVEL_STEP_MS] == pytest.approx(-9, abs=0.5)  # a sine of -6 dBFS


def test_a_single_frame_is_a_shot(tmp_path: Path, made: Make) -> None:
    clip = made(clips.one_frame(tmp_path))
    assert [(shot.first_frame, shot.end_frame, shot.span.end_ms) for shot in clip.shots] == [(0, 1, 40)]
    assert len(clip.frames) == 1


def test_silence_has_no_speech(tmp_path: Path, made: Make) -> None:
    clip = made(clips.silence(tmp_path))
    assert clip.regions == []
    assert not clip.samples.any()


@pytest.mark.parametrize(
    "options",
    [
        ("-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-x265-params", "log-level=error"),
        ("-pix_fmt", "yuva420p", "-c:v", "libvpx-vp9"),
        ("-vf", "scale=97:53", "-pix_fmt", "yuv444p", "-c:v", "libx264"),
        ("-flags", "+ilme+ildct", "-c:v", "mpeg2video"),
        ("-pix_fmt", "rgb24", "-c:v", "ffv1"),
    ],
    ids=lambda options: options[1],
)
def test_odd_pictures_do_not_matter(tmp_path: Path, made: Make, options: tuple[str, ...]) -> None:
    plain = clips.no_audio(tmp_path)
    odd = clips.encode(tmp_path / "odd.mkv", "-i", f"file:{plain}", *options)
    assert [shot.first_frame for shot in made(odd).shots] == [0, 30, 70]


def test_a_picture_that_changes_size_does_not_matter(tmp_path: Path, made: Make) -> None:
    parts = [
        clips.pixels(tmp_path, name=f"{width}.ts", width=width, height=90, frames=25).read_bytes()
        for width in (160, 240)
    ]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(parts))
    assert made(joined).prepared.frames_presented >= 25


def test_a_stream_that_does_not_begin_with_a_key_frame_begins_where_it_can(tmp_path: Path, made: Make) -> None:
    whole = clips.no_audio(tmp_path)
    keyed = clips.encode(tmp_path / "keyed.ts", "-i", f"file:{whole}", "-c:v", "libx264", "-g", "20")
    cut = tmp_path / "cut.ts"
    cut.write_bytes(keyed.read_bytes()[188 * 20 :])
    clip = made(cut)
    assert clip.asset.video is not None
    assert clip.shots[0].first_frame == 0
    assert clip.shots[0].span.start_ms == 0
    assert clip.shots[-1].end_frame == clip.asset.video.frame_count < 100


def test_progress_is_told_in_milliseconds(tmp_path: Path) -> None:
    clip = clips.colours(tmp_path)
    told: list[int] = []
    prepare(clip, probe(clip), tmp_path, on_progress=told.append)
    assert told == sorted(told)
    assert all(0 <= at_ms <= 4000 for at_ms in told)


def test_a_file_that_was_exchanged_since_it_was_probed_is_noticed(tmp_path: Path) -> None:
    clip, other = clips.tone(tmp_path), clips.silence(tmp_path, length_ms=1500)
    asset = probe(clip)
    clip.write_bytes(other.read_bytes())
    with pytest.raises(DecodeFailed, match=r"decodes to 1.5 s, 1.5 s less than it promises"):
        prepare(clip, asset, tmp_path)


@pytest.mark.shared_media
@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("nature.mp4", [(30, "cut"), (180, "cut"), (394, "cut"), (691, "cut")]),
        ("fades.mp4", [(84, "fade"), (167, "fade")]),
        ("counter.mp4", [(20, "cut")]),  # red turns green: PySceneDetect's AdaptiveDetector says so too
        ("delayed_start.mp4", []),
    ],
)
def test_cuts_of_the_reference_lists_are_at_their_frames(
    shared_media: Path, made: Make, name: str, begins: list[tuple[int, str]]
) -> None:
    clip = made(shared_media / name)
    assert [(shot.first_frame, str(shot.begins_with)) for shot in clip.shots[1:]] == begins


@pytest.mark.shared_media
def test_a_late_first_frame_is_time_zero_and_the_clock_is_kept(shared_media: Path) -> None:
    asset = probe(shared_media / "delayed_start.mp4")
    assert asset.zero == Fraction(43, 40)
    assert asset.length_ms == 960


@pytest.mark.shared_media
def test_speech_regions_hold_what_is_said(shared_media: Path, made: Make) -> None:
    clip = made(shared_media / "jfk.flac")
    spoken_ms = sum(region.span.duration_ms for region in clip.regions)
    assert 6000 < spoken_ms < 11_000
