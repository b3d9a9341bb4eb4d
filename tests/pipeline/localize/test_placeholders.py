"""What is taken out of a text comes back, whatever the text is and however the engine writes the placeholder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.localize.placeholders import PLACEHOLDER, changed_names, protect, restore
from schemas.localize import Term

NASTY = st.one_of(
    st.text(max_size=60),
    st.text("0*qxQXBCbc 1.@#'-ab", max_size=60),
    st.lists(st.sampled_from(["0QXBB", "0QXBC", "0*qxbd", "12km", "www.a.b", "#x", "Anna", "0QX", "21st"])).map(
        " ".join
    ),
)
UNTRANSLATED = [Term("Anna", None), Term("ab", None, is_case_exact=True), Term("0QXBB", None)]


@given(NASTY)
def test_a_text_that_nothing_happened_to_comes_back_as_it_was(text: str) -> None:
    restored = restore(protected := protect(text, terms=UNTRANSLATED, language="en"), protected.text)
    assert restored.text == text
    assert restored.is_whole


@given(NASTY)
def test_no_placeholder_is_anywhere_in_the_text_itself(text: str) -> None:
    protected = protect(text, terms=UNTRANSLATED, language="en")
    tokens = [placeholder.token for placeholder in protected.placeholders]
    assert len(set(tokens)) == len(tokens)
    assert not [token for token in tokens if token.casefold() in text.casefold().replace("*", "")]
    assert all(PLACEHOLDER.fullmatch(token) for token in tokens)


def wanted(text: str, *terms: Term) -> dict[str, str]:
    return {one.original: one.wanted for one in protect(text, terms=terms, language="en").placeholders}


def test_terms_come_back_as_the_glossary_says() -> None:
    protected = protect("The train is at the Old Bridge.", terms=[Term("train", "tren")], language="en")
    (one,) = protected.placeholders
    assert protected.text == f"The {one.token} is at the Old Bridge."
    assert restore(protected, f"El {one.token} está en Old Bridge.").text == "El tren está en Old Bridge."


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Train left.", "Tren"),
        ("It left. Train two stays.", "Tren"),
        ("“Train left.”", "Tren"),
        ("A TRAIN!", "TREN"),
        ("The Train left.", "tren"),
        ("A train left.", "tren"),
    ],
)
def test_a_target_has_the_case_that_its_place_asks_for(text: str, target: str) -> None:
    assert list(wanted(text, Term("train", "tren")).values()) == [target]


def test_a_target_of_an_exact_term_stays_as_it_is_written() -> None:
    assert wanted("UN left.", Term("UN", "la ONU", is_case_exact=True)) == {"UN": "la ONU"}


def test_what_is_not_translated_stays_as_it_was_said() -> None:
    assert wanted("IPHONE or iPhone", Term("iPhone", None)) == {"IPHONE": "IPHONE", "iPhone": "iPhone"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("See www.foo.com, or http://foo.bar/x?y=1.", ["www.foo.com", "http://foo.bar/x?y=1"]),
        ("Write to a.b@foo.com!", ["a.b@foo.com"]),
        ("@john said #hello", ["@john", "#hello"]),
        ("12km of MP3, a B-52 and R2-D2 in the 1990s", ["12km", "MP3", "B-52", "R2-D2", "1990s"]),
    ],
)
def test_codes_are_taken_out(text: str, codes: list[str]) -> None:
    assert list(wanted(text)) == codes


def test_figures_and_ordinals_stay_for_the_engine() -> None:
    assert wanted("On May 5th, 12,500 people of 12-year-old men paid $5.99 at 10:30 for No. 7, or 50%.") == {}


@pytest.mark.parametrize("mangled", ["0*QXBB", "0qxbb", "*0QXBB", "0 QXBB", "0 *QXBB"])
def test_a_placeholder_that_the_engine_marked_parted_or_wrote_small_is_the_same(mangled: str) -> None:
    protected = protect("Anna", terms=UNTRANSLATED, language="en")
    assert restore(protected, mangled).text.lstrip("*") == "Anna"


def test_what_did_not_come_back_exactly_once_is_told() -> None:
    protected = protect("Anna and 12km", terms=UNTRANSLATED, language="en")
    anna, code = protected.placeholders
    restored = restore(protected, f"{anna.token} y {anna.token}")
    assert (restored.text, restored.lost, restored.doubled) == ("Anna y Anna", (code,), (anna,))
    assert not restored.is_whole


def test_names_are_taken_out_as_names_beside_terms_and_codes() -> None:
    protected = protect("I saw Anna White with an MP3 of Rose Stone.", terms=UNTRANSLATED, language="en")
    assert [(one.original, one.is_name) for one in protected.placeholders] == [
        ("Anna", False),
        ("White", True),
        ("MP3", False),
        ("Rose Stone", True),
    ]


def test_a_placeholder_that_is_given_up_leaves_the_others() -> None:
    protected = protect("Anna and 12km", terms=UNTRANSLATED, language="en")
    anna, code = protected.placeholders
    left = protected.without([anna])
    assert (left.text, left.placeholders) == (f"Anna and {code.token}", (code,))


@given(NASTY, st.data())
def test_giving_placeholders_up_gives_their_text_back(text: str, data: st.DataObject) -> None:
    protected = protect(text, terms=UNTRANSLATED, language="en")
    given_up = [one for one in protected.placeholders if data.draw(st.booleans())]
    left = protected.without(given_up)
    assert restore(left, left.text) == restore(protected, protected.text)
    assert protected.without(protected.placeholders).text == text


def test_a_name_that_comes_back_less_often_than_it_was_said_is_changed() -> None:
    protected = protect("I think Will saw Rose and Will.", language="en")
    assert [one.original for one in changed_names(protected, "Creo que Will vio Rose.")] == ["Will", "Will"]
    assert changed_names(protected, "Creo que Will vio Rose y Will.") == ()
    assert [one.original for one in changed_names(protected, "Will y Will, Roses")] == ["Rose"]


def test_a_text_with_more_codes_than_there_are_tokens_keeps_the_rest() -> None:
    text = " ".join(f"a{number}" for number in range(1_000))
    protected = protect(text, language="en")
    assert len(protected.placeholders) == 18 * 18
    assert restore(protected, protected.text).text == text


SENTENCES = """\
The Anna is old.
Anna works for Anna's brother.
I want to buy the new Anna.
Two Anna are red, and "Anna" is blue; (Anna)!
My father took Anna to the old bridge.
We drive a big red Anna every day.
Thank you, Anna, I will come.
The Anna bridge is closed.
Anna has seen it.
I want 2 Anna dogs.
In Anna I was happy.
It is an Anna problem.
It is the Anna.
This is a Anna, and that was the Anna problem.
Is it a 3D MP3 from the 1990s, 12km from www.foo.com?
"""
"""Each part of speech that a name can be taken for, and what Apertium breaks when it is left in."""


@pytest.mark.skipif(
    not Path("/usr/share/apertium/modes/eng-spa.mode").exists(), reason="needs Debian's apertium-eng-spa"
)
def test_apertium_gives_every_placeholder_back_exactly_once() -> None:
    protected = [protect(line, terms=UNTRANSLATED, language="en") for line in SENTENCES.splitlines()]
    said = "\n\n".join(one.text for one in protected)
    done = subprocess.run(["apertium", "eng-spa"], input=said, capture_output=True, text=True, check=True, timeout=60)
    restored = [restore(*pair) for pair in zip(protected, done.stdout.strip().split("\n\n"), strict=True)]
    assert all(one.is_whole for one in restored)
    assert restored[8].text == "Anna lo ha visto."
    assert " I " not in restored[10].text
