"""Figures are missed where they are gone, and not where they only look different."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.localize.numbers import may_be_words, missing


@pytest.mark.parametrize(
    ("source", "translation", "language"),
    [
        ("12,500 people", "12.500 personas", "es"),
        ("12,500 people", "12 500 personnes", "fr"),
        ("12 500 personnes", "12,500 people", "en"),
        ("3.5 films", "3,5 películas", "es"),
        ("1.5 million", "1,5 millones", "es"),
        ("12,500.75 euros", "12.500,75 euros", "es"),
        ("12,500.75 euros", "12 500,75 euros", "fr"),
        ("1,250,000", "1.250.000", "es"),
        ("at 10:30", "a las 10.30", "es"),
        ("3 men", "tres hombres", "es"),
        ("21 men", "veintiún hombres, 21", "es"),
        ("the 21st century", "el siglo XXI", "es"),
        ("Louis 14", "Luis XIV", "es"),
        ("2nd place", "segundo lugar", "es"),
        ("the 2nd time", "la segunda vez", "es"),
        ("31 girls", "treinta y una niñas", "es"),
        ("1 house", "ein Haus", "de"),
        ("5 people", "٥ أشخاص", "ar"),
        ("1984-85", "1984–85", "es"),
        ("4 dogs", "4匹の犬", "ja"),
        ("4 dogs", "四匹の犬", "ja"),
        ("room 7 7", "habitación 7", "es"),
    ],
)
def test_a_number_may_look_different(source: str, translation: str, language: str) -> None:
    assert missing(source, translation, language) == ()


@pytest.mark.parametrize(
    ("source", "translation", "language", "lost"),
    [
        ("in 1984", "en 1985", "es", ("1984",)),
        ("in 1984", "en 84", "es", ("1984",)),
        ("12,500 and 3", "12.500 y cuatro", "es", ("3",)),
        ("7 and 7", "ocho", "es", ("7",)),
        ("007", "siete", "es", ("007",)),
        ("0 degrees", "muchos grados", "es", ("0",)),
        ("3 men", "tresillo", "es", ("3",)),
        ("6 men", "una vida", "es", ("6",)),
        ("5 dogs", "hunde", "tlh", ("5",)),
        ("3.5 films", "", "es", ("3.5",)),
        ("1.5 million", "15 millones", "es", ("1.5",)),
        ("15 million", "1,5 millones", "es", ("15",)),
        ("3.50 dollars", "350 dólares", "es", ("3.50",)),
        ("3.50 dollars", "3,05 dólares", "es", ("3.50",)),
        ("12,500.75 euros", "1.250.075 euros", "es", ("12,500.75",)),
        ("1,200 people", "mil doscientas personas", "es", ("1,200",)),
    ],
)
def test_a_number_that_is_gone_is_told(source: str, translation: str, language: str, lost: tuple[str, ...]) -> None:
    assert missing(source, translation, language) == lost


@given(st.text(max_size=60), st.sampled_from(["es", "en", "zh", "xx"]))
def test_a_text_misses_nothing_of_itself(text: str, language: str) -> None:
    assert missing(text, text, language) == ()


@given(st.lists(st.integers(101, 10**9), unique=True, max_size=5))
def test_every_large_number_counts(numbers: list[int]) -> None:
    text = ", ".join(map(str, numbers))
    assert missing(f"in {text}", "nada", "es") == tuple(map(str, numbers))


def test_what_a_glossary_makes_words_of_does_not_count() -> None:
    assert missing("in ww2 and 1984", "en la Segunda Guerra Mundial", "es", besides=["WW2"]) == ("1984",)


@pytest.mark.parametrize(
    ("source", "translation", "language"),
    [
        ("1,200 people", "mil doscientas personas", "es"),
        ("1.5 million", "un millón y medio", "es"),
        ("1,200 people", "eintausendzweihundert Leute", "de"),
        ("1,200 people", "milleduecento persone", "it"),
        ("1,200 people", "千二百人", "ja"),
        ("12,500 and 3", "12.500 y cuatro", "es"),
    ],
)
def test_a_lost_number_may_stand_there_in_words(source: str, translation: str, language: str) -> None:
    assert missing(source, translation, language)
    assert may_be_words(source, translation, language)


@pytest.mark.parametrize(
    ("source", "translation", "language"),
    [
        ("in 1984", "en aquel año", "es"),
        ("in 1984", "una vida militar", "es"),
        ("1 house", "una casa", "es"),
        ("1.5 million", "15 millones", "es"),
        ("1,200 people", "1.300 personas, no mil", "es"),
        ("5 dogs", "cha'", "tlh"),
    ],
)
def test_what_is_no_number_and_another_figure_do_not_stand_for_a_lost_one(
    source: str, translation: str, language: str
) -> None:
    assert not may_be_words(source, translation, language)


def test_a_word_of_very_many_numbers_is_read_at_once() -> None:
    assert not may_be_words("in 1984", "ventidue" * 5_000 + "x", "it")
