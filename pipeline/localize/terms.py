"""Glossary terms in text: which are due in what is said, and which a translation contains.

A term is found where it stands as whole words, in any case unless its spelling counts. A translation is not
parsed: a target counts as used when it is there as it stands in the glossary, or with a plural ending. All text is
NFC, as captions and glossaries are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import langcodes

from pipeline.captions.profiles import MAX_LANGUAGE_DISTANCE
from schemas.languages import primary
from schemas.localize import Term
from schemas.speech import UNSPACED

MAX_REGION_DISTANCE = 4
"""CLDR matching distance up to which a term of one region holds in another: ``es-MX`` in ``es-419`` and ``en-AU`` in
``en-GB`` (4, 3), but ``es-ES`` not in ``es-419`` nor ``pt-PT`` in ``pt-BR`` (5). A term without a region holds in
all of them."""

_FIRST_UNSPACED = "\u0e00"
"""Scripts before Thai write spaces (Unicode blocks): a Latin name inside Japanese still is a whole word."""

_GLUED = frozenset({"ko"})
"""Languages that write particles onto the end of a word."""

_APOSTROPHES = "'’ʼ"
_HYPHENS = "-‐‑"
_ONE_KIND = str.maketrans({**dict.fromkeys(_APOSTROPHES, "'"), **dict.fromkeys(_HYPHENS, "-")})

_ELIDED = frozenset("l d j m t s c n qu jusqu lorsqu puisqu quoiqu un quest bell dell nell all dall sull gl".split())
"""What French, Italian and Catalan write before an apostrophe and a word of its own."""

_CLITICS = frozenset("s d m ll re ve".split())
"""What English writes after a word and an apostrophe. The t of ``don't`` is none: that is another word."""

_PLURALS = {
    "ca": "s|es",
    "en": "s|es",
    "es": "s|es",
    "fr": "s|x",
    "gl": "s|es",
    "pt": "s|es",
}
"""Plural endings that are added to a word and change nothing else in it. A plural that changes more is a term of its
own; without the endings every ``trenes`` would be reported as a missing ``tren``."""

_PATTERNS = 4096
"""Compiled patterns that are remembered: more than one title's terms that occur."""


@dataclass(frozen=True, slots=True)
class Found:
    """A term in a text."""

    term: Term
    """Which."""

    start: int
    """Its first character, a code point index."""

    end: int
    """First character after it."""


class Matcher:
    """Finds the terms of a glossary in text of one language. Holds no state, so threads may share it."""

    def __init__(self, terms: Iterable[Term], language: str) -> None:
        """``language`` (BCP 47) is that of the text to be searched, in which the terms' sources are written."""
        self._language = language
        self._sought = [(folded(term.source), term) for term in sorted(set(terms), key=_order)]

    def found(self, text: str) -> list[Found]:
        """Terms in ``text`` in order of place, none overlapping: the longest first, an exact one before another."""
        searched = folded(text)
        candidates = [
            Found(term, *span)
            for key, term in self._sought
            if key in searched  # most are not, and this is much faster than a pattern
            for span in occurrences(term.source, text, self._language, is_case_exact=term.is_case_exact)
        ]
        candidates.sort(key=lambda one: (one.start - one.end, not one.term.is_case_exact, one.start))
        taken = bytearray(len(text))
        kept = []
        for one in candidates:
            if not any(taken[one.start : one.end]):
                taken[one.start : one.end] = b"\1" * (one.end - one.start)
                kept.append(one)
        return sorted(kept, key=lambda one: one.start)


def held_for(terms: Iterable[Term], language: str) -> tuple[Term, ...]:
    """Terms that hold for translations into ``language`` (BCP 47), sorted.

    Of several for one source, the one whose language is nearest holds: a term for ``es-419`` before one for
    ``es``, and that before one for all languages.
    """
    nearest: dict[tuple[str, bool], tuple[int, Term]] = {}
    for term in sorted(terms, key=_order):
        distance = _distance(term.language, language)
        if distance is None:
            continue
        key = (term.source if term.is_case_exact else folded(term.source), term.is_case_exact)
        if key not in nearest or distance < nearest[key][0]:
            nearest[key] = (distance, term)
    return tuple(sorted((term for _, term in nearest.values()), key=_order))


def is_used(term: Term, translation: str, language: str) -> bool:
    """Whether a translation in ``language`` contains what the term must become."""
    return any(
        True
        for _ in occurrences(
            term.wanted, translation, language, is_case_exact=term.is_case_exact, is_plural_allowed=True
        )
    )


def occurrences(
    sought: str, text: str, language: str, *, is_case_exact: bool, is_plural_allowed: bool = False
) -> Iterator[tuple[int, int]]:
    """Where ``sought`` stands in ``text`` as whole words: first character, and first character after it.

    An apostrophe parts words where it elides one (``l'Opéra``, ``Anna's``), a hyphen never does. In languages
    written without spaces any place will do, except inside a word of a script that writes them.
    """
    endings = _PLURALS.get(primary(language)) if is_plural_allowed and not is_case_exact else None
    for match in _pattern(sought, is_case_exact, endings).finditer(text):
        if _opens(text, match.start(), language) and _closes(text, match.end(), language):
            yield match.span()


def folded(text: str) -> str:
    """``text`` as two spellings of the same are compared: no case, one kind of space, apostrophe and hyphen."""
    return " ".join(text.split()).translate(_ONE_KIND).casefold()


@lru_cache(maxsize=_PATTERNS)
def _pattern(sought: str, is_case_exact: bool, endings: str | None) -> re.Pattern[str]:
    words = [_pattern_of_word(word, endings) for word in sought.split()]
    return re.compile(r"\s+".join(words), 0 if is_case_exact else re.IGNORECASE)


def _pattern_of_word(word: str, endings: str | None) -> str:
    marks = dict.fromkeys(_APOSTROPHES, f"[{_APOSTROPHES}]") | dict.fromkeys(_HYPHENS, f"[{_HYPHENS}]")
    spelled = "".join(marks.get(char, re.escape(char)) for char in word)
    return f"{spelled}(?:{endings})?" if endings and word[-1].isalpha() else spelled


def _opens(text: str, start: int, language: str) -> bool:
    """Whether a word may begin at ``start``."""
    if not start:
        return True
    before = text[start - 1]
    if before in _APOSTROPHES + _HYPHENS:
        word = _run(reversed(text[: start - 1]))[::-1]
        return not word or (before in _APOSTROPHES and word.casefold() in _ELIDED)
    return not (_is_of_word(before) and _is_unparted(before, text[start], language))


def _closes(text: str, end: int, language: str) -> bool:
    """Whether a word may end before ``end``."""
    if end == len(text):
        return True
    after = text[end]
    if after in _APOSTROPHES + _HYPHENS:
        word = _run(text[end + 1 :])
        return not word or (after in _APOSTROPHES and word.casefold() in _CLITICS)
    if unicodedata.category(after).startswith("M"):
        return False
    return primary(language) in _GLUED or not (_is_of_word(after) and _is_unparted(text[end - 1], after, language))


def _is_unparted(before: str, after: str, language: str) -> bool:
    """Whether nothing but a space would part two words where these characters meet."""
    return primary(language) not in UNSPACED or (before < _FIRST_UNSPACED and after < _FIRST_UNSPACED)


def _is_of_word(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")


def _run(chars: Iterable[str]) -> str:
    """The characters of one word with which ``chars`` begins."""
    word = []
    for char in chars:
        if not _is_of_word(char):
            break
        word.append(char)
    return "".join(word)


def _distance(held: str | None, language: str) -> int | None:
    """How far a term's language is from a target; None when it does not hold there."""
    if held is None:
        return MAX_LANGUAGE_DISTANCE + 1
    tag = langcodes.Language.get(held)
    limit = MAX_LANGUAGE_DISTANCE if tag.territory is None else MAX_REGION_DISTANCE
    found = langcodes.tag_distance(language, held)
    return found if found <= limit else None


def _order(term: Term) -> tuple[str, bool, str, str]:
    return (term.source, term.is_case_exact, term.language or "", term.wanted)
