from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeFailed
from pipeline.media import speech_file
from schemas.time import Span

LENGTH_MS = 3_000


@pytest.fixture(scope="module")
def ramp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3 s whose sample at index n has the value n modulo 30,000."""
    path = tmp_path_factory.mktemp("audio") / "ramp.flac"
    soundfile.write(path, (np.arange(LENGTH_MS * 16) % 30_000).astype(np.int16), 16_000)
    return path


@given(st.integers(0, LENGTH_MS + 500), st.integers(1, LENGTH_MS))
def test_a_cut_has_exactly_the_samples_of_its_span(ramp: Path, start_ms: int, length_ms: int) -> None:
    end_ms = min(start_ms + length_ms, LENGTH_MS)
    expected = np.arange(start_ms * 16, max(start_ms, end_ms) * 16) % 30_000
    assert np.array_equal(speech_file.cut(ramp, Span(start_ms, start_ms + length_ms)), expected)


@given(st.integers(1, 700))
def test_blocks_join_to_the_cut(ramp: Path, block_ms: int) -> None:
    span = Span(100, 2_900)
    blocks = list(speech_file.blocks(ramp, span, block_ms=block_ms))
    assert np.array_equal(np.concatenate(blocks), speech_file.cut(ramp, span))
    assert all(len(block) == block_ms * 16 for block in blocks[:-1])


def test_audio_of_another_rate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.flac"
    soundfile.write(path, np.zeros(8_000, np.int16), 8_000)
    with pytest.raises(DecodeFailed, match="8000 Hz"):
        speech_file.cut(path, Span(0, 100))


def test_stereo_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stereo.flac"
    soundfile.write(path, np.zeros((8_000, 2), np.int16), 16_000)
    with pytest.raises(DecodeFailed, match="2 channels"):
        speech_file.cut(path, Span(0, 100))


def test_a_file_that_is_no_audio_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.flac"
    path.write_text("fLaC, or so it says")
    with pytest.raises(DecodeFailed, match="prepare the asset again"):
        speech_file.cut(path, Span(0, 100))


def test_a_truncated_file_is_refused_where_it_breaks(ramp: Path, tmp_path: Path) -> None:
    path = tmp_path / "short.flac"
    data = ramp.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(DecodeFailed):
        speech_file.cut(path, Span(LENGTH_MS - 500, LENGTH_MS))
