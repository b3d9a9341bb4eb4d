"""Where a sentence ends, for segments and captions alike."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from pipeline.speech.punctuation import abbreviations, ends_sentence, is_stopped

ENDS = [  # language, word, what follows it
    ("en", "end.", "Then"),
    ("en", "end.", ""),
    ("en", "end!”", "Then"),
    ("en", "Really?", "Yes."),
    ("en", "well…", "Then"),
    ("en", "well⋯", "Then"),
    ("en", "I.", "No."),
    ("en", "No.", "Yes."),
    ("en", "3.5.", "Then"),
    ("es", "¿Qué?", "Nada."),
    ("es", "No.", "Nunca."),
    ("pt", "é.", "Vamos."),
    ("ja", "終わり。", "次"),
    ("ja", "終わり｡", "次"),
    ("ko", "네.", "그래요."),
    ("hi", "है।", "मैं"),
    ("ar", "حقا؟", "نعم"),
]

GOES_ON = [
    ("en", "Mr.", "Smith"),
    ("en", "Dr.", "Smith"),
    ("en", "“Dr.", "Smith"),
    ("en", "Gen.", "Grant"),
    ("en", "Col.", "Sanders"),
    ("en", "J.", "Smith"),
    ("en", "e.g.", "Paris"),
    ("en", "i.e.", "Paris"),
    ("en", "(e.g.", "Paris"),
    ("en", "etc.", "and"),
    ("en", "No.", "5"),
    ("en", "...", "and"),
    ("en", "What?”", "he"),
    ("en", "end,", "Then"),
    ("en", "end", "Then"),
    ("en", "”", "Then"),
    ("de", "z.B.", "Berlin"),
    ("de", "z.", "B."),
    ("de", "Hr.", "Müller"),
    ("es", "Sra.", "García"),
    ("fr", "I.", "Dupont"),
    ("sw", "Dr.", "Juma"),
]


@pytest.mark.parametrize(("language", "word", "following"), ENDS)
def test_a_sentence_ends_with_its_mark(language: str, word: str, following: str) -> None:
    assert ends_sentence(word, following, language)


@pytest.mark.parametrize(("language", "word", "following"), GOES_ON)
def test_abbreviations_initials_and_marks_before_small_letters_end_none(
    language: str, word: str, following: str
) -> None:
    assert not ends_sentence(word, following, language)


def test_a_mark_before_a_small_letter_is_still_a_stop() -> None:
    assert is_stopped("What?”", "he", "en")
    assert is_stopped("well…", "and", "en")
    assert not is_stopped("e.g.", "paris", "en")


def test_every_abbreviated_title_that_holds_on_to_a_name_ends_no_sentence() -> None:
    lists = tomllib.loads(resources.files("pipeline.captions").joinpath("breaks.toml").read_text("utf-8"))
    for language, classes in lists.items():
        titles = {title for title in classes.get("titles", "").split() if title.endswith(".")}
        assert titles <= abbreviations(language), language
