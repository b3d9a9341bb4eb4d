"""Whatever an engine answers, each line that was asked has one answer: its own translation, or why there is none."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.profiles import profile
from pipeline.localize.checks import Checked, checked, fitted, shortened
from pipeline.localize.terms import is_used
from schemas.jobs import LineAnswer, SourceLine, TranslateRequest, Translation
from schemas.localize import Term
from tests.support.scripted_translator import garbage

HOUSE = profile("netflix", "es")
BRIDGE = Term("bridge", "puente")


def asking(*texts: str, terms: Sequence[Term] = (), source: str = "en") -> TranslateRequest:
    lines = tuple(SourceLine(number, text, 20.0, tuple(terms), None) for number, text in enumerate(texts))
    return TranslateRequest("", "0123456789abcdef", source, "es", lines, (), (), 0)


def answering(*texts: str, shorter: Sequence[str] = ()) -> Translation:
    lines = tuple(LineAnswer(number, text, tuple(shorter), ()) for number, text in enumerate(texts))
    return Translation("", lines, None)


def one(source: str, answer: str, *, shorter: Sequence[str] = (), terms: Sequence[Term] = ()) -> Checked:
    (found,) = checked(asking(source, terms=terms), answering(answer, shorter=shorter), HOUSE)
    return found


@given(st.lists(st.sampled_from(["one two", "two three", "three four"]), min_size=1, max_size=4), garbage())
def test_no_answer_ever_goes_to_another_line(texts: list[str], answer: Translation) -> None:
    asked = asking(*texts)
    for line, found in zip(asked.lines, checked(asked, answer, HOUSE), strict=True):
        own = [given for given in answer.lines if given.id == line.id]
        assert found.text is None or found.text in {" ".join(_shown(given.text).split()) for given in own}


def _shown(text: str) -> str:
    without = "".join(char for char in " ".join(text.split()) if unicodedata.category(char) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", without)


def test_an_answer_becomes_one_line_in_nfc() -> None:
    assert one("What?", " ¿Que\u0301\n\n es\t\x07 esto? ").text == "¿Qué es esto?"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Translation("", (), None), "did not answer"),
        (answering(""), "nothing"),
        (answering("…"), "nothing"),
        (answering("a\ufffdb"), "no text"),
        (answering("el 0QXBC"), "placeholder"),
        (answering("x" * 1_000), "with 1000"),
        (answering("Where did all of them go?"), "left this line as it was"),
        (Translation("", (LineAnswer(0, "a", (), ()), LineAnswer(0, "b", (), ())), None), "twice"),
        (Translation("", (LineAnswer(1, "a", (), ()),), None), "shifted"),
        (Translation("", (LineAnswer(0, "a", (), ()), LineAnswer(-1, "a", (), ())), None), "shifted"),
        (Translation("", (), "out of\nmemory"), "out of memory"),
        (Translation("", (), ""), "no reason"),
    ],
)
def test_what_is_no_answer_has_a_reason(answer: Translation, reason: str) -> None:
    (found,) = checked(asking("Where did all of them go?"), answer, HOUSE)
    assert found.text is None
    assert found.failure is not None
    assert reason in found.failure


def test_an_engine_that_counts_from_one_shifts_no_line() -> None:
    answers = tuple(LineAnswer(number, text, (), ()) for number, text in ((1, "uno"), (2, "dos")))
    assert all(found.text is None for found in checked(asking("one", "two"), Translation("", answers, None), HOUSE))


def test_the_same_answer_twice_is_one_answer() -> None:
    answers = (LineAnswer(0, "uno", (), ()), LineAnswer(0, " uno ", (), ()))
    (found,) = checked(asking("one"), Translation("", answers, None), HOUSE)
    assert found.text == "uno"


def test_one_lost_line_does_not_cost_the_others() -> None:
    answers = (LineAnswer(0, "uno", (), ()), LineAnswer(2, "tres", (), ()))
    found = checked(asking("one", "two", "three"), Translation("", answers, None), HOUSE)
    assert [answer.text for answer in found] == ["uno", None, "tres"]


@pytest.mark.parametrize(
    ("source", "terms"),
    [
        ("London, Paris and New York!", []),
        ("OK.", []),
        ("no no", []),
        ("the lazy dog of war", [Term("the lazy dog of", None)]),
        ("42", []),
    ],
)
def test_what_is_the_same_in_both_languages_may_stay_as_it_is(source: str, terms: list[Term]) -> None:
    assert one(source, source, terms=terms).text == source


@pytest.mark.parametrize(
    ("source", "text"), [("ja", "それはどこですか"), ("ar", "إلى أين ذهبوا"), ("de", "wohin gehen wir")]
)
def test_a_clause_that_stayed_in_any_script_is_no_translation(source: str, text: str) -> None:
    (found,) = checked(asking(text, source=source), answering(text), HOUSE)
    assert found.failure == "the engine left this line as it was"


def test_shorter_wordings_are_really_shorter_and_lose_nothing() -> None:
    found = one(
        "The 2 old bridges and the bridge",
        "Los 2 puentes viejos y el puente",
        shorter=[
            "Los 2 puentes viejos y el puente nuevo",  # longer
            "Los 2 puentes y el puente",
            "Los  2 puentes y el puente",  # the same
            "Los 2 viejos y eso",  # loses the term
            "Los puentes y el puente",  # loses the number
            "2 puentes",
            "",
        ],
        terms=[BRIDGE],
    )
    assert found.shorter == ("Los 2 puentes y el puente", "2 puentes")


def test_a_wording_may_miss_a_term_that_the_translation_misses_too() -> None:
    assert one("The bridge is old.", "La pasarela es vieja.", shorter=["Es vieja."], terms=[BRIDGE]).shorter == (
        "Es vieja.",
    )


def test_unknown_words_are_those_that_are_still_there() -> None:
    answer = Translation("", (LineAnswer(0, "El blorb es viejo", (), ("blorb", "blorb", "zzz", "")),), None)
    (found,) = checked(asking("The blorb is old"), answer, HOUSE)
    assert found.unknown == ("blorb",)


def test_the_longest_wording_that_fits_is_taken_and_the_rest_is_kept() -> None:
    answer = Checked("a puente of ten", ("puente ten", "puente"), ("of", "ten"), None)
    assert fitted(answer, 100.0, HOUSE) == answer
    assert fitted(answer, 12.0, HOUSE) == Checked("puente ten", ("puente",), ("ten",), None)
    assert fitted(answer, 1.0, HOUSE) == Checked("puente", (), (), None)


def test_a_shortened_answer_joins_the_wordings_there_were() -> None:
    asked = asking("The bridge is old and long", terms=[BRIDGE])
    earlier = Checked("El puente es viejo y largo", ("El puente es viejo",), (), None)
    (later,) = checked(asked, answering("Puente largo, viejo", shorter=["Puente viejo"]), HOUSE)
    both = shortened(earlier, later, asked.lines[0], asked, HOUSE)
    assert (both.text, both.shorter) == (
        "El puente es viejo y largo",
        ("Puente largo, viejo", "El puente es viejo", "Puente viejo"),
    )
    assert all(is_used(BRIDGE, wording, "es") for wording in both.shorter)


def test_no_answer_never_replaces_one() -> None:
    asked = asking("one")
    lost, there = Checked(None, (), (), "gone"), Checked("uno", (), (), None)
    assert shortened(there, lost, asked.lines[0], asked, HOUSE) == there
    assert shortened(lost, there, asked.lines[0], asked, HOUSE) == there
