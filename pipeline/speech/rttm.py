"""RTTM, the speaker turns of NIST's rich transcription evaluations: one line per turn.

``SPEAKER file channel start duration <NA> <NA> name <NA> <NA>``, times in seconds. Only the lines of
type SPEAKER mean anything here; a file may hold turns of one recording.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from pipeline.errors import TextFileError
from schemas.speech import Turn
from schemas.time import Span

_IGNORED = frozenset({
    "SPKR-INFO", "NON-SPEECH", "NOSCORE", "NO_RT_METADATA", "SEGMENT", "LEXEME", "NON-LEX", "FILLER", "EDIT", "IP",
    "SU", "CB", "A/P",
})  # fmt: skip
"""Other types of the RT-09 evaluation plan, appendix A; they say nothing of who speaks when."""

_LEAST_FIELDS = 8
"""Fields up to the speaker's name. RT-09 has ten; some tools (pyannote before 2.0) leave out the last."""

_LONGEST_MS = 1_000 * 3600 * 1_000
"""A thousand hours: no time in a file is later. Ours, against numbers that are no times."""

_REMEDY = "write lines such as: SPEAKER name 1 12.340 3.210 <NA> <NA> anna <NA> <NA>"

_UNNAMED = re.compile(r"<NA>|-|unknown", re.IGNORECASE)


def parse(text: str) -> list[Turn]:
    """Turns of a file in order of time; a human said so, hence their confidence is 1.

    Read leniently: blank lines, comments (``;;``), tabs, a byte order mark, fields missing at the end, and
    turns of no length (spkrec tools write them). A turn by ``<NA>`` has no speaker.

    Raises:
        TextFileError: A line is no turn, or two recordings are in the file; with the line's number.

    """
    turns: list[Turn] = []
    recording: str | None = None
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        fields = line.split()
        if not fields or fields[0].startswith((";;", "#")) or fields[0] in _IGNORED:
            continue
        if fields[0] != "SPEAKER":
            raise TextFileError(f"{fields[0][:40]!r} is no type of RTTM", _REMEDY, number)
        if len(fields) < _LEAST_FIELDS:
            raise TextFileError(f"{len(fields)} fields where a turn has ten", _REMEDY, number)
        if recording not in {None, fields[1]}:
            what = f"a turn of {fields[1][:40]!r} after turns of {recording!r}"
            raise TextFileError(what, "give one file per recording", number)
        recording = fields[1]
        start_ms, length_ms = _ms(fields[3], number), _ms(fields[4], number)
        if length_ms:
            speaker = None if _UNNAMED.fullmatch(fields[7]) else fields[7]
            turns.append(Turn(Span(start_ms, start_ms + length_ms), speaker, 1.0))
    return sorted(turns, key=lambda turn: (turn.span, turn.speaker or ""))


def compose(turns: Sequence[Turn], *, recording: str) -> str:
    """A file of these turns; ``parse`` undoes it but for confidences. White space in names becomes ``_``."""
    return "".join(_line(turn, "_".join(recording.split()) or "recording") for turn in turns)


def _line(turn: Turn, recording: str) -> str:
    name = "<NA>" if turn.speaker is None else "_".join(turn.speaker.split())
    start, length = _seconds(turn.span.start_ms), _seconds(turn.span.duration_ms)
    return f"SPEAKER {recording} 1 {start} {length} <NA> <NA> {name} <NA> <NA>\n"


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03}"


def _ms(text: str, number: int) -> int:
    try:
        ms = Decimal(text) * 1000
    except InvalidOperation as error:
        raise TextFileError(f"{text[:40]!r} is no time in seconds", _REMEDY, number) from error
    if not ms.is_finite() or not 0 <= ms <= _LONGEST_MS:
        raise TextFileError(f"{text[:40]!r} is no time inside a recording", _REMEDY, number)
    return round(ms)
