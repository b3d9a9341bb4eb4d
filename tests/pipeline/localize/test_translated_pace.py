"""A pace means the same in both languages, and where nothing is known it stays what it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.localize.translated_pace import USUAL_SYLLABLES_PER_S, translated_pace

ROUNDING = 0.02
"""Paces are told to a hundredth, twice."""


def test_a_usual_speaker_of_english_becomes_a_usual_speaker_of_spanish() -> None:
    assert translated_pace(6.19, spoken="en-US", wanted="es-419") == 7.82


@pytest.mark.parametrize(("spoken", "wanted"), [("en", "en"), ("en", "xx"), ("xx", "es"), ("und", "es")])
def test_a_language_of_which_nothing_is_known_changes_nothing(spoken: str, wanted: str) -> None:
    assert translated_pace(4.56, spoken=spoken, wanted=wanted) == 4.56


known = st.sampled_from(sorted(USUAL_SYLLABLES_PER_S))


@given(st.floats(1, 12), known, known)
def test_there_and_back_is_the_same_pace(pace: float, spoken: str, wanted: str) -> None:
    there = translated_pace(pace, spoken=spoken, wanted=wanted)
    assert translated_pace(there, spoken=wanted, wanted=spoken) == pytest.approx(pace, abs=ROUNDING)
