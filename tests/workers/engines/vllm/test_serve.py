from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import numpy as np
import pytest

from pipeline.errors import EngineCrashed, EngineUnavailable
from schemas.jobs import Job, Request, Result, TranscribeRequest, Transcript, TranslateRequest, Translation
from schemas.time import Span
from workers.engines.vllm.figures import Meter
from workers.engines.vllm.question import Engine, Finish, Marks, Question, QuestionFailed, Reply
from workers.engines.vllm.serve import Answering, Server

LIMIT_S = 20.0


class Echo:
    """An engine in the test's hands: it answers with the question, once it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.asked = 0
        self.is_closed = False
        self.thread = threading.get_ident()

    async def ask(self, question: Question) -> Reply:
        self.asked += 1
        await self.may_answer.wait()
        if question.text == "die":
            raise EngineCrashed("test", None, "it was told to")
        if question.text == "fail":
            raise QuestionFailed("it was told to")
        return Reply(question.text, Finish.STOP, 1, 1, 0, 0.0)

    async def mark(self, question: Question) -> Marks:
        return Marks(np.zeros(0, np.int64), 1, 0.0)

    async def try_out(self) -> None:
        pass

    def close(self) -> None:
        self.is_closed = True


class Mute(Echo):
    """An engine that is loaded and answers nothing usable."""

    async def try_out(self) -> None:
        raise EngineCrashed("test", None, "it answered a test tone with nothing usable")


class Listening:
    """A job that asks for the language and takes the answer for what was said."""

    async def answer(self, request: TranscribeRequest, engine: Engine) -> Transcript:
        if request.language == "raise":
            raise KeyError("a mistake of the job")
        if request.language == "another":
            return Transcript("other", "en", (), False, None)
        try:
            reply = await engine.ask(Question(request.language, None, 1))
        except QuestionFailed as error:
            return Transcript(request.request_id, "en", (), False, str(error))
        return Transcript(request.request_id, "en", (), False, None, untimed=reply.text)


class Translating:
    """A job without media."""

    async def answer(self, request: TranslateRequest, engine: Engine) -> Translation:
        await engine.ask(Question("", None, 1))
        return Translation(request.request_id, (), None)


class Bench:
    """A server and what the test holds of it."""

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.meter = Meter()
        self.engine: Echo | None = None
        jobs: dict[Job, Answering] = {Job.TRANSCRIBE: Listening(), Job.TRANSLATE: Translating()}
        self.server = Server(self._make, jobs, self.meter, close=lambda: self.closed.append("feeder"))

    def _make(self) -> Echo:
        self.engine = Echo()
        return self.engine

    def ask(self, language: str, name: str = "r") -> Future[Result]:
        return self.server.submit(TranscribeRequest(name, "a", "k", Span(0, 30_000), language))


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    if not made.closed:
        made.server.close()


def test_each_request_gets_the_answer_of_its_job(bench: Bench) -> None:
    heard = bench.ask("en").result(LIMIT_S)
    assert isinstance(heard, Transcript)
    assert heard.untimed == "en"
    request: Request = TranslateRequest("t", "a", "en", "es", (), (), (), 0)
    assert bench.server.submit(request).result(LIMIT_S) == Translation("t", (), None)
    figures = bench.meter.figures()
    assert (figures.answered, figures.failed, figures.media_ms, figures.in_flight) == (2, 0, 30_000, 0)


def test_requests_are_with_the_engine_together(bench: Bench) -> None:
    assert bench.engine is not None
    bench.engine.may_answer.clear()
    waiting = [bench.ask("en", f"r{n}") for n in range(50)]
    while bench.engine.asked < 50:
        assert not any(future.done() for future in waiting)
    assert bench.meter.figures().in_flight == 50
    bench.server._loop.call_soon_threadsafe(bench.engine.may_answer.set)
    assert {future.result(LIMIT_S).request_id for future in waiting} == {f"r{n}" for n in range(50)}


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("fail", "it was told to"),
        ("raise", "KeyError: 'a mistake of the job'"),
        ("another", "ValueError: the answer is to other"),
    ],
)
def test_a_request_that_fails_is_a_row_and_the_next_is_answered(bench: Bench, language: str, says: str) -> None:
    failed = bench.ask(language).result(LIMIT_S)
    assert (failed.request_id, failed.failure) == ("r", says)
    assert bench.ask("en").result(LIMIT_S).failure is None
    assert (bench.meter.figures().answered, bench.meter.figures().failed) == (2, 1)


def test_an_engine_that_is_gone_is_told_of_and_not_a_row(bench: Bench) -> None:
    with pytest.raises(EngineCrashed, match="it was told to"):
        bench.ask("die").result(LIMIT_S)
    assert (bench.meter.figures().answered, bench.meter.figures().in_flight) == (0, 0)


def test_closing_ends_everything_whatever_is_unanswered(bench: Bench) -> None:
    assert bench.engine is not None
    bench.engine.may_answer.clear()
    waiting = [bench.ask("en") for _ in range(3)]
    bench.server.close()
    assert bench.engine.is_closed
    assert bench.closed == ["feeder"]
    assert all(future.cancelled() or future.exception(LIMIT_S) for future in waiting)


def test_an_engine_that_cannot_be_loaded_leaves_nothing_behind() -> None:
    closed: list[str] = []

    def broken() -> Echo:
        raise EngineUnavailable("no such model")

    with pytest.raises(EngineUnavailable, match="no such model"):
        Server(broken, {Job.TRANSCRIBE: Listening()}, Meter(), close=lambda: closed.append("feeder"))
    assert closed == ["feeder"]
    assert not any(thread.name == "vllm" for thread in threading.enumerate())


def test_an_engine_that_answers_a_test_with_nothing_usable_is_closed_and_has_crashed() -> None:
    closed: list[str] = []
    made: list[Mute] = []

    def mute() -> Mute:
        made.append(Mute())
        return made[0]

    with pytest.raises(EngineCrashed, match="nothing usable"):
        Server(mute, {Job.TRANSCRIBE: Listening()}, Meter(), close=lambda: closed.append("feeder"))
    assert made[0].is_closed
    assert closed == ["feeder"]


def test_the_engine_is_made_and_used_in_one_thread(bench: Bench) -> None:
    assert bench.engine is not None
    assert bench.engine.thread != threading.get_ident()


def test_the_worker_gets_it_as_a_stream(bench: Bench) -> None:
    stream = bench.server.streaming(12)
    assert stream.in_flight == 12
    assert stream.figures is not None
    assert isinstance(stream.submit(TranscribeRequest("r", "a", "k", Span(0, 1), "en")).result(LIMIT_S), Transcript)
    assert stream.figures().answered == 1
