"""What became of every millisecond of an asset; the stretches sum to its length exactly."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence

from pipeline.speech.seams import Lost
from schemas.media import SpeechRegion
from schemas.speech import Coverage, CoverageLabel
from schemas.time import Span, gaps, merged

UNHEARD = "engine: heard no words"
"""Reason: the voice activity detector hears speech, and the engine none."""

UNHEARD_MS = 1_000
"""Speech without words that is long enough to be named. Ours: less are a detector's margins, breaths and pauses."""


def cover(
    spoken: Iterable[Span], lost: Sequence[Lost], regions: Sequence[SpeechRegion], *, length_ms: int
) -> tuple[Coverage, ...]:
    """Stretches in order of time that cover ``[0, length_ms)`` without gap or overlap, neighbours being different.

    What is in ``spoken`` is speech, even where something was lost too; where two losses overlap, the one that begins
    earlier counts.
    """
    title = Span(0, length_ms)
    speech = _inside(spoken, title)
    labels = [Coverage(span, CoverageLabel.SPEECH, None) for span in speech]
    told_ms = 0
    for loss in sorted(lost, key=lambda loss: loss.span):
        if loss.span.end_ms > told_ms:
            untold = Span(max(told_ms, loss.span.start_ms), loss.span.end_ms)
            rest = _minus(_inside([untold], title), speech)
            labels += [Coverage(span, CoverageLabel.DROPPED, loss.reason) for span in rest]
            told_ms = loss.span.end_ms
    labelled = list(merged(stretch.span for stretch in labels))
    unheard = _minus(_inside((region.span for region in regions), title), labelled)
    labels += [Coverage(span, CoverageLabel.DROPPED, UNHEARD) for span in unheard if span.duration_ms >= UNHEARD_MS]
    silent = gaps((stretch.span for stretch in labels), length_ms=length_ms)
    labels += [Coverage(span, CoverageLabel.NON_SPEECH, None) for span in silent]
    return tuple(_joined(sorted(labels, key=lambda stretch: stretch.span)))


def _inside(spans: Iterable[Span], title: Span) -> list[Span]:
    """What of the spans is inside the title, joined where they overlap or touch."""
    return list(merged(part for span in spans if (part := span.clipped(title)) is not None))


def _minus(spans: Iterable[Span], taken: Sequence[Span]) -> Iterator[Span]:
    """What ``taken``, in order and apart from each other, leaves of the spans."""
    ends_ms = [span.end_ms for span in taken]
    for span in spans:
        at_ms = span.start_ms
        index = bisect.bisect_right(ends_ms, at_ms)
        while index < len(taken) and (other := taken[index]).start_ms < span.end_ms:
            index += 1
            if other.start_ms > at_ms:
                yield Span(at_ms, other.start_ms)
            at_ms = other.end_ms
        if at_ms < span.end_ms:
            yield Span(at_ms, span.end_ms)


def _joined(stretches: Iterable[Coverage]) -> Iterator[Coverage]:
    """Neighbours of one label and reason as one stretch."""
    for (label, reason), group in itertools.groupby(stretches, key=lambda stretch: (stretch.label, stretch.reason)):
        alike = list(group)
        yield Coverage(Span(alike[0].span.start_ms, alike[-1].span.end_ms), label, reason)
