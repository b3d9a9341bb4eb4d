"""Why vLLM failed, from what it wrote: its processes tell the cause to standard error alone, and the process that owns
them hears no more than that they failed.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

_TOLD = re.compile(
    r" ERROR .*?\] +(?P<what>(?:[\w.]+\.)?\w*(?:Error|Exception|Interrupt): \S.*|.* died unexpectedly \(.*?\))"
)
"""A logged line that ends a traceback, e.g. ``… ERROR 11-20 17:13:47 [core.py:944] ValueError: …``, or one that tells
of a death."""

_ONLY_SAY_THAT_IT_FAILED = (
    "RuntimeError: Engine core",
    "Exception: WorkerProc",
    "RuntimeError: Worker failed",
    ".EngineDeadError",
)

_MOST_BYTES = 1 << 20
"""More of a log is not looked through."""

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Place:
    """Where in this process's standard error the log of an engine begins."""

    path: Path | None
    """The file; None when standard error is none, so that people see it themselves."""

    offset: int
    """Bytes that were in it before."""

    def cause(self) -> str:
        """What vLLM wrote since then of the first thing that went wrong, one line; empty when there is none."""
        if self.path is None:
            return ""
        with self.path.open("rb") as log:
            log.seek(self.offset)
            return cause(log.read(_MOST_BYTES).decode("utf-8", "replace"))


def here() -> Place:
    """The end of this process's standard error, now."""
    try:
        found = os.fstat(2)
        path = Path("/proc/self/fd/2").readlink()
    except OSError:
        return Place(None, 0)
    return Place(path, found.st_size) if stat.S_ISREG(found.st_mode) and path.is_file() else Place(None, 0)


def cause(log: str) -> str:
    """The first exception in a log of vLLM that says more than that something failed; empty when there is none."""
    for line in log.splitlines():
        found = _TOLD.search(line)
        if found and not any(part in found["what"] for part in _ONLY_SAY_THAT_IT_FAILED):
            said = " ".join(found["what"].split())
            return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
    return ""
