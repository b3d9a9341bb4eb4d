from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.demo import flite
from pipeline.localize.pitch import CEILING_HZ, FLOOR_HZ, LEAST_VOICED_MS, median_hz, voiced_hz
from schemas.time import SPEECH_RATE_HZ

TONE_TOLERANCE = 0.01  # of the frequency: a sixth of a semitone
VOICE_TOLERANCE = 0.05  # of the frequency: a semitone, about what one sentence differs by from the next
LINE = "We should leave for the station in about twenty minutes and take the train."

Floats = npt.NDArray[np.float32]


def harmonics(hz: float, amplitudes: list[float], *, length_ms: int = 1_000, rate_hz: int = SPEECH_RATE_HZ) -> Floats:
    """A periodic sound: amplitude ``n`` is that of the harmonic ``n + 1``."""
    at_s = np.arange(length_ms * rate_hz // 1000) / rate_hz
    waves = [size * np.sin(2 * np.pi * hz * number * at_s) for number, size in enumerate(amplitudes, start=1)]
    sound = np.sum(waves, axis=0)
    scaled: Floats = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    return scaled


def spoken(voice: str) -> Floats:
    if not flite.is_installed():
        pytest.skip("needs the speech synthesiser Flite: apt-get install flite")
    return flite.speak(LINE, voice, rms=0.08).samples


@settings(max_examples=30)
@given(st.floats(FLOOR_HZ + 10, CEILING_HZ - 50), st.sampled_from([8_000, 16_000, 22_050, 48_000]))
def test_the_pitch_of_a_voiced_sound_is_that_of_its_fundamental(hz: float, rate_hz: int) -> None:
    falling = [1 / number for number in range(1, 6)]
    found = median_hz(harmonics(hz, falling, rate_hz=rate_hz), rate_hz)
    assert found == pytest.approx(hz, rel=TONE_TOLERANCE)


@pytest.mark.parametrize("hz", [80, 120, 180, 240, 320])
def test_a_telephone_that_lacks_the_fundamental_does_not_double_it(hz: float) -> None:
    assert median_hz(harmonics(hz, [0, 0.2, 1, 1, 0.7, 0.5]), SPEECH_RATE_HZ) == pytest.approx(hz, rel=TONE_TOLERANCE)


@pytest.mark.parametrize("hz", [80, 120, 180, 240, 320])
def test_a_strong_overtone_does_not_double_the_pitch(hz: float) -> None:
    assert median_hz(harmonics(hz, [0.3, 1, 0.2, 0.1]), SPEECH_RATE_HZ) == pytest.approx(hz, rel=TONE_TOLERANCE)


@pytest.mark.parametrize("hz", [150, 220, 300, 450])
def test_a_weak_subharmonic_does_not_halve_the_pitch(hz: float) -> None:
    sound = harmonics(hz, [1, 0.5, 0.3]) + 0.05 * harmonics(hz / 2, [1])
    assert median_hz(sound, SPEECH_RATE_HZ) == pytest.approx(hz, rel=TONE_TOLERANCE)


@pytest.mark.parametrize("voice", ["rms", "awb", "slt"])
@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_the_pitch_of_speech_that_is_played_faster_rises_as_much(voice: str, factor: float) -> None:
    samples = spoken(voice)
    faster = soxr.resample(samples, SPEECH_RATE_HZ * factor, SPEECH_RATE_HZ)
    own = median_hz(samples, SPEECH_RATE_HZ)
    assert own is not None
    assert median_hz(faster, SPEECH_RATE_HZ) == pytest.approx(own * factor, rel=VOICE_TOLERANCE)


def test_every_voice_has_the_pitch_that_it_has_with_another_tracker() -> None:
    assert median_hz(spoken("rms"), SPEECH_RATE_HZ) == pytest.approx(by_hand(spoken("rms")), rel=VOICE_TOLERANCE)
    assert median_hz(spoken("slt"), SPEECH_RATE_HZ) == pytest.approx(by_hand(spoken("slt")), rel=VOICE_TOLERANCE)


def by_hand(samples: Floats) -> float:
    """Median of the highest peak of plain autocorrelation from 70 to 300 Hz, over the loudest third of 40 ms frames."""
    frames = samples[: samples.size // 640 * 640].reshape(-1, 640).astype(np.float64)
    power = np.sum(frames**2, axis=1)
    loud = frames[power > np.quantile(power, 2 / 3)]
    lags = np.arange(SPEECH_RATE_HZ // 300, SPEECH_RATE_HZ // 70)
    peaks = [
        lags[np.argmax([np.dot(frame[lag:], frame[:-lag]) / (frame.size - lag) for lag in lags])] for frame in loud
    ]
    return float(SPEECH_RATE_HZ / np.median(peaks))


@pytest.mark.parametrize("length_ms", [0, 1, 50, 99, 3_000])
def test_silence_has_no_pitch(length_ms: int) -> None:
    assert median_hz(np.zeros(length_ms * 16, np.float32), SPEECH_RATE_HZ) is None


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_noise_has_no_pitch(seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal(2 * SPEECH_RATE_HZ).astype(np.float32)
    assert median_hz(0.1 * noise, SPEECH_RATE_HZ) is None


def test_a_syllable_alone_has_no_median() -> None:
    short = harmonics(150, [1, 0.5], length_ms=LEAST_VOICED_MS - 100)
    assert voiced_hz(short, SPEECH_RATE_HZ).size > 0
    assert median_hz(short, SPEECH_RATE_HZ) is None


@pytest.mark.shared_media
@pytest.mark.parametrize(("name", "low_hz", "high_hz"), [("lj/LJ001-0001.flac", 180, 240), ("jfk.flac", 220, 250)])
def test_real_voices_have_the_pitch_that_their_harmonics_show(
    shared_media: Path, name: str, low_hz: float, high_hz: float
) -> None:
    # Kennedy's harmonics are 230 to 280 Hz apart in his loud vowels: an orator's pitch, not an error by an octave.
    samples, rate_hz = soundfile.read(shared_media / name, dtype="float32", always_2d=True)
    found = median_hz(samples.mean(axis=1), rate_hz)
    assert found is not None
    assert low_hz < found < high_hz
