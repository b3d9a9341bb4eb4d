"""What a describer is told: nothing but its window, or what was said in it and what happened before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.stages import picture
from pipeline.stages.picture import WINDOWS_PER_ACT
from pipeline.stages.work import Work
from pipeline.store.objects import FolderObjects
from schemas.jobs import DescribeRequest, Description, Utterance
from schemas.scenes import Detail, ShotNote
from schemas.settings import Settings
from schemas.time import Span
from tests.pipeline.stages.hearing import ASSET, SEGMENTS, WINDOWS, Hearing, prepared
from tests.support.fixed_engine import FixedEngines
from tests.support.reading_engine import CUE, ReadingEngines


@pytest.fixture
def title(tmp_path: Path) -> Hearing:
    return prepared(FolderObjects(tmp_path / "library"))


def described(title: Hearing, work: Work) -> list[Description]:
    done = picture.describe(work, ASSET, title.prepared, title.planned, title.told, title.stitched)
    return work.ledger.read(done, "descriptions", Description)


def asked(engines: ReadingEngines) -> list[DescribeRequest]:
    return [request for request in engines.requests if isinstance(request, DescribeRequest)]


def test_every_window_of_an_act_is_told_the_story_up_to_the_act(title: Hearing) -> None:
    engines = ReadingEngines(title.objects)
    answers = described(title, title.work(engines))
    requests = asked(engines)
    assert [request.span for request in requests] == [window.span for window in WINDOWS]
    for index, request in enumerate(requests):
        before = index - index % WINDOWS_PER_ACT
        assert request.story == (answers[before - 1].story if before else "")
        assert request.cast == (answers[before - 1].cast if before else ())
    assert len(WINDOWS) > 2 * WINDOWS_PER_ACT, "else there is no third act"
    assert requests[-1].story.split() == ["18000", "42000"]


def test_where_a_window_fails_the_story_of_the_one_before_it_goes_on(title: Hearing) -> None:
    last_of_act = WINDOWS[WINDOWS_PER_ACT - 1].span
    engines = ReadingEngines(
        title.objects, unanswerable=lambda one: isinstance(one, DescribeRequest) and one.span == last_of_act
    )
    answers = described(title, title.work(engines))
    assert answers[WINDOWS_PER_ACT - 1].failure
    assert asked(engines)[WINDOWS_PER_ACT].story == answers[WINDOWS_PER_ACT - 2].story != ""


def test_an_act_that_fails_as_a_whole_tells_what_was_told_before_it(title: Hearing) -> None:
    second = [window.span for window in WINDOWS[WINDOWS_PER_ACT : 2 * WINDOWS_PER_ACT]]
    engines = ReadingEngines(
        title.objects, unanswerable=lambda one: isinstance(one, DescribeRequest) and one.span in second
    )
    answers = described(title, title.work(engines))
    assert asked(engines)[2 * WINDOWS_PER_ACT].story == answers[WINDOWS_PER_ACT - 1].story != ""


def test_stopped_inside_an_act_the_next_run_asks_only_what_was_not_answered(title: Hearing, tmp_path: Path) -> None:
    stop_after = WINDOWS_PER_ACT + 2

    def at(point: str) -> None:
        if point == "describe:after-answer" and len(first.requests) == stop_after:
            raise InterruptedError

    first = ReadingEngines(title.objects, at=at)
    with pytest.raises(InterruptedError):
        described(title, title.work(first))
    again = ReadingEngines(title.objects)
    answers = described(title, title.work(again))
    assert [request.span for request in asked(again)] == [window.span for window in WINDOWS[stop_after:]]
    undisturbed = prepared(FolderObjects(tmp_path / "undisturbed"))
    assert described(undisturbed, undisturbed.work(ReadingEngines(undisturbed.objects))) == answers


def test_a_window_is_told_what_is_said_in_it_with_the_times_inside_it(title: Hearing) -> None:
    engines = ReadingEngines(title.objects)
    described(title, title.work(engines))
    first, second, _, fourth, *others = asked(engines)
    assert first.said == (Utterance(Span(4_000, 6_000), "S1", "We left."),)
    assert second.said == (Utterance(Span(6_000, 8_000), "S1", "We left."),)
    assert fourth.said == (Utterance(Span(21_000, 22_000), None, "Why?"),)
    assert not any(request.said for request in others)


def test_detail_and_style_reach_an_engine_that_reads_and_make_another_result(title: Hearing) -> None:
    described(title, title.work(ReadingEngines(title.objects)))
    engines = ReadingEngines(title.objects)
    described(title, title.work(engines, Settings(engine="x", detail=Detail.SCRIPT, style="in rhymes")))
    assert {(request.detail, request.style) for request in asked(engines)} == {(Detail.SCRIPT, "in rhymes")}


def test_an_engine_that_does_not_read_is_told_nothing_and_words_make_nothing_stale(
    title: Hearing, tmp_path: Path
) -> None:
    first = title.work(FixedEngines(title.objects))
    described(title, first)
    other = prepared(title.objects, segments=SEGMENTS[:1])
    assert other.stitched.digest != title.stitched.digest
    again = title.work(FixedEngines(title.objects))
    described(other, again)
    assert again.runs == []


def test_for_an_engine_that_reads_other_words_make_another_result(title: Hearing) -> None:
    described(title, title.work(ReadingEngines(title.objects)))
    again = title.work(engines := ReadingEngines(title.objects))
    described(prepared(title.objects, segments=SEGMENTS[:1]), again)
    assert len(again.runs) == 1
    assert asked(engines)[0].span == WINDOWS[3].span, "only the window whose words changed, and what follows from it"


def test_notes_say_who_is_there_and_what_sounds(title: Hearing) -> None:
    work = title.work(ReadingEngines(title.objects))
    done = picture.describe(work, ASSET, title.prepared, title.planned, title.told, title.stitched)
    notes = work.ledger.read(done, "notes", ShotNote)
    assert {(note.who, note.mood, note.sound_cues) for note in notes} == {(("Anna",), "tense", (CUE,))}


@pytest.mark.parametrize("settings", [Settings(detail=Detail.BRIEF), Settings(style="in rhymes")])
def test_a_style_that_the_engine_does_not_heed_is_refused(title: Hearing, settings: Settings) -> None:
    with pytest.raises(UsageError, match="describes by rule"):
        picture.require(settings, FixedEngines(title.objects).abilities())
    picture.require(settings, ReadingEngines(title.objects).abilities())
