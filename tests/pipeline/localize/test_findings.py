"""What an editor is told of a translation, and at which cue."""

from __future__ import annotations

import dataclasses

from hypothesis import given

from pipeline.localize.findings import about_translation
from schemas.captions import Finding, Severity
from schemas.localize import CueLink, Line, TranslatedLine
from tests.support.lines import dialogues, lines_of

LINES = lines_of("My father took me there.", "In 1984.")
LINKS = [CueLink(0, 0), CueLink(1, 0), CueLink(2, 1)]


def rows_of(lines: list[Line]) -> list[TranslatedLine]:
    """Rows without a fault."""
    return [
        TranslatedLine(
            line_index=line.line_index,
            cue_index=line.cue_index,
            language="es",
            source=line.text,
            text=line.text,
            shorter=(),
            budget=40.0,
            length=20.0,
            terms_due=(),
            terms_used=(),
            terms_missed=(),
            unknown=(),
            attempts=1,
            failure=None,
        )
        for line in lines
    ]


FIRST, SECOND = rows_of(LINES)


def findings(faulty: TranslatedLine) -> list[Finding]:
    """What is found when one row has a fault."""
    rows = [faulty if row.line_index == faulty.line_index else row for row in (FIRST, SECOND)]
    return about_translation(LINES, rows, LINKS)


@given(dialogues())
def test_a_translation_without_faults_has_no_findings(lines: list[Line]) -> None:
    assert about_translation(lines, rows_of(lines), [CueLink(line.cue_index, line.cue_index) for line in lines]) == []


def test_a_line_without_a_translation_is_an_error_that_says_why() -> None:
    (found,) = findings(
        dataclasses.replace(SECOND, text=None, length=0.0, failure="it ran out of memory", terms_missed=("x",))
    )
    assert (found.rule, found.severity, found.cue_index) == ("translation-failed", Severity.ERROR, 2)
    assert found.start_ms == LINES[1].span.start_ms
    assert "it ran out of memory" in found.message


def test_a_line_whose_cue_has_no_translation_is_found_by_its_time() -> None:
    rows = rows_of(LINES)
    rows[1] = dataclasses.replace(rows[1], text=None, failure="gone")
    (found,) = about_translation(LINES, rows, LINKS[:2])
    assert (found.cue_index, found.start_ms) == (None, LINES[1].span.start_ms)


def test_a_translation_that_is_too_long_says_by_how_much() -> None:
    (found,) = findings(dataclasses.replace(FIRST, length=41.0))
    assert (found.rule, found.severity, found.cue_index) == ("translation-too-long", Severity.WARNING, 0)
    assert (found.measured, found.limit, found.unit) == (41.0, 40.0, "characters")


def test_every_missed_term_is_an_error() -> None:
    found = findings(dataclasses.replace(FIRST, terms_due=("father", "there"), terms_missed=("father", "there")))
    assert [(one.rule, one.severity, one.cue_index) for one in found] == [("term-missed", Severity.ERROR, 0)] * 2
    assert ["'father'" in found[0].message, "'there'" in found[1].message] == [True, True]


def test_a_lost_number_is_an_error() -> None:
    (found,) = findings(dataclasses.replace(SECOND, text="En aquel año."))
    assert (found.rule, found.severity, found.cue_index) == ("number-missing", Severity.ERROR, 2)
    assert "1984" in found.message


def test_a_number_that_may_be_there_in_words_is_a_warning_to_look() -> None:
    (found,) = findings(dataclasses.replace(SECOND, text="En mil novecientos ochenta y cuatro."))
    assert (found.rule, found.severity, found.cue_index) == ("number-missing", Severity.WARNING, 2)
    assert found.message == "the translation says numbers in words: nobody has checked that 1984 is one of them"


def test_another_number_in_its_place_is_an_error() -> None:
    lines = lines_of("He paid 1.5 million.")
    (row,) = rows_of(lines)
    (found,) = about_translation(lines, [dataclasses.replace(row, text="Pagó 15 millones.")], [])
    assert (found.rule, found.severity) == ("number-missing", Severity.ERROR)
    assert "1.5" in found.message


def test_a_number_that_moves_inside_its_sentence_is_not_lost() -> None:
    lines = lines_of(["In 1984", "we met."])
    first, second = rows_of(lines)
    moved = [dataclasses.replace(first, text="Nos conocimos"), dataclasses.replace(second, text="en 1984.")]
    assert about_translation(lines, moved, []) == []


def test_unknown_words_are_told_once_per_cue() -> None:
    lines = [dataclasses.replace(line, cue_index=0) for line in LINES]
    rows = [dataclasses.replace(row, cue_index=0, unknown=("blorb", "zip")) for row in rows_of(LINES)]
    (found,) = about_translation(lines, rows, LINKS)
    assert (found.rule, found.severity, found.cue_index) == ("unknown-words", Severity.WARNING, 0)
    assert "blorb, zip" in found.message
