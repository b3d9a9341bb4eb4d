"""Which languages Apertium translates here, between which it could, and what to install for that.

A pair is installed when its mode file is there: the list of programs and data that translate in one
direction. Nothing is translated over a third language: two engines' mistakes in a row are no draft.
Importing this costs next to nothing, and nothing is started.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import langcodes
from langcodes.tag_parser import LanguageTagError
from pydantic import ConfigDict, TypeAdapter

from schemas.languages import UNDETERMINED

MODES = Path("/usr/share/apertium/modes")
"""Where Debian's packages put their mode files."""

READER = "apertium-wblank-mode"
"""Program of Debian's package ``apertium`` that prints a mode's pipeline as it is run with null flush."""

_MODE_NAME = re.compile(r"([a-z]{2,3})(?:_(\w+))?-([a-z]{2,3})(?:_(\w+))?")
"""``eng-spa``, ``es-pt_BR``: two languages, each with a variant; what the packages have besides is for their makers."""

_DATA = re.compile(r"'(/[^']+)'")
"""A data file in a mode file."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One direction of translation that is installed."""

    source: str
    """ISO 639-3 code."""

    target: str
    """ISO 639-3 code."""

    source_variant: str
    """Variant that it reads, e.g. ``valencia``; empty for the usual one."""

    target_variant: str
    """Variant that it writes, e.g. ``BR``; empty for the usual one."""

    path: Path
    """The mode file."""


def mode_for(source: str, target: str, *, modes: Path = MODES) -> Mode | None:
    """What translates between two languages (BCP 47), nearest variants first; None when it is not installed."""
    wanted = _code(source), _code(target)
    found = [mode for mode in installed(modes=modes) if (mode.source, mode.target) == wanted]
    if not found:
        return None
    read, written = _variants(source), _variants(target)
    return min(
        found, key=lambda mode: (_rank(mode.target_variant, written), _rank(mode.source_variant, read), mode.path)
    )


def pair_failure(source: str, target: str, *, modes: Path = MODES) -> str | None:
    """Why nothing translates between two languages (BCP 47) and what to do; None when something does."""
    code, into = _code(source), _code(target)
    names = f"{source} to {target}"
    if UNDETERMINED in (code, into):
        return f"Apertium cannot translate {source} to {target}: name both languages, e.g. --language en --to es"
    if code == into:
        return f"Apertium cannot translate {names}: to it they are one language; leave {target} out"
    package = packages().get(f"{code}-{into}")
    if mode_for(source, target, modes=modes) is not None:
        if shutil.which(READER) is not None:
            return None
        return "Apertium's data is installed, but its programs are not; apt-get install apertium"
    if package is not None:
        return f"Apertium's pair {names} is not installed; apt-get install {package}"
    return f"Apertium has no pair {names}; {_instead(source, modes)}"


def installed(*, modes: Path = MODES) -> list[Mode]:
    """Every direction that is installed, in order of name."""
    return [mode for path in sorted(modes.glob("*.mode")) if (mode := _mode(path)) is not None]


def directions(*, modes: Path = MODES) -> list[str]:
    """Every direction that is installed, as people write it: ``en-es``; variants count once."""
    return sorted({f"{_tag(mode.source)}-{_tag(mode.target)}" for mode in installed(modes=modes)})


def revision(*, modes: Path = MODES) -> str:
    """Hash of the programs and the data of every pair that is installed; ``none`` when nothing is.

    Of sizes and times of change, not of contents, which are 5 MB per pair: packages carry the times of their
    build, so that it is the same on every machine that has the same packages.
    """
    found = installed(modes=modes)
    texts = {mode.path: mode.path.read_text("utf-8", "replace") for mode in found}
    files = {Path(name) for text in texts.values() for name in _DATA.findall(text)}
    names = {READER} | {part.split()[0] for text in texts.values() for part in text.split("|") if part.split()}
    files |= {Path(program) for name in names if (program := shutil.which(name))}
    if not found:
        return "none"
    lines = [f"{path} {status.st_size} {status.st_mtime_ns}" for path in sorted(files) if (status := _status(path))]
    lines += [f"{path.name} {text}" for path, text in sorted(texts.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def _mode(path: Path) -> Mode | None:
    named = _MODE_NAME.fullmatch(path.stem)
    if named is None:
        return None
    return Mode(_alpha3(named[1]), _alpha3(named[3]), named[2] or "", named[4] or "", path)


def _rank(variant: str, wanted: tuple[str, ...]) -> int:
    """How far a variant is from what is wanted: wanted, the usual one, another."""
    if variant in wanted:
        return wanted.index(variant)
    return len(wanted) + (variant != "")


def _variants(tag: str) -> tuple[str, ...]:
    """What a tag may be called in the name of a mode beside its language: ``BR`` of ``pt-BR``, ``HR`` of ``hr``."""
    language = langcodes.Language.get(tag)
    code = language.to_alpha3()
    member = (language.language or "").upper() if code in _members() else None
    return tuple(filter(None, (*(language.variants or ()), language.territory, member)))


def _code(tag: str) -> str:
    """The language of a tag as Apertium calls it; ``und`` for what is no language."""
    try:
        return _alpha3(langcodes.Language.get(tag).language or UNDETERMINED)
    except LanguageTagError:
        return UNDETERMINED


@cache
def _alpha3(language: str) -> str:
    try:
        code = langcodes.Language.get(language).to_alpha3()
    except LookupError:  # a language that nobody has registered
        return UNDETERMINED
    return _members().get(code, code)


def _instead(source: str, modes: Path) -> str:
    """What can be done when there is no such pair."""
    code = _code(source)
    known = {f"{mode.source}-{mode.target}" for mode in installed(modes=modes)} | set(packages())
    targets = sorted(_tag(direction.partition("-")[2]) for direction in known if direction.startswith(f"{code}-"))
    return f"from {source} it can go to {', '.join(targets)}" if targets else f"it has none that begins at {source}"


def _tag(code: str) -> str:
    """The code of a language as BCP 47 writes it: ``es`` of ``spa``."""
    return "sh" if code == "hbs" else langcodes.standardize_tag(code)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What Apertium has: what ``apertium.toml`` holds."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    packages: Mapping[str, tuple[str, ...]]
    """Directions of each of Debian's packages, as ``eng-spa``."""

    members: Mapping[str, str]
    """Languages that Apertium treats as one or calls otherwise, by their code."""


@cache
def packages() -> Mapping[str, str]:
    """Debian's package of each direction."""
    return {direction: name for name, directions in _catalogue().packages.items() for direction in directions}


def _members() -> Mapping[str, str]:
    """Codes of languages that Apertium calls otherwise."""
    return _catalogue().members


@cache
def _catalogue() -> Catalogue:
    text = Path(__file__).with_name("apertium.toml").read_text("utf-8")
    return TypeAdapter(Catalogue).validate_python(tomllib.loads(text))
