"""Every key of the library is built and parsed here, and nowhere else.

Keys are relative to the library's root, with ``/`` between the parts, whatever the store.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from schemas.jobs import Job

_RELEASE_MARK = re.compile(r"^releases/(?P<asset>[0-9a-f]{16})/current/(?P<number>\d{8})\.json$")
_CLAIM = re.compile(r"^claims/[0-9a-f]{16}/(?P<number>\d{8})\.json$")
_FOLDED_ANSWERS = re.compile(r"^answers/[^/]+/[^/]+/all-[0-9a-f]{32}\.parquet$")
_CONSENT = re.compile(r"^consents/(?P<name>.+)\.toml$", re.DOTALL)
_NO_TEXT = re.compile("[\ud800-\udfff]")
_TABLE_PART = re.compile(r"^tables/(?P<table>[a-z_]+)/(?P<asset>[0-9a-f]{16})-(?P<release>[0-9a-f]{16})\.parquet$")

DROP = "drop/"
"""What editors put in."""

TABLES = "tables/"
"""Published rows."""

ANSWERS = "answers/"
"""Answers of engines that are kept; workers write below it."""

RELEASES = "releases/"
"""Deliverables, and which release of an asset is the current one."""

RECEIPTS = "receipts/"
"""What became of each dropped object."""

CONSENTS = "consents/"
"""Consent records, which people put there."""


def stage_folder(asset_id: str, stage: str, fingerprint: str) -> str:
    """Folder of one finished or unfinished stage result, with a trailing slash."""
    return f"assets/{asset_id}/{stage}/{fingerprint}/"


def stage_part(asset_id: str, stage: str, fingerprint: str, name: str) -> str:
    """One part of a stage result; ``name`` is its content's hash and a suffix."""
    return f"{stage_folder(asset_id, stage, fingerprint)}{name}"


def stage_done(asset_id: str, stage: str, fingerprint: str) -> str:
    """The marker that is written last."""
    return f"{stage_folder(asset_id, stage, fingerprint)}_done.json"


def claims(fingerprint: str) -> str:
    """Folder of the claims on one stage result, with a trailing slash."""
    return f"claims/{fingerprint}/"


def claim(fingerprint: str, number: int) -> str:
    """The claim with this number; the highest is the one that holds."""
    return f"{claims(fingerprint)}{number:08}.json"


def parse_claim(key: str) -> int | None:
    """Number of the claim that a key names; None for any other key."""
    found = _CLAIM.match(key)
    return int(found["number"]) if found else None


def answers(asset_id: str, job: Job) -> str:
    """Folder of the answers that are kept, with a trailing slash."""
    return f"{ANSWERS}{asset_id}/{job}/"


def answers_part(asset_id: str, job: Job, sha256: str) -> str:
    """Some answers, as they came; named by the hash of the file."""
    return f"{ANSWERS}{results_part(asset_id, job, sha256)}"


def results_part(asset_id: str, job: Job, sha256: str) -> str:
    """The same part for a worker, which knows only a folder for its results: that of ``ANSWERS``, or one like it."""
    return f"{asset_id}/{job}/{sha256[:32]}.parquet"


def answers_folded(asset_id: str, job: Job, sha256: str) -> str:
    """All answers of an asset and job that were there when they were folded into one part."""
    return f"{answers(asset_id, job)}all-{sha256[:32]}.parquet"


def is_folded(key: str) -> bool:
    """Whether a part of answers is one that others were folded into."""
    return _FOLDED_ANSWERS.match(key) is not None


def release_folder(asset_id: str, release_id: str) -> str:
    """Folder of one release, with a trailing slash."""
    return f"{RELEASES}{asset_id}/{release_id}/"


def release_file(asset_id: str, release_id: str, name: str) -> str:
    """One deliverable."""
    return f"{release_folder(asset_id, release_id)}{name}"


def manifest(asset_id: str, release_id: str) -> str:
    """The manifest, which is written after the deliverables."""
    return release_file(asset_id, release_id, "manifest.json")


def current_folder(asset_id: str) -> str:
    """Folder of the marks that name the current release, with a trailing slash."""
    return f"{RELEASES}{asset_id}/current/"


def current(asset_id: str, number: int) -> str:
    """The mark with this number; the highest names the current release."""
    return f"{current_folder(asset_id)}{number:08}.json"


@dataclass(frozen=True, slots=True)
class ReleaseMark:
    """A parsed key of a mark that names a release."""

    asset_id: str
    """The asset."""

    number: int
    """Its number; the highest of an asset holds."""


def parse_current(key: str) -> ReleaseMark | None:
    """The mark that a key names; None for any other key."""
    found = _RELEASE_MARK.match(key)
    return ReleaseMark(found["asset"], int(found["number"])) if found else None


def table(name: str) -> str:
    """Folder of a table, with a trailing slash."""
    return f"{TABLES}{name}/"


def table_part(name: str, asset_id: str, release_id: str) -> str:
    """Rows of one release in one table."""
    return f"{table(name)}{asset_id}-{release_id}.parquet"


@dataclass(frozen=True, slots=True)
class TablePart:
    """A parsed key of published rows."""

    table: str
    """The table."""

    asset_id: str
    """The asset."""

    release_id: str
    """The release."""


def parse_table_part(key: str) -> TablePart | None:
    """What a key under ``tables/`` holds; None for any other key."""
    found = _TABLE_PART.match(key)
    return TablePart(found["table"], found["asset"], found["release"]) if found else None


def printable(name: str) -> str:
    """A name of the user's own as text that can be written to a file: bytes that are no text become escapes.

    It may still break a line or move a cursor; what is logged or shown goes through ``pipeline.text``.
    """
    return _NO_TEXT.sub(_escape, name)


def receipt(drop_key: str, etag: str) -> str:
    """What became of one dropped object; the key is hashed since it is the user's own text."""
    return f"{RECEIPTS}{_hashed(drop_key)}/{etag}.json"


def parse_consent(key: str) -> str | None:
    """Name of the consent record that a key holds; None for any other key."""
    found = _CONSENT.match(key)
    return printable(found["name"]) if found else None


def seen_source(uri: str) -> str:
    """What was known of a source file when it was last hashed, so that it need not be read again."""
    return f"sources/{_hashed(uri)}.json"


def _escape(found: re.Match[str]) -> str:
    """Escape of a byte that is no text, which Python keeps as a surrogate (PEP 383), or of any other surrogate."""
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def _hashed(name: str) -> str:
    """32 hex digits for a name of the user's own, which may hold bytes that are no text."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:32]
