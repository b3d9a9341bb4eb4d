from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import StoreError
from schemas import columns
from schemas.jobs import AlignRequest, Job, TranscribeRequest
from schemas.time import Span
from workers import spool

ASSET = "0123456789abcdef"
JOBS = (Job.TRANSCRIBE, Job.ALIGN)


def asking(number: int, *, asset_id: str = ASSET) -> TranscribeRequest:
    return TranscribeRequest(f"{number:04x}", asset_id, "media.flac", Span(number, number + 1), "en")


def taken(inbox: spool.Inbox) -> list[Path]:
    """What is new in the folder, after a pause that lets it look again."""
    time.sleep(spool.POLL_S)
    inbox.look()
    return list(iter(inbox.take, None))


def test_parts_come_in_order_as_they_appear_until_the_marker(tmp_path: Path) -> None:
    inbox = spool.Inbox(tmp_path)
    assert taken(inbox) == []
    second = spool.put(tmp_path, 2, [asking(2)], Job.TRANSCRIBE)
    assert taken(inbox) == [second]
    eleventh = spool.put(tmp_path, 11, [asking(11)], Job.TRANSCRIBE)
    tenth = spool.put(tmp_path, 10, [asking(10)], Job.TRANSCRIBE)
    assert not inbox.is_over
    spool.finish(tmp_path)
    assert taken(inbox) == [tenth, eleventh]
    assert inbox.is_over


def test_a_part_that_was_taken_away_does_not_come_again(tmp_path: Path) -> None:
    inbox = spool.Inbox(tmp_path)
    (first,) = [spool.put(tmp_path, 1, [asking(1)], Job.TRANSCRIBE)]
    assert taken(inbox) == [first]
    first.unlink()
    assert taken(inbox) == []


def test_it_is_not_over_before_the_last_part_is_taken(tmp_path: Path) -> None:
    written = [spool.put(tmp_path, number, [asking(number)], Job.TRANSCRIBE) for number in (1, 2)]
    spool.finish(tmp_path)
    inbox = spool.Inbox(tmp_path)
    inbox.look()
    assert inbox.take() == written[0]
    assert not inbox.is_over
    assert inbox.take() == written[1]
    assert inbox.is_over


def test_it_knows_how_many_requests_were_not_taken_yet(tmp_path: Path) -> None:
    spool.put(tmp_path, 1, [asking(number) for number in range(3)], Job.TRANSCRIBE)
    spool.put(tmp_path, 2, [asking(number) for number in range(4)], Job.TRANSCRIBE)
    (tmp_path / "part-00000003-transcribe.parquet").write_bytes(b"damaged")
    inbox = spool.Inbox(tmp_path)
    inbox.look()
    counts = [inbox.unread]
    while inbox.take():
        counts.append(inbox.unread)
    assert counts == [7, 4, 0, 0]


def test_requests_read_back_with_the_job_that_the_name_says(tmp_path: Path) -> None:
    requests = [asking(number) for number in range(5)]
    part = spool.put(tmp_path, 1, requests, Job.TRANSCRIBE)
    assert spool.read(part, JOBS) == spool.Part(Job.TRANSCRIBE, tuple(requests), ())
    aligning = AlignRequest("0a", ASSET, "media.flac", Span(0, 1), "en", ("a",))
    assert spool.read(spool.put(tmp_path, 2, [aligning], Job.ALIGN), JOBS) == spool.Part(Job.ALIGN, (aligning,), ())


def test_one_wrong_row_does_not_spoil_the_others(tmp_path: Path) -> None:
    table = columns.to_table([asking(1), asking(2), asking(3)], TranscribeRequest)
    position = table.column_names.index("end_ms")
    part = tmp_path / "part-1-transcribe.parquet"
    pq.write_table(table.set_column(position, table.schema.field(position), pa.array([2, 0, 4])), part)
    asked = spool.read(part, JOBS)
    assert asked.requests == (asking(1), asking(3))
    assert [(broken.request_id, broken.asset_id) for broken in asked.broken] == [("0002", ASSET)]
    assert "span must satisfy" in asked.broken[0].reason


def test_rows_of_another_job_are_broken_requests_of_this_one(tmp_path: Path) -> None:
    part = spool.put(tmp_path, 1, [asking(1)], Job.TRANSCRIBE)
    asked = spool.read(part.rename(tmp_path / "part-1-align.parquet"), JOBS)
    assert asked.job is Job.ALIGN
    assert asked.requests == ()
    assert [broken.request_id for broken in asked.broken] == ["0001"]


@pytest.mark.parametrize(
    "name", ["part-1.parquet", "part-1-sing.parquet", "part-1-describe.parquet", "part-x-align.parquet"]
)
def test_a_part_whose_name_says_no_job_of_the_worker_is_refused(tmp_path: Path, name: str) -> None:
    part = spool.put(tmp_path, 1, [asking(1)], Job.TRANSCRIBE).rename(tmp_path / name)
    with pytest.raises(StoreError, match=r"transcribe, align"):
        spool.read(part, JOBS)


def test_a_part_that_is_no_table_is_refused(tmp_path: Path) -> None:
    part = tmp_path / "part-1-transcribe.parquet"
    part.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(StoreError, match=r"part-1-transcribe\.parquet"):
        spool.read(part, JOBS)


@pytest.mark.parametrize("asset_id", ["../../../etc", "", "0123456789ABCDEF", "0123456789abcde/"])
def test_an_asset_that_could_lead_out_of_the_results_is_refused(tmp_path: Path, asset_id: str) -> None:
    part = spool.put(tmp_path, 1, [asking(1, asset_id=asset_id)], Job.TRANSCRIBE)
    with pytest.raises(StoreError, match="without a proper id or asset"):
        spool.read(part, JOBS)
