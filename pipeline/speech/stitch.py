"""Chunk results to one timeline: who said what when, and what became of every millisecond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.speech.coverage import cover
from pipeline.speech.screen import screen
from pipeline.speech.seams import join
from pipeline.speech.sentences import segments
from schemas.jobs import Transcript
from schemas.media import SpeechRegion
from schemas.plan import Chunk
from schemas.speech import Coverage, Segment, Turn


@dataclass(frozen=True, slots=True)
class Stitched:
    """What was said in an asset."""

    segments: tuple[Segment, ...]
    """In order of time, none overlapping, all inside the asset."""

    coverage: tuple[Coverage, ...]
    """In order of time, without gap or overlap; sums to the asset's length."""


def stitch(
    chunks: Sequence[Chunk],
    transcripts: Sequence[Transcript],
    turns: Sequence[Turn],
    regions: Sequence[SpeechRegion],
    *,
    length_ms: int,
    text_is_given: bool = False,
) -> Stitched:
    """One timeline from the answers to all chunks.

    Args:
        chunks: In order of time.
        transcripts: One per chunk, in the order of the chunks; a failed one becomes a dropped stretch.
        turns: Who speaks when; none when nobody asked.
        regions: Where speech is.
        length_ms: Length of the asset.
        text_is_given: Whether the words are a human's, each given to one chunk by
            ``pipeline.speech.transcript``: then none is taken for a repeated or an invented one.

    Raises:
        ValueError: There is not one transcript per chunk, or a chunk lies outside the asset.

    """
    joined = join(chunks, transcripts, length_ms=length_ms, heard_twice=not text_is_given)
    kept = joined if text_is_given else screen(joined, regions)
    told = segments(kept.runs, turns)
    spoken = (segment.span for segment in told)
    return Stitched(tuple(told), cover(spoken, kept.lost, regions, length_ms=length_ms))
