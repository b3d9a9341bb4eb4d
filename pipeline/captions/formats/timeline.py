"""The line ``start --> end`` of SRT and WebVTT, as its formats define it and as other people's tools write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions.formats.notes import Notes, quoted
from pipeline.errors import TextFileError
from schemas.time import Span, seconds_to_ms

ZERO_LENGTH_MS = 1
"""How long a cue without length is made, so that its text is not lost and lint finds it too short."""

# Spaces inside a time: OCR tools (SubRip, Subtitle Edit on bitmaps). No hours: SRT made from WebVTT. Minutes
# and hours of one digit: hand-written. A dot for the comma: WebVTT renamed to SRT. A colon before three
# digits: spreadsheet exports. Fewer or more than three digits, or none: Aegisub (2), whisper forks (6), YouTube
# transcripts (0). Every quantity has a bound on its digits, so that no time is absurd and no match is slow.
_CLOCK = (
    r"(?:(?P<{0}_h>\d{{1,4}})[ ]?:[ ]?)?(?P<{0}_m>\d{{1,2}})[ ]?:[ ]?(?P<{0}_s>\d{{1,2}})"
    r"(?:[ ]?(?P<{0}_mark>[,.]|:(?=\d{{3}}(?!\d)))[ ]?(?P<{0}_f>\d{{1,9}}))?(?!\d|[ ]?[:.,]\d)"
)
# One hyphen, an en or em dash: word processors "correct" the arrow. "- ->": OCR.
_ARROW = r"(?P<before>[ \t]*)(?P<arrow>-{1,3}>|-[ ]-[ ]?>|[–—]-?>)(?P<after>[ \t]*)"
_LINE = re.compile(rf"[ \t]*{_CLOCK.format('a')}{_ARROW}{_CLOCK.format('b')}(?P<rest>(?:[ \t].*)?)", re.ASCII)
_LOOKS_TIMED = re.compile(r"[ \t]*-?\d{1,4}[ ]?:[ ]?\d{1,2}[ ]?[:,.].*-->", re.ASCII)


@dataclass(frozen=True, slots=True)
class TimeLine:
    """A recognised time line."""

    span: Span
    """When the cue is on screen."""

    rest: str
    """What follows the times: coordinates in SRT, settings in WebVTT."""


def recognise(line: str) -> re.Match[str] | None:
    """The parts of a line that is a time line in some tool's writing; None for any other line."""
    match = _LINE.fullmatch(line)
    if match is None or any(match[f"{side}_h"] is None and match[f"{side}_f"] is None for side in "ab"):
        return None
    return match


def looks_timed(line: str) -> bool:
    """Whether the line begins like a time line, right or wrong."""
    return _LOOKS_TIMED.match(line) is not None


def unreadable(line: str, number: int) -> TextFileError:
    """The error for a line that stands where the times belong and is none."""
    return TextFileError(
        f"{quoted(line)} is not a time line",
        "write it as 00:00:01,000 --> 00:00:02,500 and read the file again",
        number,
    )


def read(match: re.Match[str], number: int, notes: Notes, *, mark: str) -> TimeLine:
    """Times of a recognised line; ``mark`` is what the format writes before the milliseconds.

    Raises:
        TextFileError: A minute or second beyond 59, or the end lies before the start.

    """
    start_ms, end_ms = (_milliseconds(match, side, number) for side in "ab")
    if end_ms < start_ms:
        raise TextFileError(
            f"the cue ends before it starts: {quoted(match[0].strip())}",
            "correct its times and read the file again",
            number,
        )
    if end_ms == start_ms:
        notes.add(f"a cue without length, shown for {ZERO_LENGTH_MS} ms", number)
        end_ms = start_ms + ZERO_LENGTH_MS
    _note_oddities(match, number, notes, mark=mark)
    return TimeLine(Span(start_ms, end_ms), match["rest"].strip())


def clock(at_ms: int, *, mark: str) -> str:
    """``HH:MM:SS`` and milliseconds after ``mark``; hours take more digits when they need them."""
    seconds, ms = divmod(at_ms, 1000)
    minutes, s = divmod(seconds, 60)
    hours, m = divmod(minutes, 60)
    return f"{hours:02}:{m:02}:{s:02}{mark}{ms:03}"


def _milliseconds(match: re.Match[str], side: str, number: int) -> int:
    hours, minutes, seconds = (int(match[f"{side}_{part}"] or 0) for part in "hms")
    if minutes > 59 or seconds > 59:
        raise TextFileError(
            f"{quoted(match[0].strip())} has a minute or second beyond 59", "correct it and read the file again", number
        )
    fraction = match[f"{side}_f"] or "0"
    return seconds_to_ms(hours * 3600 + minutes * 60 + seconds + Fraction(int(fraction), 10 ** len(fraction)))


def _note_oddities(match: re.Match[str], number: int, notes: Notes, *, mark: str) -> None:
    sides = "ab"
    if match["arrow"] != "-->" or match["before"] != " " or match["after"] != " ":
        notes.add("the arrow between the times is not written as ' --> '", number)
    if any(match[f"{side}_f"] is None for side in sides):
        notes.add("times without milliseconds, taken as whole seconds", number)
    elif any(len(match[f"{side}_f"]) != 3 for side in sides):
        notes.add("fractions of a second of other than three digits", number)
    if any(match[f"{side}_mark"] not in (None, mark) for side in sides):
        notes.add(f"milliseconds not set off by {mark!r}", number)
