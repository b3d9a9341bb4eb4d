"""Translations on the times of the speech that they translate: segments that cues in another language are made of.

Nobody speaks the words of a translation, so none has a time of its own: they share the time of their line
by their length. Where speech is fast or a translation is long they are short, down to a millisecond each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.captions.tokens import is_unspaced
from schemas.localize import CueLink, Line, TranslatedLine
from schemas.speech import Segment, Word
from schemas.time import Span

_UNIT = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]")
"""What a language without spaces is timed by: one character, or a run of ASCII, which is a word or a number."""


@dataclass(frozen=True, slots=True)
class Retimed:
    """What ``pipeline.captions.cues.compose`` makes the captions of a target language from."""

    segments: tuple[Segment, ...]
    """The translations, in the order of their lines; a line without a translation has none."""

    source_cues: tuple[int, ...]
    """Cue in the source captions of each segment: the groups that may not share a cue."""


def segments(lines: Sequence[Line], translated: Sequence[TranslatedLine], *, language: str) -> Retimed:
    """A segment per translated line, from the start of its speech to the end.

    ``translated`` has one answer per line, in order. In a language without spaces a line has one segment per stretch
    between spaces: a space is punctuation there.

    Raises:
        ValueError: The translations are not those of ``lines``.

    """
    if [line.line_index for line in lines] != [answer.line_index for answer in translated]:
        raise ValueError(f"{len(lines)} lines do not have one translation each, in order: {len(translated)}")
    found: list[Segment] = []
    source_cues: list[int] = []
    for line, answer in zip(lines, translated, strict=True):
        for words in _of_line(answer.text or "", line.span, language=language):
            span = Span(words[0].span.start_ms, words[-1].span.end_ms)
            found.append(Segment(len(found), span, language, line.speaker, words, is_draft=False))
            source_cues.append(line.cue_index)
    return Retimed(tuple(found), tuple(source_cues))


def links(groups: Sequence[int]) -> list[CueLink]:
    """Which source cue each target cue translates, from the ``groups`` of ``pipeline.captions.cues.Built``."""
    return [CueLink(cue_index=index, source_cue_index=group) for index, group in enumerate(groups)]


def first_cues(links: Iterable[CueLink]) -> dict[int, int]:
    """First target cue of each source cue that has one."""
    found: dict[int, int] = {}
    for link in links:
        found[link.source_cue_index] = min(link.cue_index, found.get(link.source_cue_index, link.cue_index))
    return found


def shares(lengths: Sequence[int], span: Span) -> list[Span]:
    """``span`` in as many parts as there are ``lengths``, in order, as near to their proportion as whole ms allow.

    No part is empty. The parts touch; only when there are more of them than milliseconds, some share one.
    """
    count, total_ms, total = len(lengths), span.duration_ms, sum(lengths)
    if count > total_ms:
        starts_ms = [span.start_ms + number * total_ms // count for number in range(count)]
        return [Span(start_ms, start_ms + 1) for start_ms in starts_ms]
    parts: list[Span] = []
    start_ms, passed = span.start_ms, 0
    for number, length in enumerate(lengths, start=1):
        passed += length
        wished_ms = span.start_ms + round(total_ms * passed / total)
        end_ms = min(max(wished_ms, start_ms + 1), span.end_ms - (count - number))
        parts.append(Span(start_ms, end_ms))
        start_ms = end_ms
    return parts


def _of_line(text: str, span: Span, *, language: str) -> Iterator[tuple[Word, ...]]:
    """Words of each segment of a translation, all of them timed within ``span``."""
    runs = unicodedata.normalize("NFC", text).split()
    if not runs:
        return
    stretches = list(_stretches(runs)) if is_unspaced(language) else [runs]
    times = iter(shares([len(unit) for units in stretches for unit in units], span))
    for units in stretches:
        yield tuple(Word(unit, next(times), None) for unit in units)


def _stretches(runs: Sequence[str]) -> Iterator[list[str]]:
    """Units of a language without spaces, parted at every space but those between words in ASCII.

    Those are put back by ``pipeline.captions.pieces`` as they are for words that were heard; the others stand
    between segments.
    """
    units: list[str] = []
    for run in runs:
        if units and not (units[-1][-1].isascii() and run[0].isascii()):
            yield units
            units = []
        units.extend(_UNIT.findall(run))
    yield units
