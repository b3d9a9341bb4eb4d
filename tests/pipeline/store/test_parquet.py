"""Rows survive the way to Parquet and back, and damage is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Missing, StoreError
from pipeline.store import parquet
from schemas.media import SampledFrame, SpeechRegion
from schemas.speech import Turn
from schemas.tables import TABLES
from schemas.time import Span
from tests.pipeline.store import records

ROOT = Path(__file__).parents[3]

CRAMPED = """
import resource, sys
from pathlib import Path
from pipeline.errors import StoreError
from pipeline.store import parquet
from schemas.speech import Word
from schemas.time import Span
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    parquet.write_rows(Path(sys.argv[1]), [Word(f"{n:x}", Span(n, n + 1), None) for n in range(9999)], Word)
except StoreError as error:
    print(error)
"""

REGIONS = [SpeechRegion(Span(number, number + 1), 0.5) for number in range(2000)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.parquet"


@settings(max_examples=40)  # an asset row has sixty values, most of them lists and records
@pytest.mark.parametrize("table", TABLES)
@given(data=st.data())
def test_every_table_reads_back_what_was_written(
    table: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    record = TABLES[table]
    rows = data.draw(st.lists(records.of(record), max_size=4))
    path = tmp_path_factory.getbasetemp() / f"{table}.parquet"
    assert parquet.write_rows(path, rows, record) == len(rows)
    assert parquet.read_rows(path, record) == rows


def test_the_same_rows_make_the_same_bytes(path: Path, tmp_path: Path) -> None:
    parquet.write_rows(path, REGIONS, SpeechRegion)
    parquet.write_rows(tmp_path / "again.parquet", iter(REGIONS), SpeechRegion)
    assert path.read_bytes() == (tmp_path / "again.parquet").read_bytes()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1500 rows of 64 kB; ``at_ms`` is their number."""
    path = tmp_path_factory.mktemp("pictures") / "rows.parquet"
    frames = (SampledFrame(number, number, 4, 4, b"%08d" % number * 8000) for number in range(1500))
    parquet.write_rows(path, frames, SampledFrame)
    return path


def test_a_stream_of_pictures_is_written_in_many_row_groups(pictures: Path) -> None:
    with pq.ParquetFile(pictures) as written:
        sizes = [written.metadata.row_group(group).num_rows for group in range(written.num_row_groups)]
    assert len(sizes) > 1
    assert sum(sizes) == 1500
    assert [frame.at_ms for frame in parquet.iter_rows(pictures, SampledFrame)] == list(range(1500))


def test_only_the_wanted_rows_are_picked_in_order(path: Path) -> None:
    turns = [Turn(Span(number, number + 1), f"S{number % 3}", 1.0) for number in range(1000)]
    parquet.write_rows(path, turns, Turn)
    assert parquet.pick_rows(path, Turn, numbers=[999, 0, 511, 512]) == [turns[n] for n in (0, 511, 512, 999)]
    assert parquet.pick_rows(path, Turn, numbers=[]) == []


@given(st.sets(st.integers(0, 1499), max_size=30))
def test_rows_are_picked_from_any_row_group(pictures: Path, numbers: set[int]) -> None:
    picked = parquet.pick_rows(pictures, SampledFrame, numbers=numbers)
    assert [frame.at_ms for frame in picked] == sorted(numbers)


def test_what_holds_no_wanted_row_is_not_read(pictures: Path, path: Path) -> None:
    """Damage in one row group is noticed by whoever reads it, and by nobody else."""
    with pq.ParquetFile(pictures) as whole:
        last = whole.metadata.row_group(whole.num_row_groups - 1).column(4)
    assert last.path_in_schema == "jpeg"
    data = bytearray(pictures.read_bytes())
    data[last.data_page_offset + last.total_compressed_size // 2] ^= 0x10
    path.write_bytes(bytes(data))
    assert [frame.at_ms for frame in parquet.pick_rows(path, SampledFrame, numbers=[3])] == [3]
    with pytest.raises(StoreError, match="damaged"):
        parquet.pick_rows(path, SampledFrame, numbers=[3, 1499])


def test_rows_that_fail_midway_leave_no_file(path: Path) -> None:
    def rows() -> object:
        yield from REGIONS
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        parquet.write_rows(path, rows(), SpeechRegion)  # type: ignore[arg-type]  # a generator of the right rows
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("kept_share", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_named(path: Path, kept_share: float) -> None:
    parquet.write_rows(path, REGIONS, SpeechRegion)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept_share)])
    with pytest.raises(StoreError, match=r"rows\.parquet.*delete it"):
        parquet.read_rows(path, SpeechRegion)


def test_a_flipped_bit_in_the_data_is_noticed(path: Path) -> None:
    parquet.write_rows(path, REGIONS, SpeechRegion)
    data = bytearray(path.read_bytes())
    data[len(data) // 8] ^= 0x10
    path.write_bytes(bytes(data))
    with pytest.raises(StoreError, match="damaged"):
        parquet.read_rows(path, SpeechRegion)


def test_rows_of_another_record_are_refused(path: Path) -> None:
    parquet.write_rows(path, REGIONS, SpeechRegion)
    with pytest.raises(StoreError, match="does not hold Turn rows"):
        parquet.read_rows(path, Turn)
    with pytest.raises(StoreError, match="does not hold Turn rows"):
        parquet.pick_rows(path, Turn, numbers=[1])
    with pytest.raises(StoreError, match="has no column speaker"):
        parquet.read_columns(path, ["speaker"])


def test_a_missing_file_is_missing(path: Path) -> None:
    with pytest.raises(Missing):
        parquet.read_rows(path, SpeechRegion)


def test_a_full_disk_is_told_from_damage(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk, which no test can make without being root."""
    written = subprocess.run(
        [sys.executable, "-c", CRAMPED, str(tmp_path / "rows.parquet")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert "make room and run again" in written.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_the_disk_does_not_give_is_not_called_damaged(path: Path) -> None:
    path.symlink_to(path)  # a loop: an error of the system, as a failing disk gives
    with pytest.raises(StoreError, match="check the disk and run again"):
        parquet.read_rows(path, SpeechRegion)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="run again"):
        parquet.write_rows(tmp_path / "file" / "rows.parquet", REGIONS, SpeechRegion)
