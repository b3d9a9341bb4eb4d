"""Where each speaker is heard alone: what may be measured of a voice, and what it may be cloned from.

A word counts only when no turn of anybody else or of nobody sure, no words of another, and no stretch that
was dropped overlaps it. What lies between two words of one passage is that speaker's own pause.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.speech import Segment, Turn, Word
from schemas.time import Span


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one sentence, or of a part of one."""

    words: tuple[Word, ...]
    """In order of time; never empty."""

    language: str
    """BCP 47 tag of what is spoken."""

    @property
    def span(self) -> Span:
        """From its first word to its last."""
        return Span(self.words[0].span.start_ms, self.words[-1].span.end_ms)


@dataclass(frozen=True, slots=True)
class Passage:
    """Pieces of one speaker with nobody else between them."""

    speaker: str
    """Who speaks."""

    room: Span
    """The time around the pieces in which nobody else is heard, nor a word that somebody talks into."""

    pieces: tuple[Piece, ...]
    """In order of time; never empty."""


def passages(
    segments: Sequence[Segment], turns: Iterable[Turn], dropped: Iterable[Span], *, length_ms: int
) -> list[Passage]:
    """Everything that a known speaker says alone, in order of time; no two passages of a speaker share a room.

    Args:
        segments: All that is said in the asset, in order of time, none overlapping.
        turns: Who speaks when.
        dropped: Stretches of which it is not known what is said there.
        length_ms: Length of the asset.
    """
    heard = [
        *((turn.span, turn.speaker) for turn in turns),
        *((segment.span, segment.speaker) for segment in segments),
        *((span, None) for span in dropped),
    ]
    # The rest of a word that somebody talks into is as little to be heard in a clip as they are.
    disturbed = [(span, None) for span in _disturbed(segments, _Company(heard, length_ms))]
    pieces = _pieces(segments, _Company([*heard, *disturbed], length_ms))
    found = [
        Passage(speaker, room, tuple(piece for _, _, piece in group))
        for (speaker, room), group in itertools.groupby(sorted(pieces, key=_place), key=_place)
    ]
    return sorted(found, key=lambda passage: passage.pieces[0].span)


_Placed = tuple[str, Span, Piece]


def _place(placed: _Placed) -> tuple[str, Span]:
    speaker, room, _ = placed
    return speaker, room


def _disturbed(segments: Sequence[Segment], company: _Company) -> Iterator[Span]:
    """Words in which somebody else is heard too."""
    for segment in segments:
        if segment.speaker is not None:
            yield from (word.span for word in segment.words if company.room(word.span, segment.speaker) is None)


def _pieces(segments: Sequence[Segment], company: _Company) -> Iterator[_Placed]:
    """Parts of segments whose words are heard alone, each with its room, in order of time."""
    for segment in segments:
        if segment.speaker is None:
            continue
        rooms = [company.room(word.span, segment.speaker) for word in segment.words]
        at = 0
        for room, group in itertools.groupby(rooms):
            words = segment.words[at : at + len(list(group))]
            at += len(words)
            if room is not None:
                yield segment.speaker, room, Piece(words, segment.language)


class _Company:
    """Who is heard when; asked for the time in which one speaker has no company. One bisection per question."""

    def __init__(self, heard: Iterable[tuple[Span, str | None]], length_ms: int) -> None:
        spans = sorted(heard, key=lambda one: one[0])
        self._starts = [span.start_ms for span, _ in spans]
        self._who = [who for _, who in spans]
        self._length_ms = length_ms
        self._ends = _latest_ends(spans)
        self._changes = _changes(self._who)

    def room(self, span: Span, speaker: str) -> Span | None:
        """The time around ``span`` in which nobody but ``speaker`` is heard; None when somebody is heard inside it."""
        after = bisect.bisect_left(self._starts, span.end_ms)
        before_ms = next((end_ms for end_ms, who in self._ends[after] if who != speaker), 0)
        if before_ms > span.start_ms:
            return None
        if after < len(self._who) and self._who[after] == speaker:
            after = self._changes[after]
        end_ms = self._starts[after] if after < len(self._starts) else max(self._length_ms, span.end_ms)
        return Span(before_ms, end_ms)


def _latest_ends(spans: Sequence[tuple[Span, str | None]]) -> list[list[tuple[int, str | None]]]:
    """For each number of spans from the first on: the latest end, and the latest end of anybody else."""
    latest: list[tuple[int, str | None]] = []
    found = [latest]
    for span, who in spans:
        ends = sorted([*latest, (span.end_ms, who)], key=lambda one: -one[0])
        others = [one for one in ends if one[1] != ends[0][1]]
        latest = [ends[0], *others[:1]]
        found.append(latest)
    return found


def _changes(who: Sequence[str | None]) -> list[int]:
    """For each place the next one with another name; the length where none follows."""
    following = len(who)
    found = [0] * len(who)
    for place in range(len(who) - 1, -1, -1):
        if place + 1 < len(who) and who[place + 1] != who[place]:
            following = place + 1
        found[place] = following
    return found
