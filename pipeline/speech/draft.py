"""Sentences for engines that hear no case and no punctuation: English only, by rule, marked as draft.

A sentence begins with a capital and ends with a period, or with a question mark where its first words can
hardly begin anything but a question; "I" and names that are never common words are capitalised. Nothing
else is guessed: no commas, no names of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.speech.punctuation import SENTENCE_MARKS
from schemas.languages import primary
from schemas.speech import Word

_CAPITALISED = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday "
    "january february april june july september october november december "  # not march, may, august
    "english american americans british french german italian spanish russian chinese japanese european "
    "america england britain london europe africa asia christmas christian christians".split()
)
_TITLES = {"mr": "Mr.", "mrs": "Mrs.", "ms": "Ms.", "dr": "Dr."}

# Subject and verb change places in English questions, and hardly anywhere else at the head of a sentence
# (Quirk et al., A Comprehensive Grammar of the English Language, 11.4). "Had" and "should" also begin conditions.
_ASKING = frozenset("what where when why how".split())  # "who" and "which" also go on with the sentence before
_MEASURED = frozenset("long many much old far often big fast high deep soon time kind sort colour color".split())
_INVERTED = frozenset("are is was were do does did can could will would have has am".split())
_SUBJECTS = frozenset("i you he she it we they there this that these those the your my his her our their".split())


def restored(words: Sequence[Word], language: str) -> tuple[Word, ...]:
    """One sentence of words with its case and full stop; as they are in a language that we have no rules for."""
    if primary(language) != "en" or not words:
        return tuple(words)
    texts = [_cased(word.text) for word in words]
    texts[0] = texts[0][:1].upper() + texts[0][1:]
    if not texts[-1].endswith(tuple(SENTENCE_MARKS)):
        texts[-1] += "?" if _asks([word.text for word in words]) else "."
    return tuple(replace(word, text=text) for word, text in zip(words, texts, strict=True))


def _asks(words: Sequence[str]) -> bool:
    """Whether a sentence can hardly be anything but a question, by its first words."""
    verb = int(words[0] in _ASKING)
    if verb and len(words) > 2 and words[1] in _MEASURED:
        verb = 2
    return len(words) > verb + 1 and words[verb] in _INVERTED and words[verb + 1] in _SUBJECTS


def _cased(text: str) -> str:
    """A word with the capital that it has anywhere in a sentence."""
    stem, apostrophe, ending = text.partition("'")
    if stem == "i" and (not apostrophe or ending in ("m", "d", "ll", "ve")):
        return "I" + text[1:]
    if stem in _CAPITALISED:
        return text[:1].upper() + text[1:]
    return _TITLES.get(text, text)
