from __future__ import annotations

import itertools
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import StoreError
from schemas import columns
from schemas.jobs import Job, TranscribeRequest
from schemas.time import Span
from workers import spool

ASSET = "0123456789abcdef"


def asking(number: int, *, asset_id: str = ASSET) -> TranscribeRequest:
    return TranscribeRequest(f"{number:04x}", asset_id, "media.flac", Span(number, number + 1), "en")


def test_parts_come_in_order_as_they_appear_until_the_marker(tmp_path: Path) -> None:
    parts = spool.follow(tmp_path)
    assert next(parts) is None
    second = spool.put(tmp_path, 2, [asking(2)], Job.TRANSCRIBE)
    assert next(parts) == second
    third = spool.put(tmp_path, 10, [asking(10)], Job.TRANSCRIBE)
    spool.finish(tmp_path)
    assert list(parts) == [third]


def test_a_part_that_was_taken_away_does_not_come_again(tmp_path: Path) -> None:
    parts = spool.follow(tmp_path)
    spool.put(tmp_path, 1, [asking(1)], Job.TRANSCRIBE)
    first = next(parts)
    assert first is not None
    first.unlink()
    spool.finish(tmp_path)
    assert [part for part in parts if part is not None] == []


def test_what_was_put_before_the_marker_is_seen_even_if_both_are_new(tmp_path: Path) -> None:
    written = [spool.put(tmp_path, number, [asking(number)], Job.TRANSCRIBE) for number in (1, 2, 3)]
    spool.finish(tmp_path)
    assert list(itertools.islice(spool.follow(tmp_path), 5)) == written


def test_requests_read_back(tmp_path: Path) -> None:
    requests = [asking(number) for number in range(5)]
    part = spool.put(tmp_path, 1, requests, Job.TRANSCRIBE)
    assert spool.read(part, Job.TRANSCRIBE) == spool.Part(tuple(requests), ())


def test_one_wrong_row_does_not_spoil_the_others(tmp_path: Path) -> None:
    table = columns.to_table([asking(1), asking(2), asking(3)], TranscribeRequest)
    position = table.column_names.index("end_ms")
    part = tmp_path / "part-1.parquet"
    pq.write_table(table.set_column(position, table.schema.field(position), pa.array([2, 0, 4])), part)
    asked = spool.read(part, Job.TRANSCRIBE)
    assert asked.requests == (asking(1), asking(3))
    assert [(broken.request_id, broken.asset_id) for broken in asked.broken] == [("0002", ASSET)]
    assert "span must satisfy" in asked.broken[0].reason


def test_rows_of_another_job_are_broken_requests_of_this_one(tmp_path: Path) -> None:
    part = spool.put(tmp_path, 1, [asking(1)], Job.TRANSCRIBE)
    asked = spool.read(part, Job.ALIGN)
    assert asked.requests == ()
    assert [broken.request_id for broken in asked.broken] == ["0001"]


def test_a_part_that_is_no_table_is_refused(tmp_path: Path) -> None:
    part = tmp_path / "part-1.parquet"
    part.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(StoreError, match=r"part-1\.parquet"):
        spool.read(part, Job.TRANSCRIBE)


@pytest.mark.parametrize("asset_id", ["../../../etc", "", "0123456789ABCDEF", "0123456789abcde/"])
def test_an_asset_that_could_lead_out_of_the_results_is_refused(tmp_path: Path, asset_id: str) -> None:
    part = spool.put(tmp_path, 1, [asking(1, asset_id=asset_id)], Job.TRANSCRIBE)
    with pytest.raises(StoreError, match="without a proper id or asset"):
        spool.read(part, Job.TRANSCRIBE)
