"""Chunks of speech: what one transcription request answers for.

Every speech region is inside a chunk. Pauses up to ``LONGEST_PAUSE_MS`` stay inside, longer ones are
left out. Where a chunk must end, it ends in the best pause; only where nobody pauses within the limit
it ends at the quietest instant, and then both neighbours also hear a little of the other side, so that
the word at the seam is heard whole by at least one of them (``pipeline.speech.seams`` keeps it once).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline.media.partition import GROUP_COST, cheapest_groups
from schemas.media import LEVEL_STEP_MS, SILENT_DBFS, SpeechRegion
from schemas.plan import Chunk, CutReason
from schemas.time import Span, merged

CHUNK_LIMIT_MS = 30_000
"""Longest stretch that is heard at once: the window of Whisper-style encoders, and what the model
card of Qwen3-Omni-30B-A3B-Captioner advises. Tests of recognisers' accuracy rarely go beyond it."""

SEAM_MS = 1_000
"""What both neighbours hear of each other where speech runs over a cut. Ours: longer than any but the
longest words, so that a word at the seam is whole on one side."""

MARGIN_MS = 150
"""Silence kept around speech, where there is some. Ours: recognisers lose first and last phones that
begin with the signal; more only costs time."""

LONGEST_PAUSE_MS = 3_000
"""A longer pause is not sent to the engine. Ours: recognisers invent text on long silence (Qwen3-ASR,
issue 188)."""

GOOD_PAUSE_MS = 600
"""A pause of this length or more is as good a place to cut as any: people make it between sentences,
and rarely inside one. A shorter one costs more, up to one chunk for none at all."""

SHORTEST_LIMIT_MS = 8 * SEAM_MS
"""Below it, seams would be most of what is heard."""

_ENERGY_COST = 40 * GROUP_COST  # so that a cut in speech is made only where it saves another one
_DECIBEL_COST = GROUP_COST // 10  # 10 dB quieter is worth one chunk more
_NEIGHBOURS = 1  # steps on either side: an instant is judged by about 0.1 s, the gap between two words
_PLACES_PER_LIMIT = 30  # instants considered in a region without pauses: the quietest of each second


def plan_chunks(
    regions: Sequence[SpeechRegion],
    level_dbfs: npt.NDArray[np.float32],
    *,
    length_ms: int,
    limit_ms: int = CHUNK_LIMIT_MS,
) -> list[Chunk]:
    """Chunks in order of time that together hold all speech; none where there is none.

    Args:
        regions: Where speech is, in any order; they may touch or overlap, and are clipped to the asset.
        level_dbfs: Shape ``(n,)``: level of each step of ``LEVEL_STEP_MS``, as in ``schemas.media.Level``;
            beyond its end counts as silence.
        length_ms: Length of the asset.
        limit_ms: Longest stretch that is heard at once, lead and tail included; at least ``SHORTEST_LIMIT_MS``.
    """
    if limit_ms < SHORTEST_LIMIT_MS:
        raise ValueError(f"chunks of {limit_ms} ms are too short, at least {SHORTEST_LIMIT_MS} ms are needed")
    title = Span(0, length_ms)
    speech = list(merged(part for region in regions if (part := region.span.clipped(title)) is not None))
    chunks: list[Chunk] = []
    for island in _islands(speech):
        pieces = list(_pieces(island, level_dbfs, title, limit_ms=limit_ms))
        chunks.extend(_chunks(pieces, island, first_index=len(chunks), limit_ms=limit_ms))
    if chunks:
        chunks[-1] = replace(chunks[-1], ends_by=CutReason.END)
    return chunks


@dataclass(frozen=True, slots=True)
class _Piece:
    """A speech region with its margins, or a part of one between two instants where it could be cut."""

    start_ms: int
    end_ms: int
    cut_cost: int
    """Cost of a cut before it."""
    lead_ms: int
    """What is heard before it as well, if it is the first of a chunk."""
    tail_ms: int
    """What is heard after it as well, if it is the last of a chunk."""


def _islands(speech: list[Span]) -> Iterator[list[Span]]:
    """Runs of regions without a long pause between them."""
    island: list[Span] = []
    for region in speech:
        if island and region.start_ms - island[-1].end_ms > LONGEST_PAUSE_MS:
            yield island
            island = []
        island.append(region)
    if island:
        yield island


def _pieces(island: list[Span], level_dbfs: npt.NDArray[np.float32], title: Span, *, limit_ms: int) -> Iterator[_Piece]:
    """What a chunk can be made of, in order of time."""
    for index, region in enumerate(island):
        before_ms = region.start_ms - island[index - 1].end_ms if index else 2 * (region.start_ms - title.start_ms)
        is_last = index + 1 == len(island)
        after_ms = 2 * (title.end_ms - region.end_ms) if is_last else island[index + 1].start_ms - region.end_ms
        spare_ms = limit_ms - region.duration_ms if region.duration_ms <= limit_ms else 2 * MARGIN_MS
        wide = Span(
            region.start_ms - min(MARGIN_MS, before_ms // 2, spare_ms // 2),
            region.end_ms + min(MARGIN_MS, after_ms // 2, spare_ms // 2),
        )
        pause_cost = GROUP_COST - GROUP_COST * min(before_ms, GOOD_PAUSE_MS) // GOOD_PAUSE_MS
        if wide.duration_ms <= limit_ms:
            yield _Piece(wide.start_ms, wide.end_ms, pause_cost, lead_ms=0, tail_ms=0)
        else:
            yield from _parts(wide, pause_cost, level_dbfs, limit_ms=limit_ms)


def _parts(region: Span, pause_cost: int, level_dbfs: npt.NDArray[np.float32], *, limit_ms: int) -> Iterator[_Piece]:
    """A region that exceeds the limit, in parts between its quietest instants, one per stride."""
    stride_ms = limit_ms // _PLACES_PER_LIMIT
    start_ms, cost, lead_ms = region.start_ms, pause_cost, 0
    for begin_ms in range(region.start_ms + SEAM_MS, region.end_ms - SEAM_MS - stride_ms + 1, stride_ms):
        at_ms, dbfs = _quietest(level_dbfs, Span(begin_ms, begin_ms + stride_ms))
        yield _Piece(start_ms, at_ms, cost, lead_ms=lead_ms, tail_ms=SEAM_MS)
        start_ms, cost, lead_ms = at_ms, _ENERGY_COST + round((dbfs - SILENT_DBFS) * _DECIBEL_COST), SEAM_MS
    yield _Piece(start_ms, region.end_ms, cost, lead_ms=lead_ms, tail_ms=0)


def _quietest(level_dbfs: npt.NDArray[np.float32], within: Span) -> tuple[int, float]:
    """Middle of the quietest step inside, judged with its neighbours, and their mean level; the first of several."""
    half_ms = LEVEL_STEP_MS // 2
    first = (within.start_ms + half_ms - 1) // LEVEL_STEP_MS - _NEIGHBOURS
    count = (within.end_ms + half_ms - 1) // LEVEL_STEP_MS + _NEIGHBOURS - first
    known = level_dbfs[first : first + count].astype(np.float64)
    levels = np.full(count, SILENT_DBFS)
    levels[: len(known)] = np.clip(np.nan_to_num(known, nan=SILENT_DBFS), SILENT_DBFS, 0.0)
    width = 2 * _NEIGHBOURS + 1
    smooth = np.convolve(levels, np.full(width, 1 / width), mode="valid")
    step = int(np.argmin(smooth))
    return (first + _NEIGHBOURS + step) * LEVEL_STEP_MS + half_ms, float(smooth[step])


def _chunks(pieces: list[_Piece], speech: list[Span], *, first_index: int, limit_ms: int) -> Iterator[Chunk]:
    """Chunks of one island, grouped at the least cost."""
    firsts = cheapest_groups(
        np.array([piece.start_ms - piece.lead_ms for piece in pieces], dtype=np.int64),
        np.array([piece.end_ms + piece.tail_ms for piece in pieces], dtype=np.int64),
        np.array([piece.cut_cost for piece in pieces], dtype=np.int64),
        limit=limit_ms,
    )
    starts = [pieces[first].start_ms for first in firsts]
    ends = [pieces[first - 1].end_ms for first in [*firsts[1:], len(pieces)]]
    spoken = _spoken_before(np.array([starts, ends], dtype=np.int64), speech)
    for number, (first, end) in enumerate(zip(firsts, [*firsts[1:], len(pieces)], strict=True)):
        yield Chunk(
            chunk_index=first_index + number,
            span=Span(starts[number], ends[number]),
            ends_by=CutReason.ENERGY if pieces[end - 1].tail_ms else CutReason.SILENCE,
            speech_ms=int(spoken[1, number] - spoken[0, number]),
            lead_ms=pieces[first].lead_ms,
            tail_ms=pieces[end - 1].tail_ms,
        )


def _spoken_before(at_ms: npt.NDArray[np.int64], speech: list[Span]) -> npt.NDArray[np.int64]:
    """How much speech lies before each instant; same shape as ``at_ms``."""
    edges = np.array([[0, 0], *((region.start_ms, region.end_ms) for region in speech)], dtype=np.int64)
    total = np.cumsum(edges[:, 1] - edges[:, 0])
    last = np.searchsorted(edges[:, 0], at_ms, side="right") - 1  # the region that began before the instant
    return np.asarray(total[last] - np.maximum(edges[last, 1] - at_ms, 0))
