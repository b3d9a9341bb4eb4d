"""Made dialogue of any length: what was said when, by whom, under which shots. No sound and no picture.

It is made in blocks of ten minutes, each from its own seed, so that a hundred hours take no more memory to
make than one. Two people say sentences of 2 to 18 everyday words, about 2.8 words a second with pauses of
0.1 to 4 s between sentences, and the picture is cut every 2 to 8 s.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from schemas.media import LEVEL_STEP_MS, CutKind, Shot, SpeechRegion
from schemas.speech import Turn, Word
from schemas.time import Span, merged

RATE = Fraction(25)
FRAME_MS = 40
BLOCK_MS = 600_000

_VOCABULARY = (
    "the old house on the hill was empty when they came back from town and nobody knew why he had left it to "
    "his brother before the war ended because she never wanted to talk about what happened that night"
).split()
_COLOURS = ("#203040", "#705030", "#a0b0c0", "#305020", "#c0a080", "#102010")
_EDGE_MS = 500
_LONGEST_SENTENCE_MS = 12_000
SILENT_DBFS, LOUD_DBFS = -65.0, -20.0
"""Level of pauses, and of speech at its loudest."""


@dataclass(frozen=True, slots=True)
class Block:
    """Ten minutes, or what is left of the title."""

    words: tuple[Word, ...]
    """Every word, lower case without punctuation, as the embedded recogniser hears it."""

    turns: tuple[Turn, ...]
    """One per sentence."""

    regions: tuple[SpeechRegion, ...]
    """What a voice activity detector would find; none crosses the edge of a block."""

    cuts: tuple[int, ...]
    """First frames of its shots, the first being that of the block."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A title of which only the words are known."""

    seed: int
    """Another one, another dialogue."""

    length_ms: int
    """Length; a whole number of frames."""

    def blocks(self) -> Iterator[Block]:
        """All blocks in order."""
        return (_block(self.seed, number, self.length_ms) for number in range(-(-self.length_ms // BLOCK_MS)))

    def heard(self, span: Span) -> tuple[Word, ...]:
        """Words that lie inside ``span``."""
        numbers = range(span.start_ms // BLOCK_MS, (span.end_ms - 1) // BLOCK_MS + 1)
        blocks = (_block(self.seed, number, self.length_ms) for number in numbers)
        return tuple(
            word
            for block in blocks
            for word in block.words
            if span.start_ms <= word.span.start_ms and word.span.end_ms <= span.end_ms
        )

    def shots(self) -> Iterator[Shot]:
        """Shots that cover the title."""
        firsts = [frame for block in self.blocks() for frame in block.cuts]
        draw = random.Random(self.seed)
        ends = [*firsts[1:], self.length_ms // FRAME_MS]
        for index, (first, end) in enumerate(zip(firsts, ends, strict=True)):
            yield Shot(
                index,
                Span(first * FRAME_MS, end * FRAME_MS),
                first_frame=first,
                end_frame=end,
                begins_with=CutKind.CUT if index else CutKind.START,
                brightness=draw.uniform(0.1, 0.7),
                motion=draw.uniform(0.0, 0.1),
                black_share=0.0,
                freeze_share=0.0,
                colours=tuple(draw.sample(_COLOURS, 3)),
            )

    def level_dbfs(self) -> npt.NDArray[np.float64]:
        """Shape ``(n,)``: level of each step of ``LEVEL_STEP_MS``, loud where somebody speaks."""
        draw = np.random.default_rng(self.seed)
        levels = draw.normal(SILENT_DBFS, 1.0, -(-self.length_ms // LEVEL_STEP_MS))
        for block in self.blocks():
            for region in block.regions:
                spoken = slice(region.span.start_ms // LEVEL_STEP_MS, region.span.end_ms // LEVEL_STEP_MS)
                levels[spoken] += draw.uniform(0, 1, len(levels[spoken])) * (LOUD_DBFS - SILENT_DBFS)
        return levels


@lru_cache(maxsize=4)
def _block(seed: int, number: int, length_ms: int) -> Block:
    draw = random.Random(f"{seed} {number}")
    start_ms, end_ms = number * BLOCK_MS, min((number + 1) * BLOCK_MS, length_ms)
    words: list[Word] = []
    turns: list[Turn] = []
    at_ms = start_ms + _EDGE_MS
    while at_ms < end_ms - _LONGEST_SENTENCE_MS or not words:
        sentence = list(_sentence(draw, at_ms))
        words += sentence
        span = Span(sentence[0].span.start_ms, sentence[-1].span.end_ms)
        turns.append(Turn(span, draw.choice(["S1", "S1", "S2"]), 0.9))
        at_ms = span.end_ms + draw.choice([100, 300, 600, 1_500, 4_000])
    spoken = merged((turn.span for turn in turns), gap_ms=250)
    regions = tuple(SpeechRegion(Span(span.start_ms - 50, span.end_ms + 50), 0.9) for span in spoken)
    return Block(tuple(words), tuple(turns), regions, tuple(_cuts(draw, start_ms, end_ms)))


def _sentence(draw: random.Random, at_ms: int) -> Iterator[Word]:
    for _ in range(draw.randint(2, 18)):
        end_ms = at_ms + round(draw.uniform(0.5, 1.5) * 320)
        yield Word(draw.choice(_VOCABULARY), Span(at_ms, end_ms), round(draw.uniform(0.3, 1.0), 3))
        at_ms = end_ms + draw.choice([0, 0, 0, 20, 150])


def _cuts(draw: random.Random, start_ms: int, end_ms: int) -> Iterator[int]:
    at_ms = start_ms
    while at_ms < end_ms:
        yield at_ms // FRAME_MS
        at_ms += draw.randint(50, 200) * FRAME_MS
