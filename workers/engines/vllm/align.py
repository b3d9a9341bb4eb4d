"""Word times from Qwen3-ForcedAligner: which step of 80 ms each word begins and ends in.

The model classifies two marks behind every unit of text: it hears the sound and reads the units, and has no prompt
besides. What it says is repaired to times that go forward (``repaired``), then laid out as spans (``spans``), whatever
it says; where much has to be repaired, or nobody could speak so fast, there is no answer, and the stage estimates.
"""

from __future__ import annotations

import bisect
import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.speech.screen import MOST_LETTERS_PER_S, RATED_LETTERS, spoken_letters
from schemas.figures import UNUSED, Usage
from schemas.jobs import Alignment, AlignRequest
from schemas.languages import primary
from schemas.speech import Word
from schemas.time import Span
from workers.engines.filling import REMEDY, DoesNotFit, filled
from workers.engines.vllm import guards, languages, prompts
from workers.engines.vllm.guards import Reason, Unacceptable
from workers.engines.vllm.languages import Skill
from workers.engines.vllm.question import Engine, Question, QuestionFailed, Sound

TREATMENT = 1
"""Counts changes of this file that change answers; part of the model's revision."""

PROMPTS: tuple[str, ...] = ()
"""It has none: a prompt in the words of a chat shifts its times by a step (vllm-omni, pull request 7240)."""

STEP_MS = 80
"""Length of one class: ``timestamp_segment_time`` of Qwen3-ForcedAligner-0.6B, one token of its audio encoder."""

SHORTEST_MS = STEP_MS
"""No word is in less sound than one step."""

MOST_REPAIRED = 0.25
"""Largest share of marks that may be out of order: one word in four, or every other word at one end. Ours: text that
is not what is said, and a model that is not an aligner, have far more."""

MOST_RUSHED = 0.25
"""Largest share of words that may come faster than anybody speaks. Ours: as many may be text that is not said, which
is found by that; with more the times mean nothing."""

_MARKS = "<timestamp><timestamp>"  # begin and end of the unit before them
_APOSTROPHES = str.maketrans("\u2019\u02bc\uff07", "'''")


class ForcedAligner:
    """Answers ``AlignRequest``, one at a time."""

    async def answer(self, request: AlignRequest, engine: Engine) -> Alignment:
        """One time per word asked for, or the reason why there is none. Raises EngineCrashed."""
        failure = languages.failure(Skill.ALIGNER_PLACES, request.language)
        usage = UNUSED
        words: tuple[Word, ...] = ()
        if failure is None and request.words:
            try:
                _require_room(request)
                parts = [units(word, request.language) for word in request.words]
                if any(parts):
                    marks = await engine.mark(_question(request, parts))
                    usage = Usage(tokens_in=marks.tokens_in, attempts=1, gpu_s=marks.gpu_s)
                    classes: list[int] = marks.classes.tolist()
                else:
                    classes = []
                words = placed(request, parts, classes)
            except (QuestionFailed, Unacceptable, DoesNotFit) as error:
                failure = str(error)
        return Alignment(request.request_id, words, failure, usage)


def units(word: str, language: str) -> tuple[str, ...]:
    """What the model is given of a word: letters, figures and apostrophes; Chinese characters one by one.

    So it was trained (``qwen_asr/inference/qwen3_forced_aligner.py``), but for Japanese, where a word stays whole.
    Nothing for a word that has no sound of its own, such as a dash.
    """
    spelled = unicodedata.normalize("NFC", word).translate(_APOSTROPHES)
    kept = "".join(letter for letter in spelled if letter == "'" or unicodedata.category(letter)[0] in "LN")
    if not any(map(str.isalnum, kept)):
        return ()
    if primary(language) == "ja":
        return (kept,)
    groups = itertools.groupby(enumerate(kept), key=lambda pair: (_is_chinese(pair[1]), pair[0] * _is_chinese(pair[1])))
    return tuple("".join(letter for _, letter in group) for _, group in groups)


def placed(request: AlignRequest, parts: Sequence[Sequence[str]], classes: Sequence[int]) -> tuple[Word, ...]:
    """The words with their times.

    Args:
        request: Whose words.
        parts: Units of each word, as ``units`` gives them.
        classes: Two per unit, begin and end, in order.

    Raises:
        Unacceptable: The times cannot be those of these words.
        DoesNotFit: There is no room for words without a sound.

    """
    count = 2 * sum(map(len, parts))
    if len(classes) != count:
        raise DoesNotFit(f"the aligner gave {len(classes)} times where {count} were asked for; check the checkpoint")
    mended = repaired(classes, request.span)
    if mended.changed > MOST_REPAIRED * count:
        raise DoesNotFit(f"{mended.changed} of {count} times are out of order; {REMEDY}")
    edges = iter(mended.classes)
    pairs = [tuple(itertools.islice(edges, 2 * len(units_of))) for units_of in parts]
    known = iter(spans([(marks[0], marks[-1]) for marks in pairs if marks], request.span))
    times = filled([next(known) if marks else None for marks in pairs], request.span)
    words = tuple(Word(text, span, None) for text, span in zip(request.words, times, strict=True))
    _require_speakable(words)
    return words


@dataclass(frozen=True, slots=True)
class Repaired:
    """Marks that go forward."""

    classes: tuple[int, ...]
    """Never decreasing, none beyond the sound."""

    changed: int
    """How many are not as the model said."""


def repaired(classes: Sequence[int], within: Span) -> Repaired:
    """The marks with those that are out of order put between their neighbours.

    In order is the longest row of marks that never decreases and lies in the sound; the others are spread evenly
    between the two of it that they stand between.
    """
    last = -(-within.duration_ms // STEP_MS)
    right = _longest_row(classes, last)
    if not right:
        return Repaired((0,) * len(classes), len(classes))
    mended = list(classes)
    for before, after in itertools.pairwise((-1, *right, len(classes))):
        low = classes[before] if before >= 0 else classes[after]
        high = classes[after] if after < len(classes) else classes[before]
        for index in range(before + 1, after):
            mended[index] = low + (high - low) * (index - before) // (after - before)
    return Repaired(tuple(mended), len(classes) - len(right))


def spans(words: Sequence[tuple[int, int]], within: Span) -> list[Span]:
    """Times of words from the classes that they begin and end in, which never decrease.

    Each edge is at the beginning of its step; words that begin and end in one step share it with the word that
    begins there, so that all are in order, do not overlap, and no edge moves by a step.

    Raises:
        DoesNotFit: There are more words in a step than milliseconds.

    """
    last = (within.duration_ms - 1) // STEP_MS
    begins = [min(begin, last) for begin, _ in words]
    ends = [min(end, last) for _, end in words[:-1]] + [end for _, end in words[-1:]]
    found: list[Span] = []
    for step, group in itertools.groupby(range(len(words)), key=lambda index: begins[index]):
        members = list(group)
        step_ms = within.start_ms + step * STEP_MS
        width_ms = min(STEP_MS, within.end_ms - step_ms) // len(members)
        if width_ms == 0:
            raise DoesNotFit(f"{len(members)} words in {STEP_MS} ms; {REMEDY}")
        for place, index in enumerate(members):
            start_ms = step_ms + place * width_ms
            end_ms = min(within.start_ms + ends[index] * STEP_MS, within.end_ms)
            found.append(Span(start_ms, max(end_ms, start_ms + width_ms)))
    return found


def _question(request: AlignRequest, parts: Sequence[Sequence[str]]) -> Question:
    text = "".join(f"{unit}{_MARKS}" for units_of in parts for unit in units_of)
    return Question(f"{prompts.SOUND}{text}", Sound(request.media_key, request.span), max_tokens=1)


def _require_room(request: AlignRequest) -> None:
    """Refuse words that cannot be said in the time before the model is asked."""
    if request.span.duration_ms < SHORTEST_MS:
        raise DoesNotFit(f"{len(request.words)} words do not fit in {request.span.duration_ms} ms; {REMEDY}")
    guards.sayable(" ".join(request.words), request.span)


def _require_speakable(words: Sequence[Word]) -> None:
    """Refuse times of which many are such that nobody can have said the words: a model that puts all in one place.

    A stretch or two is left to ``pipeline.speech.screen``: words that are not said are crowded like that.
    """
    before = [0, *itertools.accumulate(spoken_letters(word.text) for word in words)]
    rushed: set[int] = set()
    for first, word in enumerate(words):
        end = bisect.bisect_left(before, before[first] + RATED_LETTERS)
        if end > len(words):
            break
        count, time_ms = before[end] - before[first], words[end - 1].span.end_ms - word.span.start_ms
        if count * 1000 > MOST_LETTERS_PER_S * time_ms:
            rushed.update(range(first, end))
    if len(rushed) > MOST_RUSHED * len(words):
        raise Unacceptable(Reason.IMPOSSIBLE_RATE, f"{len(rushed)} of {len(words)} words; {REMEDY}")


def _longest_row(classes: Sequence[int], last: int) -> list[int]:
    """Indices of the longest row of classes that never decreases and stays in ``[0, last]``."""
    tails: list[int] = []  # last class of the best row of each length
    ends: list[int] = []  # index of that class
    before: list[int] = [-1] * len(classes)
    for index, found in enumerate(classes):
        if not 0 <= found <= last:
            continue
        length = bisect.bisect_right(tails, found)
        before[index] = ends[length - 1] if length else -1
        tails[length : length + 1] = [found]
        ends[length : length + 1] = [index]
    row: list[int] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        row.append(at)
        at = before[at]
    return row[::-1]


def _is_chinese(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("CJK ")
