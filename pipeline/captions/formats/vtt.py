"""WebVTT, after the W3C's recommendation (https://www.w3.org/TR/webvtt1/, §4 syntax, §6 parsing).

Carries all of a cue: ``<i>``, ``<v Speaker>``, placement as cue settings. STYLE, REGION and NOTE are skipped
in reading; classes, karaoke times, ruby text and vertical writing are left out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.captions.formats import cue_settings, timeline
from pipeline.captions.formats.limits import MAX_CUES, checked_length, too_many
from pipeline.captions.formats.notes import Notes, quoted
from pipeline.captions.formats.runs import Parsed, Run, by_start, lay_out, lines_of, name_of_speaker
from pipeline.errors import TextFileError
from schemas.captions import Cue

SIGNATURE = "WEBVTT"
"""First characters of every file, after an optional byte order mark (§4.1)."""

# A tag starts with a letter, a slash or, for karaoke times, a digit that a colon follows; "<3" and "a < b"
# in files of people who do not escape are text. A character reference needs its semicolon, so that "AT&T"
# and "R&B" unescaped stay what they are.
_TOKEN = re.compile(
    r"<(?P<close>/?)(?P<tag>[A-Za-z]+)(?P<classes>\.[^\s<>]*)?(?:\s(?P<annotation>[^<>]*))?>"
    r"|<(?P<time>\d+:[\d:.]+)>"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});)"
)
_SKIPPED_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?")


@dataclass(frozen=True, slots=True)
class _Block:
    """One cue as it stands in the file."""

    line: int
    """Number of its time line."""

    timed: timeline.TimeLine
    """Times and settings."""

    body: str
    """The lines after the time line."""


def parse(text: str, language: str) -> list[Cue]:
    """Cues of a WebVTT file in order of start; ``compose`` is undone.

    Raises:
        TextFileError: The signature is missing, or a time line cannot be understood; it carries the line.

    """
    return list(scan(text, language).cues)


def scan(text: str, language: str) -> Parsed:
    """``parse`` with notes of what was tolerated or left out."""
    notes = Notes()
    cues: list[Cue] = []
    for block in _blocks(text, notes):
        if len(cues) >= MAX_CUES:
            raise too_many(block.line)
        checked_length(len(block.body), block.line)
        laid = lay_out(_runs(block.body, block.line, notes))
        if not laid.lines:
            notes.add("a cue without text, left out", block.line)
            continue
        if laid.lost_speakers:
            notes.add("speakers that change inside a line or are known for some lines only, left out", block.line)
        placement = cue_settings.read(block.timed.rest, language, block.line, notes)
        cues.append(laid.cue(block.timed.span, language=language, placement=placement))
    return Parsed(tuple(by_start(cues)), notes.summary())


def compose(cues: Sequence[Cue]) -> str:
    """The cues as WebVTT in order of start, with identifiers from 1 and line feeds at the ends of lines."""
    blocks = (_block(number, cue) for number, cue in enumerate(by_start(cues), start=1))
    return "\n".join([f"{SIGNATURE}\n", *blocks])


def _block(number: int, cue: Cue) -> str:
    start, end = (timeline.clock(at_ms, mark=".") for at_ms in (cue.span.start_ms, cue.span.end_ms))
    settings = cue_settings.write(cue.placement)
    lines = lines_of(cue)
    if len(cue.speakers) > 1:
        body = "\n".join(_voiced(_tagged(line), line[0].speaker) for line in lines)
    else:
        body = _voiced("\n".join(_tagged(line) for line in lines), *cue.speakers)
    return f"{number}\n{start} --> {end}{' ' if settings else ''}{settings}\n{body}\n"


def _voiced(text: str, speaker: str | None = None) -> str:
    """Text in a voice span, if somebody is known to say it."""
    name = name_of_speaker(speaker or "")
    return f"<v {_escaped(name)}>{text}</v>" if name else text


def _tagged(line: Sequence[Run]) -> str:
    return "".join(f"<i>{_escaped(run.text)}</i>" if run.italic else _escaped(run.text) for run in line)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(text: str, notes: Notes) -> Iterator[_Block]:
    """The cues of the file (§6.1, "collect a WebVTT block"); other blocks are skipped."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = _after_header(lines, notes)
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        at_time = _time_line_of_block(lines, at)
        if at_time is None:
            if not _SKIPPED_BLOCK.fullmatch(lines[at]):
                notes.add("text that belongs to no cue, left out", at + 1)
            at = _end_of_block(lines, at)
            continue
        end, after = _body_after(lines, at_time, notes)
        yield _Block(at_time + 1, _times(lines[at_time], at_time + 1, notes), "\n".join(lines[at_time + 1 : end]))
        at = after


def _after_header(lines: Sequence[str], notes: Notes) -> int:
    """Position after the signature and the header that may follow it.

    Raises:
        TextFileError: The file does not begin with the signature, nor with a cue.

    """
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if first > 0:
        # Web pages that print a template before they print the file.
        notes.add("blank lines before the signature", 1)
    if lines[first].rstrip() != SIGNATURE and not lines[first].startswith((f"{SIGNATURE} ", f"{SIGNATURE}\t")):
        if _time_line_of_block(lines, first) is None:
            what = f"the file begins with {quoted(lines[first])} and not with WEBVTT"
            raise TextFileError(what, "is this a WebVTT file?", first + 1)
        # Cut from a longer file, or converted by hand.
        notes.add("the signature WEBVTT is missing", first + 1)
        return first
    for at in range(first + 1, len(lines)):
        if not lines[at].strip():
            return at
        if "-->" in lines[at]:
            notes.add("no blank line after the header", at + 1)
            return at
        # YouTube writes Kind and Language. HLS says where the file's zero lies in the stream: not ours to apply.
        notes.add("a header line such as X-TIMESTAMP-MAP or Kind, left out", at + 1)
    return len(lines)


def _time_line_of_block(lines: Sequence[str], at: int) -> int | None:
    """Position of the time line of the block at ``at``: its first line, or the second after an identifier."""
    for candidate in range(at, min(at + 2, len(lines))):
        if not lines[candidate].strip():
            return None
        if "-->" in lines[candidate] or timeline.recognise(lines[candidate]):
            return candidate
    return None


def _end_of_block(lines: Sequence[str], at: int) -> int:
    """Position after the block at ``at``, which ends at a blank line or before a time line."""
    while at < len(lines) and lines[at].strip() and not timeline.recognise(lines[at]):
        at += 1
    return at


def _body_after(lines: Sequence[str], at_time: int, notes: Notes) -> tuple[int, int]:
    """Where the text after a time line ends, and where the next block begins."""
    end = _end_of_block(lines, at_time + 1)
    if end == len(lines) or not lines[end].strip():
        return end, end
    notes.add("no blank line before a cue", end + 1)
    # A number right before the next times is an identifier, in files whose blank lines were lost.
    if end - 1 > at_time and lines[end - 1].strip().isdecimal():
        return end - 1, end - 1
    return end, end


def _times(line: str, number: int, notes: Notes) -> timeline.TimeLine:
    match = timeline.recognise(line)
    if match is None:
        raise timeline.unreadable(line, number)
    return timeline.read(match, number, notes, mark=".")


def _runs(body: str, number: int, notes: Notes) -> Iterator[Run]:
    """Text of a cue in runs (§6.4, the cue text tokenizer)."""
    italic_depth = ruby_depth = at = 0
    speaker: str | None = None
    for match in _TOKEN.finditer(body):
        if not ruby_depth:
            yield Run(body[at : match.start()], italic_depth > 0, speaker)
        at = match.end()
        if match["entity"]:
            if not ruby_depth:
                yield Run(html.unescape(match["entity"]), italic_depth > 0, speaker)
            continue
        step = -1 if match["close"] else 1
        tag = (match["tag"] or "").lower()
        if tag == "i":
            italic_depth = max(0, italic_depth + step)
        elif tag == "v":
            named = name_of_speaker(html.unescape(match["annotation"] or ""))
            speaker = named if named and step > 0 else None
        elif tag == "rt":
            ruby_depth = max(0, ruby_depth + step)
            notes.add("ruby text, left out", number)
        elif tag != "ruby":
            notes.add(
                "karaoke times, left out" if match["time"] else "bold, underline, classes and colours, left out", number
            )
    if not ruby_depth:
        yield Run(body[at:], italic_depth > 0, speaker)
