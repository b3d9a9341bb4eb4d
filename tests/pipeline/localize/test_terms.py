"""Terms are due where they stand as whole words, and used where a translation has their target."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.localize.terms import Matcher, held_for, is_used
from schemas.localize import Term

WORDS = st.text("abñ", min_size=1, max_size=4)


def due(text: str, *sources: str, language: str = "en", exact: bool = False) -> list[str]:
    """Stretches of ``text`` in which the terms are found."""
    terms = [Term(source, None, is_case_exact=exact) for source in sources]
    return [text[found.start : found.end] for found in Matcher(terms, language).found(text)]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("The train is late.", "train"),
        ("Train!", "train"),
        ("“train”", "train"),
        ("the  old\u00a0bridge", "old bridge"),
        ("Anna's here", "Anna"),
        ("Anna’ll come", "Anna"),
        ("à l’Opéra", "opéra"),
        ("rock ’n’ roll is dead", "rock 'n' roll"),
        ("AT&T called", "AT&T"),
        ("we write C++.", "C++"),
        ("STRAẞE", "straße"),
        ("a well‑known man", "well-known"),
        ("wait—train—go", "train"),
        ("the train-", "train"),
    ],
)
def test_a_term_is_due_as_whole_words_whatever_the_type(text: str, source: str) -> None:
    assert len(due(text, source)) == 1


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("training", "train"),
        ("restrain", "train"),
        ("trains", "train"),
        ("train-driver", "train"),
        ("express-train", "train"),
        ("don't", "don"),
        ("O'Brien", "Brien"),
        ("my_train", "train"),
        ("train2", "train"),
        ("e\u0301te", "e"),
        ("old, bridge", "old bridge"),
        ("the U.S.A. today", "U.S."),
        ("ASP.NET", ".NET"),
        ("C++11", "C++"),
    ],
)
def test_a_term_is_not_due_inside_another_word(text: str, source: str) -> None:
    assert due(text, source) == []


def test_only_the_very_spelling_counts_where_it_must() -> None:
    assert due("Apple grows no apple", "Apple", exact=True) == ["Apple"]


def test_the_longest_term_wins_and_none_overlaps() -> None:
    text = "the old bridge and the old town"
    assert due(text, "old", "bridge", "old bridge", "bridge and") == ["old bridge", "old"]


def test_a_name_that_counts_by_its_spelling_comes_before_the_word() -> None:
    brand, fruit = Term("Apple", None, is_case_exact=True), Term("apple", "manzana")
    found = Matcher([fruit, brand], "en").found("Apple sells no apple")
    assert [one.term for one in found] == [brand, fruit]


def test_languages_without_spaces_have_terms_anywhere_but_not_inside_a_latin_word() -> None:
    assert due("東京タワーへ行く", "東京タワー", language="ja") == ["東京タワー"]
    assert due("新しいAIです", "AI", language="ja") == ["AI"]
    assert due("新しいMAINです", "AI", language="ja") == []
    assert due("ฉันรักกรุงเทพมาก", "กรุงเทพ", language="th") == ["กรุงเทพ"]


def test_korean_particles_do_not_hide_a_term() -> None:
    assert due("나는 서울에서 왔다", "서울", language="ko") == ["서울"]


def test_a_devanagari_word_does_not_end_before_its_vowel_sign() -> None:
    assert due("कि", "क", language="hi") == []


@given(st.lists(WORDS, min_size=1, max_size=8), WORDS)
def test_a_term_of_one_word_is_due_exactly_where_that_word_stands(words: list[str], source: str) -> None:
    assert due(" ".join(words), source) == [word for word in words if word == source]


@given(st.text(max_size=40), st.lists(st.text(min_size=1, max_size=6).filter(str.strip), max_size=4))
def test_what_is_found_never_overlaps_and_never_cuts_a_word(text: str, sources: list[str]) -> None:
    found = Matcher([Term(source, None) for source in sources], "en").found(text)
    for one, following in itertools.pairwise(found):
        assert one.end <= following.start
    for one in found:
        assert not (one.start and text[one.start - 1].isalnum() and text[one.start].isalnum())
        assert not (one.end < len(text) and text[one.end - 1].isalnum() and text[one.end].isalnum())


@pytest.mark.parametrize(
    ("target", "translation", "language"),
    [
        ("tren", "El tren llega.", "es"),
        ("tren", "Los trenes llegan.", "es"),
        ("luz roja", "Las luz rojas", "es"),
        ("Tren", "un TREN", "es"),
        ("chapeau", "deux chapeaux", "fr"),
        ("puente viejo", "el puente viejo", "es"),
        ("東京タワー", "東京タワーです", "ja"),
    ],
)
def test_a_target_is_used_as_it_stands_or_with_a_plural_ending(target: str, translation: str, language: str) -> None:
    assert is_used(Term("x", target), translation, language)


@pytest.mark.parametrize(
    ("target", "translation", "language"),
    [
        ("tren", "El entrenador", "es"),
        ("tren", "El trenero", "es"),
        ("tren", "", "es"),
        ("puente viejo", "el viejo puente", "es"),
        ("Zug", "Zugs", "de"),
    ],
)
def test_another_word_is_no_use_of_a_target(target: str, translation: str, language: str) -> None:
    assert not is_used(Term("x", target), translation, language)


def test_a_name_is_used_only_in_its_very_spelling() -> None:
    name = Term("NASA", None, is_case_exact=True)
    assert is_used(name, "la NASA dice", "es")
    assert not is_used(name, "la nasa dice", "es")
    assert not is_used(name, "las NASAs dicen", "es")


@pytest.mark.parametrize(
    ("held", "language"),
    [
        (None, "es"),
        ("es", "es-419"),
        ("es", "es"),
        ("es-ES", "es"),
        ("es-419", "es-MX"),
        ("pt-BR", "pt"),
        ("zh", "zh-CN"),
    ],
)
def test_a_term_holds_for_its_language_and_the_varieties_near_it(held: str | None, language: str) -> None:
    assert held_for([Term("a", "b", language=held)], language)


@pytest.mark.parametrize(
    ("held", "language"), [("fr", "es"), ("es-ES", "es-419"), ("pt-PT", "pt-BR"), ("zh-Hant", "zh-Hans"), ("ca", "es")]
)
def test_a_term_does_not_hold_elsewhere(held: str, language: str) -> None:
    assert held_for([Term("a", "b", language=held)], language) == ()


def test_of_several_targets_for_one_source_the_nearest_language_holds() -> None:
    everywhere, spanish = Term("computer", "calculadora"), Term("Computer", "ordenador", language="es")
    american = Term("computer", "computadora", language="es-419")
    assert held_for([everywhere, spanish, american], "es-MX") == (american,)
    assert held_for([american, spanish, everywhere], "es") == (spanish,)
    assert held_for([american, spanish, everywhere], "fr") == (everywhere,)


@given(st.permutations([Term("b", "x"), Term("a", "y"), Term("a", None, is_case_exact=True)]))
def test_the_order_of_a_glossary_does_not_matter(terms: list[Term]) -> None:
    assert held_for(terms, "es") == held_for(sorted(terms, key=str), "es")
