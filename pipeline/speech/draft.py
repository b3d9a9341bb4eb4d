"""Sentences for engines that hear no case and no punctuation: English only, by rule, marked as draft.

A sentence begins with a capital and ends with a period; "I" and names that are never common words are
capitalised. Nothing else is guessed: no commas, no questions, no names of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from schemas.speech import Word

_CAPITALISED = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday "
    "january february april june july september october november december "  # not march, may, august
    "english american americans british french german italian spanish russian chinese japanese european "
    "america england britain london europe africa asia christmas christian christians".split()
)
_TITLES = {"mr": "Mr.", "mrs": "Mrs.", "ms": "Ms.", "dr": "Dr."}
_SENTENCE_ENDS = (".", "!", "?", "…")


def restored(words: Sequence[Word], language: str) -> tuple[Word, ...]:
    """One sentence of words with its case and full stop; as they are in a language that we have no rules for."""
    if language.split("-", maxsplit=1)[0] != "en" or not words:
        return tuple(words)
    texts = [_cased(word.text) for word in words]
    texts[0] = texts[0][:1].upper() + texts[0][1:]
    if not texts[-1].endswith(_SENTENCE_ENDS):
        texts[-1] += "."
    return tuple(replace(word, text=text) for word, text in zip(words, texts, strict=True))


def _cased(text: str) -> str:
    """A word with the capital that it has anywhere in a sentence."""
    stem, apostrophe, ending = text.partition("'")
    if stem == "i" and (not apostrophe or ending in ("m", "d", "ll", "ve")):
        return "I" + text[1:]
    if stem in _CAPITALISED:
        return text[:1].upper() + text[1:]
    return _TITLES.get(text, text)
