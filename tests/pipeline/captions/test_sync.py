"""Which words a cue shows, found again in the transcript."""

from __future__ import annotations

from pipeline.captions.sync import Said, alignment
from schemas.captions import Cue
from schemas.speech import Word
from schemas.time import Span


def words(*timed: tuple[str, int, int]) -> list[Word]:
    return [Word(text, Span(start, end), None) for text, start, end in timed]


def cue(*lines: str) -> Cue:
    return Cue(Span(0, 1), lines, "en")


SPOKEN = words(("Yes.", 100, 300), ("No...", 400, 900), ("Look", 1_000, 1_200), ("here", 1_100, 1_150))


def test_each_cue_is_found_with_the_times_of_its_words() -> None:
    found = alignment([cue("-Yes.", "-No…"), cue("Look", "here")], SPOKEN)
    assert found == [Said(100, 900), Said(1_000, 1_200)]


def test_a_cue_that_shows_no_letters_has_no_speech() -> None:
    assert alignment([cue("-"), cue("Yes. No... Look here")], SPOKEN) == [None, Said(100, 1_200)]


def test_other_words_missing_words_and_more_words_are_not_aligned() -> None:
    assert alignment([cue("Yes. No... Look there")], SPOKEN) is None
    assert alignment([cue("Yes.")], SPOKEN) is None
    assert alignment([cue("Yes. No... Look here, now")], SPOKEN) is None
