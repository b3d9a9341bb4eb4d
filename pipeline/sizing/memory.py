"""How many requests fit on a GPU at once: its memory, less the weights, in KV cache."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.sizing.profiles import Figure, Gpu, ModelProfile, Precision, Sized

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


@dataclass(frozen=True, slots=True)
class Sizing:
    """How one model is served on one GPU."""

    model: str
    """The model."""

    gpu: str
    """The GPU."""

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


def size(
    profile: ModelProfile,
    gpu: Gpu,
    *,
    tokens_per_request: int,
    precision: Precision | None = None,
) -> Sizing:
    """How ``profile`` is served on ``gpu``; where it cannot be, ``reason`` says why.

    Args:
        profile: The model.
        gpu: The GPU.
        tokens_per_request: Tokens of the longest request, prompt and answer.
        precision: Of the weights; by default the first of the profile that the GPU computes in and that fits.

    """
    if tokens_per_request < 1:
        raise ValueError(f"a request has at least one token, got {tokens_per_request}")
    if not profile.counts_tokens:
        return _refused(profile, gpu, "it runs on a CPU")
    if not profile.weights_published:
        return _refused(profile, gpu, "its weights are not published")
    context = profile.context_tokens.value
    if context is not None and tokens_per_request > context:
        return _refused(
            profile, gpu, f"a request of {tokens_per_request:,} tokens exceeds its context of {context:,.0f}"
        )
    weights = _allowed(profile.weights_gb, gpu, precision)
    caches = _allowed(profile.kv_bytes_per_token, gpu, None)
    if not weights or not caches:
        why = "the model has no such weights" if gpu.has_fp8 else "the GPU has no FP8, or the model no such weights"
        asked = precision or "any precision"
        return _refused(profile, gpu, f"cannot be served in {asked} on {gpu.name}: {why}")
    tried = [_at(profile, gpu, chosen, caches[0], tokens_per_request=tokens_per_request) for chosen in weights]
    return next((sizing for sizing in tried if sizing.fits), tried[0])


def _at(profile: ModelProfile, gpu: Gpu, weights: Sized, cache: Sized, *, tokens_per_request: int) -> Sizing:
    """How the model is served with these weights and this cache."""
    share = _known(profile.utilisation)
    weights_gb, memory_gb = _known(weights.figure), _known(gpu.memory_gb)
    free_gb = memory_gb * share - weights_gb - ACTIVATIONS_GB
    arithmetic = (
        f"{gpu.name}: {memory_gb:g} GB x {share:.2f} - {weights_gb:g} GB of {weights.precision} weights "
        f"- {ACTIVATIONS_GB:g} GB = {free_gb:.1f} GB"
    )
    kv_tokens = max(0, int(free_gb * 1e9 / _known(cache.figure)))
    seqs = min(kv_tokens // tokens_per_request, int(profile.max_num_seqs.value or kv_tokens))
    if seqs == 0:
        needed = tokens_per_request * _known(cache.figure) / 1e9
        return _refused(
            profile,
            gpu,
            f"{arithmetic} for the KV cache, and one request of {tokens_per_request:,} tokens needs {needed:.2f} GB",
        )
    return Sizing(
        model=profile.name,
        gpu=gpu.name,
        precision=weights.precision,
        kv_precision=cache.precision,
        kv_tokens=kv_tokens,
        max_num_seqs=seqs,
        in_flight=IN_FLIGHT_PER_SEQ * seqs,
        max_num_batched_tokens=max(BATCHED_TOKENS, -(-tokens_per_request // 1024) * 1024),
        memory_gb=weights_gb + ACTIVATIONS_GB + seqs * tokens_per_request * _known(cache.figure) / 1e9,
        reason=f"{arithmetic}: {kv_tokens:,} tokens of {cache.precision} KV cache",
    )


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


def _refused(profile: ModelProfile, gpu: Gpu, reason: str) -> Sizing:
    return Sizing(profile.name, gpu.name, None, None, 0, 0, 0, 0, 0.0, reason)
