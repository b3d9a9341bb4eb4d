"""Media for the engine, made ahead of it in processes of our own.

vLLM prepares media in one thread beside the engine (0.30, ``renderers/base.py``), which starves a GPU. Here decoding,
cutting and scaling are done before it, so that it has arrays of the final size left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.errors import EngineUnavailable, ReelinguaError
from pipeline.sizing.profiles import VideoTokens
from workers.engines.seats import Seats, TaskFailed
from workers.engines.vllm import footage
from workers.engines.vllm.footage import Footage, Order
from workers.engines.vllm.question import Film, Media, QuestionFailed, Sound

BASE_LIMIT_S = 60.0
"""How long a piece of media may take to make, and a second per second of it. Ours: a window of two minutes takes half a
second on a quiet machine; the limit is there for what hangs."""


class Feeder:
    """Processes that make ``Footage``; a corrupt piece, or one that ends its process, costs its question only."""

    def __init__(self, media: Callable[[str], Path], *, processes: int, video: VideoTokens | None) -> None:
        """``media`` gives the local file of a key; ``video`` is what pictures the model takes."""
        self._media = media
        self._video = video
        self._seats: Seats[Order, Footage] = Seats(footage.load, processes)
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="feeder")

    @property
    def processes(self) -> int:
        """How many pieces are made at once."""
        return self._seats.count

    def warm(self) -> None:
        """Start the processes now, the first before this returns. Raises EngineUnavailable when it cannot be."""
        try:
            self._seats.warm()
        except TaskFailed as error:
            raise EngineUnavailable(f"the feeder of the vLLM engine cannot start: {error}") from error
        for _ in range(1, self._seats.count):  # while the model loads; what fails here fails again when it is needed
            self._threads.submit(self._seats.warm)

    async def footage(self, media: Media) -> Footage:
        """The arrays of a piece of media.

        Raises:
            QuestionFailed: It cannot be read.

        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._made, media)

    def close(self) -> None:
        """End the processes; what is being made fails."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._seats.close()

    def _made(self, media: Media) -> Footage:
        try:
            order = self._order(media)
            return self._seats.ask(order, limit_s=BASE_LIMIT_S + media.span.duration_ms / 1000)
        except (ReelinguaError, TaskFailed) as error:
            raise QuestionFailed(" ".join(str(error).split())) from error

    def _order(self, media: Media) -> Order:
        match media:
            case Sound():
                return Order(media.span, self._media(media.key))
            case Film():
                flac = None if media.sound_key is None else self._media(media.sound_key)
                return Order(media.span, flac, self._media(media.frames_key), media.frames_per_s, self._video)
