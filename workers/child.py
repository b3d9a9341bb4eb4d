"""A worker process as its parent holds it: start, listen to its messages, end."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.messages import Message, parse

CLOSE_LIMIT_S = 10.0
"""How long a worker may take to end once it has been told to; then it is killed."""

_TAIL_LINES = 20
"""Lines of standard error that go into an error message. Ours: the end of a traceback, with its cause."""

_CHUNK_BYTES = 1 << 16

_ROOT = str(Path(__file__).parents[1])
"""Where our packages lie, also when they are not installed."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker ended."""

    returncode: int
    """Exit status; negative means killed by that signal."""

    stderr_tail: str
    """Last lines that it printed for people, on one line."""


class Child:
    """One worker process. Not for several threads at once."""

    def __init__(self, argv: Sequence[str], *, log: Path) -> None:
        self._log = log
        with log.open("wb") as stderr:
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (_ROOT, os.getenv("PYTHONPATH"))))}
            # A session of its own, so that Ctrl-C reaches the parent alone; the worker ends when its input closes.
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
                env=environment,
            )
        assert self._process.stdout is not None
        self._stdout = self._process.stdout
        self._unread = b""

    def messages(self, *, limit_s: float) -> list[Message] | None:
        """What it says next, after waiting ``limit_s`` at most: nothing yet, or None when it has ended.

        Raises:
            ValueError: It prints something else than messages.

        """
        if not select.select([self._stdout], [], [], limit_s)[0]:
            return []
        chunk = os.read(self._stdout.fileno(), _CHUNK_BYTES)
        if not chunk:
            return None
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        return [parse(line) for line in lines]

    def end(self, *, limit_s: float = CLOSE_LIMIT_S) -> Ended:
        """Wait for it to end, for ``limit_s`` at most; kill it then."""
        assert self._process.stdin is not None
        try:
            self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._stdout.close()
        return Ended(self._process.returncode, " | ".join(line.strip() for line in _tail(self._log) if line.strip()))

    def kill(self) -> Ended:
        """End it now."""
        self._process.kill()
        return self.end()


def _tail(log: Path) -> list[str]:
    with log.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - _CHUNK_BYTES))
        return stream.read().decode("utf-8", "replace").split("\n")[-_TAIL_LINES - 1 :]
