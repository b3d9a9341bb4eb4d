from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import wavinfo
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.wav import FULL_SCALE, Shape, WavWriter, Words, floats, header, quantized
from schemas.sound import Loudness

WORDS = Words(
    description="es dub. SYNTHETIC SPEECH",
    originator="reelingua",
    reference="0123456789abcdef es",
    history="mix, of speech",
    title="Título",
    comment="SYNTHETIC SPEECH, made by a machine",
)
LOUDNESS = Loudness(-23.04, -1.36, 7.2)
STEREO, SURROUND = ("FL", "FR"), ("FL", "FR", "FC", "LFE", "SL", "SR")


def written(
    path: Path, samples: npt.NDArray[np.float32], channels: tuple[str, ...], *, time_reference: int = 0
) -> Path:
    with WavWriter(path, Shape(channels, len(samples), time_reference), WORDS) as file:
        for at in range(0, len(samples), 1000):
            file.write(quantized(samples[at : at + 1000]))
        file.finish(LOUDNESS)
    return path


@pytest.mark.parametrize("channels", [("FC",), STEREO, SURROUND])
def test_an_independent_reader_finds_every_sample(tmp_path: Path, channels: tuple[str, ...]) -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, (4801, len(channels))).astype(np.float32)
    path = written(tmp_path / "a.wav", samples, channels)
    found, rate_hz = soundfile.read(path, dtype="int32", always_2d=True)
    assert rate_hz == 48_000
    assert soundfile.info(path).subtype == "PCM_24"
    assert (found >> 8 == quantized(samples)).all()
    assert path.stat().st_size % 2 == 0


def test_surround_says_which_channel_is_which(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", np.zeros((10, 6), np.float32), SURROUND)
    raw = path.read_bytes()
    at = raw.index(b"fmt ")
    assert int.from_bytes(raw[at + 8 : at + 10], "little") == 0xFFFE
    assert int.from_bytes(raw[at + 28 : at + 32], "little") == 0x60F


def test_an_independent_reader_finds_the_words(tmp_path: Path) -> None:
    time_reference = 48_000 * 3600 * 10
    read = wavinfo.WavInfoReader(
        str(written(tmp_path / "a.wav", np.zeros((10, 2), np.float32), STEREO, time_reference=time_reference))
    )
    assert read.bext.description == WORDS.description
    assert read.bext.originator == "reelingua"
    assert read.bext.originator_ref == WORDS.reference
    assert read.bext.time_reference == time_reference
    assert read.bext.version == 2
    assert (read.bext.originator_date, read.bext.originator_time) == ("", "")
    assert read.bext.coding_history == "A=PCM,F=48000,W=24,M=stereo,T=mix; of speech\r\n"
    assert (read.bext.loudness_value, read.bext.loudness_range, read.bext.max_true_peak) == (-23.04, 7.2, -1.36)
    assert read.info.comment == WORDS.comment
    assert read.info.software == "reelingua"
    assert "Título".encode() in (tmp_path / "a.wav").read_bytes()


def test_no_word_is_too_long_or_too_strange(tmp_path: Path) -> None:
    words = Words("ü" * 300, "x" * 40, "y" * 40, "a,b\u2028", "\udcff", "z" * 10_001)
    path = tmp_path / "a.wav"
    with WavWriter(path, Shape(STEREO, 1, 0), words) as file:
        file.write(quantized(np.zeros((1, 2), np.float32)))
        file.finish(LOUDNESS)
    assert wavinfo.WavInfoReader(str(path)).bext.description == "?" * 256
    assert soundfile.info(path).frames == 1


def test_above_4_gib_it_is_an_rf64_that_others_read(tmp_path: Path) -> None:
    shape = Shape(STEREO, 48_000 * 60 * 260, 0)  # 4.5 GB
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(header(shape, WORDS, LOUDNESS))
        file.truncate(file.tell() + shape.data_bytes)  # a hollow file: nothing is written
    with path.open("rb") as file:
        assert file.read(4) == b"RF64"
    assert soundfile.info(path).frames == shape.frames
    assert wavinfo.WavInfoReader(str(path)).data.frame_count == shape.frames


@pytest.mark.parametrize(("frames", "magic"), [(715_827_700, b"RIFF"), (715_827_883, b"RF64")])
def test_it_is_an_rf64_exactly_where_32_bits_end(frames: int, magic: bytes) -> None:
    assert header(Shape(STEREO, frames, 0), WORDS, None)[:4] == magic


def test_the_same_samples_make_the_same_bytes(tmp_path: Path) -> None:
    samples = np.random.default_rng(2).uniform(-1, 1, (100, 2)).astype(np.float32)
    first, second = (written(tmp_path / name, samples, STEREO).read_bytes() for name in ("a.wav", "b.wav"))
    assert first == second


def test_a_file_with_fewer_samples_than_announced_is_a_defect(tmp_path: Path) -> None:
    with WavWriter(tmp_path / "a.wav", Shape(STEREO, 10, 0), WORDS) as file:
        file.write(quantized(np.zeros((9, 2), np.float32)))
        with pytest.raises(ValueError, match="9 samples were written, 10 were announced"):
            file.finish(LOUDNESS)


@given(st.lists(st.integers(-FULL_SCALE, FULL_SCALE - 1), min_size=1))
def test_24_bits_survive_as_floats(values: list[int]) -> None:
    pcm = np.asarray(values, np.int32)
    assert (quantized(floats(pcm)) == pcm).all()


def test_nothing_wraps_around() -> None:
    assert quantized(np.asarray([1.0, 3.0, -3.0], np.float32)).tolist() == [FULL_SCALE - 1, FULL_SCALE - 1, -FULL_SCALE]
