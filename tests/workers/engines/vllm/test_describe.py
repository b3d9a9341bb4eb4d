"""The describer: which questions a window is put in, and what is left of it when one of them has no answer."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Sequence

import pytest

from pipeline.errors import EngineCrashed
from schemas.jobs import DescribeRequest, Description
from schemas.scenes import Detail
from schemas.time import Span
from tests.support.scripted_engine import TOKENS_IN, TOKENS_OUT, Answer, ScriptedEngine, said
from tests.support.windows_asked import is_about_scenes, numbers_asked, shots, thinker_video, window
from workers.engines.vllm import prompts
from workers.engines.vllm.describe import CACHED_PRIORITY, ThinkerDescriber
from workers.engines.vllm.guarded import ATTEMPTS
from workers.engines.vllm.question import Film, Finish, Question, QuestionFailed

TWO = window(Span(0, 10_000), shots(0, 4_000, 10_000, first=3))
MANY = window(Span(0, 100_000), shots(*range(0, 100_001, 1_000), first=3))

NOTE = {"who": [], "what": "A street.", "written": [], "sound": "", "cues": [], "mood": "", "tags": []}


def noted(question: Question) -> Answer:
    """A note on each shot that is asked about, which names it."""
    return said(json.dumps({str(n): {**NOTE, "what": f"Street {n}."} for n in numbers_asked(question)}))


def divided(*begins: int, units: int = 2) -> Answer:
    """Scenes that begin at these shots."""
    ends = [*(begin - 1 for begin in begins[1:]), units]
    found = [
        {"first": first, "last": last, "title": f"Scene {first}", "synopsis": "Cars pass.", "sound": "traffic"}
        for first, last in zip(begins, ends, strict=True)
    ]
    return said(json.dumps({"scenes": found, "story": "Cars passed.", "cast": ["Bo: a dog"]}))


def engine(
    notes: Callable[[Question], Answer] = noted, scenes: Callable[[Question], Answer] = lambda _question: divided(1)
) -> ScriptedEngine:
    return ScriptedEngine(lambda question: scenes(question) if is_about_scenes(question) else notes(question))


def described(request: DescribeRequest, by: ScriptedEngine) -> Description:
    return asyncio.run(ThinkerDescriber(thinker_video()).answer(request, by))


def starts(questions: Sequence[Question]) -> str:
    """How all prompts begin."""
    columns = zip(*(question.text for question in questions), strict=False)
    return "".join(column[0] for column in itertools.takewhile(lambda column: len(set(column)) == 1, columns))


def test_a_window_has_notes_scenes_a_story_and_a_cast() -> None:
    answer = described(TWO, engine(scenes=lambda _question: divided(1, 2)))
    assert answer.failure is None
    assert answer.request_id == TWO.request_id
    assert [(note.shot_index, note.description) for note in answer.shots] == [(3, "Street 1."), (4, "Street 2.")]
    assert [(scene.span, scene.first_shot, scene.end_shot) for scene in answer.scenes] == [
        (Span(0, 4_000), 3, 4),
        (Span(4_000, 10_000), 4, 5),
    ]
    assert (answer.story, answer.cast) == ("Cars passed.", ("Bo: a dog",))


def test_all_questions_are_about_the_same_media_and_begin_alike_with_all_that_is_known() -> None:
    asked = engine()
    request = window(Span(0, 10_000), shots(0, 4_000, 10_000), story="It rained.", cast=["Anna: a woman"])
    described(request, asked)
    assert {question.media for question in asked.asked} == {Film("frames", "sound", request.span, 1.0)}
    assert "It rained." in starts(asked.asked)
    assert "Anna: a woman" in starts(asked.asked)
    assert starts(asked.asked).startswith(f"<|im_start|>user\n{prompts.FILM}")


def test_a_question_about_media_that_are_cached_goes_before_new_media() -> None:
    asked = engine()
    described(MANY, asked)
    priorities = [question.priority for question in asked.asked]
    assert priorities[0] == 0
    assert len(priorities) > 2
    assert set(priorities[1:]) == {CACHED_PRIORITY}
    assert CACHED_PRIORITY < 0


def test_many_shots_are_noted_in_several_answers_and_divided_in_one() -> None:
    asked = engine(scenes=lambda _question: divided(1, 51, units=100))
    answer = described(MANY, asked)
    assert answer.failure is None
    assert [note.shot_index for note in answer.shots] == list(range(3, 103))
    assert [note.description for note in answer.shots] == [f"Street {number}." for number in range(1, 101)]
    assert sum(map(is_about_scenes, asked.asked)) == 1
    assert [scene.span for scene in answer.scenes] == [Span(0, 50_000), Span(50_000, 100_000)]


def test_scenes_are_asked_for_with_the_notes_before_them() -> None:
    asked = engine()
    described(TWO, asked)
    assert '{"1": "Street 1.", "2": "Street 2."}' in asked.asked[-1].text


def test_a_window_without_picture_is_asked_for_scenes_only() -> None:
    asked = engine()
    answer = described(window(Span(0, 60_000), regions=[Span(1_000, 50_000)]), asked)
    assert answer.failure is None
    assert answer.shots == ()
    assert [scene.span for scene in answer.scenes] == [Span(0, 60_000)]
    assert [question.priority for question in asked.asked] == [0]


def test_nothing_to_see_and_nothing_to_hear_is_a_failure_that_asks_nobody() -> None:
    asked = engine()
    answer = described(window(Span(0, 10_000), shots(0, 10_000), sound=None, frames=None), asked)
    assert answer.failure
    assert asked.asked == []


def test_without_scenes_the_notes_stay_and_the_failure_says_what_is_missing() -> None:
    answer = described(TWO, engine(scenes=lambda _question: said("{}")))
    assert [note.shot_index for note in answer.shots] == [3, 4]
    assert answer.scenes == ()
    assert answer.failure is not None
    assert answer.failure.startswith("unparsable")
    assert answer.failure.endswith("no scenes")


def test_notes_on_other_shots_stay_where_some_have_none_and_scenes_are_not_asked_for() -> None:
    asked = engine(lambda question: said("", Finish.LENGTH) if 40 in numbers_asked(question) else noted(question))
    answer = described(MANY, asked)
    lost = {3 + number for number in range(100)} - {note.shot_index for note in answer.shots}
    assert 3 + 39 in lost
    assert len(lost) < 50
    assert answer.failure is not None
    assert answer.failure.startswith("truncated")
    assert answer.failure.endswith(f"no notes on shots {min(lost)} to {max(lost)}")
    assert not any(map(is_about_scenes, asked.asked))


def test_a_question_that_cannot_be_answered_is_a_failure_with_its_reason() -> None:
    answer = described(TWO, engine(lambda _question: QuestionFailed("the sound cannot be decoded")))
    assert (answer.shots, answer.scenes) == ((), ())
    assert answer.failure is not None
    assert answer.failure.startswith("the sound cannot be decoded")


def test_an_engine_that_is_gone_is_no_failure_of_the_window() -> None:
    for rule in (
        engine(lambda _question: EngineCrashed("describe", -9, "")),
        engine(scenes=lambda _q: EngineCrashed("describe", -9, "")),
    ):
        with pytest.raises(EngineCrashed):
            described(TWO, rule)


def test_every_attempt_is_counted() -> None:
    answer = described(TWO, engine(scenes=lambda _question: said("{}")))
    assert answer.usage.attempts == 1 + ATTEMPTS
    assert answer.usage.tokens_in == TOKENS_IN * (1 + ATTEMPTS)
    assert answer.usage.tokens_out == TOKENS_OUT * (1 + ATTEMPTS)


@pytest.mark.parametrize("detail", Detail)
def test_detail_and_style_reach_every_question_they_bear_on(detail: Detail) -> None:
    asked = engine()
    described(window(Span(0, 10_000), shots(0, 10_000), detail=detail, style="as a telegram"), asked)
    assert prompts.rendered(f"notes-{detail}") in asked.asked[0].text
    assert all('"as a telegram"' in question.text for question in asked.asked)


def test_a_style_may_ask_for_another_language() -> None:
    def chinese(question: Question) -> Answer:
        note = {**NOTE, "what": "一个女人走在街上，手里拿着一把红色的雨伞。"}
        return said(json.dumps({str(number): note for number in numbers_asked(question)}))

    styled = window(Span(0, 10_000), shots(0, 10_000), style="in Chinese")
    assert described(styled, engine(chinese)).failure is None
    plain = described(window(Span(0, 10_000), shots(0, 10_000)), engine(chinese)).failure
    assert plain is not None
    assert plain.startswith("wrong language")
