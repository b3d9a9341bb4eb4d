"""Rows say what the glossary asked for, and what of it is there."""

from __future__ import annotations

from pipeline.captions.profiles import profile
from pipeline.localize.checks import Checked
from pipeline.localize.rounds import Told
from pipeline.localize.translated import rows
from pipeline.localize.windows import Briefing
from schemas.localize import Term, TranslatedLine
from tests.support.lines import lines_of

BRIDGE, TRAIN, NAME = Term("bridge", "puente"), Term("train", "tren"), Term("Anna", None)
LINES = lines_of(["the train and", "Anna at the bridge"], "♪")


def made(*texts: str | None) -> list[TranslatedLine]:
    """Rows for the first lines, translated so."""
    briefing = Briefing("en", "es", {0: 20.0, 1: 20.0, 2: 20.0}, {0: (TRAIN,), 1: (NAME, BRIDGE)}, wordings=0)
    told = {
        number: Told(Checked(text, (), (), None if text else "gone"), attempts=1) for number, text in enumerate(texts)
    }
    return rows(LINES, told, briefing, profile("netflix", "es"))


def test_terms_are_used_where_their_targets_are() -> None:
    first, second, _ = made("el tren y", "Anna en la pasarela")
    assert (first.terms_due, first.terms_used, first.terms_missed) == (("train",), ("train",), ())
    assert (second.terms_used, second.terms_missed) == (("Anna",), ("bridge",))


def test_a_term_may_stand_in_another_line_of_its_sentence() -> None:
    first, second, _ = made("Anna en el puente", "y el tren")
    assert (first.terms_missed, second.terms_missed) == ((), ())


def test_a_line_without_a_translation_misses_what_no_other_says() -> None:
    first, second, _ = made(None, "Anna en el puente")
    assert (first.text, first.length, first.failure, first.terms_missed) == (None, 0.0, "gone", ("train",))
    assert second.terms_missed == ()


def test_a_line_that_says_nothing_stays_as_it_is() -> None:
    *_, music = made("el tren y", "Anna")
    assert (music.text, music.length, music.attempts, music.failure) == ("♪", 1.0, 0, None)
