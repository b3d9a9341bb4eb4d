from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.timeline import Timeline

RATES = st.sampled_from([8_000, 16_000, 22_050, 44_100, 48_000])

ONSET_TOLERANCE = 32  # samples of 16 kHz: 2 ms, how far the resampling filter rings before a beep


RINGING_MS = 10
"""How long the steepest filter rings before a step."""


def beep(rate_hz: int, length_s: Fraction) -> npt.NDArray[np.float32]:
    at = np.arange(round(length_s * rate_hz)) / rate_hz
    return np.asarray(0.5 * np.sin(2 * np.pi * 1000 * at), np.float32)


def placed(
    length_ms: int, blocks: Sequence[tuple[npt.NDArray[np.float32], int, Fraction | None]]
) -> npt.NDArray[np.float32]:
    timeline = Timeline(length_ms=length_ms, rate_hz=16_000, quality="MQ")
    out = [part for samples, rate_hz, at_s in blocks for part in timeline.place(samples, rate_hz, at_s)]
    return np.concatenate([*out, *timeline.finish()])


@given(
    st.integers(1, 4000),
    st.lists(st.tuples(RATES, st.integers(0, 3000), st.integers(-500, 6000) | st.none()), max_size=6),
)
def test_whatever_comes_in_exactly_the_assets_length_comes_out(
    length_ms: int, blocks: list[tuple[int, int, int | None]]
) -> None:
    out = placed(
        length_ms,
        [
            (np.full(count, 0.1, np.float32), rate_hz, None if at_ms is None else Fraction(at_ms, 1000))
            for rate_hz, count, at_ms in blocks
        ],
    )
    assert out.size == length_ms * 16
    assert np.abs(out).max() <= 1


@given(RATES, st.integers(0, 2000))
def test_audio_that_starts_late_keeps_its_place(rate_hz: int, late_ms: int) -> None:
    out = placed(3000, [(beep(rate_hz, Fraction(1, 2)), rate_hz, Fraction(late_ms, 1000))])
    loud = np.flatnonzero(np.abs(out) > 0.1)
    assert loud[0] == pytest.approx(late_ms * 16, abs=ONSET_TOLERANCE)
    assert loud[-1] == pytest.approx((late_ms + 500) * 16, abs=ONSET_TOLERANCE)


@given(RATES, st.integers(30, 1000))
def test_a_gap_becomes_silence_and_what_follows_is_not_moved(rate_hz: int, gap_ms: int) -> None:
    half = Fraction(1, 2)
    second_ms = 500 + gap_ms
    blocks = [(beep(rate_hz, half), rate_hz, Fraction(0)), (beep(rate_hz, half), rate_hz, Fraction(second_ms, 1000))]
    out = placed(2500, [(samples, rate, at) for samples, rate, at in blocks])
    middle = out[(500 + 5) * 16 : (second_ms - 5) * 16]
    assert np.abs(middle).max(initial=0) < 0.02
    assert np.flatnonzero(np.abs(out) > 0.1)[-1] == pytest.approx((second_ms + 500) * 16, abs=ONSET_TOLERANCE)


def test_an_overlap_is_heard_once() -> None:
    second = beep(16_000, Fraction(1))
    out = placed(2000, [(beep(16_000, Fraction(1)), 16_000, Fraction(0)), (second, 16_000, Fraction(1, 2))])
    loud = np.flatnonzero(np.abs(out) > 0.1)
    assert loud[-1] == pytest.approx(1500 * 16, abs=ONSET_TOLERANCE)


def test_rounded_time_stamps_insert_and_drop_nothing() -> None:
    whole = beep(48_000, Fraction(2))
    blocks = [
        (whole[at : at + 1024], 48_000, Fraction(round(at / 48), 1000))  # whole milliseconds, as in Matroska
        for at in range(0, whole.size, 1024)
    ]
    assert placed(2000, blocks) == pytest.approx(placed(2000, [(whole, 48_000, Fraction(0))]), abs=1e-3)


@given(RATES, st.integers(1, 1999), st.integers(1, 8), st.integers(0, 500))
def test_many_channels_at_48_khz_are_placed_alike(rate_hz: int, length_ms: int, channels: int, late_ms: int) -> None:
    timeline = Timeline(length_ms=length_ms, rate_hz=48_000, channels=channels, quality="VHQ")
    levels = np.arange(1, channels + 1) / 10
    samples = np.tile(levels, (rate_hz, 1)).astype(np.float32)
    out = np.concatenate([*timeline.place(samples, rate_hz, Fraction(late_ms, 1000)), *timeline.finish()])
    assert out.shape == (length_ms * 48, channels)
    assert np.abs(out[: max(0, late_ms - RINGING_MS) * 48]).max(initial=0) < 0.01
    assert out[:, -1] == pytest.approx(out[:, 0] * channels, abs=1e-5), "no channel is heard before another"
