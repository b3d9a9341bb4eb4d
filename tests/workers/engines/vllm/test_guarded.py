from __future__ import annotations

import asyncio

import pytest

from pipeline.errors import EngineCrashed
from schemas.figures import Usage
from tests.support.scripted_engine import Answer, ScriptedEngine, in_turn, said
from workers.engines.vllm.guarded import ATTEMPTS, LATE_ATTEMPTS, Answered, Refused, guarded
from workers.engines.vllm.guards import Reason, Unacceptable
from workers.engines.vllm.question import Finish, Question, QuestionFailed, QuestionTimedOut, Reply

QUESTION = Question("How many?", None, max_tokens=8, seed=7, priority=5)


def number(reply: Reply) -> int:
    """Takes figures and nothing else."""
    if not reply.text.isdigit():
        raise Unacceptable(Reason.UNPARSABLE, f"{reply.text} is no number")
    return int(reply.text)


def ask(*answers: Answer) -> tuple[Answered[int], ScriptedEngine]:
    engine = ScriptedEngine(in_turn(*answers))
    return asyncio.run(guarded(engine, QUESTION, number)), engine


def refusal(*answers: Answer) -> tuple[Refused, ScriptedEngine]:
    engine = ScriptedEngine(in_turn(*answers))
    with pytest.raises(Refused) as refused:
        asyncio.run(guarded(engine, QUESTION, number))
    return refused.value, engine


def test_an_answer_that_is_taken_is_asked_for_once_as_it_was_meant() -> None:
    answered, engine = ask(said("12", tokens_in=3, tokens_out=2, tokens_cached=1, gpu_s=0.5))
    assert answered == Answered(12, Usage(3, 2, 1, attempts=1, gpu_s=0.5))
    assert engine.asked == [QUESTION]


def test_an_answer_that_is_not_taken_is_asked_for_again_warmer_with_another_seed_while_its_media_are_cached() -> None:
    answered, engine = ask(said("many"), said("some"), said("12"))
    assert answered.value == 12
    assert [question.text for question in engine.asked] == [QUESTION.text] * 3
    assert len({question.seed for question in engine.asked}) == 3
    heat = [question.temperature for question in engine.asked]
    assert heat[0] == 0.0
    assert heat == sorted(set(heat))
    assert all(question.priority < QUESTION.priority for question in engine.asked[1:])


def test_the_cost_of_every_attempt_is_counted() -> None:
    answered, _ = ask(said("many", tokens_in=10, tokens_out=4, gpu_s=1.0), said("12", tokens_in=10, tokens_cached=8))
    assert answered.usage == Usage(tokens_in=20, tokens_out=14, tokens_cached=8, attempts=2, gpu_s=1.0)


def test_an_answer_that_was_cut_off_is_not_taken_even_where_it_looks_whole() -> None:
    answered, _ = ask(said("1", Finish.LENGTH), said("1", Finish.REPETITION), said("12"))
    assert answered.value == 12


def test_after_the_last_attempt_the_reason_of_the_last_answer_stands() -> None:
    refused, engine = refusal(*[said("1", Finish.LENGTH)] * (ATTEMPTS - 1), said("many"))
    assert refused.reason is Reason.UNPARSABLE
    assert refused.failure == f"unparsable: many is no number ({ATTEMPTS} attempts)"
    assert refused.usage.attempts == len(engine.asked) == ATTEMPTS


def test_a_question_that_cannot_be_answered_is_not_asked_again() -> None:
    refused, engine = refusal(QuestionFailed("too long: 40000 tokens, at most 32768"))
    assert refused.failure == "too long: 40000 tokens, at most 32768"
    assert (refused.reason, refused.usage, len(engine.asked)) == (None, Usage(), 1)


def test_what_was_spent_before_a_question_failed_is_not_forgotten() -> None:
    refused, _ = refusal(said("many", tokens_in=10), QuestionFailed("the sound cannot be read"))
    assert refused.usage == Usage(tokens_in=10, tokens_out=10, attempts=1)


def test_an_engine_that_is_gone_is_not_asked_again() -> None:
    engine = ScriptedEngine(in_turn(EngineCrashed("transcribe", -9, "")))
    with pytest.raises(EngineCrashed):
        asyncio.run(guarded(engine, QUESTION, number))
    assert len(engine.asked) == 1


def test_a_question_that_was_not_answered_in_time_is_put_again_as_it_was() -> None:
    answered, engine = ask(said("many"), QuestionTimedOut("no answer within 60 s"), said("12"))
    assert engine.asked[1] == engine.asked[2]
    assert answered.usage.attempts == 3


def test_a_question_that_is_late_again_is_given_up_with_what_was_spent() -> None:
    late = QuestionTimedOut("no answer within 60 s")
    refused, engine = refusal(said("many", tokens_in=10), *[late] * (1 + LATE_ATTEMPTS))
    assert refused.failure == "no answer within 60 s"
    assert refused.usage == Usage(tokens_in=10, tokens_out=10, attempts=2 + LATE_ATTEMPTS)
    assert len(engine.asked) == 2 + LATE_ATTEMPTS


def test_being_late_costs_none_of_the_attempts() -> None:
    wrong = [said("many")] * (ATTEMPTS - 1)
    answered, _ = ask(*wrong, QuestionTimedOut("no answer within 60 s"), said("12"))
    assert answered.value == 12
