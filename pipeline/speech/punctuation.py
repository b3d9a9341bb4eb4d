"""Where a sentence ends, by its punctuation: the one answer for segments, cues and line breaks.

Whether a full stop ends a sentence or an abbreviation is told by closed lists per language and by the word
that follows; there is no parser behind this.
"""

from __future__ import annotations

from functools import cache

from schemas.languages import primary

SENTENCE_MARKS = ".!?…⋯。｡！？؟।॥"
"""Marks that may end a sentence."""

CLOSERS = "\"'”’»)]）」』】〉》›"
"""Quotes and brackets that may follow the mark."""

OPENERS = "\"'“‘«([（「『【〈《‹¿¡-–"
"""Quotes, brackets and dashes that may stand before the first letter of a sentence."""

_ABBREVIATIONS = {
    "en": "mr. mrs. ms. dr. prof. st. sr. jr. mt. rev. gen. col. sgt. capt. lt. etc. vs. ca. e.g. i.e.",
    "es": "sr. sra. srta. dr. dra. ud. uds. etc. p.ej. ej.",
    "fr": "m. mm. mme. mlle. dr. etc. c.-à-d. p.ex. ex.",
    "de": "hr. fr. dr. prof. st. bzw. usw. ca. vgl. z. z.b. d. d.h. u. u.a. o.ä. evtl. inkl. sog.",
    "it": "sig. sig.ra dott. prof. ecc. ca. es.",
    "pt": "sr. sra. srta. dr. dra. prof. etc. p.ex. ex.",
    "hi": "डॉ.",
    "ar": "د.",
}
"""Abbreviations that go on with the sentence, in small letters."""

_IN_ANY_LANGUAGE = frozenset("mr. mrs. dr. e.g. i.e. etc. vs. ca.".split())
"""Those that also stand in texts of other languages."""

_NUMBERED = frozenset({"no.", "nos.", "nr.", "núm.", "nº.", "p.", "pp.", "vol.", "art."})
"""Abbreviations only before a number: "No. 5" goes on, "No." does not."""


def ends_sentence(word: str, following: str, language: str) -> bool:
    """Whether a sentence ends with ``word``; ``following`` is the next word, empty when there is none.

    A mark before a small letter, a full stop of an abbreviation, and one after an initial end none.
    """
    return is_stopped(word, following, language) and not following.lstrip(OPENERS + CLOSERS)[:1].islower()


def is_stopped(word: str, following: str, language: str) -> bool:
    """Whether ``word`` carries a mark that may end a sentence and is not part of an abbreviation."""
    bare = word.rstrip(CLOSERS)
    if not bare or bare[-1] not in SENTENCE_MARKS:
        return False
    return not _is_abbreviated(bare.lstrip(OPENERS), following.lstrip(OPENERS), primary(language))


@cache
def abbreviations(language: str) -> frozenset[str]:
    """Abbreviations of a language that end no sentence, in small letters."""
    return _IN_ANY_LANGUAGE.union(_ABBREVIATIONS.get(primary(language), "").split())


def _is_abbreviated(bare: str, following: str, language: str) -> bool:
    """Whether a word's last mark is the full stop of an initial or an abbreviation."""
    if len(bare) == 2 and bare[0].isupper() and bare[1] == ".":
        return bare != "I." or language != "en"  # "So do I." ends one; "J. Smith" does not
    lowered = bare.lower()
    return lowered in abbreviations(language) or (lowered in _NUMBERED and following[:1].isdigit())
