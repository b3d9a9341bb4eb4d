from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyloudnorm
import pytest

from pipeline.mix.meter import SILENT_DBTP, SILENT_LUFS, LevelMeter, Meter

TOLERANCE_LU = 0.1
"""EBU Tech 3341, of its own test signals."""

SURROUND = ("FL", "FR", "FC", "LFE", "SL", "SR")


def sine(level_dbfs: float, length_s: int = 20) -> npt.NDArray[np.float32]:
    at_s = np.arange(48_000 * length_s) / 48_000
    return np.asarray(10 ** (level_dbfs / 20) * np.sin(2 * np.pi * 1_000 * at_s), np.float32)


def added(meter: LevelMeter | Meter, samples: npt.NDArray[np.float32]) -> None:
    for at in range(0, len(samples), 48_000):
        meter.add(np.ascontiguousarray(samples[at : at + 48_000]))


def level(channels: tuple[str, ...], samples: npt.NDArray[np.float32]) -> float:
    meter = LevelMeter(channels)
    added(meter, samples)
    return meter.lufs


def test_the_first_signal_of_ebu_tech_3341_is_at_minus_23() -> None:
    assert level(("FL", "FR"), np.stack([sine(-23)] * 2, axis=1)) == pytest.approx(-23, abs=TOLERANCE_LU)


def test_the_sixth_signal_of_ebu_tech_3341_is_at_minus_23() -> None:
    levels = (-28, -28, -24, None, -30, -30)
    rows = [np.zeros(48_000 * 20, np.float32) if dbfs is None else sine(dbfs) for dbfs in levels]
    samples = np.stack(rows, axis=1)
    assert level(SURROUND, samples) == pytest.approx(-23, abs=TOLERANCE_LU)
    assert level(("FL", "FR", "FC", "LFE", "BL", "BR"), samples) == pytest.approx(-23, abs=TOLERANCE_LU)


def test_low_frequency_effects_do_not_count() -> None:
    samples = np.zeros((48_000 * 2, 6), np.float32)
    samples[:, 3] = sine(-20, 2)
    assert level(SURROUND, samples) == SILENT_LUFS


def test_backs_beside_sides_do_not_weigh_more() -> None:
    channels = ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR")
    of = {}
    for name in ("FL", "BL", "SL"):
        samples = np.zeros((48_000 * 2, 8), np.float32)
        samples[:, channels.index(name)] = sine(-20, 2)
        of[name] = level(channels, samples)
    assert of["BL"] == pytest.approx(of["FL"], abs=0.01)
    assert of["SL"] == pytest.approx(of["FL"] + 1.5, abs=0.01)


def test_another_meter_says_the_same_of_noise() -> None:
    rng = np.random.default_rng(1)
    samples = (rng.standard_normal((48_000 * 10, 2)) * np.linspace(0.01, 0.2, 480_000)[:, np.newaxis]).astype(
        np.float32
    )
    other = pyloudnorm.Meter(48_000).integrated_loudness(samples.astype(np.float64))
    assert level(("FL", "FR"), samples) == pytest.approx(other, abs=TOLERANCE_LU)


def test_one_channel_heard_from_two_is_as_loud_as_both() -> None:
    one, both = Meter(("FC",), is_dual=True), Meter(("FL", "FR"))
    samples = sine(-26, 4)
    added(one, samples)
    added(both, np.stack([samples] * 2, axis=1))
    assert one.loudness.integrated_lufs == pytest.approx(both.loudness.integrated_lufs, abs=1e-6)
    assert one.loudness.true_peak_dbtp == both.loudness.true_peak_dbtp == pytest.approx(-26, abs=0.1)


def test_silence_has_numbers_too() -> None:
    meter = Meter(("FL", "FR"))
    added(meter, np.zeros((48_000, 2), np.float32))
    assert (meter.loudness.integrated_lufs, meter.loudness.true_peak_dbtp) == (SILENT_LUFS, SILENT_DBTP)
    assert meter.loudness.range_lu == 0


def test_nothing_at_all_has_numbers_too() -> None:
    assert LevelMeter(("FC",)).lufs == SILENT_LUFS
    assert Meter(("FC",)).loudness.true_peak_dbtp == SILENT_DBTP
