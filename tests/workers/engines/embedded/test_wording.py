from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.embedded.wording import repaired

TEXTS = st.text(st.sampled_from("ab elE A¿?¡!.,…\"“”«»'()- "), max_size=60)


def spanish(text: str, source: str) -> str:
    return repaired(text, source=source, language="es-419")


@given(TEXTS, TEXTS, st.sampled_from(["es", "fr", "en", "qaa"]))
def test_doing_it_again_changes_nothing(text: str, source: str, language: str) -> None:
    once = repaired(text, source=source, language=language)
    assert repaired(once, source=source, language=language) == once


@given(TEXTS, TEXTS, st.sampled_from(["es", "ca"]))
def test_no_letter_is_lost_or_added_but_where_words_contract(text: str, source: str, language: str) -> None:
    before = "".join(filter(str.isalpha, text)).casefold()
    after = "".join(filter(str.isalpha, repaired(text, source=source, language=language))).casefold()
    if language == "es":
        before, after = before.replace("ael", "al"), after.replace("ael", "al")
    assert after == before


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("Hola ,  amigo .", "Hello, friend.", "Hola, amigo."),
        ("Hola , amigo", "Hello , friend", "Hola , amigo"),
        ("Fue a el mercado de el pueblo", "He went to the market", "Fue al mercado del pueblo"),
        ("Fue a El Salvador de él", "He went to El Salvador", "Fue a El Salvador de él"),
        ("Eres listo?", "Are you ready?", "¿Eres listo?"),
        ("Hola. Eres listo? Sí!", "Hello. Are you ready? Yes!", "Hola. ¿Eres listo? ¡Sí!"),
        ("¿Eres listo?", "Are you ready?", "¿Eres listo?"),
        ('Dijo "por qué?" Y marchó.', 'He said "why?" and left.', 'Dijo "¿por qué?" Y marchó.'),
        ("Dijo «por qué?» una vez.", "He said “why?” once.", "Dijo «¿por qué?» una vez."),
        ("- Eres listo?", "- Are you ready?", "- ¿Eres listo?"),
        ("JOHN: Dónde es?", "JOHN: Where is it?", "JOHN: ¿Dónde es?"),
        ("?", "?", "?"),
        ("Y entonces", "and then", "y entonces"),
        ("Madrid es grande", "so Madrid is big", "Madrid es grande"),
        ("el perro", "The dog", "El perro"),
        ("Fue a la casa", "HE WENT HOME", "FUE A LA CASA"),
        ("Vale.", "OK.", "Vale."),
        ("Frodo Rió.", "Frodo laughed.", "Frodo rió."),
        ("Engraved En alivio es.", "Engraved in relief is.", "Engraved en alivio es."),
        ("Él vino. Zorblax Vino.", "He came. Zorblax came.", "Él vino. Zorblax vino."),
        ("Zorblax Madrid es.", "Zorblax Madrid is.", "Zorblax Madrid es."),
        ("Frodo Madrid es.", "Frodo loves Madrid.", "Frodo Madrid es."),
    ],
)
def test_spacing_case_and_opening_marks_are_as_spanish_has_them(text: str, source: str, expected: str) -> None:
    assert spanish(text, source) == expected


def test_other_languages_keep_their_marks_and_french_its_spaces() -> None:
    assert repaired("Ets a punt?", source="Are you ready?", language="ca") == "Ets a punt?"
    assert repaired("Es-tu prêt ?", source="Are you ready?", language="fr-CA") == "Es-tu prêt ?"


def test_a_long_text_without_any_mark_is_repaired_too() -> None:
    text = "ab" * 10_000  # a pattern that tries every end for every start would take hours
    assert spanish(text, text) == text
    assert spanish(text + "?", text) == f"¿{text}?"
