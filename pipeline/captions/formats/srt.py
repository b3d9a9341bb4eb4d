r"""SubRip (SRT), through pysrt.

There is no standard; this writes what every player takes: index from 1, ``HH:MM:SS,mmm``, ``<i>``, ``{\an8}``
for placement, no blank line inside a cue. Speakers are not carried, and text that itself reads as a tag or a
time line is read as that, because the format cannot escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pysrt

from pipeline.captions.formats import timeline
from pipeline.captions.formats.limits import MAX_CUES, checked_length, too_many
from pipeline.captions.formats.notes import Notes
from pipeline.captions.formats.runs import Parsed, Run, by_start, lay_out, lines_of
from pipeline.errors import TextFileError
from schemas.captions import Cue, Placement
from schemas.time import Span

# {\an1} … {\an9}: the numeric keypad, as in Advanced SubStation Alpha.
_KEYPAD = {
    1: Placement.BOTTOM_LEFT,
    2: Placement.BOTTOM,
    3: Placement.BOTTOM_RIGHT,
    4: Placement.MIDDLE_LEFT,
    5: Placement.MIDDLE,
    6: Placement.MIDDLE_RIGHT,
    7: Placement.TOP_LEFT,
    8: Placement.TOP,
    9: Placement.TOP_RIGHT,
}
_KEY_OF = {placement: key for key, placement in _KEYPAD.items()}

# Tags that players know, however they are cased or spaced ("< I >": OCR), and the overrides that Aegisub
# leaves in braces. Anything else in angle brackets or braces is text: "<3", "<laughs>", "{sic}".
_MARKUP = re.compile(
    r"<(?P<close>/?)(?P<tag>[ibus]|font)/?>|<[ ]?(?P<torn>/?)[ ]?i[ ]?>|<font\s[^<>\n]*>|\{(?P<override>\\[^{}\n]*)\}",
    re.IGNORECASE,
)
_ALIGNMENT = re.compile(r"\\an([1-9])")
_ITALIC_OVERRIDE = re.compile(r"\\i([01])")
_INDEX = re.compile(r"[ \t\ufeff]*\d+[ \t]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Block:
    """One cue as it stands in the file."""

    line: int
    """Number of its time line."""

    item: pysrt.SubRipItem
    """Times, coordinates and text."""


def parse(text: str, language: str) -> list[Cue]:
    """Cues of an SRT file in order of start; ``compose`` is undone but for what SRT cannot carry.

    Raises:
        TextFileError: A time line cannot be understood, or there is none; it carries the line.

    """
    return list(scan(text, language).cues)


def scan(text: str, language: str) -> Parsed:
    """``parse`` with notes of what was tolerated or left out."""
    notes = Notes()
    cues: list[Cue] = []
    for block in _blocks(text, notes):
        runs, placement = _styled(block, notes)
        laid = lay_out(runs)
        if not laid.lines:
            notes.add("a cue without text, left out", block.line)
            continue
        span = Span(block.item.start.ordinal, block.item.end.ordinal)
        cues.append(laid.cue(span, language=language, placement=placement))
    return Parsed(tuple(by_start(cues)), notes.summary())


def compose(cues: Sequence[Cue]) -> str:
    """The cues as SRT in order of start, numbered from 1, with line feeds at the ends of lines."""
    return "".join(f"{_item(number, cue)}\n" for number, cue in enumerate(by_start(cues), start=1))


def _item(number: int, cue: Cue) -> pysrt.SubRipItem:
    placement = "" if cue.placement is Placement.BOTTOM else rf"{{\an{_KEY_OF[cue.placement]}}}"
    text = "\n".join(_tagged(line) for line in lines_of(cue))
    return pysrt.SubRipItem(number, cue.span.start_ms, cue.span.end_ms, placement + text)


def _tagged(line: Sequence[Run]) -> str:
    return "".join(f"<i>{run.text}</i>" if run.italic else run.text for run in line)


def _blocks(text: str, notes: Notes) -> Iterator[_Block]:
    """The cues of the file: each from its time line to the next one, without index and blank lines."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    times = _time_lines(lines)
    if not times:
        if text.strip("\ufeff \t\r\n"):
            raise TextFileError("there is no time line", "is this a caption file?", 1)
        return
    _note_preamble(lines[: times[0]], notes)
    indexed = False
    for at, end in zip(times, [*times[1:], len(lines)], strict=True):
        had_index, indexed = indexed, at > 0 and _is_index(lines, at - 1, after_indexed=indexed)
        if not indexed:
            notes.add("a cue without its number", at + 1)
        elif had_index and at > 1 and lines[at - 2].strip():
            notes.add("no blank line before a cue", at)
        body_end = end - 1 if end < len(lines) and _is_index(lines, end - 1, after_indexed=indexed) else end
        yield _Block(at + 1, _parsed(lines[at:body_end], at + 1, notes))


def _time_lines(lines: Sequence[str]) -> list[int]:
    """Positions of the time lines.

    Raises:
        TextFileError: A line with an arrow where the times belong, or that begins like one, is none; or
            there are too many.

    """
    found: list[int] = []
    for at, line in enumerate(lines):
        if ">" not in line:
            continue
        if timeline.recognise(line.lstrip("\ufeff")):
            found.append(at)
            if len(found) > MAX_CUES:
                raise too_many(at + 1)
        elif "-->" in line and (timeline.looks_timed(line) or _begins_cue(lines, at)):
            raise timeline.unreadable(line, at + 1)
    return found


def _begins_cue(lines: Sequence[str], at: int) -> bool:
    """Whether ``at`` is where times belong: first of its block, or after a number that is."""
    before = at - 1 if at > 0 and _INDEX.fullmatch(lines[at - 1]) else at
    return before == 0 or not lines[before - 1].strip()


def _is_index(lines: Sequence[str], at: int, *, after_indexed: bool) -> bool:
    """Whether the line before a time line is the cue's number, and not the last line of the cue before.

    It follows a blank line, or the cues before it are numbered too.
    """
    if not _INDEX.fullmatch(lines[at]):
        return False
    return after_indexed or at == 0 or not lines[at - 1].strip()


def _note_preamble(lines: Sequence[str], notes: Notes) -> None:
    """Text before the first cue: an advertisement or a licence, in files from the web."""
    for number, line in enumerate(lines, start=1):
        if line.strip() and not (number == len(lines) and _INDEX.fullmatch(line)):
            notes.add("text before the first cue, left out", number)


def _parsed(lines: Sequence[str], number: int, notes: Notes) -> pysrt.SubRipItem:
    """The cue whose time line is ``lines[0]``, in the strict form that pysrt reads."""
    match = timeline.recognise(lines[0].lstrip("\ufeff"))
    assert match is not None
    checked_length(sum(map(len, lines[1:])), number)
    timed = timeline.read(match, number, notes, mark=",")
    if timed.rest:
        notes.add("coordinates after the times, left out", number)
    body = [line for line in lines[1:] if line.strip()]
    inside = "\n".join(lines[1:]).rstrip().split("\n")
    if body and any(not line.strip() for line in inside[1:]):
        notes.add("a blank line inside a cue, left out", number)
    start, end = (timeline.clock(at_ms, mark=",") for at_ms in (timed.span.start_ms, timed.span.end_ms))
    return pysrt.SubRipItem.from_lines([f"{start} --> {end}", *(body or [""])])


def _styled(block: _Block, notes: Notes) -> tuple[Iterable[Run], Placement]:
    """Text of a cue in runs, and where it stands."""
    text = block.item.text
    runs: list[Run] = []
    placement = Placement.BOTTOM
    italic = False
    at = 0
    for match in _MARKUP.finditer(text):
        runs.append(Run(text[at : match.start()], italic))
        at = match.end()
        if override := match["override"]:
            if key := _ALIGNMENT.search(override):
                placement = _KEYPAD[int(key[1])]
            if switch := _ITALIC_OVERRIDE.search(override):
                italic = switch[1] == "1"
            if not key and not switch:
                notes.add("overrides in braces, left out", block.line)
        elif match["torn"] is not None or match["tag"] in ("i", "I"):
            italic = not (match["torn"] or match["close"])
        else:
            notes.add("bold, underline and colours, left out", block.line)
    runs.append(Run(text[at:], italic))
    return runs, placement
