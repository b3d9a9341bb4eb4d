from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr

from infra.demo import flite
from pipeline.localize.tract import SOUND_CM_PER_S, lengths_cm, median_of
from schemas.time import SPEECH_RATE_HZ

TUBE_TOLERANCE_CM = 0.7  # harmonics 100 to 200 Hz apart leave a formant uncertain by some per cent
BETWEEN_CM = 16.3  # half way between the usual lengths of men and of women
LINE = "We should leave for the station in about twenty minutes and take the train."

Floats = npt.NDArray[np.float32]


def tube(length_cm: float, *, pitch_hz: float, seconds: float = 1.0) -> Floats:
    """A buzz through a tube of this length that is closed at one end: resonances at 1, 3, 5, 7, 9 quarter waves."""
    buzz = np.zeros(round(seconds * SPEECH_RATE_HZ))
    buzz[:: round(SPEECH_RATE_HZ / pitch_hz)] = 1.0
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(buzz.size))  # a delay by one sample
    passes = 1 / (1 - 0.95 * turn)  # the glottis: 6 dB per octave above 130 Hz
    for quarters in (1, 3, 5, 7, 9):
        hz = quarters * SOUND_CM_PER_S / (4 * length_cm)
        if hz < SPEECH_RATE_HZ / 2:
            radius, angle = np.exp(-np.pi * 80 / SPEECH_RATE_HZ), 2 * np.pi * hz / SPEECH_RATE_HZ
            passes /= 1 - 2 * radius * np.cos(angle) * turn + (radius * turn) ** 2
    sound = np.fft.irfft(np.fft.rfft(buzz) * passes, buzz.size)
    scaled: Floats = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    return scaled


@pytest.mark.parametrize("length_cm", [15.5, 16.5, 17.5, 18.5])
@pytest.mark.parametrize("pitch_hz", [100, 160, 220])
def test_a_tube_has_its_length_whatever_the_pitch(length_cm: float, pitch_hz: float) -> None:
    found = median_of(lengths_cm(tube(length_cm, pitch_hz=pitch_hz), SPEECH_RATE_HZ))
    assert found == pytest.approx(length_cm, abs=TUBE_TOLERANCE_CM)


@pytest.mark.parametrize(("voice", "is_a_man"), [("rms", True), ("awb", True), ("slt", False)])
def test_men_are_longer_than_women(voice: str, is_a_man: bool) -> None:
    if not flite.is_installed():
        pytest.skip("needs the speech synthesiser Flite: apt-get install flite")
    found = median_of(lengths_cm(flite.speak(LINE, voice, rms=0.08).samples, SPEECH_RATE_HZ))
    assert found is not None
    assert (found > BETWEEN_CM) is is_a_man


@pytest.mark.shared_media
@pytest.mark.parametrize(("name", "is_a_man"), [("lj/LJ001-0001.flac", False), ("jfk.flac", True)])
def test_it_tells_real_voices_apart_that_pitch_does_not(shared_media: Path, name: str, is_a_man: bool) -> None:
    samples, rate_hz = soundfile.read(shared_media / name, dtype="float32", always_2d=True)
    found = median_of(lengths_cm(soxr.resample(samples.mean(axis=1), rate_hz, SPEECH_RATE_HZ), SPEECH_RATE_HZ))
    assert found is not None
    assert (found > BETWEEN_CM) is is_a_man


@pytest.mark.parametrize("length_ms", [0, 10, 99, 1_000])
def test_silence_has_no_tract(length_ms: int) -> None:
    assert median_of(lengths_cm(np.zeros(length_ms * 16, np.float32), SPEECH_RATE_HZ)) is None


def test_a_syllable_is_too_little() -> None:
    assert median_of(lengths_cm(tube(16, pitch_hz=120, seconds=0.2), SPEECH_RATE_HZ)) is None
