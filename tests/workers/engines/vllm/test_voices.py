from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.vllm import voices
from workers.engines.vllm.voices import Sample

DIM = 32
WINDOW_MS = 1_500
HOP_MS = 750


def stretch(axis: npt.NDArray[np.float64], rng: np.random.Generator, *, noise: float, windows: int = 3) -> Sample:
    """Windows of one voice that overlap by half: the noise of two neighbours has half of its power in common."""
    pieces = rng.standard_normal((windows + 1, DIM)) * noise
    vectors = axis + (pieces[1:] + pieces[:-1]) / np.sqrt(2)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sound_ms = WINDOW_MS + (windows - 1) * HOP_MS
    return Sample(vectors.astype(np.float32), tuple(range(0, windows * HOP_MS, HOP_MS)), sound_ms)


def recording(
    spoken: Sequence[int], *, noise: float = 0.08, common: float = 0.0, windows: int = 3
) -> tuple[list[Sample], npt.NDArray[np.float64]]:
    """A stretch by each of these voices, and the voices' axes; ``common`` is a direction that all vectors share."""
    rng = np.random.default_rng(0)
    axes = np.eye(DIM)[: max(spoken) + 1] + common * np.eye(DIM)[-1]
    return [stretch(axes[voice], rng, noise=noise, windows=windows) for voice in spoken], axes


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("noise", [0.02, 0.08])
def test_there_are_as_many_voices_as_speak(count: int, noise: float) -> None:
    samples, axes = recording([*range(count)] * 6, noise=noise)
    found = voices.find(samples, window_ms=WINDOW_MS)
    assert found is not None
    assert sorted(np.argmax(found.axes @ axes.T, axis=1).tolist()) == list(range(count))


@pytest.mark.parametrize("common", [0.0, 1.0, 4.0])
def test_an_encoder_whose_vectors_are_all_alike_tells_as_many_voices_apart(common: float) -> None:
    samples, _ = recording([0, 1, 2] * 5, common=common)
    found = voices.find(samples, window_ms=WINDOW_MS)
    assert found is not None
    assert len(found.axes) == 3
    assert common == 0 or found.apart < 0.8  # of the distance of two voices without it, which is 1


def test_a_voice_that_is_hardly_heard_is_none_of_the_voices() -> None:
    samples, axes = recording([0] * 8 + [1] * 8)
    laugh = stretch(np.eye(DIM)[5], np.random.default_rng(1), noise=0.05, windows=1)
    found = voices.find([*samples, laugh], window_ms=WINDOW_MS)
    assert found is not None
    assert len(found.axes) == 2
    assert (found.axes @ np.eye(DIM)[5] < 0.5).all()
    assert np.ptp(np.argmax(found.axes @ axes.T, axis=1)) == 1


def test_whoever_is_heard_most_comes_first_and_is_a_voice_even_if_nobody_is_heard_long() -> None:
    samples, _ = recording([1, 1, 0], windows=1)
    found = voices.find(samples, window_ms=WINDOW_MS)
    assert found is not None
    assert np.argmax(found.axes, axis=1).tolist()[:1] == [1]


def test_without_any_sound_there_is_no_voice() -> None:
    nothing = Sample(np.zeros((0, DIM), np.float32), (), 0)
    assert voices.find([], window_ms=WINDOW_MS) is None
    assert voices.find([nothing], window_ms=WINDOW_MS) is None


@given(st.integers(1, 40), st.integers(1, 4))
def test_what_is_always_the_same_vector_is_one_voice(stretches: int, windows: int) -> None:
    samples = [stretch(np.eye(DIM)[0], np.random.default_rng(0), noise=0.0, windows=windows)] * stretches
    found = voices.find(samples, window_ms=WINDOW_MS)
    assert found is not None
    assert len(found.axes) == 1
    assert found.usual[0] == pytest.approx(1.0)


def test_usual_and_spread_say_how_a_voice_varies() -> None:
    steady, _ = recording([0] * 20, noise=0.02)
    lively, _ = recording([0] * 20, noise=0.08)
    calm, varied = voices.find(steady, window_ms=WINDOW_MS), voices.find(lively, window_ms=WINDOW_MS)
    assert calm is not None
    assert varied is not None
    assert calm.usual[0] > varied.usual[0] > 0.8
    assert 0 < calm.spread[0] < varied.spread[0]
