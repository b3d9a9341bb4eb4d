"""What a mix is to be: loudness targets, read from ``loudness.toml``, every number with its source and date."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from pipeline.errors import UsageError
from schemas.settings import Settings
from schemas.sound import MixName

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its source."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    value: float
    """The number, in the unit of the field."""

    source: str
    """Who says so."""

    date: str
    """When it was published or read, ISO 8601."""


@dataclass(frozen=True, slots=True)
class DialogueRule:
    """How a target measures dialogue instead of the whole."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    least_share: Figure
    """Share of the length that must be dialogue, 0 to 1; below it the whole is measured."""

    lufs_without: Figure
    """What is then asked of the whole."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a delivery asks of a mix."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    lufs: Figure
    """Programme loudness, or that of the dialogue."""

    tolerance_lu: Figure
    """How far it may be away, either side."""

    true_peak_dbtp: Figure
    """Highest true peak."""

    dialogue: DialogueRule | None = None
    """How dialogue is measured; null where the whole is."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A target, applied to one title."""

    name: str
    """Name of the target."""

    lufs: float
    """Loudness that is asked for."""

    tolerance_lu: float
    """How far it may be away, either side."""

    true_peak_dbtp: float
    """Highest true peak."""

    is_dialogue_measured: bool
    """Whether the loudness is that of the dialogue stem."""


_TARGETS = TypeAdapter(dict[str, Target])


def goal(name: str, *, dialogue_share: float) -> Goal:
    """The target of that name for a title of which ``dialogue_share``, 0 to 1, is dubbed dialogue.

    Raises:
        UsageError: There is no such target.
    """
    found = targets().get(name)
    if found is None:
        raise UsageError(f"no loudness target is named {name!r}; choose of {', '.join(targets())}")
    rule = found.dialogue
    is_dialogue = rule is not None and dialogue_share >= rule.least_share.value
    asked = rule.lufs_without if rule is not None and not is_dialogue else found.lufs
    return Goal(name, asked.value, found.tolerance_lu.value, found.true_peak_dbtp.value, is_dialogue)


def require(settings: Settings) -> None:
    """Refuse settings that no mix can be made with, before anything is decoded.

    Raises:
        UsageError: No mix or loudness target has that name, or music and effects are given and not used.
    """
    if settings.mix not in tuple(MixName):
        raise UsageError(f"no mix is named {settings.mix!r}; choose of {', '.join(MixName)}")
    goal(settings.loudness, dialogue_share=1.0)
    if settings.music_and_effects is not None and settings.mix != MixName.REPLACEMENT:
        raise UsageError(
            f"music and effects are not used in a {settings.mix} mix; choose --mix replacement, or leave them out"
        )


@cache
def targets() -> dict[str, Target]:
    """All targets by name."""
    text = resources.files(__package__).joinpath("loudness.toml").read_text("utf-8")
    return _TARGETS.validate_python(tomllib.loads(text))
