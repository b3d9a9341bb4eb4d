"""What no one can have said: loops, words on silence, impossible rates.

Engines invent text where there is little to hear. Each screen takes out the smallest stretch that is wrong and
says why; the words around it stay.
"""

from __future__ import annotations

import bisect
import itertools
import unicodedata
from collections.abc import Iterator, Sequence

from pipeline.speech.seams import RATE, HeardWord, Joined, Lost, bare
from schemas.media import SpeechRegion
from schemas.time import Span, merged

LOOP = "loop"
"""Reason: the same words over and over."""

PHANTOM = "phantom"
"""Reason: words where nobody speaks."""

LONGEST_PATTERN = 20
"""Longest pattern of words that is looked for: the ``max_pattern_size`` that vLLM's guard against repetition
(``RepetitionDetectionParams``) gets in production."""

FEWEST_REPEATS = 4
"""A pattern must come this often without a break: the guard's ``min_count``."""

FEWEST_LOOP_WORDS = 12
"""A loop has at least this many words, so that "no, no, no, no" and "bye bye" stay. Ours."""

PHANTOM_MARGIN_MS = 250
"""How far from any speech region a word may lie and still be believed: recognisers and aligners place
words within about 80 ms, and a detector misses faint first and last sounds. Ours."""

MOST_LETTERS_PER_S = 51.0
"""Fastest speech: 655 words a minute (Guinness World Records, fastest talker, 1995), at 4.7 letters an
English word."""

RATED_LETTERS = 24
"""Fewest letters that a rate is judged by: about five words. Times of less are too coarse. Ours."""

SYLLABLE_LETTERS = 3
"""How many letters a character counts as in scripts that write syllables or words: English has about 1.5
syllables and 4.7 letters a word."""

_SYLLABIC = ("CJK UNIFIED", "HIRAGANA", "KATAKANA", "HANGUL SYLLABLE")


def screen(joined: Joined, regions: Sequence[SpeechRegion]) -> Joined:
    """The words that can have been said; a run ends where some were taken out."""
    speech = list(merged(region.span for region in regions))
    runs: list[tuple[HeardWord, ...]] = []
    lost = list(joined.lost)
    for run in joined.runs:
        reasons = _reasons(run, speech)
        for reason, group in itertools.groupby(zip(reasons, run, strict=True), key=lambda pair: pair[0]):
            words = tuple(heard for _, heard in group)
            if reason is None:
                runs.append(words)
            else:
                lost.append(Lost(Span(words[0].word.span.start_ms, words[-1].word.span.end_ms), reason))
    return Joined(tuple(runs), tuple(lost))


def _reasons(run: Sequence[HeardWord], speech: list[Span]) -> list[str | None]:
    """Why each word is taken out; None for one that stays."""
    reasons: list[str | None] = [None] * len(run)
    for reason, ranges in ((RATE, _too_fast(run)), (PHANTOM, _on_silence(run, speech)), (LOOP, _loops(run))):
        for wrong in ranges:
            reasons[wrong.start : wrong.stop] = [reason] * len(wrong)
    return reasons


def _loops(run: Sequence[HeardWord]) -> Iterator[range]:
    """Every occurrence of a repeated pattern but the first; a last one that is cut short only where the run ends."""
    tokens = [bare(heard.word.text) for heard in run]
    for length in range(1, min(LONGEST_PATTERN, len(tokens) // FEWEST_REPEATS) + 1):
        fewest = max(FEWEST_REPEATS * length, FEWEST_LOOP_WORDS) - length
        same = (tokens[i] == tokens[i + length] for i in range(len(tokens) - length))
        at = 0
        for is_same, stretch in itertools.groupby(same):
            count = sum(1 for _ in stretch)
            at += count
            if is_same and count >= fewest:
                begun = 0 if at + length == len(tokens) else count % length
                yield range(at + length - count, at + length - begun)


def _on_silence(run: Sequence[HeardWord], speech: list[Span]) -> Iterator[range]:
    """Words that no speech region is near."""
    ends_ms = [span.end_ms for span in speech]
    for index, heard in enumerate(run):
        span = heard.word.span
        nearest = bisect.bisect_right(ends_ms, span.start_ms - PHANTOM_MARGIN_MS)
        if nearest == len(speech) or speech[nearest].start_ms >= span.end_ms + PHANTOM_MARGIN_MS:
            yield range(index, index + 1)


def _too_fast(run: Sequence[HeardWord]) -> Iterator[range]:
    """Shortest stretches of enough letters that come faster than anybody speaks."""
    before = [0, *itertools.accumulate(spoken_letters(heard.word.text) for heard in run)]
    end = 0
    for first, heard in enumerate(run):
        while end < len(run) and before[end] - before[first] < RATED_LETTERS:
            end += 1
        letters = before[end] - before[first]
        duration_ms = run[end - 1].word.span.end_ms - heard.word.span.start_ms
        if letters >= RATED_LETTERS and letters * 1000 > MOST_LETTERS_PER_S * duration_ms:
            yield range(first, end)


def spoken_letters(text: str) -> int:
    """Letters and digits, with signs for syllables and words counted as ``SYLLABLE_LETTERS``."""
    return sum(
        SYLLABLE_LETTERS if letter > "\u1100" and unicodedata.name(letter, "").startswith(_SYLLABIC) else 1
        for letter in text
        if letter.isalnum()
    )
