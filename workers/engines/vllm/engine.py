"""vLLM's ``AsyncLLM``, owned: questions in, replies out, each on its own.

One event loop for all of it. A question that fails, fails alone; when vLLM's process is gone, every question hears
``EngineCrashed``.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from vllm import PoolingParams
from vllm.exceptions import VLLMValidationError
from vllm.usage.usage_lib import UsageContext
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError

from pipeline.errors import EngineCrashed, EngineUnavailable
from pipeline.sizing.profiles import AudioTokens, ModelProfile, VideoTokens
from workers.engines.vllm import canary, causes
from workers.engines.vllm.feeder import Feeder
from workers.engines.vllm.figures import Meter
from workers.engines.vllm.footage import Footage
from workers.engines.vllm.gate import PROCESSED, Gate, Need, preparing
from workers.engines.vllm.guards import Reason
from workers.engines.vllm.hardware import Options
from workers.engines.vllm.question import Marks, Question, QuestionFailed, QuestionTimedOut, Reply
from workers.engines.vllm.terms import arguments, finish_of, prompt_of, sampling_of
from workers.engines.vllm.tether import Tether

BASE_LIMIT_S = 180.0
PROMPT_TOKEN_LIMIT_S = 0.005
ANSWER_TOKEN_LIMIT_S = 0.1
"""Time that a question may take: so much, and so much per token of prompt and answer, waiting at the engine included.
Ours: ten times what an H100 takes that has a full queue; 10 minutes for a window of two minutes."""

SILENT_LIMIT_S = 120.0
"""An engine with work that says nothing for so long hangs. Ours: a step is a tenth of a second, one that compiles
kernels for a new shape some ten."""

SHUTDOWN_S = 3.0
"""How long vLLM's processes may take to end before they are killed. Ours: they have nothing to save. For a CPU it has
two, which take down Python one after the other for 8 s on a loaded machine, so that they are killed as a rule."""

AHEAD = 8
"""Pieces of media that may be prepared and not with the engine yet, per process of the feeder. Ours: on their way they
wait for threads and for vLLM's own preparation, and none of that may hold a process up."""

_MEMORY_SHARE = 8
"""The part of the machine's memory that media with the engine may fill, and once more those that are prepared: an
eighth."""

_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Tokens:
    """Which tokens of a checkpoint stand for what; a model without pictures has no token for them."""

    audio: int
    video: int | None
    timestamp: int | None


class VllmEngine:
    """One instance of vLLM; fulfils ``question.Engine``. Made, used and closed in one event loop."""

    def __init__(
        self,
        options: Options,
        profile: ModelProfile,
        feeder: Feeder,
        meter: Meter,
        *,
        name: str,
        is_on_gpu: bool,
        memory_bytes: int,
    ) -> None:
        """Load the model, which takes from seconds to minutes. Raises EngineUnavailable when it cannot be loaded."""
        if profile.audio is None:
            raise EngineUnavailable(f"{profile.name} hears nothing; give the model another profile in vllm.toml")
        self._audio: AudioTokens = profile.audio
        self._video: VideoTokens | None = profile.video
        self._feeder = feeder
        self._meter = meter
        self._name = name
        self._is_on_gpu = is_on_gpu
        self._numbers = itertools.count(1)
        self._limit_tokens = options.max_model_len
        self._is_classifier = options.runner == "pooling"
        self._tether = Tether()
        self._log = causes.here()
        try:
            self._llm = AsyncLLM.from_engine_args(
                arguments(options), usage_context=UsageContext.LLM_CLASS, stat_loggers=[_listener(meter)]
            )
        except Exception as error:  # whatever vLLM meets, the cause is in its log
            self._tether.release()
            raise EngineUnavailable(
                f"vLLM cannot load {options.model}: {self._log.cause() or _one_line(error)}"
            ) from error
        if not self._tether.holds:
            self.close()
            raise EngineUnavailable(
                f"what ends vLLM with this worker has itself ended, with status {self._tether.status}; start again"
            )
        self._log = causes.here()
        self._tokens = _tokens(self._llm)
        self._ahead = Gate(Need(AHEAD * feeder.processes, memory_bytes // _MEMORY_SHARE))
        self._gate = Gate(Need(self.kv_tokens, memory_bytes // _MEMORY_SHARE))

    @property
    def bare(self) -> AsyncLLM:
        """VLLM itself: what ours is measured against (``tests/bench``)."""
        return self._llm

    @property
    def kv_tokens(self) -> int:
        """Tokens that the KV cache really holds."""
        cache = self._llm.vllm_config.cache_config
        return int(cache.num_gpu_blocks) * int(cache.block_size)

    async def ask(self, question: Question) -> Reply:
        """What a generating model writes; as ``question.Engine`` says."""
        async with self._sent(question) as (prompt, tokens_in):
            tokens = tokens_in + question.max_tokens
            with self._meter.at_engine(tokens, is_retry=question.seed != 0):
                answers = self._llm.generate(
                    prompt, sampling_of(question), request_id=self._number(), priority=question.priority
                )
                last = await self._last(answers, tokens_in, question.max_tokens)
                written, cached = last.outputs[0], int(last.num_cached_tokens or 0)
                tokens_out = len(written.token_ids)
                paid_s = self._meter.paid(tokens, tokens_in=tokens_in, tokens_out=tokens_out, tokens_cached=cached)
        finish = finish_of(written.finish_reason)
        return Reply(written.text, finish, tokens_in, tokens_out, cached, paid_s if self._is_on_gpu else 0.0)

    async def mark(self, question: Question) -> Marks:
        """What a token classifier says; as ``question.Engine`` says."""
        async with self._sent(question) as (prompt, tokens_in):
            with self._meter.at_engine(tokens_in, is_retry=False):
                answers = self._llm.encode(prompt, _classes(), request_id=self._number(), priority=question.priority)
                last = await self._last(answers, tokens_in, 0)
                paid_s = self._meter.paid(tokens_in, tokens_in=tokens_in, tokens_out=0, tokens_cached=0)
        scores = last.outputs.data
        if len(scores) != tokens_in:
            raise QuestionFailed(f"the engine classified {len(scores)} of {tokens_in} tokens")
        marks = np.flatnonzero(np.asarray(last.prompt_token_ids) == self._tokens.timestamp)
        classes = scores.float().argmax(dim=-1).numpy().astype(np.int64)[marks]
        return Marks(classes, tokens_in, paid_s if self._is_on_gpu else 0.0)

    async def try_out(self) -> None:
        """Put a test tone to it. Raises EngineCrashed when it answers nothing usable in time."""
        try:
            async with asyncio.timeout(canary.LIMIT_S):
                scores = await self._tried()
        except QuestionFailed as error:
            raise EngineCrashed(self._name, None, f"{canary.NOTHING_USABLE}: {error}") from error
        except TimeoutError as error:
            raise EngineCrashed(
                self._name, None, f"{canary.NOTHING_USABLE}: no answer within {canary.LIMIT_S:.0f} s"
            ) from error
        if not canary.is_usable(scores):
            raise EngineCrashed(self._name, None, f"{canary.NOTHING_USABLE}: its scores are no numbers")

    async def _tried(self) -> Sequence[float]:
        """The scores of the test tone."""
        prompt = await self._rendered(canary.QUESTION, canary.tone())
        with self._failing():
            if self._is_classifier:
                marked = [answer async for answer in self._llm.encode(prompt, _classes(), request_id=self._number())]
                return canary.marked_scores(marked[-1])
            sampling = sampling_of(canary.QUESTION)
            sampling.logprobs = 0  # of the token that is taken alone
            sampling.ignore_eos = True
            written = [answer async for answer in self._llm.generate(prompt, sampling, request_id=self._number())]
            return canary.written_scores(written[-1])

    def close(self) -> None:
        """End vLLM's processes, within seconds; what is unanswered fails."""
        self._llm.shutdown(timeout=SHUTDOWN_S)
        self._tether.release()

    @asynccontextmanager
    async def _sent(self, question: Question) -> AsyncIterator[tuple[Any, int]]:
        """A prompt with its media, checked, once there is room for it at the engine; and its number of tokens."""
        if question.media is None:
            prompt = await self._rendered(question, None)
            need = Need(len(prompt["prompt_token_ids"]) + question.max_tokens)
            async with self._let_in(need, question.priority):
                yield prompt, len(prompt["prompt_token_ids"])
            return
        async with AsyncExitStack() as ahead:
            place = preparing(question.media, is_cached=question.priority < 0)
            await ahead.enter_async_context(self._ahead.passed(place, priority=question.priority))
            footage = await self._feeder.footage(question.media)
            prompt = await self._rendered(question, footage)
            tokens_in = len(prompt["prompt_token_ids"])
            need = Need(tokens_in + question.max_tokens, PROCESSED * footage.size)
            del footage
            async with self._let_in(need, question.priority):
                await ahead.aclose()
                yield prompt, tokens_in

    @asynccontextmanager
    async def _let_in(self, need: Need, priority: int) -> AsyncIterator[None]:
        """Wait for room at the engine, and take it while the block runs."""
        async with AsyncExitStack() as inside:
            with self._meter.at_gate():
                await inside.enter_async_context(self._gate.passed(need, priority=priority))
            yield

    async def _rendered(self, question: Question, footage: Footage | None) -> Any:
        """A prompt in vLLM's form. Raises QuestionFailed unless its media are as many tokens as they must be."""
        with self._failing():
            (prompt,) = await self._llm.renderer.render_cmpl_async([prompt_of(question, footage)])
        ids = prompt["prompt_token_ids"]
        if len(ids) >= self._limit_tokens:
            raise QuestionFailed(
                f"{Reason.TOO_LONG}: a prompt of {len(ids)} tokens leaves no room in the model's {self._limit_tokens}"
            )
        heard = 0 if footage is None else footage.heard_tokens(self._audio)
        seen = 0 if footage is None or self._video is None else footage.seen_tokens(self._video)
        found_heard, found_seen = ids.count(self._tokens.audio), ids.count(self._tokens.video)
        if (found_heard, found_seen) != (heard, seen):
            raise QuestionFailed(
                f"{Reason.NO_MEDIA_TOKENS}: the prompt has {found_heard} tokens of sound and {found_seen} of pictures "
                f"where {heard} and {seen} must be"
            )
        return prompt

    async def _last(self, answers: AsyncIterator[Any], tokens_in: int, tokens_out: int) -> Any:
        """The one answer of a question, within its time."""
        limit_s = BASE_LIMIT_S + PROMPT_TOKEN_LIMIT_S * tokens_in + ANSWER_TOKEN_LIMIT_S * tokens_out
        try:
            with self._failing():
                async with asyncio.timeout(limit_s):
                    found = [answer async for answer in answers]
        except TimeoutError as error:
            if self._meter.silent_s > SILENT_LIMIT_S:
                raise EngineCrashed(self._name, None, f"vLLM said nothing for {self._meter.silent_s:.0f} s") from error
            raise QuestionTimedOut(f"no answer within {limit_s:.0f} s") from error
        if not found:
            raise QuestionFailed("the engine ended it without an answer")
        return found[-1]

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Foreign exceptions in our words."""
        try:
            yield
        except (QuestionFailed, TimeoutError):
            raise
        except EngineDeadError as error:
            said = f"vLLM's process ended {self._log.cause()}".strip()
            raise EngineCrashed(self._name, self._status(), said) from error
        except VLLMValidationError as error:
            if getattr(error, "parameter", None) == "input_tokens":
                raise QuestionFailed(
                    f"{Reason.TOO_LONG}: the prompt has more than the {self._limit_tokens} tokens that the model takes"
                ) from error
            raise QuestionFailed(f"the engine refused it: {_one_line(error)}") from error
        except Exception as error:  # one question must not end the others, whatever it meets
            raise QuestionFailed(f"the engine refused it: {_one_line(error.__cause__ or error)}") from error

    def _status(self) -> int | None:
        """How vLLM's process ended, which is not in its log when a signal ended it; None where it is not known."""
        engines = self._llm.engine_core.resources.engine_manager.processes
        return next((engine.exitcode for engine in engines if engine.exitcode), None)

    def _number(self) -> str:
        return str(next(self._numbers))


def _classes() -> PoolingParams:
    return PoolingParams(task="token_classify", use_activation=False)  # the likeliest class needs no softmax


def _tokens(llm: AsyncLLM) -> Tokens:
    whole = llm.model_config.hf_config
    thinker = getattr(whole, "thinker_config", whole)
    timestamp = getattr(whole, "timestamp_token_id", getattr(thinker, "timestamp_token_id", None))
    return Tokens(int(thinker.audio_token_id), getattr(thinker, "video_token_id", None), timestamp)


def _listener(meter: Meter) -> Callable[..., Any]:
    """What vLLM tells of each of its steps goes to the meter."""

    class Listener:
        """vLLM's ``StatLoggerBase``, of which nothing is inherited."""

        def __init__(self, _config: object, _engine: int = 0) -> None:
            pass

        def record(self, scheduler_stats: Any, iteration_stats: Any, *_rest: object, **_more: object) -> None:
            meter.stepped(
                kv_usage=None if scheduler_stats is None else float(scheduler_stats.kv_cache_usage),
                preemptions=0 if iteration_stats is None else int(iteration_stats.num_preempted_reqs),
            )

        def log_engine_initialized(self) -> None:
            pass

        def log(self) -> None:
            pass

        def record_sleep_state(self, *_state: object) -> None:
            pass

    return Listener


def _one_line(error: BaseException) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= _LONGEST_REASON else f"{said[:_LONGEST_REASON]}…"
