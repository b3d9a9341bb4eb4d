"""One piece of work in a copy of this process, which ends with it.

For a library that remembers what it did before, so that one text never sounds the same twice, and that may
hang or crash on a text: every copy begins in the state that this process is in. The process must have one
thread only.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import time
from collections.abc import Callable
from typing import NoReturn

_CHUNK_BYTES = 1 << 16

_RAISED = 1
"""Exit status of a copy whose work raised; what it wrote is the reason then."""


class ApartFailed(Exception):
    """The work raised, ended its process or took too long; the message says which."""


def apart(work: Callable[[], bytes], *, limit_s: float) -> bytes:
    """What ``work`` returns.

    Raises:
        ApartFailed: It raised, ended its process, or took longer than ``limit_s``.

    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _do(work, writer, limit_s)
    os.close(writer)
    try:
        told = _read(reader, deadline=time.monotonic() + limit_s)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(reader)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == _RAISED:
        raise ApartFailed(told.decode("utf-8", "replace"))
    if status != 0:
        raise ApartFailed(f"its process ended with status {status}")
    return told


def _do(work: Callable[[], bytes], writer: int, limit_s: float) -> NoReturn:
    """Life of the copy. Nothing of the process it copies runs in it afterwards, not even at its exit."""
    status = _RAISED
    try:
        # Should the process that waits be killed, a copy that hangs does not outlive it for long.
        seconds = int(limit_s) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        with os.fdopen(writer, "wb") as pipe:
            try:
                pipe.write(work())
                status = 0
            except Exception as error:  # whatever it is, the other side must hear it
                pipe.write(f"{type(error).__name__}: {error}".encode())
    finally:
        os._exit(status)


def _read(reader: int, *, deadline: float) -> bytes:
    told = bytearray()
    while True:
        if not select.select([reader], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise ApartFailed("it took too long and was stopped")
        chunk = os.read(reader, _CHUNK_BYTES)
        if not chunk:
            return bytes(told)
        told += chunk
