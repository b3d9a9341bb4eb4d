from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from pipeline.errors import FfmpegFailed
from pipeline.media.limits import DEFAULT_LIMITS
from pipeline.media.picture_size import Size, upright_within
from pipeline.media.preview import BOX, KEY_EVERY_S, dub_preview, preview
from pipeline.media.probe import probe
from schemas.media import VideoStream
from tests.support import clips, playing, recordings

FRAME_MS = 40
"""A frame of the clips."""

CODED_MS = 3
"""How far a beep that was coded swells beyond its first and last sample."""

CODED_COLOUR = 12
"""How far a colour is off after 4:2:0 and coding, of 255."""


@pytest.fixture
def made(tmp_path: Path) -> Callable[[Path], Path]:
    """Function that makes the preview of a clip."""

    def make(clip: Path) -> Path:
        folder = tmp_path / f"preview of {clip.name}"
        folder.mkdir()
        return preview(clip, probe(clip), folder)

    return make


@pytest.mark.parametrize(
    ("make", "cuts", "beep"),
    [
        (clips.colours, [1_200, 2_800], (1_000, 2_000)),
        (clips.late_audio, [1_200, 2_800], (1_680, 2_680)),
        (clips.late_video, [1_600], (1_000, 2_000)),
        (clips.variable_rate, [1_200, 3_000], (1_000, 2_000)),
        (clips.transport_stream, [1_210, 2_810], (1_010, 2_010)),
    ],
)
def test_it_counts_from_the_time_zero_of_the_title(
    tmp_path: Path,
    made: Callable[[Path], Path],
    make: Callable[[Path], Path],
    cuts: list[int],
    beep: tuple[int, int],
) -> None:
    clip = make(tmp_path)
    small = made(clip)
    assert small.name == "preview.mp4"
    assert playing.cuts_ms(small) == pytest.approx(cuts, abs=1)
    assert playing.beeps_ms(small) == [pytest.approx(beep, abs=CODED_MS)]
    assert playing.frames(small)[0].at_ms == 0, "the page shows a picture before it plays"
    assert playing.length_ms(small) == pytest.approx(probe(clip).length_ms, abs=1)


def test_each_frame_keeps_its_time_where_the_rate_varies(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    silent = clips.encode(
        tmp_path / "silent.mkv", "-i", str(clips.variable_rate(tmp_path)), "-map", "0:v", "-c", "copy"
    )
    small = made(silent)
    expected = [frame * 40 for frame in range(50)] + [2_000 + frame * 100 for frame in range(30)]
    assert [frame.at_ms for frame in playing.frames(small)] == pytest.approx(expected, abs=1)
    assert playing.length_ms(small) == probe(silent).length_ms


def test_a_seek_decodes_two_seconds_at_most(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    shown = playing.frames(made(clips.pixels(tmp_path, name="grey.mp4", width=64, height=64, frames=200)))
    keys_ms = [frame.at_ms for frame in shown if frame.is_key]
    assert keys_ms[0] == 0
    assert max(np.diff([*keys_ms, shown[-1].at_ms])) <= KEY_EVERY_S * 1000


def test_any_browser_plays_it_before_it_has_loaded_all(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    small = made(clips.colours(tmp_path))
    data = small.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(small)) as container:
        (video,), (audio,) = container.streams.video, container.streams.audio
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (audio.codec_context.name, audio.codec_context.layout.name, audio.rate) == ("aac", "stereo", 48_000)


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (clips.rotated, (90, 160)),
        (clips.anamorphic, (228, 90)),
        (lambda folder: clips.pixels(folder, name="large.mp4", width=1_280, height=720), (640, 360)),
        (lambda folder: clips.pixels(folder, name="tiny.webm", width=1, height=1), (2, 2)),
    ],
)
def test_it_is_upright_with_square_pixels_and_small(
    tmp_path: Path, made: Callable[[Path], Path], make: Callable[[Path], Path], size: tuple[int, int]
) -> None:
    small = made(make(tmp_path))
    assert {frame.size for frame in playing.frames(small)} == {size}
    with av.open(str(small)) as container:
        assert container.streams.video[0].sample_aspect_ratio in (None, 1)
        assert next(container.decode(video=0)).rotation == 0


def test_a_turned_picture_is_turned_once(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    with av.open(str(made(clips.rotated(tmp_path)))) as container:
        first = next(container.decode(video=0)).to_ndarray(format="gray")
    rows, columns = np.nonzero(first < 40)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((0, 7, 42, 49), abs=2), (
        "the square that is stored at the left, in the middle, is at the top"
    )


def test_a_picture_that_changes_its_size_keeps_its_frames(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    shown = playing.frames(made(recordings.changing_size(tmp_path)))
    assert [frame.at_ms for frame in shown] == pytest.approx([frame * FRAME_MS for frame in range(100)], abs=1)
    assert shown[20].colour == pytest.approx((255, 0, 0), abs=CODED_COLOUR)
    assert shown[80].colour == pytest.approx((0, 0, 255), abs=CODED_COLOUR)


def test_high_dynamic_range_becomes_what_a_browser_shows(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    """A PQ code of 58 % is the white of a page (203 cd/m², Rec. ITU-R BT.2408); untouched it would be a mid grey."""
    white = "color=c=gray:s=64x64:r=25:d=0.4,format=yuv420p10le,geq=lum=572:cb=512:cr=512"
    tagged = "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    clip = clips.encode(tmp_path / "pq.mp4", "-f", "lavfi", "-i", white, "-c:v", "libx265", "-x265-params", tagged)
    with av.open(str(made(clip))) as container:
        frame = next(container.decode(video=0))
        assert frame.color_trc == 1, "BT.709"
        assert np.median(frame.to_ndarray(format="gray")) > 240


@pytest.mark.parametrize(
    ("make", "beep"), [(clips.audio_only, 0.5), (clips.with_cover_art, 0.5), (clips.telephone, 0.5)]
)
def test_a_title_without_picture_is_sound_alone(
    tmp_path: Path, made: Callable[[Path], Path], make: Callable[[Path], Path], beep: float
) -> None:
    small = made(make(tmp_path))
    assert small.name == "preview.m4a"
    with av.open(str(small)) as container:
        assert [stream.type for stream in container.streams] == ["audio"]
    assert playing.beeps_ms(small) == [pytest.approx((1_000, 2_000), abs=CODED_MS)]
    assert playing.peak(small) == pytest.approx(beep, rel=0.15), "as loud in both ears as it was in one"


def test_a_title_without_sound_is_a_picture_alone(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    with av.open(str(made(clips.no_audio(tmp_path)))) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_a_single_frame_is_a_preview(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    small = made(clips.one_frame(tmp_path))
    assert len(playing.frames(small)) == 1
    assert playing.length_ms(small) == FRAME_MS


def test_the_sound_is_the_stream_that_was_transcribed(tmp_path: Path) -> None:
    clip = clips.two_audio_streams(tmp_path)
    for stream, beep in ((1, (1_000, 2_000)), (2, (2_000, 3_000))):
        folder = tmp_path / str(stream)
        folder.mkdir()
        small = preview(clip, probe(clip, audio_stream=stream), folder)
        assert playing.beeps_ms(small) == [pytest.approx(beep, abs=CODED_MS)]


def test_dialogue_of_surround_sound_stays_loud_enough_to_follow(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    assert playing.peak(made(clips.surround_5_1(tmp_path))) == pytest.approx(0.5 * 0.707, rel=0.15)


@pytest.mark.parametrize("channels", [3, 64])
def test_sound_of_any_number_of_channels_is_heard(tmp_path: Path, made: Callable[[Path], Path], channels: int) -> None:
    assert playing.beeps_ms(made(unnamed_channels(tmp_path, channels))) == [pytest.approx((1_000, 2_000), abs=CODED_MS)]


def test_channels_that_change_on_the_way_move_nothing(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    small = made(recordings.changing_channels(tmp_path))
    expected = [pytest.approx((1_000, 2_000), abs=10), pytest.approx((4_000, 5_000), abs=20)]  # AC-3 frames of 32 ms
    assert playing.beeps_ms(small) == expected


def test_a_hole_in_the_sound_is_silent_and_moves_nothing(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    small = made(recordings.with_a_hole(tmp_path))
    expected = [pytest.approx((1_000, 2_000), abs=10), pytest.approx((6_000, 7_000), abs=20)]
    assert playing.beeps_ms(small) == expected


def test_sound_that_is_no_number_is_cut(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    samples = np.zeros((48_000, 2), np.float32)
    samples[1_000], samples[2_000], samples[3_000] = np.nan, np.inf, 1e30
    broken = tmp_path / "nan.wav"
    soundfile.write(broken, samples, 48_000, subtype="FLOAT")
    assert np.isfinite(playing.peak(made(broken)))


def test_it_comes_out_the_same_whatever_the_machine_has_to_do(tmp_path: Path) -> None:
    clip = clips.colours(tmp_path)
    asset = probe(clip)
    made = set()
    for threads in (1, 4):
        folder = tmp_path / str(threads)
        folder.mkdir()
        limits = replace(DEFAULT_LIMITS, max_threads=threads)
        made.add(preview(clip, asset, folder, limits=limits).read_bytes())
    assert len(made) == 1


def test_nothing_that_the_source_says_of_itself_is_in_it(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    said = ["-metadata", "title=SECRET", "-metadata:s:v", "handler_name=SECRET", "-metadata:s:a", "title=SECRET"]
    clip = clips.copied(clips.colours(tmp_path), tmp_path / "said.mp4", *said)
    assert b"SECRET" in clip.read_bytes()
    assert b"SECRET" not in made(clip).read_bytes()


def test_progress_is_told_in_milliseconds_of_the_title(tmp_path: Path) -> None:
    clip = clips.tone(tmp_path, length_ms=300_000)
    told: list[int] = []
    preview(clip, probe(clip), tmp_path, on_progress=told.append)
    assert told == sorted(told)
    assert 0 < told[-1] <= 301_000


def test_a_file_that_breaks_off_is_no_preview_although_ffmpeg_ends_well(tmp_path: Path) -> None:
    whole = clips.colours(tmp_path)
    asset = probe(whole)
    data = clips.copied(whole, tmp_path / "fast.mp4", "-movflags", "+faststart").read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    with pytest.raises(FfmpegFailed, match=r"of the result ends after .* and not after 4\.0 s; it is damaged"):
        preview(whole, asset, tmp_path)


def test_a_picture_that_ends_before_its_sound_does_is_missed(tmp_path: Path) -> None:
    clip = clips.colours(tmp_path)
    asset = probe(clip)
    picture = clips.colours(tmp_path, name="short.mp4", cuts=(), frames=50, with_tone=False)
    clips.encode(
        clip, "-i", str(picture), "-i", str(clips.tone(tmp_path, length_ms=4_000)), "-c", "copy", "-c:a", "aac"
    )
    with pytest.raises(FfmpegFailed, match=r"the picture of the result ends after 2\.0 s and not after 4\.0 s"):
        preview(clip, asset, tmp_path)


def test_a_source_that_became_another_is_no_preview(tmp_path: Path) -> None:
    clip = clips.tone(tmp_path)
    asset = probe(clip)
    clip.write_bytes(clips.tone(tmp_path, name="longer.wav", length_ms=9_000).read_bytes())
    small = preview(clip, asset, tmp_path)
    assert playing.length_ms(small) == 3_000, "no more than the title is long"
    clip.write_bytes(clips.tone(tmp_path, name="shorter.wav", length_ms=1_000).read_bytes())
    with pytest.raises(FfmpegFailed, match="the last stream of the result ends after"):
        preview(clip, asset, tmp_path)


@pytest.mark.parametrize(("channels", "layout"), [(1, "mono"), (6, "5.1")])
def test_a_dub_is_heard_where_it_is_in_the_mix(tmp_path: Path, channels: int, layout: str) -> None:
    mix = clips.encode(
        tmp_path / "mix.wav",
        *("-i", str(clips.tone(tmp_path))),
        *("-af", "pan=" + "|".join([layout, *(f"c{channel}=c0" for channel in range(channels))])),
        *("-c:a", "pcm_s24le", "-metadata", "comment=SYNTHETIC SPEECH"),
    )
    small = dub_preview(mix, tmp_path, length_ms=3_000, channels=channels, channel_layout=layout)
    assert small.name == "dub.m4a"
    assert playing.beeps_ms(small) == [pytest.approx((1_000, 2_000), abs=CODED_MS)]
    assert playing.length_ms(small) == 3_000
    with av.open(str(small)) as container:
        assert container.metadata["comment"] == "SYNTHETIC SPEECH", "the marking goes with it"


def test_a_mix_that_was_cut_off_is_no_preview(tmp_path: Path) -> None:
    with pytest.raises(
        FfmpegFailed, match=r"'tone\.wav': the last stream of the result ends after 3\.0 s and not after"
    ):
        dub_preview(clips.tone(tmp_path), tmp_path, length_ms=9_000, channels=1, channel_layout="mono")


@pytest.mark.parametrize(
    ("stored", "rotation_deg", "aspect", "size"),
    [
        ((1_920, 1_080), 0, "1", (640, 360)),
        ((720, 576), 0, "16/15", (480, 360)),
        ((720, 480), 0, "8/9", (480, 360)),
        ((4_096, 1_716), 0, "1", (640, 268)),
        ((1_080, 1_920), 0, "1", (202, 360)),
        ((1_920, 1_080), 90, "1", (202, 360)),
        ((320, 180), 0, "1", (320, 180)),
        ((320, 180), 0, "1000", (320, 180)),
        ((1, 8_192), 0, "1", (2, 360)),
    ],
)
def test_a_picture_fits_its_box_in_the_shape_a_player_shows(
    stored: tuple[int, int], rotation_deg: int, aspect: str, size: tuple[int, int]
) -> None:
    video = VideoStream(0, "h264", *stored, Fraction(25), False, rotation_deg, Fraction(aspect), 1, 0)
    assert upright_within(video, BOX) == Size(*size)


@pytest.mark.shared_media
@pytest.mark.parametrize("name", ["delayed_start.mp4", "counter.mp4"])
def test_every_frame_of_a_real_film_keeps_its_time(shared_media: Path, made: Callable[[Path], Path], name: str) -> None:
    film = shared_media / name
    asset, small = probe(film), made(film)
    assert asset.video is not None
    expected = [float(frame * 1000 / asset.video.frame_rate) for frame in range(asset.video.frame_count)]
    assert [frame.at_ms for frame in playing.frames(small)] == pytest.approx(expected, abs=1)
    assert playing.length_ms(small) == asset.length_ms


def unnamed_channels(folder: Path, channels: int) -> Path:
    """3 s of a WAV that does not say what its channels are, the same in all: a beep from 1000 to 2000 ms."""
    beep, rate_hz = soundfile.read(clips.tone(folder))
    path = folder / f"{channels}.wav"
    soundfile.write(path, np.stack([beep] * channels, axis=1), rate_hz, subtype="PCM_16", format="WAVEX")
    return path
