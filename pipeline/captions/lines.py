"""What is said in each cue, by whom, as one sentence with what: the lines that are translated and dubbed.

A line has the words of its cue and the times of the speech, not those of the display. What display adds
is not in it: no line breaks, no hyphens of a dialogue.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from pipeline.captions.pieces import Piece
from pipeline.captions.split import Draft
from pipeline.captions.tokens import joined
from schemas.localize import Line
from schemas.time import Span

LONGEST_PAUSE_MS = 1_000
"""Over a longer pause no two lines are one utterance, even inside a sentence: a dubbed sentence that is spoken as one
cannot wait longer and stay with the picture. Ours."""


def lines(row: Sequence[Piece], drafts: Sequence[Draft]) -> list[Line]:
    """One line per cue, two for a cue of two speakers, in order; every piece of ``row`` is in exactly one."""
    found: list[Line] = []
    for index, start, end in _stretches(drafts):
        span = Span(row[start].start_ms, max(piece.end_ms for piece in row[start:end]))
        if not found:
            utterance = 0
        else:
            goes_on = not row[start - 1].closes_sentence
            pause_ms = span.start_ms - found[-1].span.end_ms
            utterance = found[-1].utterance + (0 if goes_on and pause_ms <= LONGEST_PAUSE_MS else 1)
        found.append(
            Line(
                line_index=len(found),
                cue_index=index,
                utterance=utterance,
                span=span,
                speaker=row[start].speaker,
                text=unicodedata.normalize("NFC", joined([piece.token for piece in row[start:end]])),
            )
        )
    return found


def _stretches(drafts: Sequence[Draft]) -> Iterator[tuple[int, int, int]]:
    """Cue, first piece, and piece after the last, of what each speaker says in each cue."""
    for index, draft in enumerate(drafts):
        if draft.turn is None:
            yield index, draft.start, draft.end
        else:
            yield index, draft.start, draft.turn
            yield index, draft.turn, draft.end
