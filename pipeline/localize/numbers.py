"""Figures of a text that its translation has lost.

A number may come back in another form: other marks between its digits (``12,500``, ``12.500``), in words
(``3 men``, ``tres hombres``), as a Roman numeral (``21st century``, ``siglo XXI``). Its decimals stay decimals:
``1.5`` is not ``15``. Words of a large number or of a fraction are not read; that there are some can be told.
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

_GROUP = 3
"""Digits between the marks of a large number; after a last mark any other count of them is decimals. ``1.500`` may be
either, by country, and is taken for the large number in both languages."""

_ROUND = (100, *range(200, 1_000, 100), 1_000, *(times * 10**zeros for zeros in (6, 9) for times in (1, 2)))
"""Numbers whose last word is one that larger numbers are made of: hundreds, thousand, million and their plurals."""

_WORD = re.compile(r"[^\W\d_]+")


def missing(source: str, translation: str, language: str, *, besides: Iterable[str] = ()) -> tuple[str, ...]:
    """Figures of ``source`` that are nowhere in ``translation`` (in ``language``), as they were written, each once.

    Those inside a stretch of ``besides`` do not count: a glossary may make words of ``WW2``.
    """
    for stretch in besides:
        source = re.sub(re.escape(stretch), " ", source, flags=re.IGNORECASE)
    kept = _values(translation)
    said = _said(translation)
    return tuple(
        dict.fromkeys(
            figure
            for figure in _FIGURE.findall(source)
            if _value(figure) not in kept
            and not kept.issuperset(map(_value, figure.split()))
            and not _is_spelled(_value(figure), said, language)
        )
    )


def may_be_words(source: str, translation: str, language: str) -> bool:
    """Whether figures that ``translation`` has lost may stand there in words: it has words of numbers larger than one,
    and no figure that ``source`` has not. ``15 millones`` does not say ``1.5 million`` in words.
    """
    said = _said(translation)
    if not _values(source).issuperset(map(_value, _FIGURE.findall(translation))):
        return False
    if primary(language) in UNSPACED:
        return any(word in said for word in _number_words(primary(language)))
    forms = "|".join(map(_inflected, _number_words(primary(language))))
    # A whole word is made of them: "eintausendzweihundert" is a number, "militar" is none. Never tried another way,
    # for there are 2^n ways to read n numbers: "ventidue" is one of them, and two.
    return bool(forms) and any(re.fullmatch(rf"(?>{forms})++", word) for word in said.split())


def _values(text: str) -> set[str]:
    """Its figures, and the numbers between their marks: a time may have got a point, 10:30, 10.30."""
    figures = _FIGURE.findall(text)
    return {_value(part) for figure in figures for part in (figure, *re.findall(r"\d+", figure))}


def _value(figure: str) -> str:
    """A figure in ASCII without the marks of its groups, with a point before its decimals."""
    *groups, last = ("".join(str(unicodedata.digit(digit)) for digit in part) for part in re.findall(r"\d+", figure))
    return "".join([*groups, last if not groups or len(last) == _GROUP else f".{last}"])


def _said(text: str) -> str:
    """Words of a text in small letters, with a space between them."""
    return " ".join(word.casefold() for word in _WORD.findall(unicodedata.normalize("NFC", text)))


def _is_spelled(value: str, said: str, language: str) -> bool:
    """Whether the words of a translation hold a whole number in words or in Roman; a one may be any article."""
    if not value.isdigit() or len(value) > 3 or value != str(int(value)) or int(value) > MOST_IN_WORDS:
        return False
    number = int(value)
    forms = [*_in_words(number, primary(language)), *([_roman(number)] if 0 < number <= MOST_ROMAN else [])]
    if primary(language) in UNSPACED:
        return number == 1 or any(form in said for form in forms)
    return number == 1 or any(re.search(rf"\b{_inflected(form)}\b", said) for form in forms)


def _inflected(form: str) -> str:
    """Pattern of a number in words: numbers in o and hundreds have other endings in Spanish, Portuguese and Italian."""
    if form.endswith("ntos"):
        return f"{re.escape(form[:-2])}[oa]s"
    return f"{re.escape(form[:-1])}(?:o|a|os|as|i|e)?" if form.endswith("o") else re.escape(form)


@lru_cache(maxsize=64)  # more than there are languages in a run
def _number_words(language: str) -> tuple[str, ...]:
    """Single words that numbers larger than one are made of in a language, the longest first; none where they are not
    written down.
    """
    single = (form for number in range(2, 100) for form in _in_words(number, language)[:1] if " " not in form)
    last = (form.split()[-1] for number in _ROUND for form in _in_words(number, language)[:1])
    return tuple(sorted({*single, *last}, key=lambda form: (-len(form), form)))


@lru_cache(maxsize=1024)  # of each language the numbers up to MOST_IN_WORDS, and round ones
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
