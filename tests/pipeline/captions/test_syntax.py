"""What a break between two words costs: the order of the guides' line-treatment rules."""

from __future__ import annotations

import pytest

from pipeline.captions.syntax import AFTER_CLAUSE, AFTER_SENTENCE, NEVER, PLAIN, break_cost

FORBIDDEN = [  # article | noun and its like in every language with lists
    ("en", "the", "house"),
    ("en", "Mr.", "Smith"),
    ("en", "their", "children"),
    ("es", "la", "casa"),
    ("es", "Sr.", "González"),
    ("fr", "une", "maison"),
    ("de", "dem", "Haus"),
    ("it", "gli", "amici"),
    ("pt-BR", "os", "amigos"),
    ("hi", "मेरी", "किताब"),
    ("ar", "هذا", "الكتاب"),
    ("ko", "이", "사람"),
]

WORSE_THAN_PLAIN = [
    ("en", "of", "course"),
    ("en", "he", "said"),
    ("en", "will", "leave"),
    ("en", "not", "leave"),
    ("en", "New", "York"),
    ("en", "chemicals'", "impact"),
    ("en", "beautiful", "garden"),
    ("en", "20", "kilometres"),
    ("en", "give", "up"),
    ("es", "no", "quiero"),
    ("es", "se", "fue"),
    ("fr", "ne", "veut"),
    ("de", "weil", "er"),
    ("hi", "घर", "में"),
    ("ko", "할", "수"),
]

BETTER_THAN_PLAIN = [
    ("en", "finally,", "we"),
    ("en", "left", "because"),
    ("en", "house", "on"),
    ("en", "man", "who"),
    ("en", "see", "the"),
    ("es", "casa", "porque"),
    ("fr", "nous", "parce"),
    ("de", "gesagt,", "dass"),
    ("it", "casa", "perché"),
    ("ja", "ので、", "公園"),
]


@pytest.mark.parametrize(("language", "left", "right"), FORBIDDEN)
def test_breaks_that_the_guides_forbid_cost_most(language: str, left: str, right: str) -> None:
    assert break_cost(left, right, language) >= NEVER


@pytest.mark.parametrize(("language", "left", "right"), WORSE_THAN_PLAIN)
def test_words_that_belong_together_cost_more_than_others(language: str, left: str, right: str) -> None:
    assert break_cost(left, right, language) > PLAIN


@pytest.mark.parametrize(("language", "left", "right"), BETTER_THAN_PLAIN)
def test_breaks_that_the_guides_ask_for_cost_less_than_others(language: str, left: str, right: str) -> None:
    assert break_cost(left, right, language) < PLAIN


@pytest.mark.parametrize(("left", "right"), [("viens", "?"), ("oui,", "»"), ("Non.", "!?"), ("«", "Oui"), ("50", "%")])
def test_a_mark_that_stands_by_itself_is_never_parted_from_its_word(left: str, right: str) -> None:
    assert break_cost(left, right, "fr") >= NEVER


def test_an_and_that_joins_nouns_is_a_worse_break_than_one_that_joins_clauses() -> None:
    nouns = break_cost("rules", "and", "en", beyond="guidelines")
    clauses = break_cost("rules", "and", "en", beyond="they")
    assert clauses < nouns < PLAIN


@pytest.mark.parametrize(("left", "right"), [("end.", "Then"), ("Really?", "Yes."), ("well…", "Then")])
def test_a_break_after_a_sentence_costs_nothing(left: str, right: str) -> None:
    assert break_cost(left, right, "en") == AFTER_SENTENCE


@pytest.mark.parametrize(("left", "right"), [("well…", "and"), ("What?”", "he"), ("so,", "Then")])
def test_a_mark_inside_a_sentence_costs_what_a_clause_does(left: str, right: str) -> None:
    assert break_cost(left, right, "en") == AFTER_CLAUSE


@pytest.mark.parametrize(("left", "right"), [("Mr.", "Smith"), ("J.", "Smith"), ("e.g.", "Paris"), ("No.", "5")])
def test_a_full_stop_of_an_abbreviation_is_no_place_to_break(left: str, right: str) -> None:
    assert break_cost(left, right, "en") >= PLAIN


def test_rules_of_a_language_do_not_hold_for_one_whose_tag_begins_alike() -> None:
    assert break_cost("chemicals'", "impact", "en") > break_cost("chemicals'", "impact", "enf")
    assert break_cost("Neu", "York", "de") < break_cost("Neu", "York", "del")
