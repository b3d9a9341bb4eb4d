"""Answers on their way out: rows of many requests become one Parquet part per asset, whole and in place."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pipeline.errors import StoreError
from pipeline.store import layout, parquet
from schemas.jobs import Job, Result
from workers.jobs import RESULTS


def write(results: Path, asset_id: str, job: Job, rows: Sequence[Result]) -> str:
    """Write one part and return its path relative to ``results``; readers see it whole or not at all.

    ``results`` is laid out as the library's folder of kept answers, and may be that folder.

    Raises:
        StoreError: The disk is full or not writable.

    """
    folder = results / asset_id / job
    unfinished = folder / f".part-{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            parquet.write_rows(unfinished, rows, RESULTS[job])
            with unfinished.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                os.fsync(stream.fileno())
            part = folder / PurePosixPath(layout.answers_part(asset_id, job, digest)).name
            if not part.exists():  # the time of the one that is there says that it came first
                unfinished.replace(part)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"answers cannot be written to {folder}: {error.strerror}; make room or check access"
        ) from error
    return f"{asset_id}/{job}/{part.name}"
