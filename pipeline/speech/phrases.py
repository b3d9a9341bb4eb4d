"""Phrase parsers for languages that write no spaces between words, and text as words."""

from __future__ import annotations

import unicodedata
from functools import cache

import budoux
import langcodes


def words_of(text: str, language: str) -> tuple[str, ...]:
    """The words of a text as they are displayed, NFC: what white space parts; phrases in Japanese, Chinese and Thai.

    Control characters are taken for white space. Joined, the words are all that is written.
    """
    cleaned = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    runs = unicodedata.normalize("NFC", cleaned).split()
    parser = phrase_parser(language)
    if parser is None:
        return tuple(runs)
    return tuple(phrase for run in runs for phrase in ([run] if run.isascii() else parser.parse(run)))


@cache
def phrase_parser(language: str) -> budoux.Parser | None:
    """The phrase parser of a language (BCP 47); None where there is none or spaces do."""
    tag = langcodes.Language.get(language).maximize()
    if tag.language == "ja":
        return budoux.load_default_japanese_parser()
    if tag.language in {"zh", "yue"}:
        if tag.script == "Hant":
            return budoux.load_default_traditional_chinese_parser()
        return budoux.load_default_simplified_chinese_parser()
    return budoux.load_default_thai_parser() if tag.language == "th" else None
