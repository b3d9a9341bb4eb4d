from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.embedded.utterances import PAUSE_MS, SHORTEST_MS, parted

LONG_MS, STEP_MS = 3_000, 20


def sound(*lengths_ms: int) -> npt.NDArray[np.int16]:
    """Loud and quiet stretches in turn, the first one loud."""
    random = np.random.default_rng(0)
    levels = (3_000, 3)
    parts = [random.normal(0, levels[n % 2], length_ms * 16) for n, length_ms in enumerate(lengths_ms)]
    return np.concatenate(parts).clip(-32_768, 32_767).astype(np.int16)


def starts(samples: npt.NDArray[np.int16]) -> list[int]:
    return [start_ms for start_ms, _ in parted(samples)]


def test_a_chunk_is_parted_in_the_middle_of_a_long_pause() -> None:
    first, second = starts(sound(LONG_MS, 1_400, LONG_MS))
    assert first == 0
    assert second == pytest.approx(LONG_MS + 700, abs=STEP_MS)


def test_a_short_pause_parts_nothing() -> None:
    assert starts(sound(LONG_MS, PAUSE_MS - 100, LONG_MS)) == [0]


def test_no_utterance_is_short() -> None:
    assert starts(sound(SHORTEST_MS - 1_200, 1_400, LONG_MS)) == [0]
    assert starts(sound(LONG_MS, 1_400, SHORTEST_MS - 1_200)) == [0]


@given(st.lists(st.integers(1, 2_500), max_size=8))
def test_utterances_cover_the_chunk(lengths_ms: list[int]) -> None:
    samples = sound(*lengths_ms) if lengths_ms else np.zeros(0, np.int16)
    made = list(parted(samples))
    assert np.array_equal(np.concatenate([part for _, part in made]), samples)
    assert all(np.array_equal(samples[start_ms * 16 :][: len(part)], part) for start_ms, part in made)
