"""Unfinished work on the library's disk: private folders that do not outlive their process, and locks.

Everything here may be deleted while nothing runs. A process locks its private folder, and the system drops the
lock when the process ends; so a folder that can be locked was left behind, and goes, however young it is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.store import faults

FOLDER = ".part-work"
"""Where a folder library keeps what is not finished; listings leave out every name that begins with ``.part-``."""

_LOOSE_FILE_S = 24 * 3600
"""Age at which a single unfinished file counts as abandoned. Ours: none takes more than minutes to write."""

_POLL_S = 0.02
"""How often a lock that is taken is tried again."""


@contextlib.contextmanager
def private_folder(workspace: Path) -> Iterator[Path]:
    """An empty folder inside ``workspace`` that only this process uses; it is gone at the end.

    What killed processes left in the workspace is removed on the way.

    Raises:
        StoreError: The disk is full, read-only, or cannot lock.

    """
    with faults.translated(f"cannot make a folder in {workspace}"):
        workspace.mkdir(parents=True, exist_ok=True)
        with exclusive(workspace / "lock", timeout_s=60):
            _sweep(workspace)
            folder = workspace / f"folder-{secrets.token_hex(8)}"
            folder.mkdir()
            owned = os.open(folder, os.O_RDONLY)
            fcntl.flock(owned, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(owned)


@contextlib.contextmanager
def exclusive(lock: Path, *, timeout_s: float) -> Iterator[None]:
    """Hold the lock file ``lock``, which is made where there is none; one holder at a time on this machine.

    Raises:
        StoreError: Another process still holds it after ``timeout_s``, or the disk cannot lock.

    """
    with faults.translated(f"cannot lock {lock}"):
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        gives_up_at = time.monotonic() + timeout_s
        while not _locked(handle):
            if time.monotonic() > gives_up_at:
                raise StoreError(f"{lock} is held by another process for {timeout_s:.0f} s; wait for it or end it")
            time.sleep(_POLL_S)
        yield
    finally:
        os.close(handle)


def unfinished_file(workspace: Path) -> Path:
    """Name for a file that will be moved into the library once it is whole; nothing has it yet."""
    return workspace / f"file-{secrets.token_hex(8)}"


def _locked(handle: int) -> bool:
    with faults.translated("cannot lock a file"):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _sweep(workspace: Path) -> None:
    """Remove folders whose owner has died, and single files that nobody has touched for a day."""
    oldest_s = time.time() - _LOOSE_FILE_S
    for entry in list(workspace.iterdir()):
        if entry.name.startswith("folder-"):
            _remove_abandoned(entry)
        elif entry.name.startswith("file-"):
            with contextlib.suppress(FileNotFoundError):
                if entry.stat().st_mtime < oldest_s:
                    entry.unlink()


def _remove_abandoned(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        if _locked(handle):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
