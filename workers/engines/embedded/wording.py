"""What a rule-based translation needs before it can be shown: its spacing, its case, its opening marks.

Only what is right whatever the sentence means; whether a word is the right one is for an editor.
"""

from __future__ import annotations

import re
from itertools import takewhile

from schemas.languages import primary

_BEFORE_MARK = re.compile(r"(?<=\S)\s+(?=[,.;:!?…])")
"""Space that no language but French writes."""

_SPACES_MARKS = frozenset({"fr", "br"})
"""Write a space before some marks."""

_CONTRACTED = {"a": "al", "A": "Al", "de": "del", "De": "Del"}
_PREPOSITION_AND_ARTICLE = re.compile(r"\b(a|A|de|De) el\b")
"""Spanish joins the two wherever they meet (Nueva gramática 14.2d); ``a El Salvador`` and ``de él`` are others."""

_OPENED = {"?": "¿", "!": "¡"}
_OPENS_MARKS = frozenset({"es", "ast"})
"""Open what a question mark or an exclamation mark closes (Ortografía de la lengua española, 2010, III 3.5)."""

_ENDS = re.compile(r"([.?!…]+)")
"""What ends a sentence, or is between two."""

_LEAD = re.compile(r"[\s\-–—\"'“”‘’«»([]*")
"""What stands before the first word of a sentence."""

_WORD = re.compile(r"\w+")

_LEAST_CAPITALS = 4
"""A text of fewer letters may be an abbreviation and says nothing of the case of its translation. Ours."""


def repaired(text: str, *, source: str, language: str) -> str:
    """``text``, a translation of ``source`` into ``language`` (BCP 47), as it is written there.

    Doing it again changes nothing.
    """
    code = primary(language)
    text = " ".join(text.split())
    if code not in _SPACES_MARKS and not _BEFORE_MARK.search(source):
        text = _BEFORE_MARK.sub("", text)
    if code == "es":
        text = _PREPOSITION_AND_ARTICLE.sub(lambda found: _CONTRACTED[found[1]], text)
    text = _cased(text, source)
    return _opened(text) if code in _OPENS_MARKS else text


def _cased(text: str, source: str) -> str:
    """With the case that the source begins in; in capitals where all of the source is."""
    if source.isupper() and sum(char.isalpha() for char in source) >= _LEAST_CAPITALS:
        return text.upper()
    began, begins = _LEAD.match(source), _LEAD.match(text)
    assert began is not None
    assert begins is not None
    asked, at = source[began.end() : began.end() + 1], begins.end()
    first = text[at : at + 1]
    if asked.isupper() and first.islower():
        return text[:at] + first.upper() + text[at + 1 :]
    word = re.match(r"\w+", text[at:])
    if asked.islower() and word and word[0].istitle() and word[0] not in source:
        return text[:at] + first.lower() + text[at + 1 :]
    return _lowered(text, source)


def _lowered(text: str, source: str) -> str:
    """Without the capital that a sentence's first word left on the next one when it stayed as it was: ``Frodo Rió``.

    Apertium gives the first word that it knows the capital of the first word.
    """
    said, meant = _ENDS.split(text), _ENDS.split(source)
    if len(said) != len(meant):
        return text
    return "".join(
        piece if place % 2 else _without_second_capital(piece, whole)
        for place, (piece, whole) in enumerate(zip(said, meant, strict=True))
    )


def _without_second_capital(sentence: str, source: str) -> str:
    words = list(_WORD.finditer(sentence))
    meant = _WORD.findall(source)
    stayed = sum(1 for _ in takewhile(_is_same, zip((word[0] for word in words), meant, strict=False)))
    if not 0 < stayed < min(len(words), len(meant)):
        return sentence
    word = words[stayed]
    is_surplus = word[0].istitle() and word[0] not in meant and meant[stayed].islower()
    if not is_surplus or sum(map(_is_capital, meant)) >= sum(_is_capital(match[0]) for match in words):
        return sentence
    return sentence[: word.start()] + word[0].lower() + sentence[word.end() :]


def _is_same(pair: tuple[str, str]) -> bool:
    return pair[0] == pair[1]


def _is_capital(word: str) -> bool:
    return word[:1].isupper()


def _opened(text: str) -> str:
    """With an opening mark before the first word of each question and exclamation that has none."""
    pieces = [*_ENDS.split(text), ""]
    return "".join(_open(piece, end) + end for piece, end in zip(pieces[::2], pieces[1::2], strict=True))


def _open(sentence: str, end: str) -> str:
    opening = _OPENED.get(end[:1])
    if opening is None or opening in sentence:
        return sentence
    # What a colon announces is asked, and not who asks it.
    lead = _LEAD.match(sentence, max(_unclosed(sentence), sentence.rfind(": ") + 1, 0))
    assert lead is not None
    at = lead.end()
    return sentence if at == len(sentence) else sentence[:at] + opening + sentence[at:]


def _unclosed(sentence: str) -> int:
    """Where an opening quotation mark stands that is not closed before the end; -1 when none is."""
    if sentence.count('"') % 2:
        return sentence.rindex('"')
    for opening, closing in ("“”", "«»"):
        if sentence.rfind(opening) > sentence.rfind(closing):
            return sentence.rindex(opening)
    return -1
