"""The translator: what is asked of a window of lines, and which answers are taken."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EngineCrashed
from schemas.jobs import LineAnswer, TranslateRequest, Translation
from schemas.localize import Term
from tests.support.scripted_engine import Answer, ScriptedEngine, in_turn, said
from tests.support.windows_asked import translation
from workers.engines.vllm.guarded import ATTEMPTS
from workers.engines.vllm.question import Finish, QuestionFailed
from workers.engines.vllm.translate import ThinkerTranslator

TWO = translation("We walked along the river,", "and then it began to rain.")
RIGHT = [
    {"id": 0, "text": "Caminábamos por el río", "shorter": ["Íbamos por el río"]},
    {"id": 1, "text": "y empezó a llover.", "shorter": []},
]


def wrote(answer: object) -> Answer:
    return said(json.dumps(answer, ensure_ascii=False))


def translated(request: TranslateRequest, *answers: Answer) -> Translation:
    return asyncio.run(ThinkerTranslator().answer(request, ScriptedEngine(in_turn(*answers))))


def failure(request: TranslateRequest, answer: Answer) -> str:
    got = translated(request, *[answer] * ATTEMPTS)
    assert got.failure is not None
    assert got.lines == ()
    assert got.usage.attempts == ATTEMPTS
    return got.failure


def asked(request: TranslateRequest) -> str:
    """The prompt for a request."""
    engine = ScriptedEngine(lambda _question: QuestionFailed("not answered"))
    asyncio.run(ThinkerTranslator().answer(request, engine))
    return engine.asked[0].text


def given_to_model(request: TranslateRequest) -> dict[str, Any]:
    """The input that a prompt ends with."""
    told = json.loads(asked(request).split("\nInput: ")[1].removesuffix("<|im_end|>\n<|im_start|>assistant\n"))
    assert isinstance(told, dict)
    return told


def test_each_line_has_an_answer_of_its_own_with_its_shorter_wordings() -> None:
    got = translated(TWO, wrote(RIGHT))
    assert got.failure is None
    assert got.lines == (
        LineAnswer(0, "Caminábamos por el río", ("Íbamos por el río",), ()),
        LineAnswer(1, "y empezó a llover.", (), ()),
    )
    assert got.usage.attempts == 1


def test_a_model_is_told_lines_budgets_and_what_is_said_around_them() -> None:
    request = translation("Let us go.", budget=17.9, before=["It rains.", "Yes."], after=["Where?"])
    assert given_to_model(request) == {
        "before": ["It rains.", "Yes."],
        "lines": [{"id": 0, "text": "Let us go.", "max": 17}],
        "after": ["Where?"],
    }


def test_a_line_is_told_its_terms_and_those_that_are_not_translated_as_they_are() -> None:
    terms = (Term("bank", "orilla", note="of a river"), Term("Apertium", None))
    assert given_to_model(translation("Apertium at the bank", terms=terms))["lines"] == [
        {
            "id": 0,
            "text": "Apertium at the bank",
            "max": 42,
            "terms": [
                {"source": "bank", "target": "orilla", "note": "of a river"},
                {"source": "Apertium", "target": "Apertium"},
            ],
        }
    ]


def test_a_line_is_told_the_translation_that_is_too_long() -> None:
    assert given_to_model(translation("Go!", previous="¡Vámonos de aquí ahora mismo!"))["lines"] == [
        {"id": 0, "text": "Go!", "max": 42, "too_long": "¡Vámonos de aquí ahora mismo!"}
    ]


@pytest.mark.parametrize(
    ("target", "name"),
    [("es-419", "Spanish (Latin America)"), ("zh-Hans", "Chinese (Simplified)"), ("pt-BR", "Portuguese (Brazil)")],
)
def test_a_target_is_named_with_its_region_and_script(target: str, name: str) -> None:
    assert f"from English into {name}," in asked(translation("Let us go.", target=target))


@pytest.mark.parametrize("budget", [0.0, 0.4, float("inf")])
def test_a_budget_of_any_size_is_a_number_of_characters(budget: float) -> None:
    (line,) = given_to_model(translation("Let us go.", budget=budget))["lines"]
    assert line["max"] >= 1


def test_the_instruction_of_a_language_is_the_same_for_every_window_up_to_its_input() -> None:
    one, other = (asked(translation(text)).partition("Input:")[0] for text in ("Let us go.", "Why?"))
    assert one == other


@pytest.mark.parametrize("lines", [1, 5])
def test_the_schema_has_an_answer_for_each_line_by_its_id(lines: int) -> None:
    engine = ScriptedEngine(lambda _question: QuestionFailed("not answered"))
    asyncio.run(ThinkerTranslator().answer(translation(*["Let us go."] * lines, wordings=1), engine))
    schema = engine.asked[0].schema
    assert schema is not None
    items = json.loads(schema)["prefixItems"]
    assert [item["properties"]["id"] for item in items] == [{"const": number} for number in range(lines)]
    assert all(list(item["properties"]) == item["required"] for item in items)
    assert all(item["properties"]["shorter"]["maxItems"] == 1 for item in items)
    assert "Length" not in schema


def test_a_line_without_words_is_answered_as_it_is_and_not_asked_about() -> None:
    request = translation("…", "Let us\ngo.", "♪ ♪")
    got = translated(request, wrote([{"id": 1, "text": "Vámonos.", "shorter": []}]))
    assert got.lines == (LineAnswer(0, "…", (), ()), LineAnswer(1, "Vámonos.", (), ()), LineAnswer(2, "♪ ♪", (), ()))
    assert [line["id"] for line in given_to_model(request)["lines"]] == [1]


def test_a_window_without_words_asks_nobody() -> None:
    assert translated(translation("…")).lines == (LineAnswer(0, "…", (), ()),)
    assert translated(translation()) == Translation("00ff", (), None)


@pytest.mark.parametrize(("source", "target"), [("en", "qaa"), ("und", "es"), ("en", "en")])
def test_a_pair_that_cannot_be_translated_is_a_failure_that_asks_nobody(source: str, target: str) -> None:
    got = translated(translation("Let us go.", source=source, target=target))
    assert got.failure
    assert got.lines == ()


def test_an_unacceptable_answer_is_asked_for_again() -> None:
    got = translated(TWO, wrote([]), wrote([{**RIGHT[0], "id": 7}]), wrote(RIGHT))
    assert [line.id for line in got.lines] == [0, 1]
    assert got.usage.attempts == ATTEMPTS


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said("Caminábamos"), "unparsable"),
        (wrote([{"id": 0, "text": "Sí"}]), "unparsable"),
        (wrote([RIGHT[0], {**RIGHT[1], "id": 2}]), "ids"),
        (wrote([RIGHT[0], {**RIGHT[1], "text": " … "}]), "empty"),
        (wrote([RIGHT[0], {**RIGHT[1], "text": "y <|im_end|>"}]), "unparsable"),
        (wrote([RIGHT[0], {**RIGHT[1], "text": "y llovía y nevaba " * 30}]), "impossible rate"),
        (wrote([RIGHT[0], {**RIGHT[1], "text": "y llovía " * 12}]), "repetition"),
        (wrote([{**RIGHT[0], "text": "我们沿着河边走"}, {**RIGHT[1], "text": "然后开始下雨了"}]), "wrong language"),
        (said(json.dumps(RIGHT), Finish.LENGTH), "truncated"),
    ],
)
def test_what_can_be_no_translation_is_refused_with_a_reason(answer: Answer, reason: str) -> None:
    assert failure(TWO, answer).startswith(reason)


def test_an_answer_without_one_of_the_lines_is_taken_for_the_others() -> None:
    assert [line.id for line in translated(TWO, wrote(RIGHT[1:])).lines] == [1]


def test_what_the_title_itself_says_over_and_over_may_be_so_in_its_translation() -> None:
    text = "No, no, no, no, no, no, no, no, no, no, no, no, no!"
    assert translated(translation(text), wrote([{"id": 0, "text": text, "shorter": []}])).failure is None


def test_a_title_may_refuse_what_a_model_must_not() -> None:
    refusal = "I'm sorry, but as an AI language model I can't translate this."
    answer = wrote([{"id": 0, "text": refusal, "shorter": []}])
    assert translated(translation(refusal, source="es", target="en"), answer).failure is None
    assert failure(translation("Vámonos de aquí.", source="es", target="en"), answer).startswith("refused")


def test_words_in_a_script_that_the_title_itself_mixes_in_are_let_pass() -> None:
    answer = wrote([{"id": 0, "text": "日本語 日本語 日本語 日本語 日本語", "shorter": []}])
    assert translated(translation("日本語 日本語 日本語 日本語 日本語"), answer).failure is None


def test_a_question_that_cannot_be_answered_is_a_failure_and_an_engine_that_is_gone_is_none() -> None:
    assert translated(TWO, QuestionFailed("too long: 40000 tokens")).failure == "too long: 40000 tokens"
    with pytest.raises(EngineCrashed):
        translated(TWO, EngineCrashed("translate", -9, ""))


@given(st.lists(st.text(st.sampled_from("ab …\n"), max_size=9), max_size=4))
def test_shorter_wordings_say_something_and_are_shorter_each_time(wordings: list[str]) -> None:
    (line,) = translated(translation("Let us go."), wrote([{"id": 0, "text": "Vámonos ya", "shorter": wordings}])).lines
    lengths = [len(text) for text in (line.text, *line.shorter)]
    assert lengths == sorted(set(lengths), reverse=True)
    assert all(any(char.isalnum() for char in text) for text in line.shorter)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_any_text_can_be_asked_about(texts: list[str]) -> None:
    request = translation(*texts)
    got = asyncio.run(ThinkerTranslator().answer(request, ScriptedEngine(lambda _question: QuestionFailed("no"))))
    assert got.failure is not None or [line.id for line in got.lines] == list(range(len(texts)))
