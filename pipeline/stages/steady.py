"""Files of the user that are read for a while: they must be the same files afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import DecodeFailed
from pipeline.store.file_version import FileVersion


@contextlib.contextmanager
def steady(*files: Path) -> Iterator[None]:
    """Raise when one of ``files`` is not the same file after the block as before it.

    Raises:
        DecodeFailed: It changed, or cannot be read; names it.

    """
    before = [_version(file) for file in files]
    yield
    for file, version in zip(files, before, strict=True):
        if _version(file) != version:
            raise DecodeFailed(f"{file.name!r} changed while it was read", "run again when it is complete")


def _version(file: Path) -> FileVersion:
    try:
        return FileVersion.of(file.stat())
    except OSError as error:
        raise DecodeFailed(f"{file.name!r} cannot be read ({error.strerror})", "check the path and the disk") from error
