from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from pydantic import TypeAdapter, ValidationError

from pipeline.errors import UsageError
from pipeline.sizing.profiles import CPU_CORE, UNNAMED, Figure, Gpu, Kind, catalogue


def figures(record: object) -> Iterator[Figure]:
    """All figures inside a record."""
    if isinstance(record, Figure):
        yield record
    elif isinstance(record, tuple):
        for part in record:
            yield from figures(part)
    elif dataclasses.is_dataclass(record):
        for field in dataclasses.fields(record):
            yield from figures(getattr(record, field.name))


def test_every_figure_has_a_source_and_a_date_of_this_decade() -> None:
    found = list(figures(catalogue()))
    assert len(found) > 50
    assert [f for f in found if not f.source.strip() or not f.date.startswith("202")] == []


def test_every_token_count_has_a_source_and_a_date() -> None:
    counts = [count for model in catalogue().models for count in (model.audio, model.video) if count is not None]
    assert counts
    assert all(count.origin.source and count.origin.date for count in counts)


def test_derived_figures_state_their_arithmetic() -> None:
    derived = [f for f in figures(catalogue()) if f.kind is Kind.DERIVED]
    assert [f for f in derived if len(f.source) < 20] == []


@pytest.mark.parametrize(
    "name",
    ["Qwen3-Omni-30B-A3B", "Qwen3-ASR-1.7B", "Qwen3-ASR-0.6B", "Qwen3-ForcedAligner-0.6B", "Qwen3-TTS-12Hz-1.7B",
     "Qwen3.5-Omni", "pocketsphinx", "signal", "espeak-ng", "apertium"],
)  # fmt: skip
def test_the_models_of_the_plan_are_there(name: str) -> None:
    assert catalogue().model(name).name == name


def test_only_qwen3_5_is_marked_as_not_published() -> None:
    assert [m.name for m in catalogue().models if not m.weights_published] == ["Qwen3.5-Omni"]


def test_prices_are_those_of_10_april_2026_and_an_unknown_one_says_so() -> None:
    prices = {gpu.name: (gpu.price_usd_per_h.value, gpu.price_usd_per_h.date) for gpu in catalogue().gpus}
    assert prices == {
        "H100 SXM": (2.54, "2026-04-10"),
        "H200": (None, "2026-04-10"),
        "A100 80GB": (1.04, "2026-04-10"),
        "L40S": (0.72, "2026-04-10"),
    }


def test_every_yardstick_names_a_device_that_exists_or_says_that_it_is_unknown() -> None:
    known = {CPU_CORE, UNNAMED, *(gpu.name for gpu in catalogue().gpus)}
    assert {y.device for model in catalogue().models for y in model.yardsticks} <= known


def test_embedded_engines_have_no_weights_on_a_gpu_and_no_tokens() -> None:
    for model in catalogue().models:
        if not model.counts_tokens:
            assert (model.weights_gb, model.kv_bytes_per_token, model.audio, model.video) == ((), (), None, None)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no model profile 'Whisper'; known are Qwen3-Omni"):
        catalogue().model("Whisper")
    with pytest.raises(UsageError, match="no GPU 'T4'; known are H100 SXM"):
        catalogue().gpu("T4")


def test_a_figure_is_unknown_exactly_when_it_has_no_value() -> None:
    with pytest.raises(ValueError, match="unless it is unknown"):
        Figure(Kind.UNKNOWN, "nobody", "2026", 1.0)
    with pytest.raises(ValueError, match="unless it is unknown"):
        Figure(Kind.PUBLISHED, "somebody", "2026")


def test_a_misspelt_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="memory"):
        TypeAdapter(Gpu).validate_python({"name": "X", "has_fp8": True, "memory": 1})
