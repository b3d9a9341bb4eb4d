"""What the system says of a disk, as the errors of this project: one fault has one remedy, whoever meets it."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from pipeline.errors import Missing, StoreError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise StoreError for an OSError inside the block; the message begins with ``what``: a key, or what failed."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{what}: {explained(error)}") from error


@contextlib.contextmanager
def reading(key: str) -> Iterator[None]:
    """As ``translated``, for one object that is read: when it is not there, the error is Missing."""
    with translated(key):
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise Missing(key) from None


def explained(error: OSError) -> str:
    """What happened and what to do, without a full stop."""
    if error.errno in _FULL:
        return "no room is left (disk, quota or file size limit); make room and run again, what is finished is kept"
    said = " ".join((error.strerror or str(error) or type(error).__name__).split())
    where = f" ({error.filename})" if error.filename is not None else ""
    if error.errno in _DENIED:
        return f"{said}{where}; make it readable and writable for this user"
    return f"{said}{where}; check the disk and run again"
