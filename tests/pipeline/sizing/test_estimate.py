from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.sizing.estimate import Deployed, Offer, Workload, alignment, description, estimate, transcription
from pipeline.sizing.memory import Chosen, size
from pipeline.sizing.profiles import CPU_CORE, Precision, SizedJob, catalogue
from schemas.plan import Chunk, CutReason, Window
from schemas.time import Span

HOUR = 3_600_000
CATALOGUE = catalogue()

CHUNKS = [Chunk(i, Span(i * 30_000, i * 30_000 + 30_000), CutReason.SILENCE, 25_000, 0, 0) for i in range(120)]
WINDOWS = [Window(i, Span(i * 120_000, i * 120_000 + 120_000), 30 * i, 30 * i + 30, 240, 18_840) for i in range(30)]


def offers(load: Workload) -> dict[str, Offer]:
    (job,) = estimate([load], CATALOGUE).jobs
    return {offer.device: offer for offer in job.offers}


def test_an_hour_of_speech_costs_what_the_published_rate_says() -> None:
    load = transcription(CATALOGUE.model("Qwen3-ASR-1.7B"), CHUNKS)
    assert (load.requests, load.media_ms) == (120, HOUR)
    assert load.tokens_in == 120 * (390 + 20)
    h100 = offers(load)["H100 SXM"]
    assert h100.hours == pytest.approx(1 / 1053)
    assert h100.cost_usd == pytest.approx(2.54 / 1053)
    assert "Qwen3-ASR report" in h100.basis


def test_what_is_heard_twice_is_paid_twice() -> None:
    seam = [Chunk(0, Span(0, 20_000), CutReason.ENERGY, 20_000, 0, 1_000)]
    assert transcription(CATALOGUE.model("Qwen3-ASR-1.7B"), seam).media_ms == 21_000


def test_an_unknown_price_stays_unknown_and_is_noted() -> None:
    made = estimate([transcription(CATALOGUE.model("Qwen3-ASR-1.7B"), CHUNKS)], CATALOGUE)
    h200 = next(offer for offer in made.jobs[0].offers if offer.device == "H200")
    assert (h200.hours is None, h200.cost_usd) == (False, None)
    assert any("price of H200 is unknown" in note for note in made.notes)


def test_a_gpu_that_nobody_measured_is_estimated_by_stated_arithmetic() -> None:
    asked = transcription(CATALOGUE.model("Qwen3-ASR-1.7B"), CHUNKS)
    talker = offers(replace(asked, job=SizedJob.SYNTHESIZE, profile=CATALOGUE.model("Qwen3-TTS-12Hz-1.7B")))
    assert (talker["A100 80GB"].hours or 0) / (talker["H100 SXM"].hours or 1) == pytest.approx(3350 / 2039)
    assert "ratio of memory bandwidths" in talker["A100 80GB"].basis
    assert "estimate" not in talker["H100 SXM"].basis


def test_fewer_requests_at_once_than_were_measured_take_longer_and_say_so() -> None:
    found = offers(description(CATALOGUE.model("Qwen3-Omni-30B-A3B"), WINDOWS))
    assert found["A100 80GB"].hours == pytest.approx(16 * (found["H200"].hours or 0))
    assert "only 2 of its 32 requests at once fit" in found["A100 80GB"].basis
    assert "with int8 weights 22 would" in found["A100 80GB"].basis
    assert "weights" not in found["H200"].basis


def test_what_does_not_fit_has_no_hours_but_a_reason() -> None:
    found = offers(description(CATALOGUE.model("Qwen3.5-Omni"), WINDOWS))
    assert {(offer.hours, offer.cost_usd) for offer in found.values()} == {(None, None)}
    assert all("weights are not published" in offer.basis for offer in found.values())


def test_an_embedded_recogniser_takes_hours_of_a_core_and_no_money() -> None:
    found = offers(transcription(CATALOGUE.model("pocketsphinx"), CHUNKS))
    assert list(found) == [CPU_CORE]
    assert 0.1 < (found[CPU_CORE].hours or 0) < 1
    assert "measured" in found[CPU_CORE].basis


def test_an_engine_that_nobody_measured_has_unknown_hours() -> None:
    assert offers(description(CATALOGUE.model("signal"), WINDOWS))[CPU_CORE] == Offer(
        CPU_CORE, None, None, None, "nobody measured it"
    )


def test_an_aligner_reads_the_text_and_writes_nothing() -> None:
    load = alignment(CATALOGUE.model("Qwen3-ForcedAligner-0.6B"), CHUNKS)
    assert load.tokens_out == 0
    assert load.tokens_in > 120 * 390


def test_equal_jobs_of_several_titles_are_added_up() -> None:
    load = description(CATALOGUE.model("Qwen3-Omni-30B-A3B"), WINDOWS)
    (job,) = estimate([load, load], CATALOGUE).jobs
    assert (job.workload.requests, job.workload.tokens_in) == (2 * load.requests, 2 * load.tokens_in)
    assert job.workload.largest_request == load.largest_request


def test_nothing_to_do_is_an_empty_estimate() -> None:
    made = estimate([transcription(CATALOGUE.model("Qwen3-ASR-1.7B"), [])], CATALOGUE)
    assert (made.jobs, made.notes) == ((), ())


def test_a_model_that_does_several_jobs_is_sized_for_all_of_them() -> None:
    profile = CATALOGUE.model("Qwen3-Omni-30B-A3B")
    notes = description(profile, WINDOWS)
    alone = estimate([notes], CATALOGUE).jobs[0].offers[0].sizing
    lines = replace(notes, job=SizedJob.TRANSLATE, largest_request=900)
    together = [job.offers[0].sizing for job in estimate([notes, lines], CATALOGUE).jobs]
    assert together == [size(profile, CATALOGUE.gpus[0], [SizedJob.DESCRIBE, SizedJob.TRANSLATE])] * 2
    assert together[0] != alone == size(profile, CATALOGUE.gpus[0], [SizedJob.DESCRIBE])


def test_a_request_beyond_the_context_has_no_hours_but_a_reason() -> None:
    load = replace(description(CATALOGUE.model("Qwen3-Omni-30B-A3B"), WINDOWS), largest_request=40_000)
    assert all("exceeds its context of 32,768" in offer.basis for offer in offers(load).values())


def test_a_model_that_is_deployed_is_sized_as_its_worker_is_and_that_is_said() -> None:
    load = description(CATALOGUE.model("Qwen3-Omni-30B-A3B"), WINDOWS)
    told = Chosen(Precision.INT8, share=0.85, max_num_seqs=9)
    crew = (SizedJob.DESCRIBE, SizedJob.TRANSLATE)
    made = estimate(
        [load], CATALOGUE, [Deployed(load.profile.name, CATALOGUE.gpu("A100 80GB"), crew, told, "vllm.toml")]
    )
    found = {offer.device: offer.sizing for offer in made.jobs[0].offers}
    assert found["A100 80GB"] == size(load.profile, CATALOGUE.gpu("A100 80GB"), crew, chosen=told)
    assert found["H200"] == size(load.profile, CATALOGUE.gpu("H200"), [SizedJob.DESCRIBE])
    assert made.notes[-1] == ("Qwen3-Omni-30B-A3B on A100 80GB is sized as vllm.toml says, for describe, translate.")


def test_a_model_that_is_deployed_for_something_else_leaves_the_plan_as_it_is() -> None:
    load = transcription(CATALOGUE.model("Qwen3-ASR-1.7B"), CHUNKS)
    other = Deployed(
        "Qwen3-Omni-30B-A3B", CATALOGUE.gpu("H200"), (SizedJob.DESCRIBE,), Chosen(max_num_seqs=1), "vllm.toml"
    )
    assert estimate([load], CATALOGUE, [other]) == estimate([load], CATALOGUE)
