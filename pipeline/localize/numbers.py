"""Figures of a text that its translation has lost.

A number may come back in another form: other marks between its digits (``12,500``, ``12.500``), in words
(``3 men``, ``tres hombres``), as a Roman numeral (``21st century``, ``siglo XXI``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from num2words import num2words

from schemas.languages import primary
from schemas.speech import UNSPACED

MOST_IN_WORDS = 100
"""Numbers up to this may be written in words: style guides ask for it up to ten, twelve, or a hundred."""

MOST_ROMAN = 50
"""Numbers up to this may be Roman: centuries, kings, chapters."""

_FIGURE = re.compile(r"\d+(?:[.,'’٫٬]\d+|[ \u00a0\u202f]\d{3}(?!\d))*")
"""Digits with single marks between them, or in groups of three after a space."""

_WORD = re.compile(r"[^\W\d_]+")


def missing(source: str, translation: str, language: str, *, besides: Iterable[str] = ()) -> tuple[str, ...]:
    """Figures of ``source`` that are nowhere in ``translation`` (in ``language``), as they were written, each once.

    Those inside a stretch of ``besides`` do not count: a glossary may make words of ``WW2``.
    """
    for stretch in besides:
        source = re.sub(re.escape(stretch), " ", source, flags=re.IGNORECASE)
    kept: set[str] = set()
    for figure in _FIGURE.findall(translation):
        kept.add(_digits(figure))
        kept.update(map(_digits, re.findall(r"\d+", figure)))  # a time may have got a point: 10:30, 10.30
    said = " ".join(word.casefold() for word in _WORD.findall(unicodedata.normalize("NFC", translation)))
    return tuple(
        dict.fromkeys(
            figure
            for figure in _FIGURE.findall(source)
            if _digits(figure) not in kept
            and not kept.issuperset(map(_digits, figure.split()))
            and not _is_spelled(_digits(figure), said, language)
        )
    )


def _digits(figure: str) -> str:
    """Its digits in ASCII without what stands between them."""
    return "".join(str(unicodedata.digit(char)) for char in figure if char.isdigit())


def _is_spelled(digits: str, said: str, language: str) -> bool:
    """Whether the words of a translation hold a whole number in words or in Roman; a one may be any article."""
    if len(digits) > 3 or digits != str(int(digits)) or int(digits) > MOST_IN_WORDS:
        return False
    number = int(digits)
    forms = [*_in_words(number, primary(language)), *([_roman(number)] if 0 < number <= MOST_ROMAN else [])]
    if primary(language) in UNSPACED:
        return number == 1 or any(form in said for form in forms)
    return number == 1 or any(re.search(rf"\b{_inflected(form)}\b", said) for form in forms)


def _inflected(form: str) -> str:
    """Pattern of a number in words: what ends in o has other endings too in Spanish, Portuguese and Italian."""
    return f"{re.escape(form[:-1])}(?:o|a|os|as|i|e)?" if form.endswith("o") else re.escape(form)


@lru_cache(maxsize=1024)  # of each language the numbers up to MOST_IN_WORDS
def _in_words(number: int, language: str) -> tuple[str, ...]:
    """A number as a language counts and orders, in small letters without marks; as far as that is written down."""
    forms = []
    for kind in ("cardinal", "ordinal"):
        try:
            form = num2words(number, lang=language, to=kind)
        except (NotImplementedError, ValueError, TypeError, KeyError, IndexError):  # each language fails in its own way
            continue
        forms.append(" ".join(_WORD.findall(unicodedata.normalize("NFC", form))).casefold())
    return tuple(filter(None, forms))


def _roman(number: int) -> str:
    """A number up to 50, in small letters."""
    tens, ones = divmod(number, 10)
    return ("", "x", "xx", "xxx", "xl", "l")[tens] + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[ones]
