"""How badly a break between two words hurts, from 0 (a full stop) to 100 (article | noun).

Words are known by closed lists per language (``breaks.toml``) and by their punctuation and case; there
is no parser behind this. The scale is ours: its order follows the guides' line-treatment rules, its
distances were set by reading captions of real speech (``tests/bench/bench_cues.py``).
"""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib import resources

from pipeline.speech.punctuation import CLOSERS, OPENERS, ends_sentence, is_stopped
from schemas.languages import primary

AFTER_SENTENCE = 0.0
AFTER_CLAUSE = 8.0
BEFORE_CONJUNCTION = 16.0
BEFORE_RELATIVE = 20.0
BEFORE_PREPOSITION = 24.0
BEFORE_PHRASE = 34.0
"""Before the function word that opens a noun phrase or a predicate."""

BEFORE_COORDINATED = 36.0
"""Before an "and" that joins two nouns or two adjectives and not two clauses."""

PLAIN = 42.0
ADJECTIVE_NOUN = 62.0
NUMBER_UNIT = 70.0
HELD_PHRASE = 75.0
NAME_NAME = 85.0
NEVER = 100.0
"""From here on a break is one that the guides forbid."""

_AFTER = {
    "determiners": NEVER,
    "possessives": NEVER,
    "titles": NEVER,
    "pronouns": 90.0,
    "negations": 85.0,
    "prepositions": 82.0,
    "conjunctions": 80.0,
    "relatives": 80.0,
    "auxiliaries": 68.0,
    "qualifiers": ADJECTIVE_NOUN,
}
"""Cost of a break after a word of this class."""

_BEFORE = {
    "conjunctions": BEFORE_CONJUNCTION,
    "relatives": BEFORE_RELATIVE,
    "prepositions": BEFORE_PREPOSITION,
    "determiners": BEFORE_PHRASE,
    "possessives": BEFORE_PHRASE,
    "titles": BEFORE_PHRASE,
    "auxiliaries": BEFORE_PHRASE,
}
"""Cost of a break before a word of this class, where the word before does not hold on to it."""

_CLAUSEOPENERS = frozenset({"conjunctions", "relatives", "prepositions"})
_LET_GO = frozenset({"pronouns", "auxiliaries", "qualifiers"})
"""Classes that hold on to the verb after them, and not to a clause or phrase: "avec nous | parce que" may be parted."""

_BEFORE_ENCLITIC = 90.0

_GENITIVE = 88.0
"""Cost of a break after an English genitive (the chemicals' | impact): it is a determiner."""

_CLAUSE_MARKS = ",;:—–、，；：،؛"
_LONE_CLOSERS = frozenset("?!:;»%")
_LONE_OPENERS = frozenset("«¿¡")
"""Marks that French sets apart by a space, and what else is found so: they stay with the word that they mark."""

_QUOTES = '"”»)]'
_KNOWN_WORDS = 1 << 16
"""Words whose classes are remembered: the vocabulary of a long title, a few megabytes."""


def break_cost(left: str, right: str, language: str, *, beyond: str = "") -> float:
    """Cost of a break between two neighbouring words, 0 to 100; ``beyond`` is the word after ``right``."""
    if _LONE_CLOSERS.issuperset(right) or _LONE_OPENERS.issuperset(left):
        return NEVER
    if (cost := _cost_after_mark(left, right, language)) is not None:
        return cost
    before, after = _bare(left), _bare(right)
    left_classes, right_classes = _classes(before.lower(), language), _classes(after.lower(), language)
    holding = left_classes - _LET_GO if right_classes & _CLAUSEOPENERS else left_classes
    held = max((_AFTER[name] for name in holding if name in _AFTER), default=0.0)
    if "enclitics" in right_classes:
        held = max(held, _BEFORE_ENCLITIC)
    if not held and primary(language) == "en" and before.lower().endswith(("'s", "s'")):
        held = _GENITIVE
    if held:
        return held
    opens_phrase = min((_BEFORE[name] for name in right_classes if name in _BEFORE), default=PLAIN)
    if opens_phrase < PLAIN:
        joins_nouns = "coordinators" in right_classes and not _classes(_bare(beyond).lower(), language)
        return BEFORE_COORDINATED if joins_nouns and beyond else opens_phrase
    if right[:1] in OPENERS:
        return BEFORE_CONJUNCTION
    return _content_cost(before, after, language)


def phrase_break_cost(left: str, right: str, language: str) -> float:
    """Cost of a break between two phrases of a language without spaces, 0 to 100."""
    if (cost := _cost_after_mark(left, right, language)) is not None:
        return cost
    lists = dict(_lists(language))
    if left.endswith(tuple(lists.get("clausal", ()))):
        return BEFORE_CONJUNCTION
    if left.endswith(tuple(lists.get("holding", ()))):
        return HELD_PHRASE
    if right.startswith(tuple(lists.get("opening", ()))):
        return BEFORE_PREPOSITION
    return BEFORE_PHRASE if left.endswith(tuple(lists.get("resting", ()))) else PLAIN


def _cost_after_mark(left: str, right: str, language: str) -> float | None:
    """Cost after a word that ends a sentence or a clause by its punctuation; None after any other."""
    if ends_sentence(left, right, language):
        return AFTER_SENTENCE
    bare = left.rstrip(CLOSERS)
    is_clause = bare.endswith((*_CLAUSE_MARKS, "--")) or is_stopped(left, right, language)
    return AFTER_CLAUSE if is_clause else None


def _content_cost(left: str, right: str, language: str) -> float:
    """Cost between two content words."""
    if left[:1].isdigit() or (right[:1].isdigit() and not left[-1:].isdigit()):
        return NUMBER_UNIT
    if left[:1].isupper() and right[:1].isupper() and left[1:].islower() and primary(language) != "de":
        return NAME_NAME
    endings = _endings(language)
    if endings and len(left) > 4 and left.lower().endswith(endings) and right[:1].isalpha():
        return ADJECTIVE_NOUN
    return PLAIN


def _bare(word: str) -> str:
    """The word without quotes and brackets around it; apostrophes as typed on a keyboard."""
    return word.lstrip(OPENERS).rstrip(_QUOTES).replace("’", "'") or word


@lru_cache(maxsize=_KNOWN_WORDS)
def _classes(lowered: str, language: str) -> frozenset[str]:
    return frozenset(name for name, words in _lists(language) if lowered in words)


@cache
def _endings(language: str) -> tuple[str, ...]:
    return next((tuple(words) for name, words in _lists(language) if name == "adjectives"), ())


@cache
def _lists(language: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Word classes of a language; empty for one without lists."""
    text = resources.files(__package__).joinpath("breaks.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text).get(primary(language), {})
    return tuple((name, frozenset(words.split())) for name, words in found.items())
