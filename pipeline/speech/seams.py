"""Answers of neighbouring chunks as one row of words: what both heard at a seam appears once.

Where speech ran over a cut, both chunks heard about a second of the other side. The row changes over
from one chunk's words to the next one's at a word that both heard, the nearest to the cut.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.jobs import Transcript
from schemas.plan import Chunk
from schemas.speech import Word
from schemas.time import Span

RATE = "rate"
"""Reason: faster than anybody speaks."""

SAME_WORD_MS = 250
"""Two words of one text are the same when their middles are no further apart. Ours: engines and aligners
place a word within about 80 ms each (the step of Qwen3's aligner), and no one says the same word twice
within a quarter of a second."""

ESTIMATED_WORD_MS = 2_000
"""The same where one of the two has an estimated time: what both chunks heard is two seconds long. Ours: narration is
recovered with 1,000 and more wherever it is cut, and not with 500 (``tests/pipeline/speech/test_seams.py``)."""

_TEXT_SCORE = 1_000_000  # one pair of equal text outweighs any number of pairs that only coincide
_TIME_SCORE = 10_000  # more than the apartness of two words that coincide can take away


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word with what is known of the answer it is from."""

    word: Word
    """The word."""

    language: str
    """BCP 47 tag of what was heard."""

    is_draft: bool
    """Whether the engine hears no case and no punctuation."""

    is_estimated: bool = False
    """Whether its time is spread over the speech, and not heard."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A stretch whose words are not in the text."""

    span: Span
    """When."""

    reason: str
    """Why, as coverage states it."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The words of an asset, and what is missing of them."""

    runs: tuple[tuple[HeardWord, ...], ...]
    """Words in order of time, none overlapping, none shorter than 1 ms, all inside the asset; a run ends where
    something is missing. No run is empty."""

    lost: tuple[Lost, ...]
    """Chunks without an answer, and stretches that were screened out."""


def join(chunks: Sequence[Chunk], transcripts: Sequence[Transcript], *, length_ms: int, heard_twice: bool) -> Joined:
    """One row of words from one answer per chunk.

    Args:
        chunks: In order of time.
        transcripts: One per chunk, in the order of the chunks.
        length_ms: Length of the asset.
        heard_twice: Whether words at a seam are in both answers, and not, as a human's text is, in one only.

    """
    if len(chunks) != len(transcripts):
        raise ValueError(f"{len(transcripts)} transcripts for {len(chunks)} chunks")
    if chunks and chunks[-1].heard.end_ms > length_ms:
        raise ValueError(f"chunk {chunks[-1].chunk_index} goes beyond the asset's {length_ms} ms")
    runs: list[list[HeardWord]] = [[]]
    lost: list[Lost] = []
    previous: _Answer | None = None
    for chunk, transcript in zip(chunks, transcripts, strict=True):
        failure = _failure(chunk, transcript)
        if failure is not None:
            lost.append(Lost(chunk.span, failure))
            runs.append([])
            previous = None
            continue
        placed = in_order(transcript.words, chunk.heard)
        known = (transcript.language, transcript.is_draft, transcript.is_estimated)
        answer = _Answer(chunk, [HeardWord(word, *known) for word in placed])
        if previous is not None and heard_twice:
            kept, begin = _crossing(previous, answer)
            del runs[-1][len(runs[-1]) - len(previous.words) + kept :]
            answer = replace(answer, words=answer.words[begin:])
        runs[-1].extend(answer.words)
        previous = answer
    return Joined(_in_one_order(runs, Span(0, length_ms)), tuple(lost))


def in_order(words: Sequence[Word], within: Span) -> list[Word]:
    """The words with times that increase, do not overlap, are at least 1 ms long and lie ``within``.

    Times that already are like that stay as they are. Words that overlap share what both claim; a word
    that lies inside the one before ends it.

    Raises:
        ValueError: There are more words than milliseconds.

    """
    if len(words) > within.duration_ms:
        raise ValueError(f"{len(words)} words do not fit into {within.duration_ms} ms")
    starts_ms = [word.span.start_ms for word in words]
    for index, (one, following) in enumerate(itertools.pairwise(words), start=1):
        if one.span.start_ms < following.span.start_ms < one.span.end_ms < following.span.end_ms:
            starts_ms[index] = (following.span.start_ms + one.span.end_ms) // 2
    earliest_ms = within.start_ms
    for index, start_ms in enumerate(starts_ms):
        latest_ms = within.end_ms - (len(words) - index)
        starts_ms[index] = min(max(start_ms, earliest_ms), latest_ms)
        earliest_ms = starts_ms[index] + 1
    placed: list[Word] = []
    for word, start_ms, next_ms in zip(words, starts_ms, [*starts_ms[1:], within.end_ms], strict=False):
        end_ms = min(max(word.span.end_ms, start_ms + 1), next_ms)
        unchanged = word.span == Span(start_ms, end_ms)
        placed.append(word if unchanged else replace(word, span=Span(start_ms, end_ms)))
    return placed


def bare(text: str) -> str:
    """A word as it is compared: without case, punctuation and variants such as full-width letters; never empty."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum()) or folded


@dataclass(frozen=True, slots=True)
class _Answer:
    """A chunk and what of its answer is in the row."""

    chunk: Chunk
    words: list[HeardWord]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A word that both chunks heard."""

    left: int
    right: int
    same_text: bool
    apart_ms: int
    """How far its two middles are from the cut, together."""


def _failure(chunk: Chunk, transcript: Transcript) -> str | None:
    if transcript.failure is not None:
        return f"engine: {transcript.failure}"
    return RATE if len(transcript.words) > chunk.span.duration_ms else None


def _crossing(left: _Answer, right: _Answer) -> tuple[int, int]:
    """How many words of the left answer stay, and which word of the right one follows them."""
    cut_ms = left.chunk.span.end_ms
    zone = range(right.chunk.heard.start_ms, left.chunk.heard.end_ms)
    if not zone:
        return len(left.words), 0
    from_ms, to_ms = zone.start - _slack_ms(left), zone.stop + _slack_ms(right)
    first = next((i for i, heard in enumerate(left.words) if heard.word.span.end_ms > from_ms), len(left.words))
    end = next((i for i, heard in enumerate(right.words) if heard.word.span.start_ms >= to_ms), len(right.words))
    pairs = _pairs(left.words[first:], right.words[:end], cut_ms)
    if not pairs:
        kept = sum(_middle_x2(heard) < 2 * cut_ms for heard in left.words[first:])
        skipped = sum(_middle_x2(heard) < 2 * cut_ms for heard in right.words[:end])
        return first + kept, skipped
    nearest = min(pairs, key=lambda pair: (not pair.same_text, pair.apart_ms, pair.left))
    cut_off_left = zone.stop - left.words[first + nearest.left].word.span.end_ms
    cut_off_right = right.words[nearest.right].word.span.start_ms - zone.start
    if cut_off_left >= cut_off_right:  # the left chunk goes on longer after the word than the right one before it
        return first + nearest.left + 1, nearest.right + 1
    return first + nearest.left, nearest.right


def _slack_ms(answer: _Answer) -> int:
    """How far outside what both chunks heard a word of it may be placed."""
    return ESTIMATED_WORD_MS if any(heard.is_estimated for heard in answer.words) else 0


def _pairs(left: list[HeardWord], right: list[HeardWord], cut_ms: int) -> list[_Pair]:
    """Words that both heard, in order on both sides: as many of equal text, as near in time, as can be."""
    best: list[list[tuple[int, tuple[_Pair, ...]]]] = [[(0, ())] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            choice = max(best[i][j + 1], best[i + 1][j], key=lambda way: way[0])
            score, same_text = _likeness(one, other)
            if score and best[i][j][0] + score > choice[0]:
                apart_ms = (abs(_middle_x2(one) - 2 * cut_ms) + abs(_middle_x2(other) - 2 * cut_ms)) // 2
                choice = (best[i][j][0] + score, (*best[i][j][1], _Pair(i, j, same_text, apart_ms)))
            best[i + 1][j + 1] = choice
    return list(best[-1][-1][1])


def _likeness(one: HeardWord, other: HeardWord) -> tuple[int, bool]:
    """Score of the two being one word, 0 when they are not, and whether their texts are equal."""
    apart_ms = abs(_middle_x2(one) - _middle_x2(other)) // 2
    is_estimated = one.is_estimated or other.is_estimated
    most_ms = ESTIMATED_WORD_MS if is_estimated else SAME_WORD_MS
    if apart_ms <= most_ms and bare(one.word.text) == bare(other.word.text):
        return _TEXT_SCORE - apart_ms, True
    if is_estimated:  # that two such words coincide says nothing
        return 0, False
    longer_ms = max(one.word.span.duration_ms, other.word.span.duration_ms)
    if 2 * one.word.span.overlap_ms(other.word.span) > longer_ms:
        return _TIME_SCORE - apart_ms, False
    return 0, False


def _middle_x2(heard: HeardWord) -> int:
    """Twice the middle of a word, so that it is a whole number."""
    return heard.word.span.start_ms + heard.word.span.end_ms


def _in_one_order(runs: list[list[HeardWord]], title: Span) -> tuple[tuple[HeardWord, ...], ...]:
    """The runs that have words, with times in order over all of them."""
    placed = iter(in_order([heard.word for run in runs for heard in run], title))
    return tuple(tuple(replace(heard, word=next(placed)) for heard in run) for run in runs if run)
