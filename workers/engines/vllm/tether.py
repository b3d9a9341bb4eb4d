"""What ends vLLM's processes when the worker that owns them dies without ending them.

vLLM's engine process does not notice that its parent was killed (0.30): it lives on and holds the GPU's memory, and
the worker that takes the dead one's place cannot load. This file, run as a program with a mark, waits for its standard
input to close, which happens however the worker ends, and then kills every process that was started with the mark in
its environment.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

VARIABLE = "REELINGUA_TETHER"
"""Environment variable that holds the mark."""

_RELEASED = b"released"
_END_LIMIT_S = 5.0


class Tether:
    """Ties every process that is started from now on to the life of this one. One at a time."""

    def __init__(self) -> None:
        mark = secrets.token_hex(16)
        unmarked = {name: value for name, value in os.environ.items() if name != VARIABLE}
        # A session of its own, so that what ends the worker's group does not end it first.
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, mark],  # by its path: wherever we are started, no other is found
            stdin=subprocess.PIPE,
            start_new_session=True,
            env=unmarked,
        )
        os.environ[VARIABLE] = mark

    @property
    def holds(self) -> bool:
        """Whether what waits for this process to end still does."""
        return self.status is None

    @property
    def status(self) -> int | None:
        """The exit status of what waits for this process to end; None while it does."""
        return self._process.poll()

    def release(self) -> None:
        """What is tied has ended, or may live on; a second time nothing."""
        assert self._process.stdin is not None
        if self._process.stdin.closed:
            return
        os.environ.pop(VARIABLE, None)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(_RELEASED)
            self._process.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def marked(mark: str) -> Iterator[int]:
    """Processes of this user that were started with a mark."""
    wanted = f"{VARIABLE}={mark}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # another user's, or gone by now
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                yield int(process.name)


def main(argv: Sequence[str]) -> int:
    """Wait, then kill."""
    (mark,) = argv
    if sys.stdin.buffer.read() != _RELEASED:
        for pid in marked(mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
