"""Every line has one loudness, by an independent meter, however short it is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pyloudnorm
import pytest

from pipeline.localize.level import DIALOGUE_LUFS, PEAK_DBFS, is_silent, levelled, loudness_lufs

RATE_HZ = 48_000

METER_TOLERANCE_LU = 0.1
"""EBU Tech 3341's own for meters."""


def noise(length_s: float, *, amplitude: float = 0.01) -> npt.NDArray[np.float32]:
    generator = np.random.default_rng(7)
    return (amplitude * generator.standard_normal(int(length_s * RATE_HZ))).astype(np.float32)


def independent_lufs(samples: npt.NDArray[np.float32]) -> float:
    """Loudness by another implementation of BS.1770, of the sound said again and again where it is short."""
    repeated = np.tile(samples, math.ceil(4 * RATE_HZ / len(samples)))
    return float(pyloudnorm.Meter(RATE_HZ).integrated_loudness(repeated.astype(np.float64)))


@pytest.mark.parametrize("length_s", [0.05, 0.3, 0.41, 1.0, 2.9, 8.0])
@pytest.mark.parametrize("amplitude", [0.0005, 0.01, 0.08])
def test_every_line_has_the_loudness_of_dialogue(length_s: float, amplitude: float) -> None:
    made = levelled(noise(length_s, amplitude=amplitude), RATE_HZ)
    assert independent_lufs(made) == pytest.approx(DIALOGUE_LUFS, abs=METER_TOLERANCE_LU)


def test_pauses_do_not_count() -> None:
    speech = noise(2.0)
    paused = np.concatenate([speech, np.zeros(4 * RATE_HZ, np.float32), speech])
    assert loudness_lufs(paused, RATE_HZ) == pytest.approx(loudness_lufs(speech, RATE_HZ), abs=0.5)


def test_a_line_with_high_peaks_stays_quieter_and_is_never_clipped() -> None:
    clicks = np.zeros(2 * RATE_HZ, np.float32)
    clicks[::4_800] = 0.5
    peak_dbfs = 20 * math.log10(float(np.abs(levelled(clicks, RATE_HZ)).max()))
    assert peak_dbfs == pytest.approx(PEAK_DBFS, abs=0.001)


def test_silence_stays_silent() -> None:
    silence = np.zeros(RATE_HZ, np.float32)
    assert is_silent(silence, RATE_HZ)
    assert not levelled(silence, RATE_HZ).any()


def test_no_sound_at_all_is_silence() -> None:
    assert is_silent(np.zeros(0, np.float32), RATE_HZ)


def test_quiet_speech_is_not_silence() -> None:
    assert not is_silent(noise(0.1, amplitude=0.001), RATE_HZ)
