from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sizing.memory import ACTIVATIONS_GB, Chosen, Sizing, size, size_on_cpu
from pipeline.sizing.profiles import Figure, Gpu, Kind, ModelProfile, Precision, SizedJob, catalogue
from pipeline.sizing.tokens import request_tokens

OMNI, ASR, ALIGNER = "Qwen3-Omni-30B-A3B", "Qwen3-ASR-1.7B", "Qwen3-ForcedAligner-0.6B"

ABLE = {
    OMNI: (SizedJob.TRANSCRIBE, SizedJob.DESCRIBE, SizedJob.TRANSLATE),
    ASR: (SizedJob.TRANSCRIBE,),
    "Qwen3-ASR-0.6B": (SizedJob.TRANSCRIBE,),
    ALIGNER: (SizedJob.ALIGN,),
    "Qwen3-TTS-12Hz-1.7B": (SizedJob.SYNTHESIZE,),
}
"""What each model that can be served does."""


def sized(model: str, gpu: str, *jobs: SizedJob, precision: Precision | None = None) -> Sizing:
    return size(catalogue().model(model), catalogue().gpu(gpu), jobs or ABLE[model], chosen=Chosen(precision))


def test_omni_on_an_h100_has_about_the_cache_that_was_estimated_for_it() -> None:
    found = size(catalogue().model(OMNI), catalogue().gpu("H100 SXM"), [SizedJob.DESCRIBE], chosen=Chosen(share=0.92))
    assert (found.precision, found.kv_precision) == (Precision.FP8, Precision.FP8)
    assert 680_000 < found.kv_tokens < 710_000  # 34 GB at 48 KiB a token: about 0.7 million
    assert found.max_num_seqs == found.kv_tokens // request_tokens(catalogue().model(OMNI), SizedJob.DESCRIBE)
    assert found.in_flight == 2 * found.max_num_seqs


def test_short_requests_beside_long_ones_may_fill_the_cache_too() -> None:
    long = sized(OMNI, "H100 SXM", SizedJob.DESCRIBE)
    both = sized(OMNI, "H100 SXM", SizedJob.DESCRIBE, SizedJob.TRANSLATE)
    assert both.max_num_seqs > 5 * long.max_num_seqs
    assert both.kv_tokens == long.kv_tokens
    assert both.max_num_batched_tokens == long.max_num_batched_tokens


def test_an_a100_has_no_fp8_and_serves_bf16_to_two_windows_at_a_time() -> None:
    found = sized(OMNI, "A100 80GB", SizedJob.DESCRIBE)
    assert (found.precision, found.kv_precision, found.max_num_seqs) == (Precision.BF16, Precision.BF16, 2)


def test_an_a100_serves_more_in_int8() -> None:
    assert sized(OMNI, "A100 80GB", SizedJob.DESCRIBE, precision=Precision.INT8).max_num_seqs > 10


def test_fp8_asked_of_an_a100_is_refused_with_the_reason() -> None:
    found = sized(OMNI, "A100 80GB", precision=Precision.FP8)
    assert not found.fits
    assert "cannot be served in fp8" in found.reason
    assert "A100 80GB" in str(found)


def test_bf16_does_not_fit_an_l40s_and_fp8_hardly() -> None:
    refused = sized(OMNI, "L40S", precision=Precision.BF16)
    assert not refused.fits
    assert "48 GB x 0.90 - 63.4 GB" in refused.reason
    assert 1 <= sized(OMNI, "L40S", SizedJob.DESCRIBE).max_num_seqs < 10


def test_a_cache_that_does_not_hold_the_longest_request_is_refused_as_vllm_refuses_it() -> None:
    found = size(catalogue().model(OMNI), catalogue().gpu("L40S"), [SizedJob.TRANSLATE], chosen=Chosen(share=0.85))
    assert not found.fits
    assert "one request of 32,768 tokens needs 1.61 GB" in found.reason


def test_a_small_recogniser_is_bound_by_its_recipe_and_not_by_memory() -> None:
    assert sized(ASR, "L40S").max_num_seqs == 512
    assert sized(ASR, "L40S").kv_tokens > 512 * request_tokens(catalogue().model(ASR), SizedJob.TRANSCRIBE)


def test_a_talker_gets_only_its_share_of_the_gpu() -> None:
    found = sized("Qwen3-TTS-12Hz-1.7B", "H100 SXM")
    assert found.max_num_seqs == 64
    assert "80 GB x 0.30" in found.reason


def test_a_share_of_the_users_counts_instead_of_the_profiles() -> None:
    found = size(catalogue().model(ASR), catalogue().gpu("H100 SXM"), [SizedJob.TRANSCRIBE], chosen=Chosen(share=0.25))
    assert "80 GB x 0.25" in found.reason
    assert found.kv_tokens < sized(ASR, "H100 SXM").kv_tokens


def test_what_the_operator_says_goes_before_the_profile() -> None:
    told = Chosen(max_num_seqs=7, max_num_batched_tokens=5_000, max_model_len=1_000)
    on_gpu = size(catalogue().model(ASR), catalogue().gpu("L40S"), [SizedJob.TRANSCRIBE], chosen=told)
    on_cpu = size_on_cpu(catalogue().model(ASR), [SizedJob.TRANSCRIBE], kv_gib=1, chosen=told)
    for found in (on_gpu, on_cpu):
        assert (found.max_num_seqs, found.in_flight) == (7, 14)
        assert (found.max_num_batched_tokens, found.max_model_len) == (5_000, 1_000)


def test_a_cache_need_only_hold_the_longest_request_that_is_allowed() -> None:
    told = Chosen(share=0.85, max_model_len=8_192)
    found = size(catalogue().model(OMNI), catalogue().gpu("L40S"), [SizedJob.TRANSLATE], chosen=told)
    assert found.fits
    assert 8_192 <= found.kv_tokens < 32_768


def test_several_gpus_are_one_as_far_as_memory_goes() -> None:
    wide = Chosen(Precision.BF16, gpus=2)
    found = size(catalogue().model(OMNI), catalogue().gpu("L40S"), [SizedJob.DESCRIBE], chosen=wide)
    assert (found.fits, found.gpu) == (True, "2 x L40S")
    assert "96 GB x 0.90" in found.reason


def test_what_has_no_published_weights_cannot_be_sized() -> None:
    found = size(catalogue().model("Qwen3.5-Omni"), catalogue().gpu("H200"), [SizedJob.DESCRIBE])
    assert "weights are not published" in found.reason


def test_what_runs_on_a_cpu_cannot_be_sized_for_a_gpu() -> None:
    found = size(catalogue().model("pocketsphinx"), catalogue().gpu("H200"), [SizedJob.TRANSCRIBE])
    assert "runs on a CPU" in found.reason


def test_a_request_beyond_the_context_is_refused() -> None:
    found = size(catalogue().model(OMNI), catalogue().gpu("H200"), [SizedJob.DESCRIBE], longest=32_769)
    assert "exceeds its context of 32,768" in found.reason


def test_the_step_holds_the_longest_request() -> None:
    omni = catalogue().model(OMNI)
    longer = replace(omni, window_ms=Figure(Kind.OURS, "for this test", "2026", 240_000))
    for profile, tokens in [(omni, 16_384), (longer, 25_600)]:
        found = size(profile, catalogue().gpu("H200"), [SizedJob.DESCRIBE])
        assert found.max_num_batched_tokens == tokens >= request_tokens(profile, SizedJob.DESCRIBE)


def test_a_sizing_says_on_one_line_what_the_worker_is_set_up_with() -> None:
    said = str(sized(ALIGNER, "H100 SXM"))
    assert said == (
        "Qwen3-ForcedAligner-0.6B on H100 SXM: bf16 weights, 563,267 tokens of bf16 KV cache, 16 requests at once, "
        "32 in flight, 16,384 tokens per step, 8,192 per request at most"
    )


def test_a_cpu_is_sized_by_the_memory_that_its_cache_is_given() -> None:
    small = size_on_cpu(catalogue().model(OMNI), [SizedJob.DESCRIBE], kv_gib=1)
    large = size_on_cpu(catalogue().model(OMNI), [SizedJob.DESCRIBE], kv_gib=8)
    assert large.kv_tokens == pytest.approx(8 * small.kv_tokens, abs=8)
    assert small.max_num_batched_tokens >= request_tokens(catalogue().model(OMNI), SizedJob.DESCRIBE)
    assert small.gpu == "cpu"


def test_a_model_that_is_to_do_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="is to do nothing"):
        size(catalogue().model(OMNI), catalogue().gpu("H200"), [])


@given(
    st.sampled_from(sorted(ABLE)).flatmap(
        lambda name: st.tuples(
            st.just(catalogue().model(name)), st.lists(st.sampled_from(ABLE[name]), min_size=1, unique=True)
        )
    ),
    st.sampled_from(catalogue().gpus),
    st.none() | st.sampled_from(list(Precision)),
    st.floats(0.1, 0.99),
)
def test_weights_cache_and_activations_never_exceed_the_memory(
    asked: tuple[ModelProfile, list[SizedJob]], gpu: Gpu, precision: Precision | None, share: float
) -> None:
    model, jobs = asked
    found = size(model, gpu, jobs, chosen=Chosen(precision, share))
    assert found.fits == (found.precision is not None) == (found.kv_tokens > 0)
    if found.fits:
        shortest = min(request_tokens(model, job) for job in jobs)
        weights = next(s.figure.value or 0 for s in model.weights_gb if s.precision is found.precision)
        per_token = next(s.figure.value or 0 for s in model.kv_bytes_per_token if s.precision is found.kv_precision)
        used_gb = weights + ACTIVATIONS_GB + found.max_num_seqs * shortest * per_token / 1e9
        assert found.memory_gb == pytest.approx(used_gb)
        assert used_gb <= (gpu.memory_gb.value or 0) * share
        assert found.kv_tokens >= found.max_model_len
