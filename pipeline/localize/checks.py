"""What an engine answered, made into one answer for each line that was asked, whatever it was.

Nothing is guessed: an answer that may belong to another line is no answer. A line without one has a failure.
What is merely worse than it should be (too long, a term missed, a number lost) is kept, and told elsewhere.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.captions.measure import characters
from pipeline.captions.profiles import CaptionProfile
from pipeline.localize import numbers
from pipeline.localize.placeholders import PLACEHOLDER
from pipeline.localize.terms import folded, is_used, occurrences
from schemas.jobs import LineAnswer, SourceLine, TranslateRequest, Translation
from schemas.languages import primary
from schemas.speech import UNSPACED

MAX_GROWTH = 8
"""Characters of a translation per character of its source. Ours: Chinese into German is about 4."""

MAX_EXTRA_CHARACTERS = 40
"""Allowed beyond that, for very short lines. Ours: ``OK.`` may become a sentence, not a paragraph."""

MOST_UNTRANSLATED = 2
"""Words outside of the glossary and without a capital that a line may have when its translation is the same. Ours:
names and ``no, no`` are the same in two languages; a clause left in the source language is no translation."""

MAX_UNKNOWN = 50
"""Unknown words of a line that are kept; more than any line has."""

_REPLACEMENT = "\ufffd"
"""What stands for bytes that are no text."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of one line's translation after an answer."""

    text: str | None
    """The translation: one line, NFC; null when there is none."""

    shorter: tuple[str, ...]
    """Other wordings, each shorter than the one before it, none worse than the translation."""

    unknown: tuple[str, ...]
    """Words that the engine does not know and left as they are."""

    failure: str | None
    """Why there is no translation; null when there is one."""


def checked(asked: TranslateRequest, answer: Translation, profile: CaptionProfile) -> tuple[Checked, ...]:
    """One answer per line of a request, in its order, measured as the target's ``profile`` counts."""
    if answer.failure is not None:
        return tuple(_failed(_clean(answer.failure) or "the engine gave no reason") for _ in asked.lines)
    ids = {line.id for line in asked.lines}
    foreign = sorted({line.id for line in answer.lines} - ids)
    if foreign:
        reason = f"the engine answered line {foreign[0]} of {len(ids)}, so that its answers may be shifted"
        return tuple(_failed(reason) for _ in asked.lines)
    return tuple(_one(line, asked, answer.lines, profile) for line in asked.lines)


def shortened(
    earlier: Checked, later: Checked, line: SourceLine, asked: TranslateRequest, profile: CaptionProfile
) -> Checked:
    """An answer with the wordings that came when a shorter one was asked for."""
    if earlier.text is None or later.text is None:
        return earlier if later.text is None else later
    wordings = (later.text, *later.shorter, *earlier.shorter)
    kept = _shorter(earlier.text, wordings, line, asked, profile)
    unknown = tuple(dict.fromkeys((*earlier.unknown, *later.unknown)))
    return dataclasses.replace(earlier, shorter=kept, unknown=unknown)


def fitted(answer: Checked, budget: float, profile: CaptionProfile) -> Checked:
    """The answer with the longest of its wordings that keeps to a budget as its text; the shortest when none does."""
    if answer.text is None:
        return answer
    wordings = (answer.text, *answer.shorter)
    fitting = (number for number, text in enumerate(wordings) if characters(text, profile.counting) <= budget)
    chosen = next(fitting, len(wordings) - 1)
    text = wordings[chosen]
    unknown = tuple(word for word in answer.unknown if folded(word) in folded(text))
    return dataclasses.replace(answer, text=text, shorter=wordings[chosen + 1 :], unknown=unknown)


def _one(line: SourceLine, asked: TranslateRequest, answers: Sequence[LineAnswer], profile: CaptionProfile) -> Checked:
    mine = list(dict.fromkeys(answer for answer in answers if answer.id == line.id))
    if not mine:
        return _failed("the engine did not answer this line")
    if len({_clean(answer.text) for answer in mine}) > 1:
        return _failed("the engine answered this line twice, and differently")
    text = _clean(mine[0].text)
    failure = _failure(text, line, asked)
    if failure is not None:
        return _failed(failure)
    shorter = _shorter(text, tuple(map(_clean, mine[0].shorter)), line, asked, profile)
    unknown = dict.fromkeys(word for word in map(_clean, mine[0].unknown) if word and folded(word) in folded(text))
    return Checked(text, shorter, tuple(unknown)[:MAX_UNKNOWN], failure=None)


def _failure(text: str, line: SourceLine, asked: TranslateRequest) -> str | None:
    """Why a text is no translation of a line; None when it may be one."""
    if not any(char.isalnum() for char in text):
        return "the engine answered this line with nothing"
    if _REPLACEMENT in text and _REPLACEMENT not in line.text:
        return "the engine answered this line with bytes that are no text"
    if PLACEHOLDER.search(text) and not PLACEHOLDER.search(line.text):
        return "the engine left one of its own placeholders in this line"
    if len(text) > MAX_GROWTH * len(line.text) + MAX_EXTRA_CHARACTERS:
        return f"the engine answered {len(line.text)} characters with {len(text)}"
    if _is_untranslated(text, line, asked):
        return "the engine left this line as it was"
    return None


def _is_untranslated(text: str, line: SourceLine, asked: TranslateRequest) -> bool:
    """Whether a text is its source again, with more in it than names and terms."""
    if primary(asked.source_language) == primary(asked.target_language) or folded(text) != folded(line.text):
        return False
    taken = {
        position
        for term in line.terms
        for span in occurrences(term.source, line.text, asked.source_language, is_case_exact=term.is_case_exact)
        for position in range(*span)
    }
    language = primary(asked.source_language)
    words = re.finditer(r"\w" if language in UNSPACED else r"\w+", line.text)
    left = [word for word in words if word.start() not in taken and word[0][0].isalpha() and not word[0][0].isupper()]
    return len(left) > MOST_UNTRANSLATED and not (language in UNSPACED and primary(asked.target_language) in UNSPACED)


def _shorter(
    text: str, wordings: Sequence[str], line: SourceLine, asked: TranslateRequest, profile: CaptionProfile
) -> tuple[str, ...]:
    """Those of ``wordings`` that are really shorter than ``text`` and say what it says, the longest first."""
    language = asked.target_language
    terms = [term for term in line.terms if is_used(term, text, language)]
    due = [term.source for term in line.terms]
    lost = set(numbers.missing(line.text, text, language, besides=due))
    by_length = {characters(wording, profile.counting): wording for wording in reversed(wordings)}
    limit = characters(text, profile.counting)
    return tuple(
        wording
        for length, wording in sorted(by_length.items(), reverse=True)
        if length < limit
        and _failure(wording, line, asked) is None
        and all(is_used(term, wording, language) for term in terms)
        and lost.issuperset(numbers.missing(line.text, wording, language, besides=due))
    )


def _clean(text: str) -> str:
    """One line in NFC, with single spaces and without control characters."""
    shown = "".join(char for char in " ".join(text.split()) if unicodedata.category(char) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", " ".join(shown.split()))


def _failed(reason: str) -> Checked:
    return Checked(None, (), (), reason)
