from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.contracts import ModelId
from pipeline.errors import EngineCrashed, EngineUnavailable, UsageError
from pipeline.store.answers import Answers
from pipeline.store.objects import open_objects
from schemas.jobs import AlignRequest, Job, Transcript
from schemas.time import Span
from tests.support import faults
from tests.support.asked import ASSET, asking, heard
from workers.client import STALL_LIMIT_S, WorkerEngines
from workers.engines.vllm.hardware import START_LIMIT_S
from workers.registry import Registry

OTHER_ASSET = "fedcba9876543210"
STALL_S = 3.0  # a worker on a crowded machine starts in about one


def faulty(
    library: Path,
    *,
    stall_limit_s: float = 60.0,
    warnings: list[str] | None = None,
    registry: Registry = faults.REGISTRY,
) -> WorkerEngines:
    warn = (lambda _: None) if warnings is None else warnings.append
    return WorkerEngines(
        str(library),
        "faulty",
        processes=1,
        warn=warn,
        stall_limit_s=stall_limit_s,
        registry=registry,
        module="tests.support.faulty_worker",
    )


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_answers_come_in_the_order_of_the_requests_whatever_their_number(library: Path) -> None:
    requests = [asking(f"word:w{number}", number) for number in range(150)]
    told: list[int] = []
    with faulty(library) as engines:
        results = engines.answer(Job.TRANSCRIBE, requests, told.append)
    assert heard(results) == [f"w{number}" for number in range(150)]
    assert sum(told) == 150


def test_what_is_kept_is_not_asked_again(library: Path) -> None:
    with faulty(library) as engines:
        engines.answer(Job.TRANSCRIBE, [asking("word:first")], lambda _: None)
    told: list[int] = []
    with faulty(library) as engines:
        results = engines.answer(Job.TRANSCRIBE, [asking("die"), asking("word:second", 1)], told.append)
    assert heard(results) == ["first", "second"]
    assert told == [1]


def test_a_failure_is_asked_again_by_the_next_run(library: Path) -> None:
    with faulty(library) as engines:
        (result,) = engines.answer(Job.TRANSCRIBE, [asking("raise")], lambda _: None)
        assert heard([result]) == ["[RuntimeError: it does not like this one]"]
    with faulty(library) as engines:
        assert heard(engines.answer(Job.TRANSCRIBE, [asking("word:better")], lambda _: None)) == ["better"]


def test_one_request_asked_twice_has_one_answer_in_both_places(library: Path) -> None:
    with faulty(library) as engines:
        results = engines.answer(
            Job.TRANSCRIBE, [asking("word:a"), asking("word:b", 1), asking("word:a")], lambda _: None
        )
    assert heard(results) == ["a", "b", "a"]


def test_threads_share_a_worker_and_get_their_own_answers(library: Path) -> None:
    with faulty(library) as engines, ThreadPoolExecutor(4) as pool:
        batches = [[asking(f"word:t{thread}n{n}", thread * 16 + n) for n in range(10)] for thread in range(4)]
        answers = list(pool.map(lambda batch: engines.answer(Job.TRANSCRIBE, batch, lambda _: None), batches))
    assert [heard(results) for results in answers] == [[f"t{t}n{n}" for n in range(10)] for t in range(4)]


def test_answers_lie_in_the_library_before_they_are_told(library: Path) -> None:
    requests = [asking("word:here"), asking("word:there", 1, asset_id=OTHER_ASSET)]
    kept: list[str] = []

    def look(_: int) -> None:
        answers = Answers(open_objects(str(library)))
        for request in requests:
            found = answers.find(request.asset_id, Job.TRANSCRIBE, [request.request_id], Transcript)
            kept.extend(word.text for result in found.results if result for word in result.words)

    with faulty(library) as engines:
        engines.answer(Job.TRANSCRIBE, requests, look)
    assert {"here", "there"} <= set(kept)


def test_a_worker_that_dies_once_costs_nobody_an_answer(library: Path, tmp_path: Path) -> None:
    warnings: list[str] = []
    requests = [asking(f"word:w{number}", number) for number in range(10)]
    requests[5] = asking(f"die-once:{tmp_path / 'died'}", 5)
    with faulty(library, warnings=warnings) as engines:
        results = engines.answer(Job.TRANSCRIBE, requests, lambda _: None)
    assert heard(results) == [f"w{n}" if n != 5 else "" for n in range(10)]
    assert len(warnings) == 1
    assert "-9" in warnings[0]


def test_a_request_that_kills_its_worker_is_set_aside_and_the_others_are_answered(library: Path) -> None:
    requests = [asking(f"word:w{number}", number) for number in range(10)]
    requests[5] = asking("die", 5)
    with faulty(library) as engines:
        results = heard(engines.answer(Job.TRANSCRIBE, requests, lambda _: None))
    assert [word for number, word in enumerate(results) if number != 5] == [f"w{n}" for n in range(10) if n != 5]
    assert results[5].startswith("[set aside")


def test_what_was_set_aside_is_kept_with_its_reason(library: Path) -> None:
    with faulty(library) as engines:
        engines.answer(Job.TRANSCRIBE, [asking("die")], lambda _: None)
    answers = Answers(open_objects(str(library)))
    kept = answers.find(ASSET, Job.TRANSCRIBE, ["0000"], Transcript, include_failures=True)
    (told,) = heard(kept.results)
    assert told.startswith("[set aside")


def test_an_engine_that_says_that_it_is_gone_is_started_again(library: Path) -> None:
    with faulty(library) as engines:
        results = heard(engines.answer(Job.TRANSCRIBE, [asking("crash"), asking("word:fine", 1)], lambda _: None))
    assert results[0].startswith("[set aside")
    assert results[1] == "fine"


def test_deaths_on_unrelated_requests_mean_a_sick_machine(library: Path) -> None:
    requests = [asking("die", number) for number in range(faults.BATCH * 4)]
    with faulty(library) as engines:
        with pytest.raises(EngineCrashed):
            engines.answer(Job.TRANSCRIBE, requests, lambda _: None)
        with pytest.raises(EngineCrashed):
            engines.answer(Job.TRANSCRIBE, [asking("word:more", 99)], lambda _: None)


def test_a_worker_that_hangs_is_killed_and_the_request_set_aside(library: Path) -> None:
    with faulty(library, stall_limit_s=STALL_S) as engines:
        results = heard(engines.answer(Job.TRANSCRIBE, [asking("hang"), asking("word:fine", 1)], lambda _: None))
    assert "did not answer" in results[0]
    assert results[1] == "fine"


def test_an_engine_that_cannot_be_loaded_says_what_to_do(library: Path) -> None:
    request = AlignRequest("0a", ASSET, "word:a", Span(0, 1000), "en", ("a",))
    with faulty(library) as engines, pytest.raises(EngineUnavailable, match="choose another"):
        engines.answer(Job.ALIGN, [request], lambda _: None)


@pytest.mark.parametrize("wanted", [ModelId("faulty", "2"), ModelId("better", "1")])
def test_a_worker_with_another_model_answers_nothing(library: Path, wanted: ModelId) -> None:
    registry = Registry((replace(faults.FAULTY, model_id=lambda _job: wanted),))
    said = f"faulty 1 where {wanted.name} {wanted.revision} must answer.*bring both to the same version"
    with faulty(library, registry=registry) as engines, pytest.raises(EngineUnavailable, match=said):
        engines.answer(Job.TRANSCRIBE, [asking("word:wrong")], lambda _: None)
    kept = Answers(open_objects(str(library))).find(ASSET, Job.TRANSCRIBE, ["0000"], Transcript, include_failures=True)
    assert kept.missing == ("0000",)


def test_an_engine_has_time_to_say_why_it_does_not_load() -> None:
    assert STALL_LIMIT_S > START_LIMIT_S + 60


def test_a_worker_that_hangs_while_it_loads_is_killed(library: Path) -> None:
    """Three times, as three deaths on nothing in particular mean a sick machine."""
    engines = WorkerEngines(
        str(library), "faulty", stall_limit_s=0.5, registry=faults.REGISTRY, module="tests.support.endless_worker"
    )
    with engines, pytest.raises(EngineCrashed, match="did not answer"):
        engines.answer(Job.TRANSCRIBE, [asking("word:never")], lambda _: None)


def test_engines_can_be_asked_again_after_they_were_closed(library: Path) -> None:
    engines = faulty(library)
    for number, word in enumerate(("first", "second")):
        assert heard(engines.answer(Job.TRANSCRIBE, [asking(f"word:{word}", number)], lambda _: None)) == [word]
        engines.close()


def test_a_model_is_named_without_starting_anything(library: Path) -> None:
    with faulty(library) as engines:
        assert engines.model(Job.TRANSCRIBE).name == "faulty"
        with pytest.raises(EngineUnavailable):
            engines.model(Job.DESCRIBE)
    assert not library.exists()


def test_closing_ends_those_who_wait(library: Path, tmp_path: Path) -> None:
    engines = faulty(library)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(engines.answer, Job.TRANSCRIBE, [asking("hang")], lambda _: None)
        engines.answer(Job.TRANSCRIBE, [], lambda _: None)
        while not list(library.glob(".part-work/folder-*/faulty-transcribe-0/requests-1/part-*")):
            assert not waiting.done()
        engines.close()
        with pytest.raises(EngineCrashed, match="closed"):
            waiting.result(timeout=30)


def test_an_unknown_engine_is_refused_with_those_there_are(library: Path) -> None:
    with WorkerEngines(str(library), "magic") as engines, pytest.raises(UsageError, match="embedded"):
        engines.model(Job.TRANSCRIBE)
