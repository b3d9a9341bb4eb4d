from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import DecodeFailed
from pipeline.sizing.profiles import VideoTokens, catalogue
from pipeline.sizing.tokens import audio_tokens, shown_frames, video_tokens
from schemas.time import Span
from tests.support.cut_media import counted_sound, grey_frames
from workers.engines.vllm.footage import SHORTEST_SOUND_MS, Order, make

OMNI = catalogue().model("Qwen3-Omni-30B-A3B")
JPEG_TOLERANCE = 3  # of 255: a flat grey comes back nearly as it was


def video() -> VideoTokens:
    assert OMNI.video is not None
    return OMNI.video


def test_sound_is_cut_by_the_sample(tmp_path: Path) -> None:
    flac = tmp_path / counted_sound(tmp_path, "a.flac", 3_000)
    sound = make(Order(Span(500, 600), flac)).sound
    assert sound is not None
    assert (sound.dtype.name, sound.shape) == ("float32", (1_600,))
    assert (sound * 32_768).astype(int).tolist() == list(range(8_000, 9_600))


def test_sound_that_ends_inside_the_span_is_filled_up_with_silence(tmp_path: Path) -> None:
    flac = tmp_path / counted_sound(tmp_path, "a.flac", 1_000)
    sound = make(Order(Span(900, 1_300), flac)).sound
    assert sound is not None
    assert len(sound) == 400 * 16
    assert sound[: 100 * 16].any()
    assert not sound[100 * 16 :].any()


@pytest.mark.parametrize(
    ("span", "says"),
    [
        (Span(1_000, 2_000), "has no sound at 1000 ms, it ends before"),
        (Span(0, SHORTEST_SOUND_MS - 1), "19 ms of sound are too short to be heard"),
    ],
)
def test_sound_that_is_not_there_or_too_short_is_refused(tmp_path: Path, span: Span, says: str) -> None:
    flac = tmp_path / counted_sound(tmp_path, "a.flac", 1_000)
    with pytest.raises(DecodeFailed, match=says):
        make(Order(span, flac))


def test_sound_that_is_broken_is_refused(tmp_path: Path) -> None:
    whole = (tmp_path / counted_sound(tmp_path, "a.flac", 5_000)).read_bytes()
    broken = tmp_path / "b.flac"
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DecodeFailed):
        make(Order(Span(0, 5_000), broken))


def test_pictures_are_those_on_screen_at_each_step(tmp_path: Path) -> None:
    frames = tmp_path / grey_frames(tmp_path, "f.parquet", [0, 700, 1_000, 2_000, 3_100, 4_000, 5_000])
    pictures = make(Order(Span(500, 3_500), None, frames, 2.0, video())).pictures
    assert pictures is not None
    assert (pictures.dtype.name, pictures.shape) == ("uint8", (6, 288, 512, 3))
    on_screen = [0, 2, 2, 3, 3, 3]  # at 500, 1000, 1500, 2000, 2500, 3000
    assert np.abs(pictures.mean(axis=(1, 2, 3)) - 20 * np.array(on_screen)).max() < JPEG_TOLERANCE


def test_before_the_first_picture_the_first_one_is_shown(tmp_path: Path) -> None:
    frames = tmp_path / grey_frames(tmp_path, "f.parquet", [1_000, 2_000], step=100)
    pictures = make(Order(Span(0, 2_500), None, frames, 1.0, video())).pictures
    assert pictures is not None
    assert np.abs(pictures[:3].mean(axis=(1, 2, 3)) - [0, 0, 100]).max() < JPEG_TOLERANCE


def test_an_odd_picture_is_shown_twice(tmp_path: Path) -> None:
    frames = tmp_path / grey_frames(tmp_path, "f.parquet", [0, 1_000, 2_000], step=90)
    pictures = make(Order(Span(0, 3_000), None, frames, 1.0, video())).pictures
    assert pictures is not None
    assert len(pictures) == 4
    assert (pictures[3] == pictures[2]).all()


def test_red_is_red(tmp_path: Path) -> None:
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 2] = 255  # OpenCV writes blue, green, red
    cv2 = pytest.importorskip("cv2")
    table = pq.read_table(tmp_path / grey_frames(tmp_path, "f.parquet", [0]))
    at = table.schema.get_field_index("jpeg")
    jpeg = pa.array([cv2.imencode(".jpg", red)[1].tobytes()], table.schema.field(at).type)
    pq.write_table(table.set_column(at, table.schema.field(at), jpeg), tmp_path / "red.parquet")
    pictures = make(Order(Span(0, 500), None, tmp_path / "red.parquet", 2.0, video())).pictures
    assert pictures is not None
    assert pictures[..., 0].min() > 250
    assert pictures[..., 1:].max() < 10


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    st.integers(16, 700),
    st.integers(16, 700),
    st.integers(SHORTEST_SOUND_MS, 4_000),
    st.sampled_from([0.5, 1.0, 2.0, 3.0]),
)
def test_what_is_made_has_the_tokens_that_the_planner_counts(
    tmp_path: Path, width: int, height: int, length_ms: int, frames_per_s: float
) -> None:
    assert OMNI.audio is not None
    flac = tmp_path / counted_sound(tmp_path, "a.flac", 5_000)
    frames = tmp_path / grey_frames(tmp_path, "f.parquet", [0, 1_000, 2_000], width=width, height=height)
    made = make(Order(Span(100, 100 + length_ms), flac, frames, frames_per_s, video()))
    assert made.heard_tokens(OMNI.audio) == audio_tokens(length_ms, OMNI.audio)
    planned = video_tokens(shown_frames(length_ms, frames_per_s), width, height, video())
    assert made.seen_tokens(video()) == planned
    assert made.pictures is not None
    assert made.size == made.pictures.nbytes + length_ms * 16 * 4


def test_only_the_row_groups_that_are_shown_are_read(tmp_path: Path) -> None:
    frames = tmp_path / grey_frames(tmp_path, "f.parquet", range(0, 12_000, 1_000))
    data = bytearray(frames.read_bytes())
    group = pq.ParquetFile(frames).metadata.row_group(2)
    jpegs = next(group.column(n) for n in range(group.num_columns) if group.column(n).path_in_schema == "jpeg")
    start = jpegs.dictionary_page_offset or jpegs.data_page_offset
    data[start : start + jpegs.total_compressed_size] = bytes(jpegs.total_compressed_size)
    frames.write_bytes(data)
    assert make(Order(Span(0, 7_000), None, frames, 1.0, video())).pictures is not None
    with pytest.raises(DecodeFailed):
        make(Order(Span(0, 9_000), None, frames, 1.0, video()))


@pytest.mark.parametrize("jpeg", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut off"])
def test_a_picture_that_is_broken_is_refused(tmp_path: Path, jpeg: bytes) -> None:
    table = pq.read_table(tmp_path / grey_frames(tmp_path, "f.parquet", [0]))
    at = table.schema.get_field_index("jpeg")
    changed = table.set_column(at, table.schema.field(at), pa.array([jpeg], table.schema.field(at).type))
    pq.write_table(changed, tmp_path / "broken.parquet")
    with pytest.raises(DecodeFailed, match="a sampled frame cannot be decoded"):
        make(Order(Span(0, 500), None, tmp_path / "broken.parquet", 2.0, video()))


def test_frames_that_are_no_parquet_or_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no Parquet")
    with pytest.raises(DecodeFailed, match="text cannot be read"):
        make(Order(Span(0, 500), None, tmp_path / "text", 2.0, video()))
    with pytest.raises(DecodeFailed, match="gone cannot be read"):
        make(Order(Span(0, 500), None, tmp_path / "gone", 2.0, video()))
    none = tmp_path / grey_frames(tmp_path, "none.parquet", [])
    with pytest.raises(DecodeFailed, match="has no sampled frames"):
        make(Order(Span(0, 500), None, none, 2.0, video()))


def test_more_pictures_than_the_model_takes_are_refused_before_memory_is_taken(tmp_path: Path) -> None:
    frames = tmp_path / grey_frames(tmp_path, "f.parquet", [0])
    with pytest.raises(DecodeFailed, match="72000 pictures are more than the 768"):
        make(Order(Span(0, 36_000_000), None, frames, 2.0, video()))


def test_pictures_for_a_model_that_sees_none_are_refused(tmp_path: Path) -> None:
    frames = tmp_path / grey_frames(tmp_path, "f.parquet", [0])
    with pytest.raises(DecodeFailed, match="the model sees no pictures"):
        make(Order(Span(0, 500), None, frames))


def test_a_small_picture_is_scaled_up_to_what_the_model_takes(tmp_path: Path) -> None:
    frames = tmp_path / grey_frames(tmp_path, "f.parquet", [0], width=64, height=64)
    made = make(Order(Span(0, 500), None, frames, 2.0, video()))
    assert made.seen_tokens(video()) >= video().min_patch_tokens
    smaller = dataclasses.replace(video(), min_patch_tokens=4)
    assert make(Order(Span(0, 500), None, frames, 2.0, smaller)).seen_tokens(smaller) == 4
