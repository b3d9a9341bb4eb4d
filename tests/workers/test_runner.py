from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from pipeline.errors import EngineCrashed
from pipeline.store import parquet
from schemas.jobs import DescribeRequest, Description, Job, Request, Result, TranscribeRequest, Transcript
from schemas.time import Span
from tests.support import faults
from tests.support.stream import NOTHING, TOKENS_IN, Stream
from workers import runner, spool
from workers.callers import streaming
from workers.families import Setting, Streaming
from workers.jobs import RESULTS, Member
from workers.messages import Answered, Message, Progress, Ready, Refused, Started

ASSETS = ("0123456789abcdef", "fedcba9876543210")
MEMBERS = tuple(Member(job, faults.model_id(Job.TRANSCRIBE)) for job in (Job.TRANSCRIBE, Job.DESCRIBE))

Make = Callable[[], Streaming]


def batches() -> Streaming:
    return streaming(faults.load([Job.TRANSCRIBE], Setting(Path, 2)))


def stream() -> Streaming:
    return faults.load_streaming([Job.TRANSCRIBE, Job.DESCRIBE], Setting(Path, 2))


def at_once(answer: Callable[[Request], Future[Result]]) -> Streaming:
    """An engine whose futures ``answer`` makes."""
    return Streaming(answer, 4, lambda: NOTHING, lambda: None)


def asking(what: str, number: int) -> TranscribeRequest:
    return TranscribeRequest(f"{number:04x}", ASSETS[number % 2], what, Span(0, 100), "en")


def watching(what: str, number: int) -> DescribeRequest:
    return DescribeRequest(f"{number:04x}", ASSETS[number % 2], what, None, Span(0, 100), (), ())


def run(
    folder: Path, engine: Streaming, *, tell: Callable[[Message], None] = lambda _message: None
) -> tuple[list[Message], dict[str, Result]]:
    """Answer what lies in ``folder/requests``; the messages, and what the parts that they name hold."""
    told: list[Message] = []

    def hear(message: Message) -> None:
        told.append(message)
        tell(message)

    results = folder / "results"
    try:
        runner.run(MEMBERS, folder / "requests", results, engine=engine, tell=hear)
    finally:
        engine.close()
    return told, rows(results, told)


def rows(results: Path, told: list[Message]) -> dict[str, Result]:
    """What the parts hold, by request; none twice, and each in the part that its message names."""
    found: list[Result] = []
    for message in told:
        if isinstance(message, Answered):
            part: list[Result] = list(parquet.read_rows(results / message.part, RESULTS[message.job]))
            assert tuple(row.request_id for row in part) == message.request_ids
            assert message.part.startswith(f"{message.asset_id}/{message.job}/")
            found += part
    assert len({row.request_id for row in found}) == len(found)
    return {row.request_id: row for row in found}


def words(found: dict[str, Result]) -> dict[str, str]:
    """What was heard, or why nothing was."""
    return {
        asked: row.failure or " ".join(word.text for word in row.words)
        for asked, row in found.items()
        if isinstance(row, Transcript)
    }


def feed(folder: Path, *parts: list[TranscribeRequest] | list[DescribeRequest]) -> None:
    requests = folder / "requests"
    requests.mkdir()
    for number, part in enumerate(parts):
        job = Job.DESCRIBE if part and isinstance(part[0], DescribeRequest) else Job.TRANSCRIBE
        spool.put(requests, number, part, job)
    spool.finish(requests)


@pytest.mark.parametrize("make", [batches, stream])
def test_every_request_is_answered_once_and_told_after_it_was_written(tmp_path: Path, make: Make) -> None:
    feed(tmp_path, *([asking(f"word:w{n}", n) for n in range(part, part + 13)] for part in range(0, 39, 13)))
    told, found = run(tmp_path, make())
    assert words(found) == {f"{n:04x}": f"w{n}" for n in range(39)}
    assert isinstance(told[0], Ready)
    assert told[0].members == MEMBERS
    assert {message.asset_id for message in told if isinstance(message, Answered)} == set(ASSETS)


@pytest.mark.parametrize("make", [batches, stream])
def test_a_request_is_told_to_have_started_before_it_is_answered(tmp_path: Path, make: Make) -> None:
    feed(tmp_path, [asking("word:w", n) for n in range(9)])
    told, _ = run(tmp_path, make())
    started: set[str] = set()
    for message in told:
        if isinstance(message, Started):
            started.update(message.request_ids)
        if isinstance(message, Answered):
            assert started.issuperset(message.request_ids)


def test_one_worker_answers_each_job_of_its_crew_into_its_own_folder(tmp_path: Path) -> None:
    feed(tmp_path, [asking("word:heard", 1)], [watching("word:seen", 2)], [asking("word:again", 3)])
    _, found = run(tmp_path, stream())
    assert words(found) == {"0001": "heard", "0003": "again"}
    seen = found["0002"]
    assert isinstance(seen, Description)
    assert seen.story == "seen"


@pytest.mark.parametrize(
    ("make", "what", "reason"),
    [
        (batches, "raise", "RuntimeError: it does not like this one"),
        (batches, "swap", "out of order"),
        (stream, "raise", "RuntimeError: it does not like this one"),
        (stream, "swap", "'0ff', which was not asked"),
        (stream, "half", "cannot be written: UnicodeEncodeError"),
    ],
)
def test_an_engine_that_breaks_its_contract_costs_that_request_alone(
    tmp_path: Path, make: Make, what: str, reason: str
) -> None:
    feed(tmp_path, [asking("word:fine", 0), asking(what, 1), asking("word:fine", 2)])
    _, found = run(tmp_path, make())
    heard = words(found)
    assert (heard["0000"], heard["0002"]) == ("fine", "fine")
    assert reason in heard["0001"]


def cancelled(_: Request) -> Future[Result]:
    future: Future[Result] = Future()
    future.cancel()
    return future


def of_another_job(request: Request) -> Future[Result]:
    future: Future[Result] = Future()
    future.set_result(Description(request.request_id, (), (), None))
    return future


def refused(_: Request) -> Future[Result]:
    raise OverflowError("too much")


@pytest.mark.parametrize(
    ("give", "reason"),
    [
        (cancelled, "CancelledError"),
        (of_another_job, "answered with Description"),
        (refused, "OverflowError: too much"),
    ],
)
def test_a_future_that_gives_no_answer_costs_its_request(
    tmp_path: Path, give: Callable[[Request], Future[Result]], reason: str
) -> None:
    feed(tmp_path, [asking("word:any", 0)])
    _, found = run(tmp_path, at_once(give))
    assert reason in words(found)["0000"]


def test_no_request_waits_for_another(tmp_path: Path) -> None:
    """The last is answered only after all others have been: with a barrier anywhere nothing would ever be."""
    go = tmp_path / "go"
    feed(tmp_path, [asking(f"wait:{go}", 0)], *([asking(f"word:w{n}", n)] for n in range(1, 60)))
    answered = 0

    def count(message: Message) -> None:
        nonlocal answered
        answered += len(message.request_ids) if isinstance(message, Answered) else 0
        if answered == 59:
            go.touch()

    _, found = run(tmp_path, stream(), tell=count)
    assert len(found) == 60


def test_the_engine_has_as_many_requests_as_it_takes_and_no_more(tmp_path: Path) -> None:
    together = threading.Barrier(3)

    def in_company(request: Request) -> Result:
        together.wait(timeout=60)
        return faults.answer(request)

    feed(tmp_path, [asking("word:w", n) for n in range(51)])
    engine = Stream(in_company)
    _, found = run(tmp_path, Streaming(engine.submit, 3, engine.figures, engine.close))
    assert set(words(found).values()) == {"w"}
    assert engine.most_in_flight == 3


@pytest.mark.parametrize("make", [batches, stream])
def test_an_engine_that_is_gone_ends_the_run(tmp_path: Path, make: Make) -> None:
    feed(tmp_path, [asking("crash", 0)], [asking("word:w", n) for n in range(1, 30)])
    with pytest.raises(EngineCrashed, match="fell over"):
        run(tmp_path, make())


def test_what_was_answered_before_the_engine_was_gone_is_kept(tmp_path: Path) -> None:
    def give(request: Request) -> Future[Result]:
        future: Future[Result] = Future()
        try:
            future.set_result(faults.answer(request))
        except EngineCrashed as crash:
            future.set_exception(crash)
        return future

    feed(tmp_path, [asking("word:a", 0), asking("crash", 1), asking("word:b", 2), asking("word:never", 4)])
    told: list[Message] = []
    with pytest.raises(EngineCrashed):
        run(tmp_path, at_once(give), tell=told.append)
    assert words(rows(tmp_path / "results", told)) == {"0000": "a", "0002": "b", "0004": "never"}


def test_figures_are_told_before_the_answers_that_they_count(tmp_path: Path) -> None:
    feed(tmp_path, *([asking("word:w", n)] for n in range(30)))
    told, _ = run(tmp_path, stream())
    answered, figures = 0, NOTHING
    for message in told:
        if isinstance(message, Progress):
            figures = message.figures
        if isinstance(message, Answered):
            answered += len(message.request_ids)
            assert figures.answered >= answered
    assert (figures.answered, figures.media_ms, figures.tokens_in) == (30, 30 * 100, 30 * TOKENS_IN)
    assert (figures.waiting, figures.in_flight) == (0, 0)


def test_figures_count_what_waits_in_the_folder(tmp_path: Path) -> None:
    go = tmp_path / "go"
    feed(tmp_path, [asking(f"wait:{go}", n) for n in range(10)], *([asking("word:w", n)] for n in range(10, 50)))

    def let_go(message: Message) -> None:
        if isinstance(message, Progress):
            go.touch()

    told, _ = run(tmp_path, stream(), tell=let_go)
    first = next(message.figures for message in told if isinstance(message, Progress))
    assert (first.in_flight, first.waiting) == (faults.IN_FLIGHT, 50 - faults.IN_FLIGHT)


def test_an_engine_that_does_not_count_tells_no_figures(tmp_path: Path) -> None:
    feed(tmp_path, [asking("word:w", 0)])
    told, _ = run(tmp_path, batches())
    assert not any(isinstance(message, Progress) for message in told)


def test_a_part_that_cannot_be_read_is_told_and_the_next_is_answered(tmp_path: Path) -> None:
    feed(tmp_path, [], [asking("word:fine", 1)])
    (tmp_path / "requests" / "part-00000000-transcribe.parquet").write_bytes(b"not a table")
    told, found = run(tmp_path, batches())
    assert [message.part for message in told if isinstance(message, Refused)] == ["part-00000000-transcribe.parquet"]
    assert list(found) == ["0001"]


def test_running_again_gives_the_same_files(tmp_path: Path) -> None:
    feed(tmp_path, [asking(f"word:w{n}", n) for n in range(4)])
    one_by_one = Setting(Path, 1)
    run(tmp_path, streaming(faults.load([Job.TRANSCRIBE], one_by_one)))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "results").rglob("*.parquet")}
    run(tmp_path, streaming(faults.load([Job.TRANSCRIBE], one_by_one)))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "results").rglob("*.parquet")} == before
