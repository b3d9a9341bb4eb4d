"""Job files: ``NAME.job.toml`` beside a dropped file says what is to be made of it.

The keys are those of ``reelingua run``: ``profile``, ``language``, ``audio_stream``, ``detail``, ``style``, ``to``,
``dub``, ``mix``, ``loudness``, ``mux``, and ``transcript``, ``speakers``, ``glossary`` and ``music_and_effects``,
which name files beside the job file.
"""

from __future__ import annotations

import dataclasses
import os
import stat
import tomllib
from pathlib import Path

import langcodes
from langcodes.tag_parser import LanguageTagError
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.captions.profiles import languages, profile
from pipeline.errors import TextFileError, UsageError
from pipeline.localize import glossary
from pipeline.mix import targets
from pipeline.speech import rttm
from schemas.scenes import Detail
from schemas.settings import Settings
from schemas.sound import MixName

MAX_SIDE_FILE_BYTES = 16 * 1024 * 1024
"""Ours: the words of 100 hours of speech are about 6 MB; what is larger is no transcript."""

LONGEST_STYLE = 300
"""Characters that say how to describe: two or three sentences. Ours; every window's prompt carries them."""

_SIDE_FILES = ("transcript", "speakers", "glossary", "music_and_effects")
"""Keys that name a file beside the job file."""


class _Job(BaseModel):
    """What a job file may hold."""

    model_config = ConfigDict(extra="forbid", strict=True)

    engine: str | None = None
    profile: str | None = None
    language: str | None = None
    audio_stream: int | None = None
    transcript: str | None = None
    speakers: str | None = None
    detail: str | None = None
    style: str | None = None
    to: list[str] | None = None
    dub: list[str] | None = None
    glossary: str | None = None
    mix: str | None = None
    music_and_effects: str | None = None
    loudness: str | None = None
    mux: bool | None = None


def job_file_of(media: Path) -> Path:
    """Where the job file of a media file would be: its whole name with ``.job.toml`` after it."""
    return media.with_name(f"{media.name}.job.toml")


def read(path: Path, defaults: Settings) -> Settings:
    """``defaults`` with what the job file says in their place.

    Raises:
        UsageError: The file is not TOML, has an unknown key or a value of the wrong type, names a
            side file that cannot be read, or asks for what cannot be (``checked``).
    """
    try:
        job = _Job.model_validate(tomllib.loads(dropped_text(path)))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name!r} is not TOML ({error}); mend it or remove it") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path.name!r}: {key}: {first['msg']}; the keys are those of reelingua run") from error
    stated = {name: value for name, value in job if value is not None}
    beside = {name: path.parent / Path(stated[name]).name for name in _SIDE_FILES if name in stated}
    for name, side in beside.items():
        stated[name] = dropped_text(side) if name in ("transcript", "speakers", "glossary") else dropped_path(side)
    if "glossary" in beside:
        stated["glossary"] = glossary.parse(stated["glossary"], beside["glossary"].name)
    for name in ("to", "dub"):
        if name in stated:
            stated[name] = tuple(stated[name])
    return checked(dataclasses.replace(defaults, **stated))


def checked(settings: Settings) -> Settings:
    """The settings with every language tag as BCP 47 writes it; refuses what no title could be made with.

    Raises:
        UsageError: The profile or a language does not exist or they do not go together, the transcript is
            empty, the RTTM is broken, the style is too long, or there is no such detail, mix or loudness target.
    """
    settings = dataclasses.replace(
        settings,
        detail=_detail(settings.detail),
        style=_style(settings.style),
        language=None if settings.language is None else _standard(settings.language),
        to=tuple(map(_standard, settings.to)),
        dub=tuple(map(_standard, settings.dub)),
    )
    languages(settings.profile)
    for language in filter(None, (settings.language, *settings.targets)):
        profile(settings.profile, language)
    targets.require(settings)
    if settings.glossary and not settings.targets:
        raise UsageError("a glossary is for translations; say into which language with --to or --dub")
    if settings.mix != MixName.VOICE_OVER and not settings.dub:
        raise UsageError(f"a {settings.mix} mix is for a dub; say in which language with --dub")
    if settings.transcript is not None and not settings.transcript.strip():
        raise UsageError("the transcript is empty; leave it out to have recognised what is said")
    if settings.speakers is not None:
        try:
            turns = rttm.parse(settings.speakers)
        except TextFileError as error:
            raise UsageError(f"the RTTM of the speakers: {error}") from error
        if not turns:
            raise UsageError("the RTTM of the speakers has no turns; leave it out to have them found out")
    return settings


def _detail(name: str) -> Detail:
    if name not in tuple(Detail):
        raise UsageError(f"no detail is named {name!r}; choose of {', '.join(Detail)}")
    return Detail(name)


def _style(text: str) -> str:
    """The style on one line: it becomes a part of prompts."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if len(line) > LONGEST_STYLE:
        raise UsageError(f"the style has {len(line)} characters; say it in {LONGEST_STYLE} or fewer")
    return line


def _standard(tag: str) -> str:
    """``es-MX`` for ``es_mx``: one language, one name of its files."""
    try:
        return langcodes.standardize_tag(tag)
    except LanguageTagError as error:
        raise UsageError(f"{tag!r} is not a language tag; use BCP 47, e.g. en, es-419, zh-Hans") from error


def side_file(path: Path) -> str:
    """Text of a transcript or an RTTM file that the user names: a file, a link to one, or a pipe.

    Raises:
        UsageError: It cannot be read, is not UTF-8, or is larger than such files are.
    """
    return _text(path, os.O_RDONLY)


def dropped_path(path: Path) -> str:
    """Absolute path of media that somebody dropped beside a job file: a plain file, and no link to one elsewhere.

    Raises:
        UsageError: It is not there, or is something else.
    """
    try:
        is_plain = stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path.name!r} cannot be read ({error}); check the name") from error
    if not is_plain:
        raise UsageError(f"{path.name!r} is not a plain file; put the media itself there")
    return str(path.absolute())


def dropped_text(path: Path) -> str:
    """Text of a file that somebody dropped: a plain file, and nothing that a link may lead to.

    Raises:
        UsageError: As ``side_file``, and when it is a link, a folder, a pipe or a device.
    """
    return _text(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, is_plain=True)


def _text(path: Path, flags: int, *, is_plain: bool = False) -> str:
    try:
        with os.fdopen(os.open(path, flags), "rb") as stream:
            if is_plain and not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise UsageError(f"{path.name!r} is not a plain file; put the text itself there")
            data = stream.read(MAX_SIDE_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path.name!r} cannot be read ({error.strerror}); check the name") from error
    except ValueError as error:  # a NUL in the name
        raise UsageError(f"{path.name!r} is no file name; check it") from error
    if len(data) > MAX_SIDE_FILE_BYTES:
        raise UsageError(f"{path.name!r} is larger than {MAX_SIDE_FILE_BYTES // 2**20} MB; is it the right file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path.name!r} is not UTF-8; save it as UTF-8") from error
