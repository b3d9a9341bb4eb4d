"""Which words of a text are names that an engine must not translate: ``Rose White``, ``Will``, ``Mr. Baker``.

A rule-based engine takes a name for the word that it also is. What gives names away is the capital inside a
sentence, so nothing is found where capitals say something else: in languages that write nouns with them, in lines
that are all capitals or capitalised word by word. Found only in languages of which ``capitals`` lists what
has a capital and is translated all the same: without the list ``London`` would stay English in every language.

Left to the engine: places (countries as CLDR names them, large cities), what follows an article (``the White House``,
``the United Nations``), abbreviations, and a single name with an apostrophe (``Frank's``), of which Apertium makes
``de Frank`` only when it sees the name. The first word of a sentence is no evidence: it is a name after a title,
where it is one later in the same text, and before another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import langcodes

from pipeline.localize.capitals import LISTS, Capitals
from pipeline.speech.punctuation import abbreviations
from schemas.languages import primary

LEAST_TITLE_WORDS = 3
"""Capitalised words from which a line without an end mark is a heading when no other word is written small; ours."""

LEAST_TITLE_WORDS_ENDED = 5
"""The same for a line that ends with a mark, as ``Hello, Rose White.`` does and is none; ours."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")

_CLITIC = re.compile(r"['’](?:s|m|d|t|re|ve|ll)$", re.IGNORECASE)
"""What English adds to a name, and to the pronoun I."""

_BREAK = re.compile(r"[.!?…:\"“”„«»(\[♪—–/|\n]|(?:^|\s)['‘-]")
"""Between two words of which the second may have its capital for its place."""

_AFTER_INITIAL = (".", ". ")
"""What may follow an initial inside a name: ``J.K.``, ``J. K.``."""

_AFTER_TITLE = (" ", ". ")

_PARTICLES = frozenset("van von der den de da di du del la le bin ibn".split())
"""Small words inside a name."""

_MOST_PARTICLES = 2
"""``van der``, ``de la``."""

_MOST_PLACE_WORDS = 4
"""``Papua New Guinea``, ``United States of America``; longer names are left to what their words are."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the text."""

    start: int
    end: int
    text: str
    """Without a clitic."""

    has_clitic: bool
    """Whether a clitic is taken off."""

    is_first: bool
    """Whether its capital may come from its place."""

    after_title: bool
    after_article: bool

    @property
    def key(self) -> str:
        return self.text.casefold()

    @property
    def is_initial(self) -> bool:
        return len(self.text) == 1 and self.text.isupper()

    @property
    def is_capitalised(self) -> bool:
        """Begins with a capital and is no abbreviation: ``Rose``, ``O'Brien``, ``McKay``."""
        return self.text[:1].isupper() and not self.text.isupper()


def names(text: str, *, language: str) -> list[tuple[int, int]]:
    """Start and end of each name in ``text``, in ``language`` (BCP 47), in order; none overlap."""
    lists = LISTS.get(primary(language))
    if lists is None:
        return []
    words = _words(text, language, lists)
    if _is_heading(words, text, lists):
        return []
    of_places = _places_of_several_words(words, text, language, lists)
    runs = list(_runs(words, of_places, text, lists))
    inside = {word.key for run in runs for word in run if not word.is_first}
    trimmed = (_trimmed(run, inside, language, lists) for run in runs)
    return [
        (run[0].start, run[-1].start + len(run[-1].text))
        for run in trimmed
        if run and not _is_engines(run, language, lists)
    ]


def _words(text: str, language: str, lists: Capitals) -> list[_Word]:
    words: list[_Word] = []
    at = 0
    for match in _WORD.finditer(text):
        bare = _CLITIC.sub("", match[0])
        before, gap = words[-1] if words else None, text[at : match.start()]
        is_stop = gap.startswith(".") and before is not None and _is_abbreviated(before, language, lists)
        is_first = before is None or bool(_BREAK.search(gap.removeprefix(".") if is_stop else gap))
        is_titled = before is not None and before.key in lists.titles and before.text[:1].isupper()
        after_title = is_titled and gap in _AFTER_TITLE
        after_article = before is not None and before.key in lists.articles and not is_first
        words.append(_Word(*match.span(), bare, bare != match[0], is_first, after_title, after_article))
        at = match.end()
    return words


def _is_abbreviated(word: _Word, language: str, lists: Capitals) -> bool:
    if word.is_initial:
        return word.key not in lists.small
    return f"{word.key}." in abbreviations(language) or word.key in lists.titles


def _is_heading(words: Iterable[_Word], text: str, lists: Capitals) -> bool:
    """Whether every word but articles and prepositions has a capital, as in a headline."""
    counted = [word for word in words if word.key not in lists.titles and not word.is_initial]
    capitals = sum(word.text[:1].isupper() for word in counted)
    if any(word.text.islower() and word.key not in lists.unstressed for word in counted):
        return False
    is_ended = text.rstrip(" \"'”’»)")[-1:] in tuple(".!?…")
    return capitals >= (LEAST_TITLE_WORDS_ENDED if is_ended else LEAST_TITLE_WORDS)


def _places_of_several_words(words: list[_Word], text: str, language: str, lists: Capitals) -> set[_Word]:
    """Words of ``New York``, ``Saudi Arabia``, ``St. Petersburg``, whatever else they are or stand after."""
    found: set[_Word] = set()
    for at, first in enumerate(words):
        if not first.text[:1].isupper():
            continue
        for count in range(2, _MOST_PLACE_WORDS + 1):
            several = tuple(words[at : at + count])
            gaps = {text[one.end : other.start] for one, other in pairwise(several)}
            if len(several) == count and gaps <= {" ", ". "} and _is_place(several, language, lists):
                found.update(several)
    return found


def _runs(words: list[_Word], of_places: set[_Word], text: str, lists: Capitals) -> Iterable[tuple[_Word, ...]]:
    """Neighbouring words that may be one name."""
    run: list[_Word] = []
    particles: list[_Word] = []
    for word, following in zip(words, (*words[1:], None), strict=False):
        gap = text[(particles or run)[-1].end : word.start] if run else ""
        is_next = bool(run) and not run[-1].has_clitic and not word.is_first and not word.after_title
        is_next = is_next and (gap == " " or (run[-1].is_initial and not particles and gap in _AFTER_INITIAL))
        if is_next and word.text in _PARTICLES and len(particles) < _MOST_PARTICLES:
            particles.append(word)
        elif word not in of_places and (
            _may_be_name(word, text, lists) or (is_next and _is_surname(word, following, lists))
        ):
            if not is_next and run:
                yield tuple(run)
                run = []
            run += [*(particles if is_next else ()), word]
            particles = []
        else:
            if run:
                yield tuple(run)
            run, particles = [], []
    if run:
        yield tuple(run)


def _may_be_name(word: _Word, text: str, lists: Capitals) -> bool:
    if word.after_title and word.is_capitalised and word.key not in lists.titles:
        return True
    if word.key in lists.small or word.key in lists.titles or _is_translated(word.key, lists):
        return False
    return word.is_capitalised or (word.is_initial and (not word.is_first or text[word.end : word.end + 1] == "."))


def _is_surname(word: _Word, following: _Word | None, lists: Capitals) -> bool:
    """Whether a title is the end of a name: ``Martin Luther King``, and not the beginning of another."""
    return (
        word.key in lists.titles
        and word.is_capitalised
        and not (following and following.after_title and following.is_capitalised)
    )


def _is_translated(key: str, lists: Capitals) -> bool:
    return key in lists.translated or key.removesuffix("s") in lists.translated


def _trimmed(run: tuple[_Word, ...], inside: set[str], language: str, lists: Capitals) -> tuple[_Word, ...]:
    """A run without a first word of which nothing says that it is part of the name."""
    first, rest = run[0], run[1:]
    if not first.is_first or first.after_title or (first.is_initial and rest):
        return run
    if first.key in lists.openers:
        return rest
    if first.key in inside:
        return run
    return run if rest and lists.openers and not _is_place(rest, language, lists) else rest


def _is_engines(run: tuple[_Word, ...], language: str, lists: Capitals) -> bool:
    """Whether the engine knows better what becomes of it."""
    if run[0].after_title:
        return False
    if run[0].after_article or any(word.key in lists.kinds for word in run) or all(word.is_initial for word in run):
        return True
    if len(run) == 1 and run[0].has_clitic:
        return True
    return _is_place(run, language, lists) or (run[0].key in lists.compass and _is_place(run[1:], language, lists))


def _is_place(run: Sequence[_Word], language: str, lists: Capitals) -> bool:
    name = " ".join(word.text for word in run)
    if not name or name.casefold() in lists.places:
        return bool(name)
    # langcodes finds a name also with a word too many behind it: "Chad Smith" is Chad to it.
    code = _territory(name, language)
    return code is not None and code != _territory(name.rpartition(" ")[0], language)


def _territory(name: str, language: str) -> str | None:
    """The code of a country or continent, as CLDR names it; None when it is none."""
    try:
        return langcodes.Language.find_name("territory", name, primary(language)).territory
    except LookupError:
        return None
