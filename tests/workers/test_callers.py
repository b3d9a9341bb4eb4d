from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from pipeline.errors import EngineCrashed
from schemas.jobs import Alignment, AlignRequest, Job, Request, Result, TranscribeRequest, Transcript
from schemas.time import Span
from workers.callers import streaming
from workers.families import Loaded, Streaming
from workers.jobs import failed, job_of

ASSET = "0123456789abcdef"
LIMIT_S = 30  # a call on a crowded machine takes milliseconds


def asking(number: int) -> TranscribeRequest:
    return TranscribeRequest(f"{number:04x}", ASSET, "key", Span(0, 1), "en")


def aligning(number: int) -> AlignRequest:
    return AlignRequest(f"a{number:04x}", ASSET, "key", Span(0, 1), "en", ("a",))


class Gate:
    """An engine that notes its calls, and begins the first when it is let."""

    def __init__(self) -> None:
        self.calls: list[list[Job]] = []
        self.is_open = threading.Event()
        self.is_closed = False

    def answer(self, requests: Sequence[Request]) -> list[Result]:
        assert self.is_open.wait(LIMIT_S)
        self.calls.append([job_of(request) for request in requests])
        return [failed(job_of(request), request.request_id, "as asked") for request in requests]

    def close(self) -> None:
        self.is_closed = True

    def streaming(self, *, batch: int, callers: int) -> Streaming:
        return streaming(Loaded(self.answer, batch=batch, callers=callers, close=self.close))


def test_a_call_has_what_waits_up_to_a_batch_and_one_job_only() -> None:
    gate = Gate()
    engine = gate.streaming(batch=3, callers=1)
    requests: list[Request] = [*map(asking, range(5)), *map(aligning, range(2)), asking(9)]
    futures = [engine.submit(request) for request in requests]
    gate.is_open.set()
    results = [future.result(LIMIT_S) for future in futures]
    engine.close()
    assert [result.request_id for result in results] == [request.request_id for request in requests]
    assert [type(result) for result in results[5:]] == [Alignment, Alignment, Transcript]
    assert [len(set(call)) for call in gate.calls] == [1] * len(gate.calls)
    assert max(map(len, gate.calls)) == 3


def test_it_takes_as_many_as_its_callers_do_at_once() -> None:
    gate = Gate()
    engine = gate.streaming(batch=3, callers=2)
    engine.close()
    assert engine.in_flight == 6
    assert engine.figures is None


def test_an_engine_that_is_gone_is_gone_for_all_of_the_call() -> None:
    def answer(_: Sequence[Request]) -> list[Result]:
        raise EngineCrashed(Job.TRANSCRIBE, 1, "it fell over")

    engine = streaming(Loaded(answer, batch=2, callers=1, close=lambda: None))
    for future in [engine.submit(asking(number)) for number in range(2)]:
        with pytest.raises(EngineCrashed, match="fell over"):
            future.result(LIMIT_S)
    engine.close()


def test_closing_ends_the_engine_and_every_thread() -> None:
    before = set(threading.enumerate())
    gate = Gate()
    gate.is_open.set()
    engine = gate.streaming(batch=1, callers=3)
    assert engine.submit(asking(1)).result(LIMIT_S).failure == "as asked"
    engine.close()
    assert gate.is_closed
    assert set(threading.enumerate()) == before
