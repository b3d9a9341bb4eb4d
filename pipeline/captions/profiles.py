"""Named caption profiles: what a house asks of captions in one language, each limit with its source.

The numbers are data (``profiles-*.toml`` beside this file); this module reads and checks them. A
profile says nothing about how its rules are met: that is ``cues``, ``lint`` and ``fix``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Annotated, ClassVar

import langcodes
from langcodes.tag_parser import LanguageTagError
from pydantic import ConfigDict, PlainValidator, TypeAdapter

from pipeline.errors import UsageError
from schemas.captions import Severity, Variant
from schemas.languages import UNDETERMINED

HOUSES = ("netflix", "bbc", "web")
"""One data file each; a house offers one or more profiles."""

MAX_LANGUAGE_DISTANCE = 10
"""CLDR matching distance up to which one guide serves another variety (``en-GB`` by ``en``, ``es-MX`` by
``es-419``); another language or script is further away (langcodes, ``closest_supported_match``)."""


_STRICT = ConfigDict(extra="forbid")


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

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

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

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    is_first_marked: bool
    """Whether the first line carries a hyphen too."""

    marker: str
    """What stands before the speech: a hyphen, with or without a space."""


@dataclass(frozen=True, slots=True)
class Labels:
    """How a sound that is no speech is named, in a cue of its own."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    before: str
    """What stands before the name."""

    after: str
    """What stands after it."""

    is_capital: bool
    """Whether the name is in capitals."""

    source: str
    """Who says so."""


@dataclass(frozen=True, slots=True)
class CaptionProfile:
    """What one house asks of captions in one language."""

    name: str
    """Name to ask for it by, e.g. ``netflix-kids``."""

    title: str
    """Name for people."""

    language: str
    """BCP 47 tag of the captions as it was asked for."""

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

    labels: Labels | None = field(default=None, repr=False)
    """How sounds are named; null where they are not. Not part of what names a result that has no labels (``repr``)."""

    def limit(self, rule: Rule) -> Limit | None:
        """The limit that the house sets for a rule; None when it sets none."""
        return next((limit for limit in self.limits if limit.rule is rule), None)

    def number(self, rule: Rule, default: Fraction) -> Fraction:
        """Value of a limit; ``default`` when the house sets none."""
        found = self.limit(rule)
        return default if found is None else found.value


_Number = Annotated[Fraction, PlainValidator(lambda value: Fraction(str(value)))]
"""``42``, ``21.5`` or ``"5/6"``."""


@dataclass(frozen=True, slots=True)
class NamedProfile:
    """One profile of a house, apart from its rules."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    title: str
    """Name for people."""

    variant: Variant
    """What its captions are for."""

    labels: Labels | None = None
    """How sounds are named; null where they are not."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a house, or a language in it, says about one rule; what it leaves out stays as it was."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    value: _Number | dict[str, _Number] | None = None
    """The number, or one for each profile by name; null where the rule is not a number, or it is not changed."""

    unit: Unit | None = None
    """What it counts."""

    severity: Severity | None = None
    """How bad it is to break the rule."""

    source: str | None = None
    """Key of the source."""


@dataclass(frozen=True, slots=True)
class Guide:
    """What is different in one language."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    counting: Counting = Counting.EACH
    """How characters are counted."""

    dialogue: Dialogue | None = None
    """How two speakers share a cue; null when they never do."""

    italics: bool = True
    """Whether italics may be used."""

    labels: Labels | None = None
    """How sounds are named, where this language has its own way."""

    rules: dict[Rule, Setting] = field(default_factory=dict)
    """Rules that only this language has, or that differ in it."""


@dataclass(frozen=True, slots=True)
class House:
    """One data file."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    profiles: dict[str, NamedProfile]
    """Its profiles by name."""

    sources: dict[str, Source]
    """Where its limits are written, by a key of the file."""

    rules: dict[Rule, Setting]
    """Rules of every language."""

    languages: dict[str, Guide]
    """What differs by BCP 47 tag; ``und`` stands for every language that is not named."""


def read_house(text: str) -> House:
    """A data file, checked: a key, rule, unit or severity that does not exist is refused.

    Raises:
        ValueError: The text is not TOML, or says what no profile has.

    """
    return TypeAdapter(House).validate_python(tomllib.loads(text))


def names() -> tuple[str, ...]:
    """Every profile there is."""
    return tuple(name for house in HOUSES for name in _data(house).profiles)


def languages(name: str) -> tuple[str, ...]:
    """Languages that a profile has a guide for; ``und`` among them means that any language will do.

    Raises:
        UsageError: There is no such profile.

    """
    return tuple(_house(name).languages)


def profile(name: str, language: str) -> CaptionProfile:
    """The profile ``name`` for captions in ``language``.

    A variety without a guide of its own is served by the nearest one of the same language and script.

    Raises:
        UsageError: The profile does not exist, or has no guide for the language; says which there are.

    """
    house = _house(name)
    guide = house.languages[_guide(name, language, tuple(house.languages))]
    return CaptionProfile(
        name=name,
        title=house.profiles[name].title,
        language=language,
        variant=house.profiles[name].variant,
        counting=guide.counting,
        dialogue=guide.dialogue,
        is_italics_allowed=guide.italics,
        limits=tuple(_limits(house, name, guide)),
        labels=house.profiles[name].labels and (guide.labels or house.profiles[name].labels),
    )


def _house(name: str) -> House:
    """The house that has a profile of that name."""
    for house in map(_data, HOUSES):
        if name in house.profiles:
            return house
    raise UsageError(f"there is no caption profile {name!r}; choose one of {', '.join(names())}")


def _guide(name: str, language: str, guides: tuple[str, ...]) -> str:
    """Entry of the data file that serves a language."""
    named = [guide for guide in guides if guide != UNDETERMINED]
    try:
        found = langcodes.closest_supported_match(language, named, max_distance=MAX_LANGUAGE_DISTANCE)
    except LanguageTagError as error:
        raise UsageError(f"{language!r} is not a language tag; use BCP 47, e.g. en, es-419, zh-Hans") from error
    if found is not None:
        return found
    if UNDETERMINED in guides:
        return UNDETERMINED
    raise UsageError(
        f"profile {name} has no guide for language {language!r}, only for {', '.join(named)}; "
        f"choose one of them or the profile web"
    )


def _limits(house: House, name: str, guide: Guide) -> Iterator[Limit]:
    """Rules of the house, with what the language and the profile change in them."""
    for rule in Rule:
        general, own = house.rules.get(rule), guide.rules.get(rule)
        if general is not None or own is not None:
            yield _limit(rule, general or Setting(), own or Setting(), name, house.sources)


def _limit(rule: Rule, general: Setting, own: Setting, name: str, sources: Mapping[str, Source]) -> Limit:
    """A rule of a profile: what the language says of it, and for the rest the house."""
    value = general.value if own.value is None else own.value
    number = value[name] if isinstance(value, dict) else value
    unit = general.unit if own.unit is None else own.unit
    severity = own.severity or general.severity
    source = own.source or general.source
    if unit is None or severity is None or source is None:
        raise ValueError(f"rule {rule} of profile {name} has no unit, severity or source")
    return Limit(rule, Fraction(0) if number is None else number, unit, severity, sources[source])


@cache
def _data(house: str) -> House:
    return read_house(resources.files(__package__).joinpath(f"profiles-{house}.toml").read_text(encoding="utf-8"))
