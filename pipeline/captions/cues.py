"""Cues from segments: what is said, cut, broken into lines, and timed under a caption profile.

Nothing is left out: speech that is faster than the profile's reading speed becomes a cue that ``lint``
reports, never a shorter text. How cues are cut is in ``split``, how lines break in ``breaks``, how they
are timed in ``timing``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from pipeline.captions import breaks, timing
from pipeline.captions.grid import Grid
from pipeline.captions.measure import reading_load
from pipeline.captions.pieces import Piece, line_width, pieces
from pipeline.captions.profiles import CaptionProfile
from pipeline.captions.split import Draft, split
from pipeline.captions.texts import marked
from pipeline.captions.timerules import TimeRules, time_rules
from pipeline.captions.tokens import Token, joined
from schemas.captions import Cue
from schemas.speech import Segment
from schemas.time import Span


def build(
    segments: Sequence[Segment],
    *,
    cuts_ms: Sequence[int],
    rate: Fraction | None,
    profile: CaptionProfile,
    length_ms: int,
    first_frame_ms: int = 0,
) -> list[Cue]:
    """Cues of a title, in order, never overlapping, inside ``[0, length_ms]``.

    Every word of ``segments`` is in exactly one cue, in order of time and segment. With a ``rate``, cues
    start and end on frames; without one (audio, variable frame rate) on milliseconds. ``cuts_ms`` are the
    first frames of shots, ``first_frame_ms`` is when the picture begins.

    Raises:
        ValueError: The title has fewer milliseconds than the speech has cues.

    """
    row = pieces(segments, profile, length_ms=length_ms)
    rules = time_rules(profile, rate=rate, cuts_ms=cuts_ms, first_frame_ms=first_frame_ms)
    drafts = split(row, profile, rules)
    texts = [_lines(row, draft, profile) for draft in drafts]
    if rules.grid.last_tick(length_ms) < len(drafts):
        rules = time_rules(profile, rate=None, cuts_ms=None)
    speech = [_speech(row, draft, lines, rules, profile) for draft, lines in zip(drafts, texts, strict=True)]
    times = timing.place(speech, rules, last=rules.grid.last_tick(length_ms))
    return [
        Cue(
            span=_span(at, rules.grid),
            lines=lines,
            language=profile.language,
            speakers=_speakers(row, draft),
        )
        for draft, lines, at in zip(drafts, texts, times, strict=True)
    ]


def _lines(row: Sequence[Piece], draft: Draft, profile: CaptionProfile) -> tuple[str, ...]:
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
    row: Sequence[Piece], draft: Draft, lines: Sequence[str], rules: TimeRules, profile: CaptionProfile
) -> timing.Speech:
    """When a cue's words are spoken, in ticks."""
    start = rules.grid.tick(row[draft.start].start_ms)
    end = max(rules.grid.tick(piece.end_ms) for piece in row[draft.start : draft.end])
    return timing.Speech(start, max(end, start + 1), reading_load(lines, profile))


def _speakers(row: Sequence[Piece], draft: Draft) -> tuple[str, ...]:
    """One speaker for the whole cue, one per line, or none where unsure."""
    numbers = [draft.start] if draft.turn is None else [draft.start, draft.turn]
    return tuple(speaker for number in numbers if (speaker := row[number].speaker) is not None)


def _span(at: tuple[int, int], grid: Grid) -> Span:
    return Span(grid.ms(at[0]), grid.ms(at[1]))
