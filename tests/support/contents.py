"""What a library holds, as far as it must be the same after the same work."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pipeline.store import layout
from pipeline.store.objects import FolderObjects

RUN_BY_RUN = ("claims/", "sources/", layout.table("runs"))
"""What tells of a run and not of its result: who worked, when a file was hashed, how long stages took."""


def results(library: Path) -> dict[str, str]:
    """Hash of every object by key; of receipts without the time, and nothing of what differs from run to run."""
    objects = FolderObjects(library)
    keys = [stored.key for stored in objects.list("") if not stored.key.startswith(RUN_BY_RUN)]
    return {key: _hashed(key, objects.get(key)) for key in keys}


def published(library: Path) -> dict[str, str]:
    """``results`` without the answers, whose parts depend on the moment when they are written."""
    return {key: digest for key, digest in results(library).items() if not key.startswith("answers/")}


def written(library: Path) -> dict[str, int]:
    """Every file with the time when it was written, in ns; unfinished work and the index of queries aside."""
    return {
        str(path.relative_to(library)): path.stat().st_mtime_ns
        for path in sorted(library.rglob("*"))
        if path.is_file() and ".part-work" not in path.parts and not path.name.startswith("index.duckdb")
    }


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Keys that are not the same in both, sorted."""
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _hashed(key: str, data: bytes) -> str:
    if key.startswith(layout.RECEIPTS):
        receipt = json.loads(data)
        del receipt["at"]
        data = json.dumps(receipt).encode()
    return hashlib.sha256(data).hexdigest()
