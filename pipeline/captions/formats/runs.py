"""Styled text between the formats and the cue: runs of characters in, lines and italics out, and back."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.captions import Cue, Italic, Placement
from schemas.time import Span

# C0 and C1 controls but for tab and line feed, surrogates, U+FEFF, non-characters: XML 1.0 §2.2 forbids
# most of them, no caption shows any, and files put together from several have a U+FEFF at each join.
_DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufdd0-\ufdef\ufffe\uffff]")
_LINE_SEPARATORS = re.compile("[\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Run:
    """Characters in one style; a line feed in them is a line break."""

    text: str
    """The characters, without markup."""

    italic: bool = False
    """Whether they are italic."""

    speaker: str | None = None
    """Who says them; None where the file does not say."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser made of a file."""

    cues: tuple[Cue, ...]
    """The cues in order of start; those of equal start in the order of the file."""

    notes: tuple[str, ...]
    """What was tolerated or left out, one sentence for each kind."""


@dataclass(frozen=True, slots=True)
class Laid:
    """Runs laid out in lines, ready to be a cue."""

    lines: tuple[str, ...]
    """Lines, none blank; empty when there is nothing to see."""

    italics: tuple[Italic, ...]
    """Italic runs in the lines."""

    speakers: tuple[str, ...]
    """As in ``Cue``; empty when some line has no speaker or more than one."""

    lost_speakers: bool
    """Whether speakers were named in a way that a cue cannot carry."""

    def cue(self, span: Span, *, language: str, placement: Placement) -> Cue:
        """The cue; ``lines`` must not be empty."""
        return Cue(span, self.lines, language, self.speakers, placement, self.italics)


def lay_out(runs: Iterable[Run]) -> Laid:
    """Lines of ``runs``: NFC, without blank lines, control characters and white space at the ends.

    White space at the start of a line is cut only where it is a space or a tab: Japanese files indent the
    second line of a sentence with U+3000, and mean it.
    """
    lines = [line for line in (_trimmed(line) for line in _split_lines(runs)) if line]
    texts: list[str] = []
    italics: list[Italic] = []
    for number, line in enumerate(lines):
        text, flags = _composed([(run.text, run.italic) for run in line])
        texts.append(text)
        italics += (Italic(number, start, end) for start, end in flags)
    speakers = [_speaker(line) for line in lines]
    named = any(run.speaker for line in lines for run in line)
    known = tuple(speaker for speaker in speakers if speaker is not None)
    if len(known) < len(lines):
        return Laid(tuple(texts), tuple(italics), (), lost_speakers=named)
    return Laid(tuple(texts), tuple(italics), known[:1] if len(set(known)) == 1 else known, lost_speakers=False)


def lines_of(cue: Cue) -> list[list[Run]]:
    """The lines of a cue as runs, alternately plain and italic, without what no format can carry."""
    lines = ([run for run in _runs_of_line(cue, number) if run.text] for number in range(len(cue.lines)))
    return [line for line in lines if any(run.text.strip() for run in line)]


def plain(text: str) -> str:
    """``text`` on one line and without control characters and non-characters."""
    return _DROPPED.sub("", _LINE_SEPARATORS.sub(" ", text).replace("\n", " "))


def name_of_speaker(name: str) -> str:
    """A speaker's name as formats carry it: words separated by one space."""
    return " ".join(plain(name).split())


def by_start(cues: Iterable[Cue]) -> list[Cue]:
    """Cues in order of start, as WebVTT demands; those of equal start stay as they are."""
    return sorted(cues, key=lambda cue: cue.span.start_ms)


def _runs_of_line(cue: Cue, number: int) -> Iterator[Run]:
    line = cue.lines[number]
    italics = ((run.start, run.end) for run in cue.italics if run.line == number)
    edges = [0, *itertools.chain.from_iterable(italics), len(line)]
    speaker = cue.speakers[number if len(cue.speakers) > 1 else 0] if cue.speakers else None
    for index, (start, end) in enumerate(itertools.pairwise(edges)):
        yield Run(plain(line[start:end]), index % 2 == 1, speaker)


def _split_lines(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs of each line, without line breaks and what no caption shows."""
    lines: list[list[Run]] = [[]]
    for run in runs:
        first, *others = _LINE_SEPARATORS.sub("\n", run.text).split("\n")
        lines[-1].append(Run(_DROPPED.sub("", first), run.italic, run.speaker))
        lines += ([Run(_DROPPED.sub("", other), run.italic, run.speaker)] for other in others)
    return lines


def _trimmed(line: Sequence[Run]) -> list[Run]:
    """The line without white space at its ends; empty when it is blank."""
    text = "".join(run.text for run in line)
    end = len(text.rstrip())
    start = end - len(text[:end].lstrip(" \t"))
    kept: list[Run] = []
    at = 0
    for run in line:
        piece = run.text[max(0, start - at) : max(0, end - at)]
        at += len(run.text)
        if piece:
            kept.append(Run(piece, run.italic, run.speaker))
    return kept


def _composed(pieces: Sequence[tuple[str, bool]]) -> tuple[str, list[tuple[int, int]]]:
    """NFC of the pieces' text, and the half-open ranges of it that are italic.

    A character that NFC merges with its predecessor takes the style of that.
    """
    text = ""
    ranges: list[tuple[int, int]] = []
    for cluster, italic in _joined(pieces):
        start = len(text)
        text += unicodedata.normalize("NFC", cluster)
        if not italic:
            continue
        if ranges and ranges[-1][1] == start:
            ranges[-1] = (ranges[-1][0], len(text))
        else:
            ranges.append((start, len(text)))
    return text, ranges


def _joined(pieces: Sequence[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    """The pieces, with combining characters at a border moved to the piece before it."""
    held, held_italic = "", False
    for text, italic in pieces:
        moved = 0
        while held and moved < len(text) and _combines(held[-2:], text[moved]):
            held += text[moved]
            moved += 1
        if rest := text[moved:]:
            if held:
                yield held, held_italic
            held, held_italic = rest, italic
    if held:
        yield held, held_italic


def _combines(before: str, character: str) -> bool:
    """Whether NFC may merge ``character`` with what stands before it."""
    if unicodedata.combining(character):
        return True
    whole = unicodedata.normalize("NFC", before + character)
    return whole != unicodedata.normalize("NFC", before) + unicodedata.normalize("NFC", character)


def _speaker(line: Sequence[Run]) -> str | None:
    """The only speaker of a line; None where there is none or more than one."""
    speakers = {run.speaker for run in line if run.text.strip()}
    return speakers.pop() if len(speakers) == 1 else None
