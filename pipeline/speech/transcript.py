"""A human's transcript, distributed over the chunks of a title by what a recogniser heard in them.

The transcript's words are aligned with the recognised ones as a whole; the words that agree are
anchors in time, the rest lies between them in proportion to its length. Every word of the transcript
goes to exactly one chunk, in order.
"""

from __future__ import annotations

import bisect
import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from pipeline.errors import UsageError
from pipeline.speech.seams import bare, join
from schemas.jobs import Transcript
from schemas.plan import Chunk

LONE_ANCHOR_LETTERS = 5
"""A word that agrees while both its neighbours do not is an anchor only from this length on: "the" and
"and" agree by chance. Ours."""


def distribute(text: str, chunks: Sequence[Chunk], recognised: Sequence[Transcript]) -> list[tuple[str, ...]]:
    """The words of ``text`` that belong into each chunk, in order; joined they are all words of ``text``.

    Args:
        text: A transcript in plain text; words are what white space separates, NFC afterwards.
        chunks: In order of time.
        recognised: What a recogniser heard, one per chunk; failed and empty ones are allowed.

    Raises:
        UsageError: There are words, but no chunks that they could be spoken in.

    """
    words = unicodedata.normalize("NFC", text).split()
    if not chunks:
        if words:
            raise UsageError(
                f"the transcript has {len(words)} words, but no speech was found in the title; "
                "check that they belong together"
            )
        return []
    clock = _SpeechClock.of(chunks)
    anchors = _anchors(words, chunks, recognised, clock)
    places = list(itertools.accumulate(map(clock.chunk_at, _times(words, anchors, clock.length_ms)), max))
    bounds = [bisect.bisect_left(places, index) for index in range(len(chunks) + 1)]
    return [tuple(words[begin:end]) for begin, end in itertools.pairwise(bounds)]


@dataclass(frozen=True, slots=True)
class _SpeechClock:
    """Time that runs only inside chunks, so that nothing falls between them."""

    chunks: Sequence[Chunk]
    begins_ms: list[int]
    """When each chunk begins, on this clock."""
    length_ms: int

    @classmethod
    def of(cls, chunks: Sequence[Chunk]) -> _SpeechClock:
        ends_ms = list(itertools.accumulate(chunk.span.duration_ms for chunk in chunks))
        return cls(chunks, [0, *ends_ms[:-1]], ends_ms[-1])

    def read(self, index: int, at_ms: int) -> int:
        """The clock at an instant of the asset's timeline in a chunk."""
        span = self.chunks[index].span
        return self.begins_ms[index] + min(max(at_ms - span.start_ms, 0), span.duration_ms - 1)

    def chunk_at(self, clock_ms: float) -> int:
        """The chunk that an instant of the clock is in."""
        return bisect.bisect_right(self.begins_ms, clock_ms) - 1


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A word of the transcript that was recognised."""

    word: int
    clock_ms: int
    """Its middle, on the clock of the chunks."""


def _anchors(
    words: Sequence[str], chunks: Sequence[Chunk], recognised: Sequence[Transcript], clock: _SpeechClock
) -> list[_Anchor]:
    """Words on which transcript and recogniser agree, in order on both sides."""
    joined = join(chunks, recognised, length_ms=chunks[-1].heard.end_ms, heard_twice=True)
    heard = [heard.word for run in joined.runs for heard in run]
    told, found = [bare(word) for word in words], [bare(word.text) for word in heard]
    starts_ms = [chunk.span.start_ms for chunk in chunks]
    anchors: list[_Anchor] = []
    for block in Indel.opcodes(told, found):
        if block.tag != "equal":
            continue
        length = block.src_end - block.src_start
        if length == 1 and len(told[block.src_start]) < LONE_ANCHOR_LETTERS:
            continue
        for offset in range(length):
            span = heard[block.dest_start + offset].span
            middle_ms = (span.start_ms + span.end_ms) // 2
            index = max(0, bisect.bisect_right(starts_ms, middle_ms) - 1)
            anchors.append(_Anchor(block.src_start + offset, clock.read(index, middle_ms)))
    return anchors


def _times(words: Sequence[str], anchors: Sequence[_Anchor], length_ms: int) -> list[float]:
    """When each word is said, on the clock of the chunks: by its anchor, or else by its letters between two."""
    before = [0.0, *itertools.accumulate(len(word) + 1.0 for word in words)]
    middles = [(one + other) / 2 for one, other in itertools.pairwise(before)]
    known = [(0.0, 0.0), *((middles[a.word], float(a.clock_ms)) for a in anchors), (before[-1], float(length_ms))]
    times: list[float] = []
    for (letters, at_ms), (next_letters, next_ms) in itertools.pairwise(known):
        for middle in middles[len(times) : bisect.bisect_right(middles, next_letters)]:
            share = (middle - letters) / (next_letters - letters)
            times.append(at_ms + share * max(0.0, next_ms - at_ms))
    return times
