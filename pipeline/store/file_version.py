"""Which version of a file it is, told without reading it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class FileVersion:
    """What changes about a file when its content may have changed: what git's index goes by, too."""

    size_bytes: int
    """Its size."""

    modified_ns: int
    """When it was modified, nanoseconds since 1970."""

    inode: int
    """Its number in the file system: another file that was put in its place has another one."""

    @classmethod
    def of(cls, stat: os.stat_result) -> Self:
        """The version that a look at the file shows."""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ino)

    @property
    def etag(self) -> str:
        """The version as a short name; no ``/`` and no quotes in it."""
        return f"{self.modified_ns:x}-{self.size_bytes:x}-{self.inode:x}"
