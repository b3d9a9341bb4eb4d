from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from schemas.jobs import LineAnswer, SourceLine, TranslateRequest
from schemas.localize import Term
from workers.engines.embedded import pairs, translate
from workers.engines.embedded.translate import ApertiumTranslator
from workers.engines.seats import Seats

pytestmark = pytest.mark.skipif(pairs.pair_failure("en", "es") is not None, reason=pairs.pair_failure("en", "es") or "")

END_LIMIT_S = 30.0

Ask = Callable[..., list[LineAnswer]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Answers to lines of one sentence, in order of their ids."""
    with Seats(translate.load, 1) as seats:
        translator = ApertiumTranslator(seats)

        def asked(*texts: str, terms: Sequence[Term] = ()) -> list[LineAnswer]:
            (translation,) = translator.translate([asking(*texts, terms=terms)])
            assert translation.failure is None
            assert len({line.id for line in translation.lines}) == len(texts)
            return sorted(translation.lines, key=lambda line: line.id)

        yield asked


def asking(*texts: str, terms: Sequence[Term] = (), number: int = 0, target: str = "es") -> TranslateRequest:
    lines = tuple(SourceLine(n, text, 42.0, tuple(terms), None) for n, text in enumerate(texts))
    return TranslateRequest(f"{number:04x}", "a" * 16, "en", target, lines, (), (), 0)


def texts(answers: Sequence[LineAnswer]) -> list[str]:
    return [answer.text for answer in answers]


def test_a_sentence_over_several_lines_is_understood_as_one_and_given_back_in_parts(ask: Ask) -> None:
    parts = texts(ask("We choose to go to the moon", "not because it is easy,", "but because it is hard."))
    assert parts == ["Escogemos ir a la luna", "no porque es fácil,", "pero porque es duro."]


def test_a_question_is_opened_where_spanish_opens_it(ask: Ask) -> None:
    assert texts(ask("Is the house big?")) == ["¿Es la casa grande?"]


def test_a_glossary_term_acts_and_one_that_is_not_to_be_translated_stays(ask: Ask) -> None:
    terms = [Term("dragon", "sierpe"), Term("Rose", None)]
    (answer,) = ask("Rose saw the dragon in the house.", terms=terms)
    assert "Rose" in answer.text
    assert "sierpe" in answer.text
    assert "dragón" not in answer.text
    assert answer.unknown == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My name is Rose White.", "Mi nombre es Rose White."),
        ("Mr. Baker is here.", "Señor Baker es aquí."),
        ("Mark called Will.", "Mark llamó Will."),
        ("We went from New York to London with Rose White.", "Nueva York"),
        ("In 1969 Neil Armstrong walked on the Moon.", "En 1969 Neil Armstrong anduvo en la Luna."),
        ("It is an iPhone problem of Rose's house.", "iPhone"),
    ],
)
def test_a_name_stays_and_a_place_has_its_own(ask: Ask, text: str, expected: str) -> None:
    (answer,) = ask(text)
    assert expected in answer.text
    assert "QX" not in answer.text


def test_a_placeholder_that_the_engine_parts_is_put_back(ask: Ask) -> None:
    (answer,) = ask("It is an Anna 12km problem.", terms=[Term("Anna", None)])
    assert answer.text == "Es un Anna 12km problema."
    assert answer.unknown == ()


def test_figures_are_no_unknown_words(ask: Ask) -> None:
    (answer,) = ask("On 21st May 1990 we left.")
    assert answer.unknown == ()


def test_a_term_that_spans_two_lines_acts(ask: Ask) -> None:
    first, second = ask("They live in the White", "House in the city.", terms=[Term("White House", "Casa Blanca")])
    assert "Casa Blanca" in f"{first.text} {second.text}"


def test_addresses_and_codes_stay_as_they_are(ask: Ask) -> None:
    (answer,) = ask("Write to me@example.com or see https://example.com/house?x=1 about the B-52.")
    assert "me@example.com" in answer.text
    assert "https://example.com/house?x=1" in answer.text
    assert "B-52" in answer.text
    assert answer.unknown == ()


def test_a_word_that_is_not_known_is_told_of_its_own_line_and_shown_without_a_mark(ask: Ask) -> None:
    first, second = ask("The house of Zzyzx is big,", "and the cat eats fish.")
    assert (first.unknown, second.unknown) == (("Zzyzx",), ())
    assert "*" not in first.text


def test_a_sentence_of_fewer_words_than_lines_is_translated_line_by_line(ask: Ask) -> None:
    answers = ask("I", "am")
    assert all(answer.text for answer in answers)


def test_a_line_without_words_stays_and_the_others_are_one_sentence(ask: Ask) -> None:
    assert texts(ask("The house", "…", "is big.")) == ["La casa", "…", "es grande."]
    assert texts(ask("♪")) == ["♪"]


def test_what_looks_like_a_placeholder_of_ours_stays(ask: Ask) -> None:
    (answer,) = ask("The 0QXBC house of the dragon.", terms=[Term("dragon", "sierpe")])
    assert "0QXBC" in answer.text
    assert "sierpe" in answer.text


def test_a_pair_that_is_not_installed_is_a_failure_with_its_package() -> None:
    with Seats(translate.load, 1) as seats:
        (translation,) = ApertiumTranslator(seats).translate([asking("Hello.", target="gl")])
    assert translation.lines == ()
    assert "apt-get install apertium-en-gl" in (translation.failure or "") or pairs.mode_for("en", "gl")


def test_a_text_that_is_too_long_fails_alone() -> None:
    with Seats(translate.load, 1) as seats:
        refused, answered = ApertiumTranslator(seats).translate(
            [asking("house " * 5_000), asking("The house is big.", number=1)]
        )
    assert "20000 is the limit" in (refused.failure or "")
    assert texts(answered.lines) == ["La casa es grande."]


def test_no_program_of_apertium_outlives_its_seat() -> None:
    of_others = programs_below(os.getpid())
    with Seats(translate.load, 1) as seats:
        ApertiumTranslator(seats).translate([asking("The house.")])
        started = programs_below(os.getpid()) - of_others
        assert len(started) > 5
    until = time.monotonic() + END_LIMIT_S
    while started & running().keys() and time.monotonic() < until:
        time.sleep(0.05)
    assert not started & running().keys()


def programs_below(process: int) -> set[int]:
    """Programs of Apertium's that a child of this process started."""
    known = running()
    seats = {child for child, (_, parent) in known.items() if parent == process}
    names = ("lt-proc", "apertium", "lrx-proc")
    return {child for child, (name, parent) in known.items() if parent in seats and name.startswith(names)}


def running() -> dict[int, tuple[str, int]]:
    """Name and parent of every process that runs."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:  # it has just ended
            continue
        state, parent = rest.split()[:2]
        if state != "Z":
            found[int(folder.name)] = name, int(parent)
    return found
