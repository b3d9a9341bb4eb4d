from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pocketsphinx import get_model_path

from workers.engines.embedded.pronounce import MOST_READINGS, reading, spelled_by_rule

WITHIN_ONE = 0.85  # share of words whose count of phones is right within one
SAMPLE_STEP = 200  # every two hundredth word of the dictionary


@pytest.fixture(scope="module")
def dictionary() -> dict[str, str]:
    lines = Path(get_model_path("en-us/cmudict-en-us.dict")).read_text().splitlines()
    return dict(line.split(" ", maxsplit=1) for line in lines)


def said(word: str, dictionary: dict[str, str]) -> tuple[str, ...]:
    """Readings of a word that the dictionary lacks."""
    found = reading(word, dictionary.get)
    assert found is not None
    assert found.phones
    return found.phones


def phones(words: str, dictionary: dict[str, str]) -> str:
    return " ".join(dictionary[word] for word in words.split())


@pytest.mark.parametrize("word", ["hello", "Hello,", "“HELLO!”", "don't", "Don’t", "(hello)"])
def test_a_word_of_the_dictionary_keeps_its_pronunciations(word: str, dictionary: dict[str, str]) -> None:
    found = reading(word, dictionary.get)
    assert found is not None
    assert (found.entry in {"hello", "don't"}, found.phones) == (True, ())


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("1945", "nineteen forty five"),
        ("1945", "one thousand nine hundred and forty five"),
        ("1945", "one nine four five"),
        ("2,500", "two thousand five hundred"),
        ("3.14", "three point one four"),
        ("21st", "twenty first"),
        ("1960s", "nineteen sixties"),
        ("$5.50", "five dollars fifty"),
        ("50%", "fifty percent"),
        ("9:30", "nine thirty"),
        ("007", "zero zero seven"),
        ("MP3", "m p three"),
        ("hedgehog-like", "hedgehog like"),
    ],
)
def test_figures_and_compounds_are_read_as_people_read_them(
    figure: str, words: str, dictionary: dict[str, str]
) -> None:
    assert phones(words, dictionary) in said(figure, dictionary)


def test_capitals_that_are_no_word_are_letters(dictionary: dict[str, str]) -> None:
    assert said("AT&T", dictionary)[0] == "AE T AH N D T IY"
    assert said("A&T", dictionary)[0] == "EY AH N D T IY"
    assert said("XQZ", dictionary)[0] == "EH K S K Y UW Z IY"


def test_a_possessive_of_a_known_word_ends_in_its_sound(dictionary: dict[str, str]) -> None:
    known = next(word for word in ("hedgehog", "teapot", "lighthouse") if f"{word}'s" not in dictionary)
    assert said(f"{known}'s", dictionary)[0] == f"{dictionary[known]} Z"


@pytest.mark.parametrize("word", ["—", "...", "Привет", "你好", "", "♪", "'"])
def test_what_has_no_sound_of_english_has_no_reading(word: str, dictionary: dict[str, str]) -> None:
    assert reading(word, dictionary.get) is None


def test_accents_do_not_hide_letters(dictionary: dict[str, str]) -> None:
    assert said("Zoëlla", dictionary) == said("Zoella", dictionary)


def test_words_that_differ_have_entries_that_differ(dictionary: dict[str, str]) -> None:
    words = ["$5", "€5", "£5", "5%", "5", "1/2", "1_2", "1-2", "Zoëlla", "Zoella"]
    entries = [found.entry for word in words if (found := reading(word, dictionary.get))]
    assert len(set(entries)) == len(words)


def test_letter_to_sound_rules_get_about_the_right_number_of_sounds(dictionary: dict[str, str]) -> None:
    sample = [
        (word, sounds.split())
        for word, sounds in itertools.islice(dictionary.items(), 0, None, SAMPLE_STEP)
        if word.isalpha()
    ]
    near = [abs(len(spelled_by_rule(word).split()) - len(sounds)) <= 1 for word, sounds in sample]
    assert len(sample) > 500
    assert sum(near) / len(near) >= WITHIN_ONE


@given(st.text(max_size=40))
def test_any_text_has_few_readings_of_known_phones_and_an_entry_of_one_word(word: str) -> None:
    known = {
        "AA",
        "AE",
        "AH",
        "AO",
        "AW",
        "AY",
        "B",
        "CH",
        "D",
        "DH",
        "EH",
        "ER",
        "EY",
        "F",
        "G",
        "HH",
        "IH",
        "IY",
        "JH",
    }
    known |= {
        "K",
        "L",
        "M",
        "N",
        "NG",
        "OW",
        "OY",
        "P",
        "R",
        "S",
        "SH",
        "T",
        "TH",
        "UH",
        "UW",
        "V",
        "W",
        "Y",
        "Z",
        "ZH",
    }
    found = reading(word, lambda _: None)
    if found is not None:
        assert found.entry.split() == [found.entry]
        assert "(" not in found.entry
        assert 1 <= len(found.phones) <= MOST_READINGS
        assert all(set(phones.split()) <= known for phones in found.phones)
