"""Consent records: ``consents/NAME.toml`` in the library, written by people, read and checked here.

A record is put there by hand (``infra/consents/jane-doe.toml`` is one to start from)::

    person = "Jane Doe"
    languages = ["es", "pt-BR"]             # es includes es-419
    uses = ["dub"]
    valid_until = 2027-06-30                # the last day
    recorded_by = "Ana Pérez, rights desk"
    recorded_on = 2026-06-30
    note = "signed form 2026/117"           # may be left out

    [[voices]]
    asset = "1f6e67a5a64d9bbd"              # asset_id of the title
    speaker = "S2"                          # as its captions name her
    heard_at = "0:00:07.500"                # a moment at which she, and nobody else, speaks

``heard_at`` holds the record to the person: names of speakers are given anew when speakers are told apart
anew, and ``S2`` may then be somebody else. She may have several entries, and all of their moments must hold. A record
that is broken never counts as consent.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import langcodes
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pipeline.errors import Missing
from pipeline.store import layout
from pipeline.store.objects import Objects, Stored
from pipeline.text import one_line
from schemas.consents import Consent, ConsentedVoice

MAX_BYTES = 128 * 1024
"""Ours: a record of a thousand episodes is 78 KB."""

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)(?:\.(\d{1,3}))?", re.ASCII)

_Text = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]+$")]
"""Something on one line: it is quoted in findings."""


class _Voice(BaseModel):
    """One entry of ``[[voices]]``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    asset: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    speaker: _Text
    heard_at: _Text


class _Record(BaseModel):
    """What a record must hold, and may."""

    model_config = ConfigDict(extra="forbid", strict=True)

    person: _Text
    voices: Annotated[list[_Voice], Field(min_length=1)]
    languages: Annotated[list[_Text], Field(min_length=1)]
    uses: Annotated[list[_Text], Field(min_length=1)]
    valid_until: date
    recorded_by: _Text
    recorded_on: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read, and so allows nothing."""

    key: str
    """Key of the file in the library, on one line."""

    reason: str
    """What is wrong with it, on one line."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the records of a library say of one asset."""

    consents: tuple[Consent, ...] = ()
    """Those that name it, in the order of their names."""

    broken: tuple[Broken, ...] = ()
    """Those that cannot be read and mention it, or are too large to be looked into."""


class Consents:
    """Reads records, each version of one once, however many titles of a run ask. Threads may share it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Version] = {}
        """By library and key."""

    def about(self, objects: Objects, asset_id: str) -> Recorded:
        """Records of a library that name an asset, as they are now.

        A broken one that mentions it is told, and those of other assets are nobody's affair.

        Raises:
            StoreError: The disk or the service fails.

        """
        consents: list[Consent] = []
        broken: list[Broken] = []
        for stored in objects.list(layout.CONSENTS):
            name = layout.parse_consent(stored.key)
            if name is None:
                continue
            try:
                version = self._version(objects, stored, one_line(name))
            except Missing:  # taken away between the listing and now: the consent is withdrawn
                continue
            if version.consent is None:
                if version.data is None or asset_id.encode() in version.data:
                    broken.append(Broken(one_line(stored.key), version.reason))
            elif any(voice.asset_id == asset_id for voice in version.consent.voices):
                consents.append(version.consent)
        return Recorded(tuple(consents), tuple(broken))

    def _version(self, objects: Objects, stored: Stored, name: str) -> _Version:
        place = objects.uri, stored.key
        known = self._known.get(place)
        if known is None or known.etag != stored.etag:
            known = self._known[place] = _read(objects, stored, name)
        return known


def parse(data: bytes, *, name: str) -> Consent:
    """The record that is in a file of this name.

    Raises:
        ValueError: It is no record; the message says what is wrong and where.

    """
    try:
        record = _Record.model_validate(tomllib.loads(data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is not TOML: {error}") from error
    except ValidationError as error:
        raise ValueError(_first_mistake(error)) from error
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    wrong = [tag for tag in record.languages if not langcodes.tag_is_valid(tag)]
    if wrong:
        raise ValueError(f"languages: {wrong[0]!r} is no language tag; write es or pt-BR")
    return Consent(
        consent_id=name,
        sha256=hashlib.sha256(data).hexdigest(),
        person=record.person,
        voices=tuple(ConsentedVoice(one.asset, one.speaker, _clock_ms(one.heard_at)) for one in record.voices),
        languages=tuple(record.languages),
        uses=tuple(record.uses),
        valid_until=record.valid_until,
        recorded_by=record.recorded_by,
        recorded_on=record.recorded_on,
        note=record.note,
    )


@dataclass(frozen=True, slots=True)
class _Version:
    """What one version of a file is."""

    etag: str
    """Which version."""

    consent: Consent | None
    """The record; null when it is none."""

    data: bytes | None = None
    """The content of what is no record; null when it is too large to be one."""

    reason: str = ""
    """Why it is no record, on one line."""


def _read(objects: Objects, stored: Stored, name: str) -> _Version:
    if stored.size_bytes > MAX_BYTES:
        reason = f"it is larger than {MAX_BYTES // 1024} KB, which no record is"
        return _Version(stored.etag, consent=None, reason=reason)
    data = objects.get(stored.key)
    try:
        return _Version(stored.etag, parse(data, name=name))
    except ValueError as error:
        return _Version(stored.etag, None, data, one_line(str(error)))


def _first_mistake(error: ValidationError) -> str:
    """Where a record is wrong, and how; a key that does not exist first, for it is often the one that is missing."""
    mistakes = error.errors()
    unknown = [mistake for mistake in mistakes if mistake["type"] == "extra_forbidden"]
    first = (unknown or mistakes)[0]
    where = ".".join(str(step) for step in first["loc"])
    return f"{where}: a record has no such key" if unknown else f"{where}: {first['msg']}"


def _clock_ms(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"heard_at: {text!r} is no time; write hours, minutes and seconds: 0:01:05.250")
    hours, minutes, seconds, fraction = found.groups()
    return (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1000 + int((fraction or "0").ljust(3, "0"))
