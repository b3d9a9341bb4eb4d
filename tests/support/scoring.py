"""How well an engine or a detector did, against a reference: words, word times, speakers, cuts.

The rules are those of the field, so that our figures can be held against published ones:

- word error rate: Levenshtein over words (jiwer), after ``normalised``, which is stated here because every
  published figure depends on its normaliser;
- word times: distance of start times over words that both have, as forced alignment is scored (the
  "accumulated average shift" of Shi et al., arXiv 2301.12343, is its mean);
- diarization error rate: NIST RT-09 evaluation plan (md-eval): missed, false alarm and confused speech over
  reference speech, overlaps included, speakers mapped one to one so that they agree best, 0.25 s around
  every reference boundary not scored;
- cuts: precision, recall and F1 with one-to-one matches within a tolerance in frames, as TRECVID's shot
  boundary task counts hard cuts (Smeaton, Over, Doherty 2010).
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jiwer
import numpy as np
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]  # scipy has no inline types

from schemas.speech import Turn, Word
from schemas.time import Span

COLLAR_MS = 250
"""On each side of a reference boundary: NIST RT-09."""

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'"})


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Edits that turn the reference into what was heard."""

    substitutions: int
    """Words heard as another."""

    deletions: int
    """Words not heard."""

    insertions: int
    """Words heard that nobody said."""

    reference_words: int
    """Words said; at least 1."""

    @property
    def rate(self) -> float:
        """Word error rate: 0 is perfect, and it may exceed 1."""
        return (self.substitutions + self.deletions + self.insertions) / self.reference_words


@dataclass(frozen=True, slots=True)
class WordTimeErrors:
    """How far start times are off, over the words that reference and result share."""

    errors_ms: tuple[int, ...]
    """Heard start minus reference start, word by word; at least one."""

    reference_words: int
    """Words of the reference, shared or not."""

    @property
    def median_ms(self) -> float:
        """Median of the absolute errors."""
        return float(np.median(np.abs(self.errors_ms)))

    @property
    def mean_ms(self) -> float:
        """Mean of the absolute errors."""
        return float(np.mean(np.abs(self.errors_ms)))

    @property
    def p95_ms(self) -> float:
        """95th percentile of the absolute errors, interpolated linearly."""
        return float(np.percentile(np.abs(self.errors_ms), 95))

    @property
    def bias_ms(self) -> float:
        """Median of the signed errors: positive when words are heard late."""
        return float(np.median(self.errors_ms))

    def share_within(self, limit_ms: int) -> float:
        """Share of the shared words that are off by at most ``limit_ms``."""
        return float(np.mean(np.abs(self.errors_ms) <= limit_ms))


@dataclass(frozen=True, slots=True)
class DiarizationErrors:
    """Speaker time that is wrong; time in which two speak counts twice."""

    missed_ms: int
    """Reference speech where fewer speakers were found."""

    false_alarm_ms: int
    """Speakers found where fewer speak."""

    confused_ms: int
    """Speech given to the wrong speaker, or to nobody in particular."""

    scored_ms: int
    """Reference speech outside the collars; at least 1."""

    mapping: tuple[tuple[str, str], ...]
    """Found speaker and the reference speaker it stands for, sorted."""

    @property
    def rate(self) -> float:
        """Diarization error rate: 0 is perfect, and it may exceed 1."""
        return (self.missed_ms + self.false_alarm_ms + self.confused_ms) / self.scored_ms


@dataclass(frozen=True, slots=True)
class CutScore:
    """How many cuts were found, and how many of those found are cuts."""

    hits: int
    """Reference cuts that a found cut matches."""

    reference: int
    """Cuts there are."""

    found: int
    """Cuts that were found."""

    @property
    def precision(self) -> float:
        """Share of the found cuts that are right; 1 when none was found."""
        return self.hits / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the cuts that were found; 1 when there is none."""
        return self.hits / self.reference if self.reference else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 1 when there is no cut and none was found."""
        return 2 * self.hits / (self.reference + self.found) if self.reference + self.found else 1.0


def normalised(text: str) -> list[str]:
    """Words to compare: NFKC, lower case, hyphens and dashes split, no punctuation but apostrophes inside a word.

    Numbers stay as they are written: references spell them out where an engine does.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    kept = (mark if unicodedata.category(mark)[0] in "LMN" or mark == "'" else " " for mark in plain)
    words = (word.strip("'") for word in "".join(kept).split())
    return [word for word in words if word]


def word_errors(reference: str, heard: str) -> WordErrors:
    """Compare what was said with what was heard.

    Raises:
        ValueError: The reference has no words.

    """
    said = normalised(reference)
    if not said:
        raise ValueError("a reference without words has no error rate")
    compared = jiwer.process_words(" ".join(said), " ".join(normalised(heard)))
    return WordErrors(compared.substitutions, compared.deletions, compared.insertions, len(said))


def word_time_errors(reference: Sequence[Word], heard: Sequence[Word]) -> WordTimeErrors:
    """Compare the start times of the words that both share, in the alignment with the fewest edits.

    Raises:
        ValueError: They share no word.

    """
    said = [(key, word.span.start_ms) for word in reference if (key := "".join(normalised(word.text)))]
    got = [(key, word.span.start_ms) for word in heard if (key := "".join(normalised(word.text)))]
    if not said or not got:
        raise ValueError("no words to compare")
    compared = jiwer.process_words(" ".join(key for key, _ in said), " ".join(key for key, _ in got))
    errors = tuple(
        got[chunk.hyp_start_idx + offset][1] - said[chunk.ref_start_idx + offset][1]
        for chunk in compared.alignments[0]
        if chunk.type == "equal"
        for offset in range(chunk.ref_end_idx - chunk.ref_start_idx)
    )
    if not errors:
        raise ValueError("reference and result share no word")
    return WordTimeErrors(errors, len(said))


def diarization_errors(
    reference: Sequence[Turn], found: Sequence[Turn], *, collar_ms: int = COLLAR_MS
) -> DiarizationErrors:
    """Compare who speaks when.

    A found turn whose speaker is None is speech of nobody in particular: it is not missed, and always confused.

    Raises:
        ValueError: Nobody speaks in the reference, outside the collars.

    """
    pieces = list(_pieces(reference, found, collar_ms))
    mapping = _best_mapping(pieces)
    missed = false_alarm = confused = scored = 0
    for length_ms, speaking, heard in pieces:
        right = sum(mapping.get(name) in speaking for name in heard if name is not None)
        scored += length_ms * len(speaking)
        missed += length_ms * max(0, len(speaking) - len(heard))
        false_alarm += length_ms * max(0, len(heard) - len(speaking))
        confused += length_ms * (min(len(speaking), len(heard)) - right)
    if not scored:
        raise ValueError("the reference has no speech to score")
    return DiarizationErrors(missed, false_alarm, confused, scored, tuple(sorted(mapping.items())))


def cut_score(reference: Sequence[int], found: Sequence[int], *, tolerance_frames: int = 0) -> CutScore:
    """Compare frames at which shots begin; each found cut matches at most one reference cut, and the other way.

    The greatest number of such matches counts. Going through both in order finds it, since the tolerance is
    the same for all.
    """
    wanted, got = sorted(reference), sorted(found)
    hits = at = 0
    for cut in wanted:
        while at < len(got) and got[at] < cut - tolerance_frames:
            at += 1
        if at < len(got) and got[at] <= cut + tolerance_frames:
            hits += 1
            at += 1
    return CutScore(hits, len(wanted), len(got))


def _pieces(
    reference: Sequence[Turn], found: Sequence[Turn], collar_ms: int
) -> Iterator[tuple[int, frozenset[str], frozenset[str | None]]]:
    """Length of each scored stretch in which nothing changes, who speaks in it, and who was found."""
    edges = {edge for turn in reference for edge in (turn.span.start_ms, turn.span.end_ms)}
    bounds = set(edges)
    bounds |= {max(0, edge + side) for edge in edges for side in (-collar_ms, collar_ms)}
    bounds |= {edge for turn in found for edge in (turn.span.start_ms, turn.span.end_ms)}
    for start_ms, end_ms in itertools.pairwise(sorted(bounds)):
        if any(edge - collar_ms <= start_ms < edge + collar_ms for edge in edges):
            continue
        stretch = Span(start_ms, end_ms)
        speaking = frozenset(turn.speaker for turn in reference if turn.speaker and turn.span.overlap_ms(stretch))
        heard = frozenset(turn.speaker for turn in found if turn.span.overlap_ms(stretch))
        yield stretch.duration_ms, speaking, heard


def _best_mapping(pieces: Sequence[tuple[int, frozenset[str], frozenset[str | None]]]) -> dict[str, str]:
    """Found speaker to reference speaker, one to one, with the most time in common."""
    names = sorted({name for _, speaking, _ in pieces for name in speaking})
    labels = sorted({label for _, _, heard in pieces for label in heard if label is not None})
    shared = np.zeros((len(labels), len(names)), dtype=np.int64)
    for length_ms, speaking, heard in pieces:
        for label, name in itertools.product(heard, speaking):
            if label is not None:
                shared[labels.index(label), names.index(name)] += length_ms
    rows, columns = linear_sum_assignment(shared, maximize=True)
    return {labels[row]: names[column] for row, column in zip(rows, columns, strict=True) if shared[row, column]}
