"""Text that is not ours (names, captions, messages that quote them), made safe to log and to show."""

from __future__ import annotations

import unicodedata

from pipeline.store.layout import printable

_BREAKS_OR_TURNS = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Separators of lines and paragraphs, and what turns the direction of all that follows (Unicode Standard
Annex 9, explicit directional formatting): ``gnp.exe`` can be shown as ``exe.png``."""


def one_line(text: str) -> str:
    """``text`` with escapes for bytes that are no text, control characters, and what breaks or turns a line.

    It can be encoded, is one line, and can neither move a cursor nor hide what follows it.
    """
    return "".join(_visible(character) for character in printable(text))


def _visible(character: str) -> str:
    if character in _BREAKS_OR_TURNS or unicodedata.category(character) == "Cc":
        return character.encode("unicode_escape").decode()
    return character
