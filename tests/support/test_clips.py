from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from tests.support import clips

LOSSY_MS = 3  # a coded beep swells a little before its first sample
FRAME_MS = 1  # rounding of a time base


def at_s(frame: av.AudioFrame | av.VideoFrame) -> float:
    assert frame.pts is not None
    assert frame.time_base is not None
    return float(frame.pts * frame.time_base)


def zero_s(path: Path) -> float:
    """The earliest sample or frame of the clip, on the container's clock."""
    with av.open(str(path)) as container:
        first: dict[int, float] = {}
        for packet in container.demux():
            for frame in packet.decode() if packet.stream.type in ("audio", "video") else ():
                if isinstance(frame, av.AudioFrame | av.VideoFrame) and frame.pts is not None:
                    first.setdefault(packet.stream_index, at_s(frame))
    return min(first.values())


def beep_ms(path: Path, *, stream: int = 0) -> tuple[int, int]:
    """First and last loud millisecond of an audio stream, counted from the earliest sample or frame."""
    loud = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=stream):
            samples = frame.to_ndarray()
            scale = 1.0 if samples.dtype.kind == "f" else 2.0 ** (8 * samples.dtype.itemsize - 1)
            peaks = np.abs(samples.reshape(-1, frame.samples) / scale).max(axis=0)
            at = np.flatnonzero(peaks > 0.2)
            loud += [at_s(frame) + index / frame.sample_rate for index in at]
    zero = zero_s(path)
    return round((min(loud) - zero) * 1000), round((max(loud) - zero) * 1000)


def cuts_ms(path: Path) -> tuple[list[int], list[int], int]:
    """Numbers and times of the frames that differ from the one before, and the number of frames."""
    numbers, times, count = [], [], 0
    before: npt.NDArray[np.float64] | None = None
    zero = zero_s(path)
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            colour = np.median(frame.to_ndarray(format="rgb24").reshape(-1, 3), axis=0).astype(np.float64)
            if before is not None and np.abs(colour - before).max() > 40:
                numbers.append(count)
                times.append(round((at_s(frame) - zero) * 1000))
            before = colour
            count += 1
    return numbers, times, count


def close(found: tuple[int, int], expected: tuple[int, int]) -> bool:
    return all(abs(a - b) <= LOSSY_MS for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", ["tone.wav", "tone.flac", "tone.mp3", "tone.m4a", "tone.opus"])
def test_a_tone_is_heard_from_its_first_to_its_last_millisecond(tmp_path: Path, name: str) -> None:
    assert close(beep_ms(clips.tone(tmp_path, name=name)), (1_000, 2_000))


@pytest.mark.parametrize(
    ("make", "beep", "cuts"),
    [
        (clips.colours, (1_000, 2_000), [1_200, 2_800]),
        (clips.late_audio, (1_680, 2_680), [1_200, 2_800]),
        (clips.late_video, (1_000, 2_000), [1_600]),
        (clips.variable_rate, (1_000, 2_000), [1_200, 3_000]),
    ],
)
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_sound_and_cuts_are_where_the_docstring_says(
    tmp_path: Path, make: Callable[..., Path], beep: tuple[int, int], cuts: list[int], suffix: str
) -> None:
    clip = make(tmp_path, name=f"clip.{suffix}")
    assert close(beep_ms(clip), beep)
    assert cuts_ms(clip)[1] == pytest.approx(cuts, abs=FRAME_MS)


@pytest.mark.parametrize(
    ("make", "cuts", "frames"),
    [
        (clips.no_audio, [30, 70], 100),
        (clips.one_frame, [], 1),
        (clips.drop_frame_timecode, [45], 90),
        (clips.transport_stream, [30, 70], 100),
        (clips.rotated, [], 25),
        (clips.anamorphic, [], 25),
    ],
)
def test_pictures_change_at_the_frames_the_docstring_names(
    tmp_path: Path, make: Callable[..., Path], cuts: list[int], frames: int
) -> None:
    numbers, _, count = cuts_ms(make(tmp_path))
    assert (numbers, count) == (cuts, frames)


def test_silence_is_digital_silence(tmp_path: Path) -> None:
    with av.open(str(clips.silence(tmp_path, length_ms=500))) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    assert sum(frame.size for frame in frames) == 24_000
    assert not any(frame.any() for frame in frames)


def test_each_language_has_its_own_beep_and_the_second_is_the_default(tmp_path: Path) -> None:
    clip = clips.two_audio_streams(tmp_path)
    assert close(beep_ms(clip, stream=0), (1_000, 2_000))
    assert close(beep_ms(clip, stream=1), (2_000, 3_000))
    with av.open(str(clip)) as container:
        streams = container.streams.audio
        assert [stream.language for stream in streams] == ["eng", "spa"]
        assert [bool(stream.disposition & av.stream.Disposition.default) for stream in streams] == [False, True]


def test_the_dialogue_of_a_surround_clip_is_in_its_centre(tmp_path: Path) -> None:
    clip = clips.surround_5_1(tmp_path)
    with av.open(str(clip)) as container:
        layout = container.streams.audio[0].layout
        samples = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    names = [channel.name for channel in layout.channels]
    assert len(names) == 6
    peaks = np.abs(samples).max(axis=1)
    assert peaks[names.index("FC")] > 0.4
    assert peaks[names.index("FL")] < 0.05
    assert close(beep_ms(clip), (1_000, 2_000))


def test_a_cover_is_an_attached_picture_and_the_sound_is_whole(tmp_path: Path) -> None:
    clip = clips.with_cover_art(tmp_path)
    assert close(beep_ms(clip), (1_000, 2_000))
    with av.open(str(clip)) as container:
        assert container.streams.video[0].disposition & av.stream.Disposition.attached_pic


def test_a_timecode_that_drops_frames_is_written_with_a_semicolon(tmp_path: Path) -> None:
    with av.open(str(clips.drop_frame_timecode(tmp_path))) as container:
        assert container.streams.video[0].metadata["timecode"] == "00:59:58;00"
        assert container.streams.video[0].average_rate == Fraction(30_000, 1_001)


@pytest.mark.parametrize(("clockwise", "as_libav_says"), [(90, -90), (180, 180), (270, 90)])
def test_a_rotated_clip_turns_clockwise(tmp_path: Path, clockwise: int, as_libav_says: int) -> None:
    with av.open(str(clips.rotated(tmp_path, clockwise_deg=clockwise))) as container:
        first = next(container.decode(video=0))
    assert first.rotation % 360 == as_libav_says % 360  # libav counts counter-clockwise


def test_a_transport_stream_starts_late_and_can_wrap_its_clock(tmp_path: Path) -> None:
    clip = clips.transport_stream(tmp_path)
    assert close(beep_ms(clip), (1_010, 2_010))
    assert cuts_ms(clip)[1] == pytest.approx([1_210, 2_810], abs=FRAME_MS)
    with av.open(str(clip)) as container:
        assert container.start_time == pytest.approx(1_400_000, abs=1_000)
    wrapping = clips.transport_stream(tmp_path, start_s=Fraction(95_441))
    assert cuts_ms(wrapping)[0] == [30, 70]
    with av.open(str(wrapping)) as container:
        assert container.start_time != pytest.approx(1_400_000, abs=1_000)


def test_a_dip_to_black_is_black_between_its_fades(tmp_path: Path) -> None:
    with av.open(str(clips.fades(tmp_path))) as container:
        means = [float(frame.to_ndarray(format="gray").mean()) for frame in container.decode(video=0)]
    black = [number for number, mean in enumerate(means) if mean < 20]
    assert {0, 50, 51, 52, 53, 54, 55} <= set(black)
    assert not set(range(10, 41)) & set(black)
    assert not set(range(66, 91)) & set(black)


def test_other_shapes_of_sound_and_picture_are_what_they_are_called(tmp_path: Path) -> None:
    with av.open(str(clips.anamorphic(tmp_path))) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(64, 45)
    telephone = clips.telephone(tmp_path)
    with av.open(str(telephone)) as container:
        assert container.streams.audio[0].codec_context.name == "pcm_mulaw"
        assert container.streams.audio[0].rate == 8_000
    assert close(beep_ms(telephone), (1_000, 2_000))
    with av.open(str(clips.audio_only(tmp_path))) as container:
        assert not container.streams.video
