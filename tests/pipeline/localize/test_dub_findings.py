"""What an editor is told of a dub, and at which cue of the target captions."""

from __future__ import annotations

import dataclasses

from pipeline.localize.dub_findings import findings
from pipeline.localize.utterances import Utterance
from schemas.captions import Finding, Severity
from schemas.localize import CueLink, DubLine, DubOutcome, VoiceKind
from schemas.time import Span

LINKS = [CueLink(4, 2), CueLink(5, 2), CueLink(6, 3)]

LINE = DubLine(
    dub_index=0,
    utterance=1,
    first_line=2,
    lines=2,
    speaker="S1",
    language="es",
    slot=Span(10_000, 12_000),
    text="Hola.",
    wording=0,
    natural_ms=2_000,
    placed=Span(10_000, 12_000),
    tempo=1.0,
    borrowed_ms=0,
    attempts=1,
    outcome=DubOutcome.NATURAL,
    reason=None,
    voice="tone/150",
    voice_kind=VoiceKind.MATCHED,
    consent_id=None,
)

FLAGGED = dataclasses.replace(LINE, outcome=DubOutcome.FLAGGED, placed=None, tempo=None, reason="it is too long")


def about(line: DubLine, cues: tuple[int, ...] = (2, 3)) -> list[Finding]:
    utterance = Utterance(1, 2, 2, cues, line.speaker, line.slot, ("Hola.",), None)
    return list(findings([line], [utterance], LINKS))


def test_there_is_nothing_to_say_of_a_line_at_natural_tempo() -> None:
    assert about(LINE) == []


def test_a_flagged_line_fails_delivery_and_says_that_the_original_stays() -> None:
    (found,) = about(dataclasses.replace(FLAGGED, natural_ms=4_000))
    assert (found.rule, found.severity, found.measured, found.limit) == ("dub-flagged", Severity.ERROR, 4_000, 2_000)
    assert found.message == "not dubbed, the original speech stays: it is too long"


def test_a_line_that_was_never_spoken_has_nothing_measured() -> None:
    (found,) = about(dataclasses.replace(FLAGGED, natural_ms=0))
    assert (found.measured, found.limit, found.unit) == (None, None, "")


def test_a_finding_is_at_the_first_target_cue_of_its_line() -> None:
    assert [found.cue_index for found in about(FLAGGED)] == [4]
    assert [found.cue_index for found in about(FLAGGED, cues=(3,))] == [6]


def test_a_line_whose_first_cue_has_no_target_is_found_at_the_next() -> None:
    assert [found.cue_index for found in about(FLAGGED, cues=(1, 3))] == [6]


def test_a_line_without_a_target_cue_is_found_by_its_time() -> None:
    (found,) = about(FLAGGED, cues=(9,))
    assert (found.cue_index, found.start_ms) == (None, 10_000)


def test_fast_and_borrowed_and_late_are_told_each_for_itself() -> None:
    placed = Span(10_500, 12_400)
    line = dataclasses.replace(
        LINE, outcome=DubOutcome.BORROWED, natural_ms=2_280, placed=placed, tempo=2_280 / 1_900, borrowed_ms=400
    )
    assert [(found.rule, found.severity, found.measured) for found in about(line)] == [
        ("dub-late", Severity.WARNING, 500),
        ("dub-borrowed", Severity.INFO, 400),
        ("dub-tempo", Severity.INFO, 1.2),
    ]


def test_a_line_that_is_late_by_less_than_anyone_notices_is_not_told() -> None:
    assert about(dataclasses.replace(LINE, placed=Span(10_125, 12_125))) == []
    assert [found.rule for found in about(dataclasses.replace(LINE, placed=Span(10_126, 12_126)))] == ["dub-late"]


def test_the_limit_of_natural_tempo_is_not_told_as_fast() -> None:
    assert about(dataclasses.replace(LINE, natural_ms=2_200, tempo=1.1)) == []


def test_a_line_of_nobody_knows_whom_is_worth_a_look() -> None:
    (found,) = about(dataclasses.replace(LINE, speaker=None))
    assert (found.rule, found.severity) == ("speaker-unsure", Severity.WARNING)
