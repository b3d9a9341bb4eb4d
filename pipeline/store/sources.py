"""What is known of files that were hashed before, so that an unchanged file is not read again.

A file counts as unchanged when its ``FileVersion`` is the same, as in git's index. As there, a file that was
modified less than a moment before it was recorded is not believed ("racily clean"): it could be written again
within the same tick of the file system's clock, and look the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import Missing
from pipeline.store import layout
from pipeline.store.file_version import FileVersion
from pipeline.store.objects import Objects

_RACY_NS = 2_000_000_000
"""Coarsest tick of a modification time in use: 2 s on FAT; ext4, XFS and APFS count in nanoseconds, but
update at the kernel's tick of up to 10 ms."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as it was when it was hashed."""

    path: str
    """Its absolute path, for people."""

    version: FileVersion
    """Which version of it."""

    asset_id: str
    """What its content hashed to."""


_SEEN = TypeAdapter(_Seen)


def remember(objects: Objects, path: Path, stat: os.stat_result, asset_id: str, *, hashed_from_ns: int) -> bool:
    """Record what a file's content hashed to; False when the file was too young for that.

    ``stat`` is its state from before it was read, ``hashed_from_ns`` the time (``time.time_ns``) just after
    that: a file that was modified within two seconds before could have been written again while it was
    read, and show the same time.
    """
    if hashed_from_ns - stat.st_mtime_ns < _RACY_NS:
        return False
    objects.put(layout.seen_source(str(path.absolute())), _SEEN.dump_json(_seen(path, stat, asset_id)))
    return True


def recall(objects: Objects, path: Path, stat: os.stat_result) -> str | None:
    """The asset that an unchanged file is; None when it changed or was never recorded, and must be hashed."""
    try:
        seen = _SEEN.validate_json(objects.get(layout.seen_source(str(path.absolute()))))
    except (Missing, ValidationError):  # a damaged record of this cache is none
        return None
    return seen.asset_id if seen == _seen(path, stat, seen.asset_id) else None


def _seen(path: Path, stat: os.stat_result, asset_id: str) -> _Seen:
    return _Seen(layout.printable(str(path.absolute())), FileVersion.of(stat), asset_id)
