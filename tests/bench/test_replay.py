from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from pipeline.store.objects import FolderObjects
from schemas.time import Span, merged
from tests.bench import bench_noop
from tests.bench.bench_growth import (
    CAPTIONED,
    COMPOSE,
    DUBBED,
    INDEX,
    PUBLISH,
    Growth,
    Stage,
    growths,
    make,
    only_of_dubs,
)
from tests.bench.dialogue import BLOCK_MS, Dialogue
from tests.bench.results import Verdict
from workers.engines.embedded import pairs

TWO_BLOCKS = Dialogue(seed=1, length_ms=BLOCK_MS + 120_000)


def test_dialogue_is_the_same_each_time_and_another_for_another_seed() -> None:
    again, other = Dialogue(1, TWO_BLOCKS.length_ms), Dialogue(2, TWO_BLOCKS.length_ms)
    assert list(TWO_BLOCKS.blocks()) == list(again.blocks())
    assert next(TWO_BLOCKS.blocks()).words != next(other.blocks()).words


def test_words_are_in_order_inside_the_title_and_inside_speech() -> None:
    words = [word for block in TWO_BLOCKS.blocks() for word in block.words]
    assert all(one.span.end_ms <= following.span.start_ms for one, following in itertools.pairwise(words))
    assert words[-1].span.end_ms <= TWO_BLOCKS.length_ms
    speech = list(merged(region.span for block in TWO_BLOCKS.blocks() for region in block.regions))
    assert all(any(span.overlap_ms(word.span) == word.span.duration_ms for span in speech) for word in words)


def test_what_is_heard_of_a_span_crosses_blocks() -> None:
    every = tuple(word for block in TWO_BLOCKS.blocks() for word in block.words)
    assert TWO_BLOCKS.heard(Span(0, TWO_BLOCKS.length_ms)) == every


def test_shots_cover_the_picture_without_gaps() -> None:
    shots = list(TWO_BLOCKS.shots())
    assert shots[0].span.start_ms == 0
    assert shots[-1].span.end_ms == TWO_BLOCKS.length_ms
    assert all(one.span.end_ms == following.span.start_ms for one, following in itertools.pairwise(shots))


def test_the_cost_of_every_stage_is_measured(tmp_path: Path) -> None:
    stages = make(tmp_path / "title", Dialogue(seed=1, length_ms=60_000), CAPTIONED)
    names = ["plan", "transcribe", "speakers", "stitch", "describe", "cues", COMPOSE, PUBLISH, INDEX]
    assert [stage.name for stage in stages] == names
    assert all(stage.cpu_s > 0 for stage in stages)


@pytest.mark.skipif(pairs.pair_failure("en", "es") is not None, reason=pairs.pair_failure("en", "es") or "")
def test_the_cost_of_a_dub_is_measured_apart_from_that_of_captions(tmp_path: Path) -> None:
    length = Dialogue(seed=1, length_ms=30_000)
    captioned, dubbed = (
        Growth(1, tuple(make(tmp_path / name, length, settings)), 0.0)
        for name, settings in (("captioned", CAPTIONED), ("dubbed", DUBBED))
    )
    stages = only_of_dubs(dubbed, captioned).stages
    names = ["translate", "translated-cues", "voices", "speak", "mix", "dub-preview"]
    assert [stage.name for stage in stages] == [*names, f"{COMPOSE} with a dub", f"{PUBLISH} with a dub"]
    assert all(stage.cpu_s > 0 for stage in stages)


def test_a_stage_that_costs_next_to_nothing_has_no_target() -> None:
    short = Growth(1, (Stage("small", 0.001), Stage("large", 1.0), Stage("own", 1.0)), 0.0)
    long = Growth(10, (Stage("small", 0.002), Stage("large", 1.2)), 0.0)
    small, large = growths(short, long, small_s=0.01)
    assert (small.target, round(small.value, 6)) == (None, 2.0)
    assert large.verdict is Verdict.MISSED


def test_finished_titles_are_unchanged_and_one_that_would_be_read_is_noticed(tmp_path: Path) -> None:
    library, media = tmp_path / "library", tmp_path / "media"
    bench_noop.finish(FolderObjects(library), media, 2)
    again = bench_noop.rerun(library, media, 2, byte_code=tmp_path)
    assert again.wall_s > 0
    next(media.iterdir()).touch()
    with pytest.raises(ValueError, match="1 of 2 titles were unchanged, exit code 1"):
        bench_noop.rerun(library, media, 2, byte_code=tmp_path)
