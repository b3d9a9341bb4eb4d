"""Named caption profiles: what a house asks of captions in one language, each limit with its source.

The numbers are data (``profiles-*.toml`` beside this file); this module reads and checks them. A
profile says nothing about how its rules are met: that is ``cues``, ``lint`` and ``fix``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any

import langcodes
from langcodes.tag_parser import LanguageTagError

from pipeline.errors import UsageError
from schemas.captions import Severity, Variant

HOUSES = ("netflix", "bbc", "web")
"""One data file each; a house offers one or more profiles."""

ANY_LANGUAGE = "und"
"""Entry of a data file that stands for every language the file does not name."""

MAX_LANGUAGE_DISTANCE = 10
"""CLDR matching distance up to which one guide serves another variety (``en-GB`` by ``en``, ``es-MX`` by
``es-419``); another language or script is further away (langcodes, ``closest_supported_match``)."""


class Rule(StrEnum):
    """Every rule that a profile can set; the value is the name in findings and data files."""

    READING_SPEED = "reading-speed"
    LINE_LENGTH = "line-length"
    LINE_COUNT = "line-count"
    LINE_BREAK = "line-break"
    MIN_DURATION = "min-duration"
    MAX_DURATION = "max-duration"
    OVERLAP = "overlap"
    GAP = "gap"
    CHAINING = "chaining"
    SHOT_CHANGE_IN = "shot-change-in"
    SHOT_CHANGE_OUT = "shot-change-out"
    SHOT_CHANGE_OUT_ZONE = "shot-change-out-zone"
    SYNC_IN = "sync-in"
    SYNC_OUT = "sync-out"
    DUAL_SPEAKER = "dual-speaker"
    ELLIPSIS = "ellipsis"
    WHITE_SPACE = "white-space"
    ITALICS = "italics"
    OUT_OF_ORDER = "out-of-order"
    EMPTY = "empty"


class Unit(StrEnum):
    """What the number of a limit counts."""

    CHARACTERS = "characters"
    CHARACTERS_PER_S = "characters/s"
    WORDS_PER_MINUTE = "words/min"
    LINES = "lines"
    SECONDS = "s"
    FRAMES = "frames"
    NONE = ""


class Counting(StrEnum):
    """How a house counts characters."""

    EACH = "each"
    """Every visible character, space and punctuation mark is 1."""

    EAST_ASIAN = "east-asian"
    """Half-width ones are 0.5, all others 1 (Unicode UAX 11: wide, full-width and ambiguous are 1)."""

    HANGUL = "hangul"
    """Hangul and Han are 1; Latin letters, digits, spaces and punctuation 0.5."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a limit is written."""

    title: str
    """The document."""

    section: str
    """Its part."""

    url: str
    """Where it was read; empty when the number is ours."""

    retrieved: str
    """Day it was read, ``YYYY-MM-DD``."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One rule of a profile."""

    rule: Rule
    """Which."""

    value: Fraction
    """The number, in ``unit``; 0 where the rule is not a number."""

    unit: Unit
    """What it counts. Seconds scale with the frame rate, frames do not."""

    severity: Severity
    """How bad it is to break the rule."""

    source: Source
    """Who says so."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """How two speakers share one cue, one line each."""

    is_first_marked: bool
    """Whether the first line carries a hyphen too."""

    marker: str
    """What stands before the speech: a hyphen, with or without a space."""


@dataclass(frozen=True, slots=True)
class CaptionProfile:
    """What one house asks of captions in one language."""

    name: str
    """Name to ask for it by, e.g. ``netflix-kids``."""

    title: str
    """Name for people."""

    language: str
    """BCP 47 tag of the captions as it was asked for."""

    guide_language: str
    """The language whose guide applies, e.g. ``es-419`` for ``es-MX``."""

    variant: Variant
    """What the captions are for."""

    counting: Counting
    """How characters are counted, for lines and for reading speed."""

    dialogue: Dialogue | None
    """How two speakers share a cue; null when they never do."""

    is_italics_allowed: bool
    """Whether italics may be used."""

    limits: tuple[Limit, ...]
    """Its rules; a rule that is not here is not checked."""

    def limit(self, rule: Rule) -> Limit | None:
        """The limit that the house sets for a rule; None when it sets none."""
        return next((limit for limit in self.limits if limit.rule is rule), None)

    def number(self, rule: Rule, default: Fraction) -> Fraction:
        """Value of a limit; ``default`` when the house sets none."""
        found = self.limit(rule)
        return default if found is None else found.value


def names() -> tuple[str, ...]:
    """Every profile there is."""
    return tuple(name for house in HOUSES for name in _data(house)["profiles"])


def languages(name: str) -> tuple[str, ...]:
    """Languages that a profile has a guide for; ``und`` among them means that any language will do.

    Raises:
        UsageError: There is no such profile.

    """
    return tuple(_data(_house(name))["languages"])


def profile(name: str, language: str) -> CaptionProfile:
    """The profile ``name`` for captions in ``language``.

    A variety without a guide of its own is served by the nearest one of the same language and script.

    Raises:
        UsageError: The profile does not exist, or has no guide for the language; says which there are.

    """
    data = _data(_house(name))
    guide = _guide(name, language, tuple(data["languages"]))
    entry = data["languages"][guide]
    dialogue = entry.get("dialogue")
    return CaptionProfile(
        name=name,
        title=data["profiles"][name]["title"],
        language=language,
        guide_language=guide,
        variant=Variant(data["profiles"][name]["variant"]),
        counting=Counting(entry.get("counting", Counting.EACH)),
        dialogue=None if dialogue is None else Dialogue(dialogue["first"], dialogue["marker"]),
        is_italics_allowed=bool(entry.get("italics", True)),
        limits=tuple(_limits(data, name, entry)),
    )


def _house(name: str) -> str:
    for house in HOUSES:
        if name in _data(house)["profiles"]:
            return house
    raise UsageError(f"there is no caption profile {name!r}; choose one of {', '.join(names())}")


def _guide(name: str, language: str, guides: tuple[str, ...]) -> str:
    """Entry of the data file that serves a language."""
    named = [guide for guide in guides if guide != ANY_LANGUAGE]
    try:
        found = langcodes.closest_supported_match(language, named, max_distance=MAX_LANGUAGE_DISTANCE)
    except LanguageTagError as broken:
        raise UsageError(f"{language!r} is not a language tag; use BCP 47, e.g. en, es-419, zh-Hans") from broken
    if found is not None:
        return found
    if ANY_LANGUAGE in guides:
        return ANY_LANGUAGE
    raise UsageError(
        f"profile {name} has no guide for language {language!r}, only for {', '.join(named)}; "
        f"choose one of them or the profile web"
    )


def _limits(data: dict[str, Any], name: str, entry: dict[str, Any]) -> Iterator[Limit]:
    """Rules of the house, with what the language and the profile change in them."""
    sources = {key: Source(**value) for key, value in data["sources"].items()}
    own: dict[str, dict[str, Any]] = entry.get("rules", {})
    for rule in Rule:
        merged = {**data["rules"].get(rule, {}), **own.get(rule, {})}
        if not merged:
            continue
        value = merged.get("value", 0)
        if isinstance(value, dict):
            value = value[name]
        yield Limit(
            rule, Fraction(str(value)), Unit(merged["unit"]), Severity(merged["severity"]), sources[merged["source"]]
        )


@cache
def _data(house: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(f"profiles-{house}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
