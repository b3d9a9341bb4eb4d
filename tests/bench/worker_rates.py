"""The measuring side of ``bench_worker``: runs in the environment that has vLLM and prints figures as JSON.

Both sides ask one and the same engine, in turns, about stretches that nobody asked about before: ours through the
worker's server, from a FLAC on disk; bare as arrays that were made beforehand, straight to ``AsyncLLM``.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import wait
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path
from typing import Any

from pipeline.sizing.tokens import audio_tokens
from schemas.jobs import Job, TranscribeRequest, Transcript
from schemas.time import Span
from tests.support.cut_media import noise
from workers.engines.vllm import config, footage, hardware, loading
from workers.engines.vllm.footage import Order
from workers.engines.vllm.question import Engine, Question, QuestionFailed, Sound
from workers.engines.vllm.serve import Server
from workers.families import Setting

CHUNK_MS, ANSWER_TOKENS = 30_000, 48
"""A chunk of speech and what is said in it, as production has them."""

ROUNDS, REQUESTS = 4, 64
"""Rounds of each side, and requests per round: some ten seconds each."""

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
    return Question(PROMPT, Sound(request.media_key, request.span), tokens)


@dataclass(frozen=True, slots=True)
class Side:
    """A round of one side."""

    rate: float
    """Requests per second."""

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
    began_s = time.perf_counter()
    futures, open_ones = [], set[Any]()
    for request in requests:
        while len(open_ones) >= in_flight:
            open_ones = wait(open_ones, return_when="FIRST_COMPLETED").not_done
        future = server.submit(request)
        futures.append(future)
        open_ones.add(future)
    results = [future.result(LIMIT_S) for future in futures]
    rate = len(requests) / (time.perf_counter() - began_s)
    return Side(rate, tuple(int(result.untimed or 0) for result in results if isinstance(result, Transcript)))


async def bare(engine: Any, library: Path, requests: Sequence[TranscribeRequest], *, in_flight: int) -> Side:
    """A round of the same questions with their media made beforehand, straight to ``AsyncLLM``."""
    from workers.engines.vllm.engine import prompt_of, sampling_of

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
    return Side(len(requests) / (time.perf_counter() - began_s), tuple(tokens))


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
        ratios, before = [], plan.meter.figures()
        idle_s = busy_s = 0.0
        for number in range(ROUNDS):
            first = 1_000 * (2 * number + 1)
            before = plan.meter.figures()
            our_side = ours(server, stretches(REQUESTS, CHUNK_MS, first=first), in_flight=in_flight)
            after = plan.meter.figures()
            idle_s, busy_s = idle_s + after.idle_s - before.idle_s, busy_s + after.busy_s - before.busy_s
            asked = stretches(REQUESTS, CHUNK_MS, first=first + 1_000)
            their_side = server.run(bare(engines[0], library, asked, in_flight=in_flight), limit_s=LIMIT_S)
            ratios.append(our_side.rate / their_side.rate)
            yield f"round {number + 1}: requests per second, ours", our_side.rate
            yield f"round {number + 1}: requests per second, bare", their_side.rate
        yield "ratio", statistics.median(ratios)
        yield "idle", idle_s / (idle_s + busy_s)
        yield from _memory(server, plan, in_flight=in_flight)
    finally:
        server.close()


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
    yield "peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _resident_mib() -> float:
    """Memory of this process and of the feeder's, not of vLLM's."""
    pids = [os.getpid(), *(child.pid for child in active_children() if "EngineCore" not in child.name)]
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    for name, value in measured(Path(sys.argv[1])):
        print(json.dumps([name, value]), flush=True)
