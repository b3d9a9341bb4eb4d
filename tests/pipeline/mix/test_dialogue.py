from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mix.dialogue import stem, weights
from schemas.localize import PlacedSpeech
from schemas.time import Span
from tests.support.dubs import flac

STEP_24_BITS = 2**-23


def noise(length_ms: int, seed: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, length_ms * 48).astype(np.float32)


def rows(spans: list[Span]) -> list[PlacedSpeech]:
    return [PlacedSpeech(index, span, flac(noise(span.duration_ms, index))) for index, span in enumerate(spans)]


gaps_and_lengths = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), max_size=8)


@given(gaps_and_lengths, st.integers(0, 200), st.sampled_from([480, 4_800, 48_000]))
def test_every_line_is_at_its_exact_samples_and_silence_is_between(
    placed: list[tuple[int, int]], rest_ms: int, block: int
) -> None:
    ends = list(itertools.accumulate(gap + length for gap, length in placed))
    spans = [Span(end - length, end) for end, (_, length) in zip(ends, placed, strict=True)]
    frames = 48 * ((ends[-1] if ends else 0) + rest_ms)
    blocks = list(stem(rows(spans), frames=frames, block=block))
    assert all(len(made) == block for made in blocks[:-1])
    made = np.concatenate([*blocks, np.empty(0, np.float32)])
    wanted = np.zeros(frames, np.float32)
    for index, span in enumerate(spans):
        wanted[span.start_ms * 48 : span.end_ms * 48] = noise(span.duration_ms, index)
    assert made.shape == wanted.shape
    assert np.abs(made - wanted).max(initial=0) <= STEP_24_BITS


def test_no_more_rows_are_taken_than_a_block_needs() -> None:
    taken = []

    def asked() -> Iterator[PlacedSpeech]:
        for row in rows([Span(at, at + 500) for at in range(0, 10_000, 1_000)]):
            taken.append(row.dub_index)
            yield row

    blocks = stem(asked(), frames=480_000, block=48_000)
    next(blocks)
    assert taken == [0, 1]


def test_speech_over_speech_is_a_defect() -> None:
    with pytest.raises(ValueError, match="line 1 at 900 ms overlaps"):
        list(stem(rows([Span(0, 1_000), Span(900, 1_200)]), frames=96_000, block=48_000))


def test_speech_after_the_end_is_a_defect() -> None:
    with pytest.raises(ValueError, match="after the 48000 samples"):
        list(stem(rows([Span(900, 1_200)]), frames=48_000, block=48_000))


def test_speech_that_is_not_as_long_as_its_place_is_a_defect() -> None:
    with pytest.raises(ValueError, match="line 0 has samples"):
        list(stem([PlacedSpeech(0, Span(0, 100), flac(noise(99, 0)))], frames=48_000, block=48_000))


@pytest.mark.parametrize(
    ("channels", "carriers"),
    [
        (("FC",), {"FC"}),
        (("FL", "FR"), {"FL", "FR"}),
        (("FL", "FR", "FC", "LFE", "SL", "SR"), {"FC"}),
        (("FL", "FR", "BL", "BR"), {"FL", "FR"}),
    ],
)
def test_dialogue_is_in_the_centre_or_between_left_and_right_at_the_same_power(
    channels: tuple[str, ...], carriers: set[str]
) -> None:
    shares = weights(channels)
    assert {name for name, share in zip(channels, shares, strict=True) if share} == carriers
    assert float((shares**2).sum()) == pytest.approx(1)
    assert len({float(share) for share in shares if share}) == 1
