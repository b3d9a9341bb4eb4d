"""Length to the sample, pitch to a hertz, ends without a click: whatever the rate and the tempo."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.localize.level import DIALOGUE_LUFS, loudness_lufs
from pipeline.localize.stretch import FADE_MS, placed_sound, stretched
from pipeline.localize.takes import Sound
from schemas.sound import MIX_RATE_HZ
from tests.support.tone_engine import PITCH_HZ, tone

TEMPOS = (0.85, 1.0, 1.1, 1.25)

PITCH_TOLERANCE_HZ = 0.2
"""A seventh of what anyone hears at 150 Hz: about 1 % (Moore, An Introduction to the Psychology of Hearing)."""

EVENT_TOLERANCE_MS = 5
"""How far a sound inside a take may be from where the tempo puts it: Rubber Band was within 4 ms."""

LEVEL_TOLERANCE_LU = 1.0
"""What stretching may do to loudness; measured 0.5 LU at 1.25. Lines are brought to one loudness afterwards."""


def sine(length_ms: int, *, rate_hz: int = MIX_RATE_HZ) -> Sound:
    at = np.arange(length_ms * rate_hz // 1000) / rate_hz
    return Sound((0.3 * np.sin(2 * np.pi * PITCH_HZ * at)).astype(np.float32), rate_hz)


def pitch_hz(samples: npt.NDArray[np.float32]) -> float:
    """Strongest frequency, to 0.03 Hz."""
    bins = 1 << 21
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), bins))
    return float(spectrum.argmax() * MIX_RATE_HZ / bins)


@pytest.mark.parametrize("tempo", TEMPOS)
@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 24_000, 44_100, 48_000])
def test_the_length_is_exact_and_the_pitch_stays(rate_hz: int, tempo: float) -> None:
    placed_ms = round(2_000 / tempo)
    made = stretched(sine(2_000, rate_hz=rate_hz), placed_ms=placed_ms)
    assert len(made) == 48 * placed_ms
    assert made.dtype == np.float32
    assert pitch_hz(made) == pytest.approx(PITCH_HZ, abs=PITCH_TOLERANCE_HZ)


@settings(max_examples=40)
@given(
    samples=st.integers(1, 20_000),
    rate_hz=st.sampled_from([8_000, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000]),
    tempo=st.floats(0.85, 1.25),
)
def test_any_take_fills_its_place_to_the_sample(samples: int, rate_hz: int, tempo: float) -> None:
    sound = Sound(np.full(samples, 0.1, np.float32), rate_hz)
    for placed_ms in (sound.natural_ms, max(1, round(sound.natural_ms / tempo))):
        assert len(stretched(sound, placed_ms=placed_ms)) == 48 * placed_ms


def test_at_its_own_length_a_take_is_not_touched_but_for_its_fades() -> None:
    sound = sine(1_000)
    inside = slice(FADE_MS * 48, -FADE_MS * 48)
    assert np.array_equal(stretched(sound, placed_ms=1_000)[inside], sound.samples[inside])


def test_the_rest_of_the_last_millisecond_is_silence() -> None:
    sound = Sound(sine(1_000).samples[:-30], MIX_RATE_HZ)
    assert sound.natural_ms == 1_000
    assert not stretched(sound, placed_ms=1_000)[-30:].any()


@pytest.mark.parametrize("tempo", TEMPOS)
def test_both_ends_are_silent_so_that_nothing_clicks(tempo: float) -> None:
    cosine = 0.5 * np.cos(2 * np.pi * PITCH_HZ * np.arange(48_000) / MIX_RATE_HZ)  # begins and ends at its peak
    made = stretched(Sound(cosine.astype(np.float32), MIX_RATE_HZ), placed_ms=round(1_000 / tempo))
    assert made[0] == 0
    assert made[-1] == 0
    steepest = 0.5 * 2 * np.pi * PITCH_HZ / MIX_RATE_HZ
    assert np.abs(np.diff(made)).max() < 2 * steepest  # a click would be fifty times as steep


@pytest.mark.parametrize("tempo", [0.85, 1.1, 1.25])
def test_what_is_said_at_the_very_beginning_and_end_is_still_there(tempo: float) -> None:
    """A click of 20 ms at 10, 1,000 and 1,970 ms."""
    burst = 0.5 * np.hanning(960) * np.sin(2 * np.pi * 1_000 * np.arange(960) / MIX_RATE_HZ)
    samples = np.zeros(2 * MIX_RATE_HZ, np.float32)
    starts = [480, 48_000, 94_560]
    for start in starts:
        samples[start : start + 960] += burst.astype(np.float32)
    made = np.abs(stretched(Sound(samples, MIX_RATE_HZ), placed_ms=round(2_000 / tempo)))
    envelope = np.convolve(made, np.hanning(480), "same")
    for start in starts:
        expected = round((start + 480) / tempo)
        lowest = max(0, expected - 4_800)
        loudest = lowest + int(envelope[lowest : expected + 4_800].argmax())
        assert abs(loudest - expected) <= EVENT_TOLERANCE_MS * 48
        assert envelope[loudest] > 0.5 * envelope.max()


def test_the_sound_of_a_place_is_24_bit_flac_at_the_loudness_of_dialogue() -> None:
    made = placed_sound(tone(24_000), placed_ms=900)
    info = soundfile.info(io.BytesIO(made))
    assert (info.format, info.subtype, info.samplerate, info.channels, info.frames) == (
        "FLAC", "PCM_24", MIX_RATE_HZ, 1, 43_200,
    )  # fmt: skip
    samples, _ = soundfile.read(io.BytesIO(made), dtype="float32")
    assert loudness_lufs(samples, MIX_RATE_HZ) == pytest.approx(DIALOGUE_LUFS, abs=0.1)


def test_the_same_take_makes_the_same_bytes() -> None:
    assert placed_sound(tone(24_000), placed_ms=873) == placed_sound(tone(24_000), placed_ms=873)


@pytest.mark.shared_media
@pytest.mark.parametrize("tempo", [0.85, 1.1, 1.25])
def test_real_speech_keeps_its_loudness_its_pitch_and_its_headroom(shared_media: Path, tempo: float) -> None:
    samples, rate_hz = soundfile.read(shared_media / "lj" / "LJ001-0002.flac", dtype="float32")
    sound = Sound(samples, rate_hz)
    made = stretched(sound, placed_ms=round(sound.natural_ms / tempo))
    assert loudness_lufs(made, MIX_RATE_HZ) == pytest.approx(loudness_lufs(samples, rate_hz), abs=LEVEL_TOLERANCE_LU)
    found, expected = median_f0_hz(made, MIX_RATE_HZ), median_f0_hz(samples, rate_hz)
    assert abs(1_200 * math.log2(found / expected)) < 50  # cents: half a semitone, the meter's own spread
    assert np.abs(made).max() < 1


def median_f0_hz(samples: npt.NDArray[np.float32], rate_hz: int) -> float:
    """Median fundamental frequency of the louder half of the frames, by autocorrelation, 80 to 400 Hz."""
    size = rate_hz // 20
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    energy = (frames**2).sum(axis=1)
    found = []
    for frame in frames[energy > np.median(energy)]:
        correlation = np.correlate(frame, frame, "full")[size - 1 :]
        lags = slice(rate_hz // 400, rate_hz // 80)
        found.append(rate_hz / (lags.start + int(correlation[lags].argmax())))
    return float(np.median(found))
