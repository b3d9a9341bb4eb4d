from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from schemas.time import SPEECH_RATE_HZ, Span
from workers.engines.embedded.sounds import kind

LENGTH_S = 6
WHOLE = Span(0, LENGTH_S * 1000)


def chord() -> npt.NDArray[np.float64]:
    at_s = np.arange(LENGTH_S * SPEECH_RATE_HZ) / SPEECH_RATE_HZ
    samples: npt.NDArray[np.float64] = 0.1 * np.sin(2 * np.pi * np.outer((262, 330, 392), at_s)).sum(axis=0)
    return samples


def melody() -> npt.NDArray[np.float64]:
    """Plucked notes with an overtone, one every 0.4 s."""
    at_s = np.arange(int(0.4 * SPEECH_RATE_HZ)) / SPEECH_RATE_HZ
    notes = [
        0.3 * np.exp(-3 * at_s) * (np.sin(2 * np.pi * pitch * at_s) + 0.4 * np.sin(4 * np.pi * pitch * at_s))
        for pitch in (262, 330, 392, 523, 392)
    ]
    return np.concatenate(notes * 3)


def noise(level: float) -> npt.NDArray[np.float64]:
    return np.random.default_rng(0).standard_normal(LENGTH_S * SPEECH_RATE_HZ) * level


def rumble() -> npt.NDArray[np.float64]:
    walk = np.cumsum(noise(1.0))
    walk -= np.convolve(walk, np.ones(1600) / 1600, "same")
    samples: npt.NDArray[np.float64] = 0.2 * walk / np.abs(walk).max()
    return samples


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (chord(), "music-like"),
        (melody(), "music-like"),
        (chord() + noise(0.005), "music-like"),
        (noise(0.05), "other"),
        (rumble(), "other"),
        (noise(0.0), "silent"),
        (noise(0.0005), "silent"),
    ],
    ids=["chord", "melody", "chord in noise", "noise", "rumble", "digital silence", "room tone"],
)
def test_sound_is_called_what_it_is(tmp_path: Path, samples: npt.NDArray[np.float64], expected: str) -> None:
    path = tmp_path / "sound.flac"
    soundfile.write(path, samples, SPEECH_RATE_HZ, subtype="PCM_16")
    assert kind(path, WHOLE, []) == expected


def test_only_what_nobody_speaks_over_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "sound.flac"
    half = LENGTH_S * SPEECH_RATE_HZ // 2
    soundfile.write(path, np.concatenate([noise(0.1)[:half], chord()[half:]]), SPEECH_RATE_HZ, subtype="PCM_16")
    assert kind(path, WHOLE, [Span(0, 3_000)]) == "music-like"


def test_sound_without_any_pause_in_speech_is_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "sound.flac"
    soundfile.write(path, chord(), SPEECH_RATE_HZ, subtype="PCM_16")
    assert kind(path, WHOLE, [WHOLE]) == "other"
