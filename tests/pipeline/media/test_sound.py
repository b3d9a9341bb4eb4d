from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.errors import DecodeFailed
from pipeline.media import sound
from pipeline.media.probe import probe
from schemas.media import Asset, AudioStream
from tests.support import clips

ONSET_TOLERANCE = 96  # samples of 48 kHz: 2 ms, as the speech audio of the same clips


def decoded(
    source: Path,
    folder: Path,
    *,
    channels: tuple[str, ...] | None = None,
    length_ms: int | None = None,
) -> npt.NDArray[np.float32]:
    asset = probe(source)
    stream = chosen(asset)
    wanted = channels or sound.channels_of(source, asset.audio[stream])
    made = sound.decode(
        source,
        asset,
        folder,
        stream_index=asset.audio[stream].stream_index,
        channels=wanted,
        length_ms=length_ms or asset.length_ms,
        name="made.f32",
    )
    with sound.RawSound(made.path, channels=len(wanted)) as raw:
        return raw.read(0, 48 * (length_ms or asset.length_ms) + 1)


def chosen(asset: Asset) -> int:
    return [stream.stream_index for stream in asset.audio].index(asset.audio_choice or 0)


def beep_of(samples: npt.NDArray[np.float32]) -> tuple[int, int]:
    loud = np.flatnonzero(np.abs(samples) > 0.1)
    return int(loud[0]), int(loud[-1])


@pytest.mark.parametrize("name", ["late_audio.mkv", "late_audio.mp4"])
def test_sound_that_starts_late_keeps_its_place_and_the_length_is_exact(tmp_path: Path, name: str) -> None:
    samples = decoded(clips.late_audio(tmp_path, name=name), tmp_path)
    assert samples.shape == (4000 * 48, 1)
    begin, end = beep_of(samples[:, 0])
    assert begin == pytest.approx(1680 * 48, abs=ONSET_TOLERANCE)
    assert end == pytest.approx(2680 * 48, abs=ONSET_TOLERANCE)


def test_another_rate_becomes_48_khz(tmp_path: Path) -> None:
    samples = decoded(clips.tone(tmp_path, rate_hz=44_100, length_ms=2_345), tmp_path)
    assert samples.shape == (2345 * 48, 1)
    assert beep_of(samples[:, 0])[0] == pytest.approx(1000 * 48, abs=ONSET_TOLERANCE)


@pytest.mark.parametrize("length_ms", [1_500, 3_000, 4_321])
def test_a_length_that_is_asked_for_is_exact(tmp_path: Path, length_ms: int) -> None:
    samples = decoded(clips.tone(tmp_path), tmp_path, length_ms=length_ms)
    assert len(samples) == 48 * length_ms
    assert not samples[3_000 * 48 :].any()


def test_surround_keeps_its_channels(tmp_path: Path) -> None:
    samples = decoded(clips.surround_5_1(tmp_path), tmp_path)
    assert samples.shape[1] == 6
    loudness = np.sqrt((samples[48_100:95_900] ** 2).mean(axis=0))
    assert loudness[2] == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    assert loudness[:2] == pytest.approx(0.01 / np.sqrt(2), rel=0.3)
    assert loudness[3:].max() < 0.003


def test_surround_can_be_asked_for_as_stereo(tmp_path: Path) -> None:
    samples = decoded(clips.surround_5_1(tmp_path), tmp_path, channels=("FL", "FR"))
    assert samples.shape[1] == 2
    assert np.sqrt((samples[48_100:95_900] ** 2).mean(axis=0)) == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize(
    ("layout", "count", "said"),
    [
        ("22.2", 24, "'film.mov': audio stream 1 has 24 channels, and a mix has 8 at most; choose another stream"),
        (
            "5.1.2",
            8,
            r"'film.mov': audio stream 1 has 8 channels \(5\.1\.2\), and a WAV cannot say which is which; label",
        ),
        ("5 channels", 5, r"has 5 channels \(5 channels\)"),
    ],
)
def test_channels_that_cannot_be_mixed_are_one_clear_line(layout: str, count: int, said: str) -> None:
    stream = AudioStream(1, "pcm_s16le", 48_000, count, layout, None, None, is_default=True, start_ms=0)
    with pytest.raises(DecodeFailed, match=said):
        sound.channels_of(Path("film.mov"), stream)


def test_what_a_decoder_says_that_was_taken_over_stays_finite(tmp_path: Path) -> None:
    path = tmp_path / "raw.f32"
    np.asarray([np.nan, np.inf, -np.inf, 3e38, 0.5, -0.5], np.float32).tofile(path)
    with sound.RawSound(path, channels=2) as raw:
        found = raw.read(0, 3)
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= 16
    assert found[2].tolist() == [0.5, -0.5]


def test_a_file_that_changed_since_it_was_probed_is_one_clear_line(tmp_path: Path) -> None:
    whole = clips.tone(tmp_path, name="whole.flac")
    asset = probe(whole)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 3])
    with pytest.raises(DecodeFailed, match="changed since it was probed"):
        sound.decode(whole, asset, tmp_path, stream_index=0, channels=("FC",), length_ms=3_000, name="a.f32")
    whole.unlink()
    with pytest.raises(DecodeFailed, match="cannot be read any more"):
        sound.decode(whole, asset, tmp_path, stream_index=0, channels=("FC",), length_ms=3_000, name="a.f32")


def test_packets_that_no_decoder_reads_are_silent_and_counted(tmp_path: Path) -> None:
    clip = clips.tone(tmp_path, name="damaged.m4a", from_ms=0, to_ms=20_000, length_ms=20_000)
    raw = bytearray(clip.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 3_000] = b"\xff" * 3_000
    clip.write_bytes(raw)
    asset = probe(clip)
    made = sound.decode(clip, asset, tmp_path, stream_index=0, channels=("FC",), length_ms=20_000, name="a.f32")
    assert made.damaged_packets > 0
    assert made.path.stat().st_size == 20_000 * 48 * 4
