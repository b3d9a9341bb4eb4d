"""How many requests fit on a GPU at once: its memory, less the weights, in KV cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.sizing.profiles import Figure, Gpu, ModelProfile, Precision, Sized, SizedJob
from pipeline.sizing.tokens import request_tokens

ACTIVATIONS_GB = 4.6
"""Memory that neither weights nor KV cache may take: activations, CUDA graphs, encoder outputs. Derived:
80 GB at 0.92, with 35 GB of weights, leaves about 34 GB of KV cache for
Qwen3-Omni, about 0.7 million tokens in FP8: an estimate that nobody has measured."""

BATCHED_TOKENS = 16_384
"""Tokens that vLLM schedules in one step by default on a GPU of 70 GiB or more (vLLM 0.30,
``engine/arg_utils.py``), and the most that it encodes of media in one step; raised to the longest request, so
that its media fit."""

IN_FLIGHT_PER_SEQ = 2
"""Requests that are prepared or running for each one that runs: enough for the engine never to wait
for the feeder, few enough to bound memory. Ours."""

CPU_NAME = "cpu"
"""What a sizing calls a CPU."""

CPU_SEQS = 16
"""Requests at once on a CPU. Ours: tiny checkpoints gain little beyond."""

CPU_BATCHED_TOKENS = 4_096
"""Tokens per step on a CPU, and at least the longest request, so that its media fit. Ours: a step is a second."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an operator says of a model; what is None follows from its profile and the GPU."""

    precision: Precision | None = None
    """Of the weights; by default the first of the profile that the GPU computes in and that fits."""

    share: float | None = None
    """Of a GPU's memory, 0 to 1."""

    max_num_seqs: int | None = None
    """Most requests that run at once."""

    max_num_batched_tokens: int | None = None
    """Tokens per step."""

    max_model_len: int | None = None
    """Longest prompt and answer together."""

    gpus: int = 1
    """GPUs that one instance spans."""


AS_PROFILED = Chosen()
"""The operator says nothing."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """How one model is served on one GPU, or on a CPU."""

    model: str
    """The model."""

    gpu: str
    """The GPU, or ``CPU_NAME``."""

    precision: Precision | None
    """Precision of the weights; null when none can be served."""

    kv_precision: Precision | None
    """Precision of the KV cache; null when none can be served."""

    kv_tokens: int
    """Tokens that the KV cache holds; 0 when nothing fits."""

    max_num_seqs: int
    """Requests that run at once; 0 when nothing fits."""

    in_flight: int
    """Requests that the worker keeps with the engine."""

    max_model_len: int
    """Longest prompt and answer together; 0 when nothing fits."""

    max_num_batched_tokens: int
    """Tokens per step."""

    memory_gb: float
    """What that takes in 10^9 bytes: weights, activations, and the cache of the requests; 0 when nothing fits."""

    reason: str
    """One sentence: the arithmetic, or why it does not fit."""

    @property
    def fits(self) -> bool:
        """Whether at least one request runs."""
        return self.max_num_seqs > 0

    def __str__(self) -> str:
        if not self.fits:
            return f"{self.model} on {self.gpu}: {self.reason}"
        return (
            f"{self.model} on {self.gpu}: {self.precision} weights, {self.kv_tokens:,} tokens of {self.kv_precision} "
            f"KV cache, {self.max_num_seqs} requests at once, {self.in_flight} in flight, "
            f"{self.max_num_batched_tokens:,} tokens per step, {self.max_model_len:,} per request at most"
        )


def size(
    profile: ModelProfile,
    gpu: Gpu,
    jobs: Sequence[SizedJob],
    *,
    chosen: Chosen = AS_PROFILED,
    longest: int = 0,
) -> Sizing:
    """How ``profile`` is served on ``gpu``; where it cannot be, ``reason`` says why.

    The plan shows it and the worker is set up by it. Requests at once are as many as the KV cache holds of the
    shortest kind: when there are only long ones, fewer run, and the rest wait at the engine.

    Args:
        profile: The model.
        gpu: The GPU.
        jobs: All that one instance does.
        chosen: What the operator says.
        longest: Tokens of the longest request, where it is known.

    """
    if not jobs:
        raise ValueError(f"{profile.name} is to do nothing")
    gpu = _together(gpu, chosen.gpus)
    if not profile.counts_tokens:
        return _refused(profile, gpu.name, "it runs on a CPU")
    if not profile.weights_published:
        return _refused(profile, gpu.name, "its weights are not published")
    context = _context(profile, chosen)
    if longest > context:
        return _refused(profile, gpu.name, f"a request of {longest:,} tokens exceeds its context of {context:,}")
    weights = _allowed(profile.weights_gb, gpu, chosen.precision)
    caches = _allowed(profile.kv_bytes_per_token, gpu, None)
    if not weights or not caches:
        why = "the model has no such weights" if gpu.has_fp8 else "the GPU has no FP8, or the model no such weights"
        asked = chosen.precision or "any precision"
        return _refused(profile, gpu.name, f"cannot be served in {asked} on {gpu.name}: {why}")
    tried = [_at(profile, gpu, each, caches[0], jobs, chosen=chosen) for each in weights]
    return next((sizing for sizing in tried if sizing.fits), tried[0])


def size_on_cpu(
    profile: ModelProfile, jobs: Sequence[SizedJob], *, kv_gib: float, chosen: Chosen = AS_PROFILED
) -> Sizing:
    """How ``profile`` is served on a CPU with so much memory for the KV cache: as far as the profile tells.

    A tiny checkpoint under the same profile has a larger cache, which its engine says once it runs.
    """
    cache = next(cache for cache in profile.kv_bytes_per_token if cache.precision is Precision.BF16)
    kv_tokens = int(kv_gib * 2**30 / _known(cache.figure))
    longest = max(request_tokens(profile, job) for job in jobs)
    seqs = chosen.max_num_seqs or CPU_SEQS
    return Sizing(
        model=profile.name,
        gpu=CPU_NAME,
        precision=Precision.BF16,
        kv_precision=Precision.BF16,
        kv_tokens=kv_tokens,
        max_num_seqs=seqs,
        in_flight=IN_FLIGHT_PER_SEQ * seqs,
        max_model_len=_context(profile, chosen),
        max_num_batched_tokens=chosen.max_num_batched_tokens or max(CPU_BATCHED_TOKENS, _rounded(longest)),
        memory_gb=kv_gib * 2**30 / 1e9,
        reason=f"{CPU_NAME}: {kv_gib:g} GiB: {kv_tokens:,} tokens of {cache.precision} KV cache",
    )


def _at(
    profile: ModelProfile, gpu: Gpu, weights: Sized, cache: Sized, jobs: Sequence[SizedJob], *, chosen: Chosen
) -> Sizing:
    """How the model is served with these weights and this cache."""
    share = _known(profile.utilisation) if chosen.share is None else chosen.share
    weights_gb, memory_gb, token_bytes = _known(weights.figure), _known(gpu.memory_gb), _known(cache.figure)
    free_gb = memory_gb * share - weights_gb - ACTIVATIONS_GB
    arithmetic = (
        f"{gpu.name}: {memory_gb:g} GB x {share:.2f} - {weights_gb:g} GB of {weights.precision} weights "
        f"- {ACTIVATIONS_GB:g} GB = {free_gb:.1f} GB"
    )
    kv_tokens = max(0, int(free_gb * 1e9 / token_bytes))
    context = _context(profile, chosen)
    if kv_tokens < context:  # vLLM does not start either
        needed_gb = context * token_bytes / 1e9
        why = f"{arithmetic} for the KV cache, and one request of {context:,} tokens needs {needed_gb:.2f} GB"
        return _refused(profile, gpu.name, why)
    usual = [request_tokens(profile, job) for job in jobs]
    held = max(1, kv_tokens // min(usual))
    seqs = chosen.max_num_seqs or min(held, int(profile.max_num_seqs.value or held))
    return Sizing(
        model=profile.name,
        gpu=gpu.name,
        precision=weights.precision,
        kv_precision=cache.precision,
        kv_tokens=kv_tokens,
        max_num_seqs=seqs,
        in_flight=IN_FLIGHT_PER_SEQ * seqs,
        max_model_len=context,
        max_num_batched_tokens=chosen.max_num_batched_tokens or max(BATCHED_TOKENS, _rounded(max(usual))),
        memory_gb=weights_gb + ACTIVATIONS_GB + min(seqs * min(usual), kv_tokens) * token_bytes / 1e9,
        reason=f"{arithmetic}: {kv_tokens:,} tokens of {cache.precision} KV cache",
    )


def _context(profile: ModelProfile, chosen: Chosen) -> int:
    return chosen.max_model_len or int(_known(profile.context_tokens))


def _together(gpu: Gpu, count: int) -> Gpu:
    """Several GPUs as one, as far as memory goes."""
    if count == 1:
        return gpu
    memory_gb = replace(gpu.memory_gb, value=count * _known(gpu.memory_gb))
    return replace(gpu, name=f"{count} x {gpu.name}", memory_gb=memory_gb)


def _rounded(tokens: int) -> int:
    return -(-tokens // 1024) * 1024


def _allowed(sizes: tuple[Sized, ...], gpu: Gpu, asked: Precision | None) -> list[Sized]:
    """What of the profile's list the GPU can compute in and the caller asks for, in the list's order."""
    return [
        sized
        for sized in sizes
        if asked in (None, sized.precision) and (gpu.has_fp8 or sized.precision is not Precision.FP8)
    ]


def _known(figure: Figure) -> float:
    if figure.value is None:
        raise ValueError(f"sizing needs a figure that is unknown: {figure.source}")
    return figure.value


def _refused(profile: ModelProfile, gpu: str, reason: str) -> Sizing:
    return Sizing(profile.name, gpu, None, None, 0, 0, 0, 0, 0, 0.0, reason)
