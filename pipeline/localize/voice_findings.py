"""What a human should know of the voices of a dub: clips and consents that are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.localize.consent import Clearance, Obstacle
from pipeline.localize.voices import Heard
from pipeline.store.consents import Broken
from schemas.captions import Finding, Severity
from schemas.localize import Line, Voice, VoiceKind

_RULES = {Obstacle.EXPIRED: "consent-expired", Obstacle.SOMEBODY_ELSE: "consent-mismatch"}
"""Obstacles that are findings; that a record is for another language or use is how it was meant."""


def findings(
    voices: Sequence[Voice],
    heard: Sequence[Heard],
    lines: Sequence[Line],
    clearances: Sequence[Clearance],
    broken: Sequence[Broken],
    *,
    clones: bool,
) -> list[Finding]:
    """Findings about the voices of a title.

    Args:
        voices: One per speaker.
        heard: What was measured of each.
        lines: What is to be dubbed.
        clearances: What consent records say of the voices that they name.
        broken: Records that cannot be read.
        clones: Whether the engine clones voices, so that what prevents it matters now.
    """
    severity = Severity.WARNING if clones else Severity.INFO
    return [
        *_stock(voices, lines),
        *_no_reference(heard, lines, severity),
        *_refused(clearances, severity),
        *(
            _finding("consent-broken", severity, None, f"{one.key} cannot be read and allows nothing: {one.reason}.")
            for one in broken
        ),
    ]


def _stock(voices: Sequence[Voice], lines: Sequence[Line]) -> Iterator[Finding]:
    for voice in voices:
        if voice.speaker is not None and voice.kind is VoiceKind.STOCK:
            message = f"{voice.speaker} has a stock voice: {voice.reason}."
            yield _finding("stock-voice", Severity.INFO, _first_ms(lines, voice.speaker), message)


def _no_reference(heard: Sequence[Heard], lines: Sequence[Line], severity: Severity) -> Iterator[Finding]:
    for one in heard:
        if one.obstacle is not None:
            message = f"No clip of {one.speaker} can be cloned from: {one.obstacle}."
            yield _finding("no-reference", severity, _first_ms(lines, one.speaker), message)


def _refused(clearances: Sequence[Clearance], severity: Severity) -> Iterator[Finding]:
    for clearance in clearances:
        if clearance.consent is not None:
            continue
        for refusal in clearance.refusals:
            if (rule := _RULES.get(refusal.obstacle)) is not None:
                message = f"The consent record {refusal.consent_id} names {clearance.speaker} and {refusal.message}."
                yield _finding(rule, severity, None, message)


def _first_ms(lines: Sequence[Line], speaker: str) -> int | None:
    return next((line.span.start_ms for line in lines if line.speaker == speaker), None)


def _finding(rule: str, severity: Severity, start_ms: int | None, message: str) -> Finding:
    return Finding(rule, severity, None, start_ms, None, None, "", message)
