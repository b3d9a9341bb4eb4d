from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sizing.memory import ACTIVATIONS_GB, Sizing, size
from pipeline.sizing.profiles import Figure, Gpu, Kind, ModelProfile, Precision, catalogue

WINDOW_TOKENS = 21_640  # two minutes at the smallest picture size, with its answer


def sized(model: str, gpu: str, *, tokens: int = WINDOW_TOKENS, precision: Precision | None = None) -> Sizing:
    return size(catalogue().model(model), catalogue().gpu(gpu), tokens_per_request=tokens, precision=precision)


def taking(profile: ModelProfile, share: float) -> ModelProfile:
    """The profile with another share of the GPU's memory."""
    return replace(profile, utilisation=Figure(Kind.OURS, "for this test", "2026", share))


def test_omni_on_an_h100_has_about_the_cache_that_was_estimated_for_it() -> None:
    profile = taking(catalogue().model("Qwen3-Omni-30B-A3B"), 0.92)
    found = size(profile, catalogue().gpu("H100 SXM"), tokens_per_request=WINDOW_TOKENS)
    assert (found.precision, found.kv_precision) == (Precision.FP8, Precision.FP8)
    assert 680_000 < found.kv_tokens < 710_000  # 34 GB at 48 KiB a token: about 0.7 million
    assert found.max_num_seqs == found.kv_tokens // WINDOW_TOKENS
    assert found.in_flight == 2 * found.max_num_seqs


def test_an_a100_has_no_fp8_and_serves_bf16_to_one_window_at_a_time() -> None:
    found = sized("Qwen3-Omni-30B-A3B", "A100 80GB")
    assert (found.precision, found.kv_precision, found.max_num_seqs) == (Precision.BF16, Precision.BF16, 1)


def test_an_a100_serves_more_in_int8() -> None:
    found = sized("Qwen3-Omni-30B-A3B", "A100 80GB", precision=Precision.INT8)
    assert found.max_num_seqs > 10


def test_fp8_asked_of_an_a100_is_refused_with_the_reason() -> None:
    found = sized("Qwen3-Omni-30B-A3B", "A100 80GB", precision=Precision.FP8)
    assert not found.fits
    assert "cannot be served in fp8" in found.reason
    assert "A100 80GB" in found.reason


def test_bf16_does_not_fit_an_l40s_and_fp8_hardly() -> None:
    refused = sized("Qwen3-Omni-30B-A3B", "L40S", precision=Precision.BF16)
    assert not refused.fits
    assert "48 GB x 0.90 - 63.4 GB" in refused.reason
    assert 1 <= sized("Qwen3-Omni-30B-A3B", "L40S").max_num_seqs < 10


def test_a_small_recogniser_is_bound_by_its_recipe_and_not_by_memory() -> None:
    assert sized("Qwen3-ASR-1.7B", "L40S", tokens=500).max_num_seqs == 512


def test_a_talker_gets_only_its_share_of_the_gpu() -> None:
    found = sized("Qwen3-TTS-12Hz-1.7B", "H100 SXM", tokens=700)
    assert found.max_num_seqs == 64
    assert "80 GB x 0.30" in found.reason


def test_what_has_no_published_weights_cannot_be_sized() -> None:
    assert "weights are not published" in sized("Qwen3.5-Omni", "H200").reason


def test_what_runs_on_a_cpu_cannot_be_sized() -> None:
    assert "runs on a CPU" in sized("pocketsphinx", "H200").reason


def test_a_request_beyond_the_context_is_refused() -> None:
    assert "exceeds its context of 32,768" in sized("Qwen3-Omni-30B-A3B", "H200", tokens=32_769).reason


def test_the_step_holds_the_longest_request() -> None:
    assert sized("Qwen3-Omni-30B-A3B", "H200").max_num_batched_tokens == 22_528
    assert sized("Qwen3-Omni-30B-A3B", "H200", tokens=600).max_num_batched_tokens == 16_384


def test_a_request_without_tokens_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one token"):
        sized("Qwen3-Omni-30B-A3B", "H200", tokens=0)


@given(
    st.sampled_from([m for m in catalogue().models if m.counts_tokens and m.weights_published]),
    st.sampled_from(catalogue().gpus),
    st.integers(1, 40_000),
    st.none() | st.sampled_from(list(Precision)),
    st.floats(0.1, 0.99),
)
def test_weights_cache_and_activations_never_exceed_the_memory(
    model: ModelProfile, gpu: Gpu, tokens: int, precision: Precision | None, share: float
) -> None:
    found = size(taking(model, share), gpu, tokens_per_request=tokens, precision=precision)
    assert found.fits == (found.precision is not None) == (found.kv_tokens > 0)
    if found.fits:
        weights = next(s.figure.value or 0 for s in model.weights_gb if s.precision is found.precision)
        per_token = next(s.figure.value or 0 for s in model.kv_bytes_per_token if s.precision is found.kv_precision)
        used_gb = weights + ACTIVATIONS_GB + found.max_num_seqs * tokens * per_token / 1e9
        assert found.memory_gb == pytest.approx(used_gb)
        assert used_gb <= (gpu.memory_gb.value or 0) * share
