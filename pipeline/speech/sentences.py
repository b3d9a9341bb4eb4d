"""Words to segments: a sentence, or what comes nearest to one, by one speaker.

An engine's own punctuation decides where it has any. A draft has none: pauses and length decide, and
``pipeline.speech.draft`` restores case and full stops. No segment spans a change of speaker.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from pipeline.speech.draft import restored
from pipeline.speech.punctuation import ends_sentence
from pipeline.speech.seams import HeardWord
from schemas.speech import Segment, Turn, Word
from schemas.time import Span

LONG_PAUSE_MS = 2_000
"""A pause of this length ends a segment even inside a sentence: a caption would not stay on through it. Ours."""

SENTENCE_PAUSE_MS = 550
"""In a draft, a pause of this length ends a sentence. Ours: read speech pauses 0.4 to 0.9 s between
sentences, and about 0.2 to 0.4 s at commas."""

LONGEST_DRAFT_WORDS = 24
"""A longer stretch of a draft is split at its longest pause. Ours: two full captions of two lines."""

LONGEST_WORDS = 80
"""A longer sentence is split at its longest pause: an engine that stops punctuating. Ours."""

NEAR_TURN_MS = 500
"""A word that no turn covers belongs to the nearest within this distance: turns follow a detector that
misses faint sounds. Ours."""


def segments(runs: Sequence[Sequence[HeardWord]], turns: Sequence[Turn]) -> list[Segment]:
    """Segments in order of time. No segment spans two runs, two speakers, or two languages.

    Args:
        runs: Words in order of time, none overlapping.
        turns: Who speaks when, in any order; they may overlap.

    """
    speakers = iter(speakers_of([heard.word.span for run in runs for heard in run], turns))
    found: list[Segment] = []
    for run in runs:
        told = [(next(speakers), heard) for heard in run]
        for (speaker, language, is_draft), group in itertools.groupby(
            told, key=lambda pair: (pair[0], pair[1].language, pair[1].is_draft)
        ):
            words = [heard.word for _, heard in group]
            for sentence in _drafted(words) if is_draft else _punctuated(words, language):
                shown = restored(sentence, language) if is_draft else tuple(sentence)
                span = Span(shown[0].span.start_ms, shown[-1].span.end_ms)
                found.append(Segment(len(found), span, language, speaker, shown, is_draft))
    return found


def speakers_of(spans: Sequence[Span], turns: Sequence[Turn]) -> list[str | None]:
    """Who says each of ``spans``, which are in order of time; None where it is nobody known, or two alike."""
    waiting = sorted(turns, key=lambda turn: turn.span)
    told: list[str | None] = []
    active: list[Turn] = []
    upcoming = 0
    for span in spans:
        while upcoming < len(waiting) and waiting[upcoming].span.start_ms < span.end_ms + NEAR_TURN_MS:
            active.append(waiting[upcoming])
            upcoming += 1
        active = [turn for turn in active if turn.span.end_ms > span.start_ms - NEAR_TURN_MS]
        told.append(_speaker(span, active))
    return told


def _speaker(span: Span, turns: Sequence[Turn]) -> str | None:
    """The one whose turns cover most of ``span``, or else the nearest."""
    covered: dict[str | None, int] = {}
    for turn in turns:
        shared_ms = span.overlap_ms(turn.span)
        if shared_ms:
            covered[turn.speaker] = covered.get(turn.speaker, 0) + shared_ms
    if not covered:  # the nearest: the largest of the negative distances
        for turn in turns:
            apart_ms = max(turn.span.start_ms - span.end_ms, span.start_ms - turn.span.end_ms)
            covered[turn.speaker] = max(covered.get(turn.speaker, -NEAR_TURN_MS), -apart_ms)
    best = max(covered.values(), default=0)
    leading = [speaker for speaker, shared_ms in covered.items() if shared_ms == best]
    return leading[0] if len(leading) == 1 else None


def _punctuated(words: Sequence[Word], language: str) -> Iterator[Sequence[Word]]:
    """Sentences by the engine's own punctuation."""
    first = 0
    for index, (word, following) in enumerate(itertools.pairwise(words), start=1):
        if ends_sentence(word.text, following.text, language) or _pause_ms(word, following) >= LONG_PAUSE_MS:
            yield from _split(words[first:index], LONGEST_WORDS)
            first = index
    yield from _split(words[first:], LONGEST_WORDS)


def _drafted(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Sentences by pauses."""
    first = 0
    for index, (word, following) in enumerate(itertools.pairwise(words), start=1):
        if _pause_ms(word, following) >= SENTENCE_PAUSE_MS:
            yield from _split(words[first:index], LONGEST_DRAFT_WORDS)
            first = index
    yield from _split(words[first:], LONGEST_DRAFT_WORDS)


def _split(words: Sequence[Word], longest: int) -> Iterator[Sequence[Word]]:
    """Parts of at most ``longest`` words, cut at the longest pauses that leave parts of a fair size."""
    waiting = [words]
    while waiting:
        part = waiting.pop()
        if len(part) <= longest:
            yield part
            continue
        margin = min(longest // 4, len(part) // 3)
        places = range(max(1, margin), len(part) - margin)
        cut = max(places, key=lambda i: (_pause_ms(part[i - 1], part[i]), -abs(2 * i - len(part))))
        waiting.extend((part[cut:], part[:cut]))


def _pause_ms(word: Word, following: Word) -> int:
    return following.span.start_ms - word.span.end_ms
