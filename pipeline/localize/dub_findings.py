"""What an editor should know of a dub: which lines are not in it and why, and which differ from the ideal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.localize.fit import BORROW_MS, NATURAL_TEMPO
from pipeline.localize.retime import first_cues
from pipeline.localize.utterances import Utterance
from schemas.captions import Finding, Severity
from schemas.localize import CueLink, DubLine

SEEN_LATE_MS = 125
"""Delay of sound behind a picture that viewers notice (ITU-R BT.1359-1); a line that is less late is no finding."""

_TEMPO_UNIT = "times natural tempo"


def findings(dub: Sequence[DubLine], told: Sequence[Utterance], links: Iterable[CueLink]) -> Iterator[Finding]:
    """Findings about the lines of a dub, in order of time, each at the first target cue of its line.

    Args:
        dub: Dub lines in order.
        told: Their utterances, in the same order.
        links: Which target cues translate which source cues.

    """
    targets = first_cues(links)
    for line, utterance in zip(dub, told, strict=True):
        yield from _about(line, _first_cue(utterance, targets))


def _first_cue(utterance: Utterance, targets: Mapping[int, int]) -> int | None:
    """First target cue of an utterance; None when none of its cues has one."""
    return min((targets[cue] for cue in utterance.cues if cue in targets), default=None)


def _about(line: DubLine, cue: int | None) -> Iterator[Finding]:
    start_ms = line.slot.start_ms

    def finding(
        rule: str, severity: Severity, message: str, *, measured: float | None, limit: float | None, unit: str
    ) -> Finding:
        return Finding(rule, severity, cue, start_ms, measured, limit, unit, message)

    if line.placed is None or line.tempo is None:
        message = f"not dubbed, the original speech stays: {line.reason}"
        needed_ms = line.natural_ms or None
        limit_ms = line.slot.duration_ms if needed_ms else None
        unit = "ms" if needed_ms else ""
        yield finding("dub-flagged", Severity.ERROR, message, measured=needed_ms, limit=limit_ms, unit=unit)
        return
    late_ms = line.placed.start_ms - start_ms
    if late_ms > SEEN_LATE_MS:
        message = f"the dub begins {late_ms} ms after its speaker, when the line before it has ended"
        yield finding("dub-late", Severity.WARNING, message, measured=late_ms, limit=SEEN_LATE_MS, unit="ms")
    if line.borrowed_ms:
        message = f"the dub goes on for {line.borrowed_ms} ms after its speaker has ended"
        yield finding("dub-borrowed", Severity.INFO, message, measured=line.borrowed_ms, limit=BORROW_MS, unit="ms")
    if line.natural_ms > NATURAL_TEMPO * line.placed.duration_ms:
        message = f"the dub is spoken {line.tempo:.2f} times as fast as is natural"
        limit = float(NATURAL_TEMPO)
        yield finding("dub-tempo", Severity.INFO, message, measured=line.tempo, limit=limit, unit=_TEMPO_UNIT)
    if line.speaker is None:
        message = "nobody is sure who says this: the dub has a stock voice"
        yield finding("speaker-unsure", Severity.WARNING, message, measured=None, limit=None, unit="")
