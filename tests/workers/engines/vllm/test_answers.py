"""Strings of JSON answers as text of ours."""

from __future__ import annotations

import pytest

from workers.engines.vllm.answers import PHRASE_CHARACTERS, PROSE_CHARACTERS, phrase, phrases, prose
from workers.engines.vllm.guards import Reason, Unacceptable


def refused(text: str) -> Reason:
    with pytest.raises(Unacceptable) as caught:
        prose(text, name="the note")
    return caught.value.reason


def test_text_becomes_one_line() -> None:
    assert prose(" A street.\n\n Cars\tpass. ", name="the note") == "A street. Cars pass."
    assert phrase("door\nslams") == "door slams"


def test_a_phrase_that_is_too_long_says_that_it_goes_on() -> None:
    long = "ab " * PHRASE_CHARACTERS
    assert len(phrase(long)) <= PHRASE_CHARACTERS
    assert phrase(long).endswith("…")
    assert phrase("x" * PHRASE_CHARACTERS) == "x" * PHRASE_CHARACTERS


def test_of_phrases_the_empty_and_the_doubled_fall_away() -> None:
    assert phrases(["b", " ", "a", "b\n", ""]) == ("b", "a")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("  ", Reason.EMPTY),
        ("a woman <|im_end|>", Reason.UNPARSABLE),
        (" ".join(f"word{number}" for number in range(PROSE_CHARACTERS)), Reason.UNPARSABLE),
        ("She walks and " * 30, Reason.REPETITION),
        ("I'm sorry, but as an AI language model I can't describe this video.", Reason.REFUSED),
    ],
)
def test_what_is_no_prose_is_refused_with_a_reason(text: str, reason: Reason) -> None:
    assert refused(text) is reason
