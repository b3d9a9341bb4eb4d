"""When words are said that an engine heard without times: an aligner tells, or they are estimated and marked."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.speech.estimate import spread
from pipeline.stages import speech, timing
from pipeline.stages.work import Work
from pipeline.store.ledger import Done
from pipeline.store.objects import FolderObjects
from schemas.jobs import AlignRequest, TranscribeRequest, Transcript
from schemas.speech import Estimate
from tests.pipeline.stages.hearing import ASSET, CHUNKS, REGIONS, Hearing, prepared
from tests.support.fixed_engine import TEXT
from tests.support.reading_engine import USAGE, ReadingEngines

GIVEN = "Nobody said any of this, and yet it is to be timed."


@pytest.fixture
def title(tmp_path: Path) -> Hearing:
    return prepared(FolderObjects(tmp_path / "library"))


def recognised(title: Hearing, work: Work, language: str = "en") -> Done:
    return speech.transcribe(work, ASSET, title.prepared, title.planned, language=language)


def timed(title: Hearing, work: Work, language: str = "en") -> Done:
    return timing.time_words(work, ASSET, title.prepared, title.planned, recognised(title, work, language))


def transcripts(work: Work, done: Done) -> list[Transcript]:
    return work.ledger.read(done, "transcripts", Transcript)


def estimates(work: Work, done: Done) -> list[Estimate]:
    return work.ledger.read(done, "estimates", Estimate)


def test_words_get_the_times_that_the_aligner_gives_them(title: Hearing) -> None:
    engines = ReadingEngines(title.objects)
    work = title.work(engines)
    found = transcripts(work, timed(title, work))
    assert [one.untimed for one in found] == [""] * len(CHUNKS)
    for chunk, one in zip(CHUNKS, found, strict=True):
        assert [word.text for word in one.words] == TEXT[: len(one.words)]
        assert (one.words[0].span.start_ms, one.is_estimated) == (chunk.heard.start_ms, False)
    asked = [request for request in engines.requests if isinstance(request, AlignRequest)]
    assert [request.span for request in asked] == [chunk.heard for chunk in CHUNKS]


def test_an_unknown_language_is_estimated_with_the_reason_and_nothing_is_asked(title: Hearing) -> None:
    engines = ReadingEngines(title.objects, aligns=("de",))
    work = title.work(engines)
    done = timed(title, work)
    assert estimates(work, done) == [Estimate(chunk.chunk_index, "the aligner does not know en") for chunk in CHUNKS]
    for chunk, one in zip(CHUNKS, transcripts(work, done), strict=True):
        assert one.is_estimated
        assert one.words == spread([word.text for word in one.words], REGIONS, chunk.heard)
        assert len(one.words) > 1
    assert not any(isinstance(request, AlignRequest) for request in engines.requests)
    assert work.runs[-1].counts.failed == ()


def test_a_chunk_that_cannot_be_aligned_is_estimated_alone_and_asked_again_by_the_next_run(title: Hearing) -> None:
    engines = ReadingEngines(
        title.objects, unanswerable=lambda one: isinstance(one, AlignRequest) and one.span == CHUNKS[1].heard
    )
    work = title.work(engines)
    done = timed(title, work)
    assert estimates(work, done) == [Estimate(1, "it is unanswerable")]
    assert [one.is_estimated for one in transcripts(work, done)] == [False, True, False]
    assert len(work.runs[-1].counts.failed) == 1
    again = ReadingEngines(title.objects)
    mended = title.work(again)
    assert estimates(mended, timed(title, mended)) == []
    assert len(again.requests) == 1


def test_a_chunk_that_was_not_recognised_stays_failed_and_is_not_aligned(title: Hearing) -> None:
    engines = ReadingEngines(
        title.objects, unanswerable=lambda one: isinstance(one, TranscribeRequest) and one.span == CHUNKS[0].heard
    )
    work = title.work(engines)
    done = timed(title, work)
    assert [one.failure for one in transcripts(work, done)] == ["it is unanswerable", None, None]
    assert estimates(work, done) == []
    assert work.runs[-1].counts.failed == ()


def test_more_words_than_anybody_can_say_are_a_failure_of_their_chunk(title: Hearing) -> None:
    engines = ReadingEngines(title.objects, aligns=())
    work = title.work(engines)
    heard = recognised(title, work)
    babble = [Transcript("0", "en", (), is_draft=False, failure=None, untimed="a " * 6_001) for _ in CHUNKS]
    with work.ledger.writing(ASSET.asset_id, "transcribe", version="babble", inputs=()) as staging:
        staging.add_rows("transcripts", babble, Transcript)
    assert heard.digest != staging.done.digest
    done = timing.time_words(work, ASSET, title.prepared, title.planned, staging.done)
    assert all("nobody speaks so fast" in str(one.failure) for one in transcripts(work, done))
    assert estimates(work, done) == []


def test_what_aligning_cost_is_told_once(title: Hearing) -> None:
    work = title.work(ReadingEngines(title.objects))
    timed(title, work)
    spent = work.runs[-1].counts.spent
    count = len(CHUNKS)
    assert (spent.tokens_in, spent.tokens_out) == (count * USAGE.tokens_in, count * USAGE.tokens_out)
    assert (spent.retries, spent.preemptions, spent.kv_usage) == (count, count, 2 * count / 100)


def test_a_human_s_words_are_estimated_too_where_no_aligner_knows_them(title: Hearing) -> None:
    work = title.work(ReadingEngines(title.objects, aligns=()))
    heard = timed(title, work)
    done = timing.align(work, ASSET, title.prepared, title.planned, heard, language="en", text=GIVEN)
    said = [word.text for one in transcripts(work, done) for word in one.words]
    assert said == GIVEN.split()
    assert len(estimates(work, done)) == sum(bool(one.words) for one in transcripts(work, done))


def test_a_human_s_words_that_cannot_be_aligned_fail_where_the_engine_times_what_it_hears(title: Hearing) -> None:
    engines = ReadingEngines(
        title.objects,
        times=True,
        unanswerable=lambda one: isinstance(one, AlignRequest) and one.span == CHUNKS[0].heard,
    )
    work = title.work(engines)
    heard = recognised(title, work)
    done = timing.align(work, ASSET, title.prepared, title.planned, heard, language="en", text=GIVEN)
    assert [one.failure for one in transcripts(work, done) if not one.words] == ["it is unanswerable"]
    assert not done.has("estimates")
