"""What a stage gets for its requests, and what it is told that they cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.stages.asking import ask
from pipeline.store.objects import FolderObjects
from schemas.figures import UNUSED, Spent
from schemas.jobs import Alignment, Job, TranscribeRequest, Transcript
from schemas.time import Span
from tests.pipeline.stages.hearing import ASSET, Hearing, prepared
from tests.support.fixed_engine import FixedEngines
from tests.support.reading_engine import USAGE, ReadingEngines

REQUESTS = [
    TranscribeRequest("", ASSET.asset_id, "speech.flac", Span(at_ms, at_ms + 1_000), "en")
    for at_ms in (0, 2_000, 4_000)
]


@pytest.fixture
def title(tmp_path: Path) -> Hearing:
    return prepared(FolderObjects(tmp_path / "library"))


def test_answers_come_without_their_cost_which_is_summed(title: Hearing) -> None:
    work = title.work(ReadingEngines(title.objects))
    done: list[tuple[int, int]] = []
    got = ask(work, Job.TRANSCRIBE, REQUESTS, Transcript, media=("sound",), progress=lambda *both: done.append(both))
    assert [one.usage for one in got.answers] == [UNUSED] * 3
    assert done == [(1, 3), (2, 3), (3, 3)]
    assert got.reused == 0
    assert got.spent == Spent(
        tokens_in=3 * USAGE.tokens_in,
        tokens_out=3 * USAGE.tokens_out,
        tokens_cached=3 * USAGE.tokens_cached,
        attempts=3 * USAGE.attempts,
        retries=3,
        gpu_s=3 * USAGE.gpu_s,
        preemptions=3,
        kv_usage=0.03,
    )


def test_an_answer_that_is_kept_costs_nothing(title: Hearing) -> None:
    work = title.work(ReadingEngines(title.objects))
    ask(work, Job.TRANSCRIBE, REQUESTS[:2], Transcript, media=("sound",), progress=lambda *_: None)
    got = ask(work, Job.TRANSCRIBE, REQUESTS, Transcript, media=("sound",), progress=lambda *_: None)
    assert (got.reused, got.spent.tokens_in, got.spent.retries) == (2, USAGE.tokens_in, 1)


def test_an_engine_that_says_nothing_of_itself_has_no_figures(title: Hearing) -> None:
    work = title.work(FixedEngines(title.objects))
    got = ask(work, Job.TRANSCRIBE, REQUESTS, Transcript, media=("sound",), progress=lambda *_: None)
    assert got.spent == Spent()
    assert (got.spent.retries, got.spent.preemptions, got.spent.kv_usage) == (None, None, None)


def test_answers_of_another_type_are_a_mistake_of_ours(title: Hearing) -> None:
    work = title.work(FixedEngines(title.objects))
    with pytest.raises(ValueError, match="0 answers of Alignment to 3 requests"):
        ask(work, Job.TRANSCRIBE, REQUESTS, Alignment, media=("sound",), progress=lambda *_: None)


def test_sums_keep_the_larger_peak_and_what_only_one_of_them_knows() -> None:
    one, other = Spent(tokens_in=1, retries=2, kv_usage=0.2), Spent(tokens_in=3, preemptions=1, kv_usage=0.1)
    assert one + other == Spent(tokens_in=4, retries=2, preemptions=1, kv_usage=0.2)
    assert Spent() + Spent() == Spent()
