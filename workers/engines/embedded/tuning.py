"""Which of eSpeak NG's voices speaks a language, and how it is set to a speaker's pitch and pace.

The library counts pitch from 0 to 100 and pace in words per minute. What that is in hertz and in syllables per
second was measured (``espeak.toml``), and is read backwards here. Importing this loads no library.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import langcodes
from langcodes.tag_parser import LanguageTagError
from pydantic import ConfigDict, TypeAdapter

from schemas.languages import UNDETERMINED, primary

SLOWEST_WPM = 80
"""The library's own minimum (``espeak_SetParameter``: 80 to 450)."""

FASTEST_WPM = 240
"""Ours. PocketSphinx gets about as many of the words of ten English sentences at 220 as at 130 (0.51 and 0.45 wrong
with m6, 0.28 and 0.35 with f2), at 260 it does not (0.62 and 0.50)."""

OWN_WPM = 175
"""The library's own pace."""

OWN_PITCH = 50
"""The library's middle: the voice's own."""

FARTHEST = 6
"""Most that a voice's language may differ from the one asked for, as ``langcodes`` counts: an accent (``es-AR`` in
``es-419`` is 4), and no other language (Swiss German in German is 8)."""

_LANGUAGE = re.compile(r"^language[ \t]+(\S+)(?:[ \t]+(\d+))?", re.MULTILINE)
"""A language that a voice file speaks, and its rank among the voices for it: low ones are preferred."""

_DICTIONARY = re.compile(r"^dictionary[ \t]+(\S+)", re.MULTILINE)
"""Spelling rules that a voice uses when they are not those of its language; without any it cannot read."""

_USUAL_RANK = 5
"""Where the file names none (eSpeak NG, docs/voices.md)."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the library's settings sound: what ``espeak.toml`` holds."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    low: str
    """Variant for low voices."""

    high: str
    """Variant for high voices."""

    boundary_hz: float
    """Median pitch that is no low voice any more."""

    boundary_cm: float
    """Vocal tract above which somebody who speaks high is a low voice all the same."""

    pitch: tuple[float, ...]
    """Settings of pitch that were measured, rising."""

    rate_wpm: tuple[float, ...]
    """Settings of pace that were measured, rising."""

    variants: Mapping[str, tuple[float, ...]]
    """Median pitch in Hz of each variant, at each setting of pitch."""

    languages: Mapping[str, tuple[float, ...]]
    """Syllables per second of each language, and of ``other`` ones, at each setting of pace."""

    def __post_init__(self) -> None:
        if missing := {self.low, self.high} - self.variants.keys():
            raise ValueError(f"no pitch of {', '.join(sorted(missing))}")
        if "other" not in self.languages:
            raise ValueError("no pace of other languages")
        for settings, measured in ((self.pitch, self.variants), (self.rate_wpm, self.languages)):
            for name, values in measured.items():
                if len(values) != len(settings) or not _rises(values) or not _rises(settings):
                    raise ValueError(f"{name}: {len(values)} values of {len(settings)} settings, or they do not rise")


@dataclass(frozen=True, slots=True)
class Tuning:
    """A voice and its parameters."""

    voice: str
    """Language and variant as the library names them, e.g. ``es+f2``."""

    pitch: int
    """0 to 100."""

    rate_wpm: int
    """80 to 240."""


def tuned(
    language: str, *, pitch_hz: float | None, syllables_per_s: float | None, tract_cm: float | None = None
) -> Tuning:
    """The voice for a language (BCP 47) at a speaker's median pitch and pace, or as near as it comes.

    A long vocal tract makes a low voice of somebody who speaks high, such as a man who calls out in a hall.

    Raises:
        ValueError: There is no voice for the language; ``language_failure`` says so before.

    """
    spoken = _voice(language)
    if spoken is None:
        raise ValueError(f"no voice for {language}")
    measured = calibration()
    variant = _variant(measured, pitch_hz, tract_cm)
    pitch = OWN_PITCH if pitch_hz is None else _backwards(measured.pitch, measured.variants[variant], pitch_hz)
    paces = measured.languages.get(primary(language), measured.languages["other"])
    rate = OWN_WPM if syllables_per_s is None else _backwards(measured.rate_wpm, paces, syllables_per_s)
    return Tuning(f"{spoken}+{variant}", round(pitch), min(FASTEST_WPM, max(SLOWEST_WPM, round(rate))))


def language_failure(language: str) -> str | None:
    """Why nothing can be spoken in a language (BCP 47) and what to do; None when it can."""
    if _voice(language) is not None:
        return None
    return f"eSpeak NG has no voice for {language}; it speaks {', '.join(languages())}"


def languages() -> list[str]:
    """Every language that has a voice, in order, without its accents."""
    return sorted({primary(tag) for tag in _voices()})


@cache
def calibration() -> Calibration:
    """What was measured."""
    text = Path(__file__).with_name("espeak.toml").read_text("utf-8")
    return TypeAdapter(Calibration).validate_python(tomllib.loads(text))


def _rises(values: Sequence[float]) -> bool:
    return all(first < second for first, second in itertools.pairwise(values))


def _variant(measured: Calibration, pitch_hz: float | None, tract_cm: float | None) -> str:
    is_low = pitch_hz is None or pitch_hz < measured.boundary_hz
    is_long = tract_cm is not None and tract_cm > measured.boundary_cm
    return measured.low if is_low or is_long else measured.high


def _backwards(settings: Sequence[float], measured: Sequence[float], wanted: float) -> float:
    """The setting that gives ``wanted``, between those that were measured; the nearest one beyond them.

    Both rise.
    """
    for (low, at_low), (high, at_high) in itertools.pairwise(zip(settings, measured, strict=True)):
        if wanted <= at_high:
            return low + (high - low) * max(0.0, wanted - at_low) / (at_high - at_low)
    return settings[-1]


@cache
def _voice(language: str) -> str | None:
    """The library's name of the voice that is nearest to a language; None when none is near."""
    try:
        asked = langcodes.Language.get(language)
    except LanguageTagError:
        return None
    # Scripts are not heard, and would keep Chinese of Taiwan from finding Chinese.
    heard = langcodes.Language.make(language=asked.language, territory=asked.territory).to_tag()
    if primary(heard) == UNDETERMINED:
        return None
    for tag in (heard, primary(heard)):
        nearest, distance = langcodes.closest_match(tag, list(_voices()), max_distance=FARTHEST)
        if distance <= FARTHEST:
            return _voices()[nearest]
    return None


@cache
def _voices() -> Mapping[str, str]:
    """The library's name of the voice that it prefers for each language, by its BCP 47 tag."""
    import espeakng_loader  # noqa: PLC0415 - where it is not installed, doctor must still be able to say so

    data = Path(espeakng_loader.get_data_path())
    found: dict[str, tuple[int, str]] = {}
    for path in sorted(path for path in (data / "lang").rglob("*") if path.is_file()):
        text = path.read_text("utf-8", "replace")
        named = _DICTIONARY.search(text)
        dictionary = named[1] if named else path.name.partition("-")[0]
        if (data / f"{dictionary}_dict").exists():
            for tag, rank in _LANGUAGE.findall(text):
                if langcodes.tag_is_valid(tag):
                    offered = int(rank or _USUAL_RANK), path.name
                    standard = langcodes.standardize_tag(tag)
                    found[standard] = min(offered, found.get(standard, offered))
    return {tag: name for tag, (_, name) in found.items()}
