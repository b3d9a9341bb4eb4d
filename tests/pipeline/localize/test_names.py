"""Names are told by the capitals inside a sentence, and what else has a capital there is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.localize.capitals import LISTS
from pipeline.localize.names import names

WORDS = st.sampled_from(
    "Rose White Mr. Mr Dr. King I I'm J. K. van de London New York the The Will said, . ? \" Spain 12km Œ ß '".split(
        " "
    )
)


def found(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in names(text, language=language)]


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=12).map(" ".join)), st.sampled_from(["en", "es-MX"]))
def test_names_are_in_order_apart_and_begin_and_end_with_a_letter(text: str, language: str) -> None:
    at = -1
    for start, end in names(text, language=language):
        assert at < start < end <= len(text)
        assert text[start].isupper()
        assert text[end - 1].isalpha()
        at = end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My name is Rose White.", ["Rose White"]),
        ("It was Jean-Luc O'Brien, and Rose.", ["Jean-Luc O'Brien", "Rose"]),
        ("He met George W. Bush and J. K. Rowling.", ["George W. Bush", "J. K. Rowling"]),
        ("A picture of Vincent van Gogh and Ludwig van der Berg.", ["Vincent van Gogh", "Ludwig van der Berg"]),
        ("I think I'm Will.", ["Will"]),
        ("That is Rose White's car.", ["Rose White"]),
        ("I know Chad Smith and Jordan Brown from Chad.", ["Chad Smith", "Jordan Brown"]),
    ],
)
def test_a_run_of_capitals_inside_a_sentence_is_one_name(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Baker is here.", ["Baker"]),
        ("Mr Baker is here.", ["Baker"]),
        ("Dear Mrs. Rose White!", ["Rose White"]),
        ("I saw Uncle Ben and Aunt May.", ["Ben", "May"]),
        ("Hello King Arthur.", ["Arthur"]),
        ("I met Larry King in town.", ["Larry King"]),
    ],
)
def test_a_title_is_left_and_what_follows_it_is_a_name(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mark the date. He left.", []),
        ("Rose is here. I love Rose.", ["Rose", "Rose"]),
        ("Rose White is here.", ["Rose White"]),
        ("Tell Rose now. Visit Spain. Hello Will.", ["Rose", "Will"]),
        ('He said, "Mark the date" and: Stop.', []),
        ("Will you come, Will?", ["Will"]),
    ],
)
def test_the_first_word_of_a_sentence_is_a_name_only_when_something_else_says_so(
    text: str, expected: list[str]
) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "He came on Monday in April for Christmas.",
        "An American and two Mexicans speak English, French and Dutch.",
        "We went from New York to London, South Africa, and Northern Spain.",
        "We left Saudi Arabia for St. Petersburg and Saint Petersburg.",
        "He is in the White House of the United Nations.",
        "He works for NASA and the IT of Oxford University.",
        "I saw Frank's car.",
        "THE HOUSE OF ROSE WHITE",
        "The Lord of the Old Rings",
        "Five Men and Rose White Went Home.",
        "Little star, How I wonder What you are",
        "",
    ],
)
def test_what_has_a_capital_and_is_translated_is_no_name(text: str) -> None:
    assert found(text) == []


def test_spanish_names_are_found_and_its_places_are_left() -> None:
    assert found("Ayer vi a Rosa Blanco en Londres y en Estados Unidos.", "es") == ["Rosa Blanco"]
    assert found("La señora Iglesias vive aquí.", "es") == ["Iglesias"]
    assert found("Dijo Rosa que la Sra. Blanco no está.", "es") == ["Rosa", "Blanco"]


@pytest.mark.parametrize("language", ["de", "ja", "qaa"])
def test_nothing_is_found_where_capitals_are_not_known_to_mean_names(language: str) -> None:
    assert found("Ich sah Rose White.", language) == []


def test_lists_are_in_small_letters() -> None:
    for lists in LISTS.values():
        for part in (lists.titles, lists.small, lists.translated, lists.kinds, lists.places, lists.openers):
            assert all(word == word.casefold() and word.strip() for word in part)
