"""vLLM's ``AsyncLLM``, owned: questions in, replies out, each on its own.

One event loop for all of it. A question that fails, fails alone; when vLLM's process is gone, every question hears
``EngineCrashed``.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from multiprocessing import active_children
from typing import Any

import numpy as np
from vllm import PoolingParams, SamplingParams
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.exceptions import VLLMValidationError
from vllm.sampling_params import RepetitionDetectionParams, RequestOutputKind, StructuredOutputsParams
from vllm.usage.usage_lib import UsageContext
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError

from pipeline.errors import EngineCrashed, EngineUnavailable
from pipeline.sizing.profiles import AudioTokens, ModelProfile, VideoTokens
from workers.engines.vllm.feeder import Feeder
from workers.engines.vllm.figures import Meter
from workers.engines.vllm.footage import Footage
from workers.engines.vllm.gate import Gate, Need
from workers.engines.vllm.guards import Reason
from workers.engines.vllm.hardware import Options
from workers.engines.vllm.question import Film, Finish, Marks, Media, Question, QuestionFailed, Reply, Sound
from workers.engines.vllm.tether import Tether

LONGEST_LOOP = 20
"""Longest pattern of tokens that is looked for in an answer that goes round in circles."""

MOST_REPEATS = 20
"""A pattern that comes so often is a loop: the threshold of ``qwen-asr``'s ``detect_and_fix_repetitions``."""

BASE_LIMIT_S = 180.0
PROMPT_TOKEN_LIMIT_S = 0.005
ANSWER_TOKEN_LIMIT_S = 0.1
"""Time that a question may take: so much, and so much per token of prompt and answer, waiting at the engine included.
Ours: ten times what an H100 takes that has a full queue; 10 minutes for a window of two minutes."""

SILENT_LIMIT_S = 120.0
"""An engine with work that says nothing for so long hangs. Ours: a step is a tenth of a second, one that compiles
kernels for a new shape some ten."""

SHUTDOWN_S = 5.0
"""How long vLLM's processes may take to end before they are killed."""

AHEAD = 2
"""Pieces of media that may be prepared and not with the engine yet, per process of the feeder. Ours: enough for none
of them to wait, few enough to bound memory."""

PROCESSED = 4
"""Bytes that a byte of pictures becomes beside itself: 16 bits per value for the engine, and a copy on the way."""

_MEMORY_SHARE = 4
"""The part of the machine's memory that media with the engine may fill: a quarter."""

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
        self, options: Options, profile: ModelProfile, feeder: Feeder, meter: Meter, *, name: str, is_on_gpu: bool
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
        before = {process.pid for process in active_children()}
        try:
            self._llm = AsyncLLM.from_engine_args(
                arguments(options), usage_context=UsageContext.LLM_CLASS, stat_loggers=[_listener(meter)]
            )
        except Exception as error:  # whatever vLLM meets, the cause is in its log
            raise EngineUnavailable(
                f"vLLM cannot load {options.model}: {_one_line(error)}; the worker's log says more"
            ) from error
        self._tether = Tether(
            [pid for process in active_children() if (pid := process.pid) is not None and pid not in before]
        )
        self._tokens = _tokens(self._llm)
        self._ahead = asyncio.Semaphore(AHEAD * feeder.processes)
        self._gate = Gate(Need(2 * self.kv_tokens, _memory_bytes() // _MEMORY_SHARE))

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
        finish = _finish(written.finish_reason)
        return Reply(written.text, finish, tokens_in, tokens_out, cached, paid_s if self._is_on_gpu else 0.0)

    async def mark(self, question: Question) -> Marks:
        """What a token classifier says; as ``question.Engine`` says."""
        params = PoolingParams(task="token_classify", use_activation=False)  # the likeliest class needs no softmax
        async with self._sent(question) as (prompt, tokens_in):
            with self._meter.at_engine(tokens_in, is_retry=False):
                answers = self._llm.encode(prompt, params, request_id=self._number(), priority=question.priority)
                last = await self._last(answers, tokens_in, 0)
                paid_s = self._meter.paid(tokens_in, tokens_in=tokens_in, tokens_out=0, tokens_cached=0)
        scores = last.outputs.data
        if len(scores) != tokens_in:
            raise QuestionFailed(f"the engine classified {len(scores)} of {tokens_in} tokens")
        marks = np.flatnonzero(np.asarray(last.prompt_token_ids) == self._tokens.timestamp)
        classes = scores.float().argmax(dim=-1).numpy().astype(np.int64)[marks]
        return Marks(classes, tokens_in, paid_s if self._is_on_gpu else 0.0)

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
            async with self._gate.passed(need, priority=question.priority):
                yield prompt, len(prompt["prompt_token_ids"])
            return
        await self._ahead.acquire()
        is_ahead = True
        try:
            footage = await self._feeder.footage(question.media)
            prompt = await self._rendered(question, footage)
            tokens_in = len(prompt["prompt_token_ids"])
            need = Need(tokens_in + question.max_tokens, PROCESSED * footage.size)
            del footage
            async with self._gate.passed(need, priority=question.priority):
                self._ahead.release()
                is_ahead = False
                yield prompt, tokens_in
        finally:
            if is_ahead:
                self._ahead.release()

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
            raise QuestionFailed(f"no answer within {limit_s:.0f} s") from error
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
            raise EngineCrashed(self._name, None, "vLLM's process ended; its log says why") from error
        except VLLMValidationError as error:
            if getattr(error, "parameter", None) == "input_tokens":
                raise QuestionFailed(
                    f"{Reason.TOO_LONG}: the prompt has more than the {self._limit_tokens} tokens that the model takes"
                ) from error
            raise QuestionFailed(f"the engine refused it: {_one_line(error)}") from error
        except Exception as error:  # one question must not end the others, whatever it meets
            raise QuestionFailed(f"the engine refused it: {_one_line(error.__cause__ or error)}") from error

    def _number(self) -> str:
        return str(next(self._numbers))


def arguments(options: Options) -> AsyncEngineArgs:
    """The arguments as vLLM's own record. Raises ValueError for what vLLM does not know."""
    return AsyncEngineArgs(
        model=options.model,
        dtype=options.dtype,
        quantization=options.quantization,
        quantization_config={"ignore": list(options.spared)} if options.spared else None,
        kv_cache_dtype=options.kv_cache_dtype,
        max_model_len=options.max_model_len,
        max_num_seqs=options.max_num_seqs,
        max_num_batched_tokens=options.max_num_batched_tokens,
        gpu_memory_utilization=options.gpu_memory_utilization,
        kv_cache_memory_bytes=options.kv_cache_memory_bytes,
        tensor_parallel_size=options.tensor_parallel_size,
        limit_mm_per_prompt=dict(options.limit_mm_per_prompt),
        mm_processor_cache_gb=options.mm_processor_cache_gb,
        runner=options.runner,
        hf_overrides={"architectures": list(options.architectures)} if options.architectures else {},
        enforce_eager=options.enforce_eager,
        skip_mm_profiling=options.skip_mm_profiling,
        scheduling_policy=options.scheduling_policy,
        enable_prefix_caching=options.enable_prefix_caching,
        structured_outputs_config={
            "backend": options.structured_outputs_backend,
            "disable_any_whitespace": options.disable_any_whitespace,
        },
        distributed_executor_backend=options.distributed_executor_backend,
        seed=options.seed,
        disable_log_stats=True,  # ours listens instead
    )


def prompt_of(question: Question, footage: Footage | None) -> dict[str, Any]:
    """A question as vLLM takes it."""
    prompt: dict[str, Any] = {"prompt": question.text}
    if footage is None or question.media is None:
        return prompt
    data: dict[str, Any] = {}
    if footage.pictures is not None:
        data["video"] = footage.pictures
    if footage.sound is not None:
        data["audio"] = footage.sound
    prompt["multi_modal_data"] = data
    prompt["multi_modal_uuids"] = {kind: [f"{kind} {_identity(question.media)}"] for kind in data}
    if isinstance(question.media, Film):
        prompt["mm_processor_kwargs"] = {
            # Without the rate vLLM takes one picture per second, and the sound runs away from the pictures.
            "fps": question.media.frames_per_s,
            "do_sample_frames": False,
            "do_resize": False,  # they have the size already that the planner counted
            "use_audio_in_video": footage.sound is not None,
        }
    return prompt


def _identity(media: Media) -> str:
    """What tells media apart for the prefix cache: keys are named by content, so nothing need be hashed."""
    match media:
        case Sound():
            return f"{media.key} {media.span.start_ms} {media.span.end_ms}"
        case Film():
            where = f"{media.span.start_ms} {media.span.end_ms} {media.frames_per_s}"
            return f"{media.frames_key} {media.sound_key} {where}"


def sampling_of(question: Question) -> SamplingParams:
    """How vLLM is to answer a question."""
    return SamplingParams(
        temperature=question.temperature,
        seed=question.seed if question.temperature > 0 else None,
        max_tokens=question.max_tokens,
        output_kind=RequestOutputKind.FINAL_ONLY,
        structured_outputs=None if question.schema is None else StructuredOutputsParams(json=question.schema),
        repetition_detection=RepetitionDetectionParams(max_pattern_size=LONGEST_LOOP, min_count=MOST_REPEATS),
    )


def _finish(reason: str | None) -> Finish:
    try:
        return Finish(str(reason))
    except ValueError as error:
        raise QuestionFailed(f"the engine stopped it: {reason}") from error


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


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _one_line(error: BaseException) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= _LONGEST_REASON else f"{said[:_LONGEST_REASON]}…"
