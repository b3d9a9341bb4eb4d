from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import EngineCrashed
from pipeline.store import parquet
from schemas.jobs import Job, TranscribeRequest, Transcript
from schemas.time import Span
from tests.support import faults
from workers import runner, spool
from workers.families import Setting
from workers.messages import Answered, Message, Ready, Refused, Started

ASSETS = ("0123456789abcdef", "fedcba9876543210")


def asking(what: str, number: int) -> TranscribeRequest:
    return TranscribeRequest(f"{number:04x}", ASSETS[number % 2], what, Span(0, 100), "en")


def run(folder: Path, *, callers: int = 2) -> tuple[list[Message], dict[str, Transcript]]:
    """Answer what lies in ``folder/requests``; the messages, and what the parts that they name hold."""
    told: list[Message] = []
    loaded = faults.load(Job.TRANSCRIBE, Setting(Path, callers))
    model = faults.model_id(Job.TRANSCRIBE)
    requests, results = folder / "requests", folder / "results"
    runner.run(Job.TRANSCRIBE, requests, results, loaded=loaded, model=model, tell=told.append)
    rows = [
        row
        for message in told
        if isinstance(message, Answered)
        for row in parquet.read_rows(results / message.part, Transcript)
    ]
    assert len({row.request_id for row in rows}) == len(rows)
    return told, {row.request_id: row for row in rows}


def feed(folder: Path, *parts: list[TranscribeRequest]) -> None:
    requests = folder / "requests"
    requests.mkdir()
    for number, part in enumerate(parts):
        spool.put(requests, number, part, Job.TRANSCRIBE)
    spool.finish(requests)


def test_every_request_is_answered_once_and_told_after_it_was_written(tmp_path: Path) -> None:
    feed(tmp_path, *([asking(f"word:w{n}", n) for n in range(part, part + 13)] for part in range(0, 39, 13)))
    told, rows = run(tmp_path)
    assert {request_id: row.words[0].text for request_id, row in rows.items()} == {
        f"{n:04x}": f"w{n}" for n in range(39)
    }
    assert isinstance(told[0], Ready)
    answered = [message for message in told if isinstance(message, Answered)]
    assert {message.part.split("/")[0] for message in answered} == set(ASSETS)


def test_a_request_is_told_to_have_started_before_it_is_answered(tmp_path: Path) -> None:
    feed(tmp_path, [asking("word:w", n) for n in range(9)])
    told, _ = run(tmp_path)
    started: set[str] = set()
    for message in told:
        if isinstance(message, Started):
            started.update(message.request_ids)
        if isinstance(message, Answered):
            assert started.issuperset(message.request_ids)


@pytest.mark.parametrize(("what", "reason"), [("raise", "does not like"), ("swap", "out of order")])
def test_an_engine_that_breaks_its_contract_costs_that_request_alone(tmp_path: Path, what: str, reason: str) -> None:
    feed(tmp_path, [asking("word:fine", 0), asking(what, 1), asking("word:fine", 2)])
    _, rows = run(tmp_path)
    assert [rows[f"{n:04x}"].failure for n in (0, 2)] == [None, None]
    assert reason in (rows["0001"].failure or "")


def test_an_engine_that_is_gone_ends_the_run(tmp_path: Path) -> None:
    feed(tmp_path, [asking("crash", 0)], [asking("word:w", n) for n in range(1, 30)])
    with pytest.raises(EngineCrashed, match="fell over"):
        run(tmp_path, callers=1)


def test_a_part_that_cannot_be_read_is_told_and_the_next_is_answered(tmp_path: Path) -> None:
    feed(tmp_path, [], [asking("word:fine", 1)])
    (tmp_path / "requests" / "part-00000000.parquet").write_bytes(b"not a table")
    told, rows = run(tmp_path)
    assert [message.part for message in told if isinstance(message, Refused)] == ["part-00000000.parquet"]
    assert list(rows) == ["0001"]


def test_running_again_gives_the_same_files(tmp_path: Path) -> None:
    feed(tmp_path, [asking(f"word:w{n}", n) for n in range(4)])
    run(tmp_path, callers=1)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "results").rglob("*.parquet")}
    run(tmp_path, callers=1)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "results").rglob("*.parquet")} == before
