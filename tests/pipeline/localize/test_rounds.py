"""Everything is asked once, some of it once more, and each line has exactly one row whatever the engine answers."""

from __future__ import annotations

import itertools
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.measure import characters
from pipeline.captions.profiles import profile
from pipeline.localize import rounds, windows
from pipeline.localize.budgets import budgets
from pipeline.localize.rounds import Answered, Asked
from pipeline.localize.translated import rows
from pipeline.localize.windows import Briefing
from schemas.jobs import LineAnswer, Translation
from schemas.localize import Line, Term, TranslatedLine
from tests.support.lines import cues_of, dialogues, lines_of
from tests.support.scripted_translator import garbage, word_by_word

ASSET_ID = "0123456789abcdef"
HOUSE = profile("netflix", "es")


def briefed(lines: list[Line]) -> Briefing:
    return Briefing(
        "en", "es", budgets(lines, cues_of(lines), HOUSE), windows.due(lines, [Term("a", "b")], "en"), wordings=2
    )


def second(lines: list[Line], answers: dict[int, Answered], *, shortens: bool) -> list[Asked]:
    return rounds.second(lines, answers, briefed(lines), asset_id=ASSET_ID, profile=HOUSE, shortens=shortens)


@given(dialogues(), st.data())
def test_there_is_exactly_one_row_per_line_whatever_the_engine_answers(lines: list[Line], data: st.DataObject) -> None:
    briefing = briefed(lines)

    def answers(asked: list[Asked]) -> dict[int, Answered]:
        said = data.draw(st.lists(garbage(), min_size=len(asked), max_size=len(asked)))
        return rounds.answers(asked, said, briefing, HOUSE)

    earlier = answers(rounds.first(lines, briefing, asset_id=ASSET_ID))
    later = answers(second(lines, earlier, shortens=True))
    told = rounds.best(earlier, later, briefing, HOUSE)
    found = rows(lines, told, briefing, HOUSE)
    assert [(row.line_index, row.source) for row in found] == [(line.line_index, line.text) for line in lines]
    for row in found:
        holds_what_a_row_promises(row)


def holds_what_a_row_promises(row: TranslatedLine) -> None:
    assert (row.text is None) == (row.failure is not None)
    assert row.failure is None or row.failure.strip()
    wordings = (*([] if row.text is None else [row.text]), *row.shorter)
    for wording in wordings:
        assert wording == unicodedata.normalize("NFC", " ".join(wording.split()))
        assert not any(unicodedata.category(char) == "Cc" for char in wording)
        assert any(map(str.isalnum, wording)) or row.attempts == 0
    lengths = [characters(wording, HOUSE.counting) for wording in wordings]
    assert all(longer > shorter for longer, shorter in itertools.pairwise(lengths))
    assert row.length == (lengths[0] if lengths else 0)
    assert sorted(row.terms_due) == sorted((*row.terms_used, *row.terms_missed))


def test_what_is_well_is_not_asked_again() -> None:
    lines = lines_of("One.", ["Two and", "three."])
    asked = rounds.first(lines, briefed(lines), asset_id=ASSET_ID)
    answers = rounds.answers(asked, [word_by_word(one.request) for one in asked], briefed(lines), HOUSE)
    assert second(lines, answers, shortens=True) == []


def test_a_request_that_the_engine_refused_is_left_for_the_next_run() -> None:
    lines = lines_of(["Two and", "three."])
    asked = rounds.first(lines, briefed(lines), asset_id=ASSET_ID)
    answers = rounds.answers(asked, [Translation("", (), "it fell over")], briefed(lines), HOUSE)
    assert second(lines, answers, shortens=True) == []


def test_a_line_that_was_alone_already_is_not_asked_the_same_again() -> None:
    lines = lines_of("One.")
    asked = rounds.first(lines, briefed(lines), asset_id=ASSET_ID)
    answers = rounds.answers(asked, [Translation("", (), None)], briefed(lines), HOUSE)
    assert second(lines, answers, shortens=True) == []


def test_what_is_too_long_is_asked_again_with_what_was_said_where_that_helps() -> None:
    lines = lines_of(["Two and", "three."])
    asked = rounds.first(lines, briefed(lines), asset_id=ASSET_ID)
    long = Translation("", (LineAnswer(0, "x" * 60, (), ()), LineAnswer(1, "y", (), ())), None)
    answers = rounds.answers(asked, [long], briefed(lines), HOUSE)
    assert second(lines, answers, shortens=False) == []
    (again,) = second(lines, answers, shortens=True)
    assert [(line.text, line.previous) for line in again.request.lines] == [("Two and", "x" * 60)]
    assert again.request.after == ("three.",)
