"""Cues from segments: what is said, cut, broken into lines, and timed under a caption profile.

Nothing is left out: speech that is faster than the profile's reading speed becomes a cue that ``lint``
reports, never a shorter text. How cues are cut is in ``split``, how lines break in ``breaks``, how they
are timed in ``timing``, what is said in each in ``lines``.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions import breaks, timing
from pipeline.captions.grid import Grid
from pipeline.captions.lines import lines
from pipeline.captions.measure import reading_load
from pipeline.captions.pieces import Piece, line_width, pieces
from pipeline.captions.profiles import CaptionProfile
from pipeline.captions.split import Draft, split
from pipeline.captions.texts import marked
from pipeline.captions.timerules import time_rules
from pipeline.captions.tokens import Token, joined
from schemas.captions import Cue
from schemas.localize import Line
from schemas.speech import Segment
from schemas.time import Span


@dataclass(frozen=True, slots=True)
class Built:
    """Cues, and what is said in them."""

    cues: tuple[Cue, ...]
    """The cues, in order."""

    lines: tuple[Line, ...]
    """What each person says in each cue, in order: one line per cue, two for a cue of two speakers."""

    groups: tuple[int, ...]
    """Group of the speech of each cue; 0 where none were asked for."""


def build(
    segments: Sequence[Segment],
    *,
    cuts_ms: Sequence[int],
    rate: Fraction | None,
    profile: CaptionProfile,
    length_ms: int,
    first_frame_ms: int = 0,
) -> list[Cue]:
    """Cues of a title, as ``compose`` makes them."""
    built = compose(
        segments, cuts_ms=cuts_ms, rate=rate, profile=profile, length_ms=length_ms, first_frame_ms=first_frame_ms
    )
    return list(built.cues)


def compose(
    segments: Sequence[Segment],
    *,
    cuts_ms: Sequence[int],
    rate: Fraction | None,
    profile: CaptionProfile,
    length_ms: int,
    first_frame_ms: int = 0,
    groups: Sequence[int] | None = None,
) -> Built:
    """Cues of a title, in order, never overlapping, inside ``[0, length_ms]``, and the lines that are said in them.

    Every word of ``segments`` is in exactly one cue and one line, in order of time and segment. With a ``rate``,
    cues start and end on frames; without one (audio, variable frame rate) on milliseconds. ``cuts_ms`` are the
    first frames of shots, ``first_frame_ms`` is when the picture begins. With ``groups``, one number per segment,
    words are in order of group and segment, and no cue holds words of two groups.

    Raises:
        ValueError: The title has fewer milliseconds than the speech has cues.

    """
    row = pieces(segments, profile, length_ms=length_ms, groups=groups)
    rules = time_rules(profile, rate=rate, cuts_ms=cuts_ms, first_frame_ms=first_frame_ms)
    drafts = split(row, profile, rules)
    texts = [_shown(row, draft, profile) for draft in drafts]
    if rules.grid.last_tick(length_ms) < len(drafts):
        rules = time_rules(profile, rate=None, cuts_ms=None)
    said = lines(row, drafts)
    speech = _speech(said, texts, rules.grid, profile)
    times = timing.place(speech, rules, last=rules.grid.last_tick(length_ms))
    cues = [
        Cue(
            span=_span(at, rules.grid),
            lines=shown,
            language=profile.language,
            speakers=_speakers(row, draft),
        )
        for draft, shown, at in zip(drafts, texts, times, strict=True)
    ]
    return Built(tuple(cues), tuple(said), tuple(row[draft.start].group for draft in drafts))


def _shown(row: Sequence[Piece], draft: Draft, profile: CaptionProfile) -> tuple[str, ...]:
    """Display lines of a cue."""
    width = line_width(profile)
    if draft.turn is None:
        found = breaks.lines(_tokens(row[draft.start : draft.end]), width=width)
    else:
        assert profile.dialogue is not None, "two speakers share a cue only where the profile says how"
        both = (_tokens(row[draft.start : draft.turn]), _tokens(row[draft.turn : draft.end]))
        found = marked([joined(tokens) for tokens in both], profile.dialogue)
    return tuple(unicodedata.normalize("NFC", line) for line in found)


def _tokens(part: Sequence[Piece]) -> list[Token]:
    return [piece.token for piece in part]


def _speech(
    said: Sequence[Line], texts: Sequence[Sequence[str]], grid: Grid, profile: CaptionProfile
) -> list[timing.Speech]:
    """When each cue's words are spoken, in ticks, and how much there is to read."""
    found = []
    for index, of_cue in itertools.groupby(said, key=lambda line: line.cue_index):
        spans = [line.span for line in of_cue]
        start = grid.tick(spans[0].start_ms)
        end = grid.tick(max(span.end_ms for span in spans))
        found.append(timing.Speech(start, max(end, start + 1), reading_load(texts[index], profile)))
    return found


def _speakers(row: Sequence[Piece], draft: Draft) -> tuple[str, ...]:
    """One speaker for the whole cue, one per line, or none where unsure."""
    numbers = [draft.start] if draft.turn is None else [draft.start, draft.turn]
    return tuple(speaker for number in numbers if (speaker := row[number].speaker) is not None)


def _span(at: tuple[int, int], grid: Grid) -> Span:
    return Span(grid.ms(at[0]), grid.ms(at[1]))
