"""The drop folder of a library: what editors put in, and which of it is ready to be worked on.

A file on a disk may still be being written. It counts as settled when nothing about it and what belongs to it has
changed for a while, or at once when ``NAME.done`` lies beside it. What lies beside ``NAME`` and is called ``NAME.…``
belongs to it where it has a job file: that, and what that names. A file with a receipt is done with, until it or
what belongs to it is put there again with other content.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import Missing
from pipeline.store import faults, layout, receipts
from pipeline.store.objects import Objects, Stored

SETTLE_S = 30
"""Ours: a copy over a network that pauses for longer is broken. Editors who cannot wait add a ``.done``."""

DONE_SUFFIX = ".done"
"""Beside a file: it is complete."""

JOB_SUFFIX = ".job.toml"
"""Beside a file: what is to be made of it."""

_COMPANIONS = (DONE_SUFFIX, ".toml", ".txt", ".rttm", ".csv")
"""Files that say something about another one, and are no media themselves."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """One file that is ready to be worked on."""

    key: str
    """Its key in the library."""

    etag: str
    """Which version of it, and of what belongs to it."""

    path: Path
    """The file."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What a look into the drop folder finds."""

    settled: tuple[Dropped, ...]
    """Ready and without a receipt, sorted by key."""

    unsettled: tuple[str, ...]
    """Keys of files that may still be being written."""


def pending(objects: Objects, *, settle_s: float = SETTLE_S, now_ns: Callable[[], int] = time.time_ns) -> Pending:
    """Files of the drop folder that nothing became of yet."""
    listed = list(objects.list(layout.DROP))
    keys = frozenset(stored.key for stored in listed)
    belongings = _belongings(listed)
    belonging = frozenset(one.key for own in belongings.values() for one in own)
    settled: list[Dropped] = []
    unsettled: list[str] = []
    for stored in listed:
        own = belongings.get(stored.key, ())
        etag = _etag(stored, own)
        if stored.key in belonging or _is_companion(stored.key) or receipts.find(objects, stored.key, etag) is not None:
            continue
        try:
            path = objects.local(stored.key)
            is_settled = stored.key + DONE_SUFFIX in keys or all(
                _quiet_s(one, objects.local(one.key), now_ns()) >= settle_s for one in (stored, *own)
            )
        except Missing:  # taken away since the listing
            continue
        if is_settled:
            settled.append(Dropped(stored.key, etag, path))
        else:
            unsettled.append(stored.key)
    return Pending(tuple(settled), tuple(unsettled))


def _belongings(listed: Sequence[Stored]) -> dict[str, list[Stored]]:
    """By the key of each file that has a job file: the job file, and all whose names begin with its own and a dot."""
    owners = {stored.key.removesuffix(JOB_SUFFIX) for stored in listed if stored.key.endswith(JOB_SUFFIX)}
    found: dict[str, list[Stored]] = {owner: [] for owner in owners}
    for stored in listed:
        dots = (at for at, char in enumerate(stored.key) if char == ".")
        owner = next((stored.key[:at] for at in dots if stored.key[:at] in owners), None)
        if owner is not None:
            found[owner].append(stored)
    return found


def _etag(stored: Stored, belongings: Sequence[Stored]) -> str:
    """Version of a file and of what belongs to it: another glossary makes another job of the same media."""
    etags = [one.etag for one in belongings if not one.key.endswith(DONE_SUFFIX)]
    return f"{stored.etag}-{hashlib.sha256('-'.join(etags).encode()).hexdigest()[:16]}" if etags else stored.etag


def _is_companion(key: str) -> bool:
    name = key.rpartition("/")[2]
    return name.startswith(".") or name.lower().endswith(_COMPANIONS)


def _quiet_s(stored: Stored, path: Path, now_ns: int) -> float:
    """Seconds since anything about the file changed. The status time counts too: ``cp -p`` and ``rsync -t``
    set the modification time back when they finish, and cannot set the other.
    """
    with faults.reading(stored.key):
        changed_ns = path.stat().st_ctime_ns
    return (now_ns - max(stored.modified_ns, changed_ns)) / 1e9
