from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.time import SAMPLES_PER_MS, Span
from workers.engines.vllm.gate import PROCESSED, Gate, Need, preparing
from workers.engines.vllm.question import Film, Sound


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def held(gate: Gate, need: Need, inside: list[int], name: int, out: asyncio.Event, *, priority: int = 0) -> None:
    async with gate.passed(need, priority=priority):
        inside.append(name)
        await out.wait()
    inside.remove(name)


def test_what_fits_goes_in_and_the_rest_waits_for_room() -> None:
    async def run() -> None:
        gate, inside, out = Gate(Need(10, 100)), list[int](), [asyncio.Event() for _ in range(4)]
        tasks = [asyncio.create_task(held(gate, Need(5, 10), inside, n, out[n])) for n in range(4)]
        await settled()
        assert inside == [0, 1]
        out[0].set()
        await settled()
        assert inside == [1, 2]
        for event in out:
            event.set()
        await asyncio.gather(*tasks)
        assert inside == []

    asyncio.run(run())


def test_bytes_bind_as_tokens_do() -> None:
    async def run() -> None:
        gate, inside, out = Gate(Need(10, 100)), list[int](), asyncio.Event()
        tasks = [asyncio.create_task(held(gate, Need(1, 60), inside, n, out)) for n in range(2)]
        await settled()
        assert inside == [0]
        out.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_what_is_too_much_alone_goes_in_alone() -> None:
    async def run() -> None:
        gate = Gate(Need(10))
        async with gate.passed(Need(25)):
            waiting = asyncio.create_task(gate.passed(Need(1)).__aenter__())
            await settled()
            assert not waiting.done()
        await waiting

    asyncio.run(run())


def test_the_lower_priority_goes_first_and_then_who_came_first() -> None:
    async def run() -> list[int]:
        gate, order = Gate(Need(1)), list[int]()

        async def pass_once(name: int, priority: int) -> None:
            async with gate.passed(Need(1), priority=priority):
                order.append(name)

        async with gate.passed(Need(1)):
            tasks = [asyncio.create_task(pass_once(name, priority)) for name, priority in enumerate([0, 5, -1, 0, -1])]
            await settled()
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(run()) == [2, 4, 0, 3, 1]


def test_who_gives_up_waiting_holds_nobody_up() -> None:
    async def run() -> None:
        gate = Gate(Need(10))
        async with gate.passed(Need(10)):
            large = asyncio.create_task(gate.passed(Need(10)).__aenter__())
            small = asyncio.create_task(gate.passed(Need(1)).__aenter__())
            await settled()
            large.cancel()
            await settled()
            assert not small.done()
        await small
        with pytest.raises(asyncio.CancelledError):
            await large

    asyncio.run(run())


def test_who_gives_up_at_the_moment_of_being_let_in_leaves_the_room_to_others() -> None:
    async def run() -> None:
        gate = Gate(Need(10))
        async with AsyncExitStack() as first:
            await first.enter_async_context(gate.passed(Need(10)))
            second = asyncio.create_task(gate.passed(Need(10)).__aenter__())
            third = asyncio.create_task(gate.passed(Need(10)).__aenter__())
            await settled()
            await first.aclose()  # lets the second in, which has not run yet
            second.cancel()
            await asyncio.wait_for(third, 5)

    asyncio.run(run())


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 120), st.integers(-1, 1)), max_size=30))
def test_never_more_is_inside_than_the_limit_and_everybody_gets_in(asked: list[tuple[int, int, int]]) -> None:
    async def run() -> None:
        gate, inside = Gate(Need(10, 100)), list[Need]()

        async def pass_once(need: Need, priority: int) -> None:
            async with gate.passed(need, priority=priority):
                inside.append(need)
                if len(inside) > 1:
                    assert sum(one.tokens for one in inside) <= 10
                    assert sum(one.size for one in inside) <= 100
                await asyncio.sleep(0)
                inside.remove(need)

        tasks = (pass_once(Need(tokens, size), priority) for tokens, size, priority in asked)
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
        assert inside == []

    asyncio.run(run())


def test_a_second_question_about_media_that_are_cached_is_not_held_up_by_those_that_are_not() -> None:
    async def run() -> None:
        media = Sound("k", Span(0, 1_000))
        new, cached = preparing(media, is_cached=False), preparing(media, is_cached=True)
        gate, inside, out = Gate(Need(1, 10 * new.size)), list[int](), asyncio.Event()
        tasks = [asyncio.create_task(held(gate, new, inside, n, out)) for n in range(3)]
        await settled()
        tasks.append(asyncio.create_task(held(gate, cached, inside, 9, out, priority=-1)))
        await settled()
        assert inside == [0, 9]
        out.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_media_that_are_prepared_take_about_the_bytes_that_they_will_have() -> None:
    second = Span(0, 1_000)
    heard = preparing(Sound("k", second), is_cached=False)
    seen = preparing(Film("frames", "k", second, 2.0), is_cached=False)
    assert heard.size == PROCESSED * 1_000 * SAMPLES_PER_MS * 4
    assert seen.size - heard.size > PROCESSED * 2 * 500 * 250 * 3
    assert heard.tokens == seen.tokens == 1
