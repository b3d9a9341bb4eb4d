"""Who holds a claim: a process on a host, told from a later one that got the same number."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

_DEAD = frozenset("ZX")
"""States of a process that runs no more (proc(5))."""


def this_process() -> str:
    """Name of this process: host, process id, and when it began."""
    return _own_name(os.getpid())


def has_ended(owner: str) -> bool:
    """Whether an owner is certainly gone: it ran on this host, and no such process runs any more.

    Of other hosts nothing is known; their claims hold until their deadlines.
    """
    host_and_pid, _, began = owner.rpartition(" ")
    host, _, pid = host_and_pid.rpartition(" ")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    return _began(int(pid)) != began


@cache
def _own_name(pid: int) -> str:
    """Asked of the system once and not once per title; by number, since a fork is another process."""
    return f"{socket.gethostname()} {pid} {_began(pid)}"


def _began(pid: int) -> str:
    """Clock ticks from the system's start to the process's; ``gone`` when there is none, ``unknown`` without /proc."""
    try:
        # The name of the program is in parentheses and may hold anything; what follows are fields 3 to 52 (proc(5)).
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        # Dead, and only its exit status has not been fetched: in a container often by nobody, ever.
        return "gone" if fields[0] in _DEAD else fields[19]
    except (FileNotFoundError, ProcessLookupError):
        return "gone" if Path("/proc/self/stat").exists() else "unknown"
