"""Requests in, results out, many at once: an event loop in a thread of its own, and the engine in it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from pipeline.errors import EngineCrashed, EngineUnavailable
from schemas.jobs import Job, Request, Result
from workers.engines.vllm.figures import Meter
from workers.engines.vllm.hardware import START_LIMIT_S
from workers.engines.vllm.question import Engine
from workers.families import Streaming
from workers.jobs import REQUESTS, failed, media_ms

CLOSE_LIMIT_S = 8.0
"""How long closing may take before the rest is left to the end of the process: less than ``workers.child`` waits."""

Answered = TypeVar("Answered")


class Answering(Protocol):
    """A job: makes questions of a request and a result of the replies.

    Whatever goes wrong with a request is in its result; raises only EngineCrashed.
    """

    async def answer(self, request: Any, engine: Engine) -> Result:
        """The result of one request."""
        ...


class OwnedEngine(Engine, Protocol):
    """An engine that can be tried and ended."""

    async def try_out(self) -> None:
        """See whether it answers at all. Raises EngineCrashed when it does not, within its own limit of time."""
        ...

    def close(self) -> None:
        """End it, within seconds."""
        ...


class Server:
    """Answers the requests of one crew with one engine."""

    def __init__(
        self, make: Callable[[], OwnedEngine], jobs: Mapping[Job, Answering], meter: Meter, *, close: Callable[[], None]
    ) -> None:
        """Start, which loads the model.

        Args:
            make: Loads the engine; called in the event loop's thread.
            jobs: What answers each job of the crew.
            meter: Where the engine counts.
            close: Ends what was started beside the engine.

        Raises:
            EngineUnavailable: It cannot be loaded.
            EngineCrashed: It is loaded and answers nothing usable.

        """
        self._jobs = {REQUESTS[job]: (job, answering) for job, answering in jobs.items()}
        self._meter = meter
        self._close = close
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name="vllm", daemon=True)
        self._thread.start()
        try:
            self._engine = self.run(_made(make), limit_s=START_LIMIT_S)
        except concurrent.futures.TimeoutError as error:
            self._end()
            raise EngineUnavailable(f"the engine did not load within {START_LIMIT_S} s") from error
        except BaseException:
            self._end()
            raise

    def submit(self, request: Request) -> Future[Result]:
        """Take one request; as ``workers.families.Streaming`` says."""
        self._meter.arrived()
        return asyncio.run_coroutine_threadsafe(self._answer(request), self._loop)

    def run(self, work: Coroutine[Any, Any, Answered], *, limit_s: float) -> Answered:
        """What a coroutine gives that runs beside the engine. Raises TimeoutError past its limit."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(limit_s)

    def close(self) -> None:
        """End the engine, whatever is unanswered."""
        try:
            self.run(_called(self._engine.close), limit_s=CLOSE_LIMIT_S)
        except concurrent.futures.TimeoutError:
            said = "the engine does not end; it is left to the end of this process"
            print(said, file=sys.stderr)  # noqa: T201 - standard error is for people
        self._end()

    def streaming(self, in_flight: int) -> Streaming:
        """The server as the worker takes it."""
        return Streaming(self.submit, in_flight, self._meter.figures, self.close)

    async def _answer(self, request: Request) -> Result:
        job, answering = self._jobs[type(request)]
        try:
            result = await answering.answer(request, self._engine)
            if result.request_id != request.request_id:
                raise ValueError(f"the answer is to {result.request_id}")  # noqa: TRY301 - becomes a row as any other
        except (EngineCrashed, asyncio.CancelledError):
            self._meter.lost()
            raise
        except Exception as error:  # whatever a job raises becomes the row of its request
            result = failed(job, request.request_id, f"{type(error).__name__}: {error}")
        self._meter.answered(is_failed=result.failure is not None, media_ms=media_ms(request))
        return result

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_LIMIT_S)
        self._close()


async def _made(make: Callable[[], OwnedEngine]) -> OwnedEngine:
    """An engine that is loaded and answers."""
    engine = make()
    try:
        await engine.try_out()
    except BaseException:
        engine.close()
        raise
    return engine


async def _called(function: Callable[[], Answered]) -> Answered:
    """Call a function in the event loop's thread."""
    return function()
