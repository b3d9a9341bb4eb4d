"""Our records in vLLM's terms: arguments, prompts, and how an answer is to be drawn."""

from __future__ import annotations

from typing import Any

from vllm import SamplingParams
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.sampling_params import RepetitionDetectionParams, RequestOutputKind, StructuredOutputsParams

from workers.engines.vllm.footage import Footage
from workers.engines.vllm.hardware import Options
from workers.engines.vllm.question import Film, Finish, Media, Question, QuestionFailed, Sound

LONGEST_LOOP = 20
"""Longest pattern of tokens that is looked for in an answer that goes round in circles."""

MOST_REPEATS = 20
"""A pattern that comes so often is a loop: the threshold of ``qwen-asr``'s ``detect_and_fix_repetitions``."""


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
    """A question, with its media where it has any, as vLLM takes it."""
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


def sampling_of(question: Question) -> SamplingParams:
    """How the answer to a question is to be drawn."""
    return SamplingParams(
        temperature=question.temperature,
        seed=question.seed if question.temperature > 0 else None,
        max_tokens=question.max_tokens,
        output_kind=RequestOutputKind.FINAL_ONLY,
        structured_outputs=None if question.schema is None else StructuredOutputsParams(json=question.schema),
        repetition_detection=RepetitionDetectionParams(max_pattern_size=LONGEST_LOOP, min_count=MOST_REPEATS),
    )


def finish_of(reason: str | None) -> Finish:
    """Why an answer ended. Raises QuestionFailed where it was not ended by the model or a limit."""
    try:
        return Finish(str(reason))
    except ValueError as error:
        raise QuestionFailed(f"the engine stopped it: {reason}") from error


def _identity(media: Media) -> str:
    """What tells media apart for the prefix cache: keys are named by content, so that nothing need be hashed."""
    match media:
        case Sound():
            return f"{media.key} {media.span.start_ms} {media.span.end_ms}"
        case Film():
            where = f"{media.span.start_ms} {media.span.end_ms} {media.frames_per_s}"
            return f"{media.frames_key} {media.sound_key} {where}"
