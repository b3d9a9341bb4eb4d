from __future__ import annotations

import pytest

from pipeline.speech.draft import restored
from schemas.speech import Word
from schemas.time import Span


def shown(text: str, language: str = "en-US") -> str:
    words = [Word(part, Span(i, i + 1), None) for i, part in enumerate(text.split())]
    return " ".join(word.text for word in restored(words, language))


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("it is raining", "It is raining."),
        ("i think i'm late and i'll call mr smith", "I think I'm late and I'll call Mr. smith."),
        ("on monday i'd left for england", "On Monday I'd left for England."),
        ("march on and you may see it", "March on and you may see it."),
        ("in the english sunday's paper", "In the English Sunday's paper."),
        ("it's i", "It's I."),
    ],
)
def test_case_and_full_stop_are_restored(heard: str, expected: str) -> None:
    assert shown(heard) == expected


@pytest.mark.parametrize(
    "heard",
    [
        "are you ready for the trip",
        "how long does it take to get to the lake",
        "how are you",
        "what is the time",
        "do the others know",
        "have you seen my keys",
    ],
)
def test_what_can_only_be_a_question_ends_like_one(heard: str) -> None:
    assert shown(heard).endswith("?")


@pytest.mark.parametrize(
    "heard",
    [
        "what your country can do for you",
        "how wonderful",
        "when i was a child my father took me there",
        "which were the predecessors of the true printed book",
        "had i known i would have stayed",
        "who",
        "can",
    ],
)
def test_what_may_be_no_question_ends_in_a_period(heard: str) -> None:
    assert shown(heard).endswith(".")


def test_a_sentence_that_has_its_mark_gets_no_other() -> None:
    assert shown("Really?") == "Really?"


def test_other_languages_stay_as_they_were_heard() -> None:
    assert shown("i bambini giocano", "it") == "i bambini giocano"


def test_times_stay() -> None:
    (word,) = restored([Word("yes", Span(7, 9), 0.5)], "en")
    assert (word.text, word.span, word.confidence) == ("Yes.", Span(7, 9), 0.5)
