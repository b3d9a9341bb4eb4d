"""Times for words that an aligner cannot hear: between the words whose times are known.

A lone dash, or a word in a script that the aligner's dictionary does not know, has no sound to be found by.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pipeline.errors import EngineError
from schemas.time import Span

LONGEST_GUESS_MS = 300
"""A word without a sound gets at most this of a pause. Ours: a usual short word."""

REMEDY = "compare the transcript with what is said there"
"""What to do when words and sound do not belong together."""


class DoesNotFit(EngineError):
    """The words cannot be laid over the sound."""


def filled(spans: Sequence[Span | None], within: Span) -> list[Span]:
    """``spans``, which are in order and do not overlap, with the missing ones put between their neighbours.

    Raises:
        DoesNotFit: There is no room for them.

    """
    known = list(spans)
    at = 0
    for is_missing, run in itertools.groupby(spans, key=lambda span: span is None):
        count = len(list(run))
        if is_missing:
            _fill(known, at, at + count, within)
        at += count
    return [span for span in known if span is not None]


def _fill(known: list[Span | None], first: int, end: int, within: Span) -> None:
    """Give ``known[first:end]`` places in the pause around them, or a millisecond each of their neighbours."""
    count = end - first
    before = known[first - 1] if first else None
    after = known[end] if end < len(known) else None
    start_ms = before.end_ms if before else within.start_ms
    end_ms = after.start_ms if after else within.end_ms
    if before and (short := count - (end_ms - start_ms)) > 0:
        start_ms = max(before.start_ms + 1, start_ms - short)
        known[first - 1] = Span(before.start_ms, start_ms)
    if after and (short := count - (end_ms - start_ms)) > 0:
        end_ms = min(after.end_ms - 1, end_ms + short)
        known[end] = Span(end_ms, after.end_ms)
    if end_ms - start_ms < count:
        raise DoesNotFit(f"{len(known)} words do not fit in {within.duration_ms} ms; {REMEDY}")
    step_ms = min(LONGEST_GUESS_MS, (end_ms - start_ms) // count)
    if before is None and after is not None:  # at the beginning of a chunk: close to what follows
        start_ms = end_ms - step_ms * count
    for index in range(count):
        known[first + index] = Span(start_ms + index * step_ms, start_ms + (index + 1) * step_ms)
