"""What an engine must not touch, taken out of a text before it is translated and put back after.

For engines that know no glossary and mangle what is no word of theirs. A placeholder looks like ``0QXBC``: the
figure 0, the letters QX, and two consonants. Measured with Apertium's eng-spa, over 16 sentences and 16 shapes: a
figure in front keeps the capital of the sentence on the word that follows, and agreement of adjectives (``XQZ0Q``
gave ``XQZ0Q Dijo``, ``un grandes rojos XQZ0Q``); letters behind keep it from counting as a number (after ``900417``
the pronoun I was read as one and stayed English). Apertium reads it as two words and marks the second: ``0*QXBC``;
after a form of ``be`` and a determiner it parts them (``Es un 0 *QXBC``: 26 of 120 frames of six verbs and ten
determiners, none of the others). ``restore`` takes all of these for the same.

Plain figures stay in the text: Apertium passed all 30 forms of them that were tried, and inflects by them. What
mixes figures and letters (``12km``, ``3D``, ``1990s``) it breaks; ordinals (``21st``) it translates. Which names are
taken out is told by ``pipeline.localize.names``.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.localize.names import names
from pipeline.localize.terms import Found, Matcher
from pipeline.speech.punctuation import OPENERS, SENTENCE_MARKS
from schemas.localize import Term

PLACEHOLDER = re.compile(r"0\s?\*?QX([BCDFGHJKLMNPRSTVWZ]{2})", re.IGNORECASE)
"""A placeholder as an engine may give it back. None is a word of any language: a figure and no vowel."""

_CONSONANTS = "BCDFGHJKLMNPRSTVWZ"

_CODE = re.compile(
    r"(?:https?://|www\.)\S*[^\s.,;:!?\"'»”’)\]]"  # an address of a page
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"  # of a person
    r"|(?<![\w@#])[@#](?=\w*[^\W\d])\w+"  # a handle, a tag
    r"|(?<!\w)(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[^\W\d_])[^\W_]+(?:-[^\W_]+)*(?!\w)",  # figures and letters in one
)
"""What no language translates. Repetitions are bounded so that no text takes long; longer ones are no codes."""

_TRANSLATED = re.compile(r"\d+(?:st|nd|rd|th)|\d+-[^\W\d]+(?:-[^\W\d]+)*", re.IGNORECASE)
"""Figures and letters that are translated all the same: ``21st``, ``12-year-old``."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One piece of text that was taken out."""

    token: str
    """What stands in its place."""

    original: str
    """What was there."""

    wanted: str
    """What is put back: the same, or the target of a glossary term."""

    is_name: bool = False
    """Whether it is a name: an engine may know it, and then makes a better sentence with it than without."""


@dataclass(frozen=True, slots=True)
class Protected:
    """A text that an engine can be given."""

    text: str
    """With placeholders."""

    placeholders: tuple[Placeholder, ...]
    """In order of place."""

    def without(self, given_up: Iterable[Placeholder]) -> Protected:
        """With the original text instead of some of the placeholders, which an engine lost or repeated."""
        gone = {placeholder.token: placeholder.original for placeholder in given_up}
        text = PLACEHOLDER.sub(lambda found: gone.get(found[0], found[0]), self.text)
        return Protected(text, tuple(kept for kept in self.placeholders if kept.token not in gone))


@dataclass(frozen=True, slots=True)
class Restored:
    """A translation with what was taken out put back."""

    text: str
    """Without placeholders."""

    lost: tuple[Placeholder, ...]
    """Those that did not come back."""

    doubled: tuple[Placeholder, ...]
    """Those that came back more than once."""

    @property
    def is_whole(self) -> bool:
        """Whether each came back exactly once."""
        return not self.lost and not self.doubled


def protect(text: str, *, terms: Sequence[Term] = (), language: str) -> Protected:
    """``text``, in ``language`` (BCP 47), with a placeholder for each glossary term, code and name.

    Terms come first. Tokens that the text itself contains are not used; what there is no token for stays.
    """
    own = {match[1].upper() for match in PLACEHOLDER.finditer(text)}
    names = (first + second for first, second in itertools.product(_CONSONANTS, repeat=2))
    free = (f"0QX{name}" for name in names if name not in own)
    taken, parts, at = [], [], 0
    for piece, token in zip(_pieces(text, terms, language), free, strict=False):
        taken.append(Placeholder(token, text[piece.start : piece.end], piece.wanted, piece.is_name))
        parts += [text[at : piece.start], token]
        at = piece.end
    return Protected("".join(parts) + text[at:], tuple(taken))


def restore(protected: Protected, translation: str) -> Restored:
    """``translation`` of the protected text with its placeholders replaced; says which are not there exactly once.

    A text that is not whole has lost or repeated something: ask for it without the protection of that, or not at all.
    """
    by_token = {placeholder.token: placeholder for placeholder in protected.placeholders}
    seen: list[Placeholder] = []

    def original(match: re.Match[str]) -> str:
        placeholder = by_token.get(f"0QX{match[1].upper()}")
        if placeholder is None:
            return match[0]
        seen.append(placeholder)
        return placeholder.wanted

    text = PLACEHOLDER.sub(original, translation)
    return Restored(
        text,
        lost=tuple(placeholder for placeholder in protected.placeholders if placeholder not in seen),
        doubled=tuple(placeholder for placeholder in protected.placeholders if seen.count(placeholder) > 1),
    )


def changed_names(protected: Protected, translation: str) -> tuple[Placeholder, ...]:
    """Names of the protected text that are not in ``translation`` as often as they were taken out."""
    wanted = Counter(placeholder.original for placeholder in protected.placeholders if placeholder.is_name)
    changed = {
        name
        for name, times in wanted.items()
        if len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", translation)) < times
    }
    return tuple(one for one in protected.placeholders if one.is_name and one.original in changed)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the text that is taken out."""

    start: int
    end: int
    wanted: str
    is_name: bool = False


def _pieces(text: str, terms: Iterable[Term], language: str) -> list[_Piece]:
    """What is taken out, in order of place, none overlapping."""
    due = [_Piece(found.start, found.end, _wanted(text, found)) for found in Matcher(terms, language).found(text)]
    taken = {position for piece in due for position in range(piece.start, piece.end)}
    codes = [
        _Piece(*match.span(), match[0])
        for match in _CODE.finditer(text)
        if not _TRANSLATED.fullmatch(match[0]) and taken.isdisjoint(range(*match.span()))
    ]
    taken.update(position for piece in codes for position in range(piece.start, piece.end))
    called = [
        _Piece(*span, text[slice(*span)], is_name=True)
        for name in names(text, language=language)
        for span in ([name] if taken.isdisjoint(range(*name)) else _words_within(text, name))
        if taken.isdisjoint(range(*span))
    ]
    return sorted(due + codes + called, key=lambda piece: piece.start)


def _words_within(text: str, name: tuple[int, int]) -> list[tuple[int, int]]:
    """Start and end of each word of a name: of ``Anna White`` one may be a term."""
    return [match.span() for match in re.compile(r"\w+").finditer(text, *name)]


def _wanted(text: str, found: Found) -> str:
    """What a term becomes here: as it was written where it is not translated, else its target in the case it had."""
    term, original = found.term, text[found.start : found.end]
    if term.target is None:
        return original
    if term.is_case_exact or term.source != term.source.lower():
        return term.target
    if original.isupper() and len(original) > 1:
        return term.target.upper()
    is_first = text[: found.start].rstrip(OPENERS + " ")[-1:] in ("", *SENTENCE_MARKS)
    return term.target[:1].upper() + term.target[1:] if is_first and original[:1].isupper() else term.target
