"""Which languages the models understand, write and place, and what their prompts call them.

The lists are data, with their sources, in ``languages.toml``. A dialect or an older code counts as the language that
CLDR files it under (``cmn`` as ``zh``, ``arb`` as ``ar``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

import langcodes
from langcodes.tag_parser import LanguageTagError
from pydantic import ConfigDict, TypeAdapter

from schemas.languages import UNDETERMINED, primary

_DATA = Path(__file__).with_name("languages.toml")

_KNOWN_TAGS = 1024  # tags that are remembered: more than one library has


class Skill(StrEnum):
    """What a model does with a language."""

    ASR_HEARS = "asr-hears"
    """Qwen3-ASR transcribes it."""

    ALIGNER_PLACES = "aligner-places"
    """Qwen3-ForcedAligner says when its words are said."""

    THINKER_HEARS = "thinker-hears"
    """Qwen3-Omni transcribes it."""

    THINKER_WRITES = "thinker-writes"
    """Qwen3-Omni translates from it and into it."""


@dataclass(frozen=True, slots=True)
class Ability:
    """One skill of one model."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    who: str
    """The model."""

    does: str
    """The verb of its failure."""

    remedy: str
    """What to do about a language that is not in the list."""

    tags: frozenset[str]
    """BCP 47 tags without script and region."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The whole of ``languages.toml``."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    skills: dict[Skill, Ability]
    """Every skill."""

    names: dict[str, str]
    """What Qwen3-ASR calls the languages that it hears or may name, by tag."""

    signs: dict[str, str]
    """First word of the Unicode names of a script's letters, by ISO 15924 code."""

    mixed: dict[str, tuple[str, ...]]
    """Scripts without which nothing is written in a script that is several, by its code."""

    beside: dict[str, tuple[str, ...]]
    """Scripts that may stand beside those, by the same code."""

    also: dict[str, tuple[str, ...]]
    """Scripts besides the likeliest, by language."""


@cache
def catalogue() -> Catalogue:
    """What the file says; read once, and not to be changed."""
    return TypeAdapter(Catalogue).validate_python(tomllib.loads(_DATA.read_text("utf-8")))


def failure(skill: Skill, language: str) -> str | None:
    """Why a model cannot do this in a language (BCP 47) and what to do; None when it can.

    A language that is not known yet may be heard and placed, but not translated.
    """
    ability = catalogue().skills[skill]
    if primary(language) == UNDETERMINED:
        if skill is not Skill.THINKER_WRITES:
            return None
        return f"{ability.who} cannot translate a language that is not known; name it with --language, e.g. en"
    if counted_as(language, ability.tags) is not None:
        return None
    return f"{ability.who} does not {ability.does} {written_name(language)} ({language}); {ability.remedy}"


def pair_failure(source: str, target: str) -> str | None:
    """Why Qwen3-Omni cannot translate between two languages (BCP 47) and what to do; None when it can.

    Varieties of one language are two: Brazilian Portuguese into European is a translation.
    """
    for language in (source, target):
        if (reason := failure(Skill.THINKER_WRITES, language)) is not None:
            return reason
    if _language(source).maximize() == _language(target).maximize():
        return f"{source} and {target} are one language; leave {target} out"
    return None


def counted_as(language: str, tags: Container[str]) -> str | None:
    """The tag among ``tags`` that a language (BCP 47) counts as; None when it counts as none of them."""
    filed = _language(language).prefer_macrolanguage().language
    return next((tag for tag in (primary(language), filed) if tag is not None and tag in tags), None)


def asr_name(language: str) -> str | None:
    """What Qwen3-ASR calls a language, e.g. ``English``; None for one that it does not hear, or is not known."""
    known = catalogue()
    found = counted_as(language, known.skills[Skill.ASR_HEARS].tags)
    return None if found is None else known.names[found]


def asr_tag(name: str) -> str | None:
    """The language that Qwen3-ASR means by a name, whatever its capitals; None when it is no name of a language."""
    folded = " ".join(name.split()).casefold()
    return next((tag for tag, known in catalogue().names.items() if known.casefold() == folded), None)


def spoken_name(language: str) -> str:
    """English name of what is heard, without region and script: ``Portuguese`` of ``pt-BR``."""
    return asr_name(language) or _language(language).language_name()


def written_name(language: str) -> str:
    """English name of what is written, with region and script where the tag has them: ``Portuguese (Brazil)``."""
    return _language(language).display_name()


def scripts_of(language: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """Scripts of a language (ISO 15924): those it is written in, and others that may stand beside them.

    None when the language or its script is not known. The Latin script is in neither unless the language has it.
    """
    known = catalogue()
    tag = _language(language)
    likeliest = tag.maximize().script
    if tag.language is None or likeliest is None or not tag.is_valid():  # CLDR's guess for what is none is English
        return None
    codes = (likeliest,) if tag.script else (likeliest, *known.also.get(tag.language, ()))
    written = frozenset(sign for code in codes for sign in known.mixed.get(code, (code,)))
    beside = frozenset(sign for code in codes for sign in known.beside.get(code, ()))
    return (written, beside) if written <= known.signs.keys() else None


@lru_cache(maxsize=_KNOWN_TAGS)
def _language(tag: str) -> langcodes.Language:
    """A parsed tag; what is none is an unknown language."""
    try:
        return langcodes.Language.get(tag)
    except LanguageTagError:
        return langcodes.Language.get(UNDETERMINED)
