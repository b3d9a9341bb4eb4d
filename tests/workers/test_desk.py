from __future__ import annotations

import gc
from collections.abc import Sequence
from concurrent.futures import Future

from hypothesis import given
from hypothesis import strategies as st

from schemas.jobs import Request, Result, TranscribeRequest, Transcript
from schemas.time import Span
from tests.support.stream import NOTHING
from workers.desk import COMMIT_ROWS, Desk
from workers.families import Streaming

LANGUAGE = "x-desk"
"""Marks the records of one test among all that are in memory."""


class ByHand:
    """An engine whose answers a test gives one by one."""

    def __init__(self) -> None:
        self.open: list[tuple[Request, Future[Result]]] = []

    def submit(self, request: Request) -> Future[Result]:
        future: Future[Result] = Future()
        self.open.append((request, future))
        return future

    def answer(self, position: int) -> None:
        request, future = self.open.pop(position)
        assert isinstance(request, TranscribeRequest)
        future.set_result(Transcript(request.request_id, request.language, (), is_draft=False, failure=None))

    def streaming(self, *, in_flight: int) -> Streaming:
        return Streaming(self.submit, in_flight, lambda: NOTHING, lambda: None)


def asking(number: int, *, language: str = "en") -> TranscribeRequest:
    return TranscribeRequest(f"{number:04x}", "0123456789abcdef", "key", Span(0, 1), language)


def nobody(_: Sequence[Request]) -> None:
    """Nobody wants to know what has started."""


@given(st.integers(1, 40), st.integers(1, 8), st.data())
def test_in_whatever_order_answers_come_the_engine_is_full_and_each_comes_once(
    count: int, in_flight: int, data: st.DataObject
) -> None:
    engine = ByHand()
    desk = Desk(engine.streaming(in_flight=in_flight), started=nobody)
    desk.ask([asking(number) for number in range(count)])
    answered: list[str] = []
    while desk.is_busy:
        desk.submit()
        assert len(engine.open) == min(in_flight, count - len(answered))
        engine.answer(data.draw(st.integers(0, len(engine.open) - 1)))
        desk.collect(limit_s=0)
        answered += [reply.result.request_id for reply in desk.due(is_last=True)]
    assert sorted(answered) == [f"{number:04x}" for number in range(count)]


def test_answers_wait_for_company_but_not_when_they_are_many_or_the_last() -> None:
    engine = ByHand()
    desk = Desk(engine.streaming(in_flight=COMMIT_ROWS + 1), started=nobody)
    desk.ask([asking(number) for number in range(COMMIT_ROWS + 1)])
    desk.submit()
    due = []
    while engine.open:
        engine.answer(0)
        desk.collect(limit_s=0)
        due.append(len(desk.due()))
    assert due == [0] * (COMMIT_ROWS - 1) + [COMMIT_ROWS, 1]


def test_nothing_of_ten_thousand_requests_stays() -> None:
    engine = ByHand()
    desk = Desk(engine.streaming(in_flight=4), started=nobody)
    for number in range(10_000):
        desk.ask([asking(number, language=LANGUAGE)])
        desk.submit()
        engine.answer(0)
        desk.collect(limit_s=0)
        desk.due(is_last=True)
    records = [one for one in gc.get_objects() if isinstance(one, TranscribeRequest | Transcript)]
    assert [one for one in records if one.language == LANGUAGE] == []
    assert not desk.is_busy
