"""The measuring side of ``bench_worker``: runs in the environment that has vLLM and prints figures as JSON.

Both sides ask one and the same engine, in turns, about stretches that nobody asked about before: ours through the
worker's server, from a FLAC on disk; bare as arrays that were made beforehand, straight to ``AsyncLLM``.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path
from typing import Any

from pipeline.sizing.tokens import CHUNK_MS, SPOKEN_TOKENS_PER_S, audio_tokens
from schemas.jobs import Job, TranscribeRequest, Transcript
from schemas.time import Span
from tests.support.cut_media import noise
from workers.engines.vllm import config, footage, hardware, loading
from workers.engines.vllm.figures import Meter
from workers.engines.vllm.footage import Order
from workers.engines.vllm.question import Engine, Question, QuestionFailed, Sound
from workers.engines.vllm.serve import Server
from workers.families import Setting

ANSWER_TOKENS = math.ceil(SPOKEN_TOKENS_PER_S * CHUNK_MS / 1000)
"""What is said in a chunk of speech, as the planner has it."""

ROUNDS, REQUESTS = 4, 320
"""Rounds of each side, and requests per round: half a minute each, so that both see the same machine and that the start
of a round, when nothing is ready yet, is little of it."""

SHORT_MS, SHORT_REQUESTS, WARM_REQUESTS = 200, 10_000, 1_000
"""Requests for the figure of memory, and how many of them come before it is first read."""

NOISE_MS = 1_800_000
PROMPT = "<|im_start|>user\n<|audio_start|><|audio_pad|><|audio_end|>what<|im_end|>\n<|im_start|>assistant\n"
LIMIT_S = 3_600


class Asking:
    """A job that asks one question and says how many tokens its prompt had."""

    async def answer(self, request: TranscribeRequest, engine: Engine) -> Transcript:
        """The number of tokens in place of a text."""
        try:
            reply = await engine.ask(question(request))
        except QuestionFailed as error:
            return Transcript(request.request_id, "en", (), False, str(error))
        return Transcript(request.request_id, "en", (), False, None, untimed=str(reply.tokens_in))


def question(request: TranscribeRequest) -> Question:
    """What both sides ask about a stretch."""
    tokens = ANSWER_TOKENS if request.span.duration_ms == CHUNK_MS else 1
    # Drawn, since the likeliest tokens of random weights are soon a loop, which is cut off.
    return Question(PROMPT, Sound(request.media_key, request.span), tokens, temperature=1.0, seed=request.span.start_ms)


@dataclass(frozen=True, slots=True)
class Side:
    """A round of one side."""

    took_s: float
    """From the first request to the last answer."""

    tokens: tuple[int, ...]
    """Tokens of each prompt; 0 for one that failed."""


def stretches(count: int, length_ms: int, *, first: int) -> list[TranscribeRequest]:
    """Requests about stretches of the noise, no two the same."""
    starts_ms = ((first + number) * 97 % (NOISE_MS - length_ms) for number in range(count))
    return [
        TranscribeRequest(f"{first + number}", "0" * 16, "noise.flac", Span(start_ms, start_ms + length_ms), "en")
        for number, start_ms in enumerate(starts_ms)
    ]


def ours(server: Server, requests: Sequence[TranscribeRequest], *, in_flight: int) -> Side:
    """A round through the worker's server, with as many requests in flight as the worker has."""
    room = threading.Semaphore(in_flight)
    futures = []
    began_s = time.perf_counter()
    for request in requests:
        room.acquire()
        futures.append(server.submit(request))
        futures[-1].add_done_callback(lambda _: room.release())
    results = [future.result(LIMIT_S) for future in futures]
    took_s = time.perf_counter() - began_s
    return Side(took_s, tuple(int(result.untimed or 0) for result in results if isinstance(result, Transcript)))


async def bare(engine: Any, library: Path, requests: Sequence[TranscribeRequest], *, in_flight: int) -> Side:
    """A round of the same questions with their media made beforehand, straight to ``AsyncLLM``."""
    from workers.engines.vllm.terms import prompt_of, sampling_of

    questions = [question(request) for request in requests]
    made = [footage.make(Order(request.span, library / request.media_key)) for request in requests]
    prompts = [prompt_of(asked, media) for asked, media in zip(questions, made, strict=True)]
    room = asyncio.Semaphore(in_flight)

    async def one(number: int) -> int:
        async with room:
            outputs = engine.bare.generate(
                prompts[number], sampling_of(questions[number]), f"bare-{requests[number].request_id}"
            )
            return [len(output.prompt_token_ids) async for output in outputs][-1]

    began_s = time.perf_counter()
    tokens = await asyncio.gather(*(one(number) for number in range(len(requests))))
    return Side(time.perf_counter() - began_s, tuple(tokens))


def measured(library: Path) -> Iterator[tuple[str, float]]:
    """Name and value of each figure."""
    deployment = config.load()
    os.environ.update(hardware.environment(deployment.model(Job.TRANSCRIBE), gpus=()))
    noise(library, "noise.flac", NOISE_MS)
    plan = loading.planned(deployment, (Job.TRANSCRIBE,), Setting(library.joinpath, 2))
    engines: list[Any] = []

    def make() -> Any:
        engines.append(plan.make())
        return engines[0]

    server = Server(make, {Job.TRANSCRIBE: Asking()}, plan.meter, close=plan.feeder.close)
    in_flight = 2 * plan.options.max_num_seqs
    try:
        ours(server, stretches(16, CHUNK_MS, first=0), in_flight=in_flight)
        yield from _rates(server, engines[0], library, plan.meter, in_flight=in_flight)
        yield from _memory(server, plan, in_flight=in_flight)
    finally:
        server.close()


def _rates(server: Server, engine: Any, library: Path, meter: Meter, *, in_flight: int) -> Iterator[tuple[str, float]]:
    """Both sides in turns, each first in every other round."""
    ratios, idle_s, ours_s = [], 0.0, 0.0
    for number in range(ROUNDS):
        ask_ours = stretches(REQUESTS, CHUNK_MS, first=2_000 * number + 1_000)
        ask_theirs = stretches(REQUESTS, CHUNK_MS, first=2_000 * number + 2_000)
        took_s: dict[str, float] = {}
        for side in ("ours", "bare") if number % 2 else ("bare", "ours"):
            before = meter.figures()
            if side == "ours":
                took_s[side] = ours(server, ask_ours, in_flight=in_flight).took_s
                idle_s, ours_s = idle_s + meter.figures().idle_s - before.idle_s, ours_s + took_s[side]
            else:
                asking = bare(engine, library, ask_theirs, in_flight=in_flight)
                took_s[side] = server.run(asking, limit_s=LIMIT_S).took_s
            yield f"round {number + 1}: requests per second, {side}", REQUESTS / took_s[side]
        ratios.append(took_s["bare"] / took_s["ours"])
    yield "ratio", statistics.median(ratios)
    yield "idle", idle_s / ours_s


def _memory(server: Server, plan: Any, *, in_flight: int) -> Iterator[tuple[str, float]]:
    """What the worker and its feeder grow by over thousands of requests, and whether all tokens were foreseen."""
    lengths = stretches(WARM_REQUESTS, SHORT_MS, first=100_000)
    tokens = list(ours(server, lengths, in_flight=in_flight).tokens)
    before = _resident_mib()
    rest = stretches(SHORT_REQUESTS - WARM_REQUESTS, SHORT_MS, first=200_000)
    tokens += ours(server, rest, in_flight=in_flight).tokens
    yield "growth", _resident_mib() - before
    yield "resident", before
    around = tokens[0] - audio_tokens(SHORT_MS, plan.profile.audio)
    yield "surprises", sum(found != around + audio_tokens(SHORT_MS, plan.profile.audio) for found in tokens)


def _resident_mib() -> float:
    """Memory of this process and of the feeder's, not of vLLM's."""
    pids = [os.getpid(), *(child.pid for child in active_children() if "EngineCore" not in child.name)]
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    for name, value in measured(Path(sys.argv[1])):
        print(json.dumps([name, value]), flush=True)
