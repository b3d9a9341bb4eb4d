"""Findings about a title as a whole: what was assumed, what failed, what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.release.title import Failed
from schemas.captions import Finding, Severity, Variant
from schemas.media import Prepared
from schemas.scenes import ShotNote
from schemas.speech import Coverage, CoverageLabel, Estimate, Turn
from schemas.time import clock

LONG_HOLE_MS = 1_000
"""Missing sound of this length is an error: words are lost. Ours."""

MOST_REASONS = 3
"""Reasons that one finding names; the table ``chunks`` has all. Ours."""

UNSURE_MS = 1_000
"""Speech without a speaker that is worth a look. Ours: less is a syllable between two turns."""


def about_title(
    *,
    failed: Sequence[Failed],
    coverage: Sequence[Coverage],
    turns: Sequence[Turn],
    chunks: int,
    estimates: Sequence[Estimate],
    is_language_assumed: bool,
    language: str,
    variant: Variant,
    notes: Sequence[ShotNote],
    facts: Prepared,
    turns_outside: int = 0,
) -> tuple[Finding, ...]:
    """What a human should know before trusting the title, of whose speech ``chunks`` were transcribed."""
    found: list[Finding] = []
    if is_language_assumed:
        message = f"Nothing says what is spoken; {language} was assumed. Run again with --language if it is another."
        found.append(_finding("language-assumed", Severity.WARNING, None, message))
    found += (
        _finding("engine-failure", Severity.ERROR, None, f"The {one.job} request {one.index} failed: {one.reason}.")
        for one in failed
    )
    if turns_outside:
        message = f"{turns_outside} turns of the speakers' file end after the title: is it the file of this title?"
        found.append(_finding("speakers-outside", Severity.WARNING, None, message))
    found += _damage(facts)
    found += _dropped(coverage)
    found += _estimated(estimates, chunks)
    if variant is Variant.SDH:
        found.append(_labels(notes))
    unsure = [turn for turn in turns if turn.speaker is None and turn.span.duration_ms >= UNSURE_MS]
    found += (
        _finding(
            "speaker-unsure",
            Severity.INFO,
            turn.span.start_ms,
            f"Nobody is sure who speaks from {clock(turn.span.start_ms)} to {clock(turn.span.end_ms)}.",
        )
        for turn in unsure
    )
    return tuple(found)


def _damage(facts: Prepared) -> Iterator[Finding]:
    """Parts of the source that could not be decoded."""
    if facts.damaged_packets:
        message = f"{facts.damaged_packets} packets of the source are damaged: check it, and send it again if you can."
        yield _finding("source-damaged", Severity.ERROR, None, message)
    for hole in facts.holes:
        message = f"The source has no sound from {clock(hole.start_ms)} to {clock(hole.end_ms)}: what was said is lost."
        severity = Severity.ERROR if hole.duration_ms >= LONG_HOLE_MS else Severity.WARNING
        yield _finding("source-damaged", severity, hole.start_ms, message)


def _dropped(coverage: Sequence[Coverage]) -> Iterator[Finding]:
    for part in coverage:
        if part.label is CoverageLabel.DROPPED:
            where = f"{clock(part.span.start_ms)} to {clock(part.span.end_ms)}"
            message = f"Speech from {where} has no captions: {part.reason}."
            yield _finding("speech-dropped", Severity.WARNING, part.span.start_ms, message)


def _estimated(estimates: Sequence[Estimate], chunks: int) -> Iterator[Finding]:
    """How much of the speech has estimated times, and why, the most frequent reasons first."""
    if estimates:
        reasons = Counter(estimate.reason for estimate in estimates).most_common()
        told = "; ".join(f"{reason} ({count}×)" for reason, count in reasons[:MOST_REASONS])
        others = f"; and {len(reasons) - MOST_REASONS} other reasons" if len(reasons) > MOST_REASONS else ""
        message = (
            f"The times of the words are estimates in {len(estimates)} of {chunks} chunks of speech, and captions "
            f"there may be early or late: {told}{others}."
        )
        yield _finding("times-estimated", Severity.WARNING, None, message)


def _labels(notes: Sequence[ShotNote]) -> Finding:
    """What a caption file for the deaf still lacks."""
    if any(note.sound_cues for note in notes):
        message = "Nothing here says who speaks: add a name where the picture does not show it."
        return _finding("sdh-labels", Severity.INFO, None, message)
    message = "Nothing here says who speaks or what sounds: a caption file for the deaf needs such labels added."
    return _finding("sdh-labels", Severity.WARNING, None, message)


def _finding(rule: str, severity: Severity, start_ms: int | None, message: str) -> Finding:
    return Finding(rule, severity, None, start_ms, None, None, "", message)
