from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.mix.limiter import CELL, HEADROOM_DB, LOOK_AHEAD_MS, Limiting, limited
from pipeline.mix.meter import Meter
from tests.support.meter import metered

LIMIT_DBTP = -1.0
BLOCK = 4_800
METER_STEP_DB = 0.05
"""ffmpeg's meter tells a tenth of a dB."""

ROOT = Path(__file__).parents[3]

_SPENT = """
import time
import numpy as np
from threadpoolctl import threadpool_info
from pipeline.mix.limiter import Limiting, limited
blocks = [np.random.default_rng(7).standard_normal((48_000, 2)).astype(np.float32)] * 20
pools = threadpool_info()
for _ in range(2):  # threads that were started with NumPy spin for a moment
    here_s, everywhere_s = time.thread_time(), time.process_time()
    is_left_alone = all(threadpool_info() == pools for _ in limited(blocks, limit_dbtp=-1, work=Limiting()))
    spent = time.thread_time() - here_s, time.process_time() - everywhere_s
print(*spent, is_left_alone)
"""
"""Limits 20 s twice; prints of the second time what processor time its thread and all took, and whether products might
have as many threads as before."""

Samples = npt.NDArray[np.float32]


def run(samples: Samples, *, block: int = BLOCK, work: Limiting | None = None) -> Samples:
    parts = (samples[at : at + block] for at in range(0, len(samples), block))
    return np.concatenate(list(limited(parts, limit_dbtp=LIMIT_DBTP, work=work or Limiting())))


def peak_dbtp(samples: Samples) -> float:
    meter = Meter(tuple("FL FR".split())[: samples.shape[1]] if samples.shape[1] > 1 else ("FC",))
    meter.add(np.ascontiguousarray(samples))
    return meter.loudness.true_peak_dbtp


def loud(kind: str) -> Samples:
    rng = np.random.default_rng(7)
    at_s = np.arange(48_000 * 2 + 17) / 48_000
    made = {
        "noise": rng.standard_normal((len(at_s), 2)) * 0.5,
        "a tone between the samples": np.stack([1.8 * np.sin(2 * np.pi * 11_999 * at_s + 0.7)] * 2, axis=1),
        "a square": np.stack([1.5 * np.sign(np.sin(2 * np.pi * 997 * at_s)), 0 * at_s], axis=1),
        "a step after silence": np.stack([2.0 * (at_s > 1) * np.sin(2 * np.pi * 80 * at_s), 0 * at_s], axis=1),
    }[kind]
    return np.pad(made, ((480, 480), (0, 0))).astype(np.float32)  # meters disagree about what begins with a file


@pytest.mark.parametrize("kind", ["noise", "a tone between the samples", "a square", "a step after silence"])
def test_no_meter_finds_a_peak_above_the_limit(tmp_path: Path, kind: str) -> None:
    made = run(loud(kind))
    assert peak_dbtp(loud(kind)) > LIMIT_DBTP + 3
    assert peak_dbtp(made) <= LIMIT_DBTP
    soundfile.write(tmp_path / "made.wav", made, 48_000, subtype="FLOAT")
    assert metered(tmp_path / "made.wav").true_peak_dbtp <= LIMIT_DBTP + METER_STEP_DB


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.floats(-4, 4, width=32)), max_size=12),
    st.integers(1, 20_001),
    st.sampled_from([480, 800, 4_800, 48_000]),
)
def test_no_peak_anywhere_gets_through(peaks: list[tuple[int, float]], length: int, block: int) -> None:
    samples = np.zeros((length, 1), np.float32)
    for at, height in peaks:
        samples[min(at, length - 1)] = height
    made = run(samples, block=block)
    assert made.shape == samples.shape
    assert np.abs(made).max() <= 10 ** ((LIMIT_DBTP - HEADROOM_DB) / 20) * 1.0001
    assert peak_dbtp(np.concatenate((made, np.zeros((480, 1), np.float32)))) <= LIMIT_DBTP


def test_what_is_below_the_ceiling_is_not_touched() -> None:
    samples = (loud("noise") / np.abs(loud("noise")).max() * 0.5).astype(np.float32)
    blocks = [samples[at : at + BLOCK] for at in range(0, len(samples), BLOCK)]
    work = Limiting()
    assert all(made is block for made, block in zip(limited(blocks, limit_dbtp=-1, work=work), blocks, strict=True))
    assert (work.samples, work.deepest_db) == (0, 0)


def test_the_size_of_the_blocks_changes_nothing() -> None:
    samples = loud("noise")
    assert np.abs(run(samples, block=800) - run(samples, block=48_000)).max() <= 1e-6


def test_it_prepares_for_a_peak_and_lets_go_after_it() -> None:
    samples = np.full((48_000, 1), 0.1, np.float32)
    samples[24_000] = 4.0  # 12 dB above full scale
    work = Limiting()
    gain = run(samples, work=work)[:, 0] / samples[:, 0]
    early = 24_000 - (LOOK_AHEAD_MS + 1) * 48
    assert (gain[:early] == 1).all()
    assert gain[24_000] == pytest.approx(10 ** ((LIMIT_DBTP - HEADROOM_DB) / 20) / 4.0, rel=0.05)
    assert (gain[24_000 + 17_000 :] == 1).all(), "13.3 dB at 40 dB per second"
    assert np.abs(np.diff(20 * np.log10(gain))).max() < 0.15, "dB per sample: no step"
    assert work.deepest_db == pytest.approx(13.3, abs=0.5)
    assert work.samples == pytest.approx(48 * 340, rel=0.05)


def test_all_channels_are_turned_down_alike() -> None:
    samples = np.full((48_000, 2), 0.1, np.float32)
    samples[24_000, 0] = 4.0
    made = run(samples)
    assert (made[24_001:, 0] == made[24_001:, 1]).all()
    assert made[24_000, 1] < 0.03


def test_it_works_in_one_thread_and_leaves_the_threads_of_others_alone() -> None:
    """Titles run side by side in threads of one process; more threads for products this small only cost time."""
    spent = subprocess.run([sys.executable, "-c", _SPENT], cwd=ROOT, capture_output=True, text=True, check=True)
    here_s, everywhere_s, is_left_alone = spent.stdout.split()
    assert float(everywhere_s) <= 1.1 * float(here_s), "with a second thread it is twice as much"
    assert is_left_alone == "True"


def test_nothing_in_nothing_out() -> None:
    empty: Iterator[Samples] = iter(())
    assert list(limited(empty, limit_dbtp=-1, work=Limiting())) == []


def test_a_cell_divides_a_block_of_a_second() -> None:
    assert 48_000 % CELL == 0
