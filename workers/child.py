"""A worker process as its parent holds it: start, listen to its messages, end, with all that it started."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import EngineUnavailable
from workers.messages import Message, parse

CLOSE_LIMIT_S = 10.0
"""How long a worker may take to end once it has been told to; then it is killed."""

GROUP_LIMIT_S = 30.0
"""How long what a worker started may take to be gone after it was killed. Ours: a driver frees the memory of a GPU
within seconds; a next worker that finds it taken says so."""

_TAIL_LINES = 20
"""Lines of standard error that go into an error message. Ours: the end of a traceback, with its cause."""

_TAIL_CHARACTERS = 800
"""Most characters of them. Ours: vLLM's lines are long, and the cause is at the end."""

_CHUNK_BYTES = 1 << 16

_POLL_S = 0.02
"""Pause between two looks at processes that are about to end."""

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
    """One worker process, and the group of those that it started. Not for several threads at once.

    The worker leads a session of its own: Ctrl-C reaches the parent alone, and its group is known. Whatever it
    dies of, the parent ends its group: an engine that outlived its worker would hold the memory of a GPU.
    """

    def __init__(self, argv: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> None:
        """``environment`` is added to the parent's own.

        Raises:
            EngineUnavailable: The interpreter cannot be started.

        """
        self._log = log
        paths = (_ROOT, environment.get("PYTHONPATH", ""), os.getenv("PYTHONPATH", ""))
        ours = {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        with log.open("wb") as stderr:
            try:
                self._process = subprocess.Popen(
                    argv,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    start_new_session=True,
                    env={**os.environ, **environment, **ours},
                )
            except OSError as error:
                raise EngineUnavailable(
                    f"the worker cannot be started: {argv[0]}: {error.strerror or error}; the environment of its "
                    "engine is missing or broken: ./run makes it (README), or choose another engine"
                ) from error
        assert self._process.stdout is not None
        self._stdout = self._process.stdout
        self._unread = b""

    def messages(self, *, limit_s: float) -> list[Message] | None:
        """What it says next, after waiting ``limit_s`` at most: nothing yet, or None when it has ended.

        Raises:
            ValueError: It prints something else than messages.

        """
        has_ended = self._has_ended()  # looked at first: what it said before is in the pipe
        if not select.select([self._stdout], [], [], limit_s)[0]:
            # What it started may hold the pipe open.
            return None if has_ended else []
        chunk = os.read(self._stdout.fileno(), _CHUNK_BYTES)
        if not chunk:
            return None
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        return [parse(line) for line in lines]

    def end(self, *, limit_s: float = CLOSE_LIMIT_S) -> Ended:
        """Wait for it to end, for ``limit_s`` at most, and end what is left of it then."""
        deadline_s = time.monotonic() + limit_s
        while not self._has_ended() and time.monotonic() < deadline_s:
            time.sleep(_POLL_S)
        return self.kill()

    def kill(self) -> Ended:
        """End it now, and all that it started."""
        assert self._process.stdin is not None
        if self._process.returncode is None:
            # It is not collected yet, so that no other process can have its number.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._wait_for_group()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._stdout.close()
        return Ended(self._process.returncode, _tail(self._log))

    def _has_ended(self) -> bool:
        """Whether it has ended; it is not collected."""
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _wait_for_group(self) -> None:
        deadline_s = time.monotonic() + GROUP_LIMIT_S
        while _is_running(self._process.pid) and time.monotonic() < deadline_s:
            time.sleep(_POLL_S)


def _is_running(group: int) -> bool:
    """Whether a process of a group is more than an entry that nobody has collected."""
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_PGID, group, os.WEXITED | os.WNOHANG)  # we may be the one, as a container's first process
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return any(_is_member(stat, group) for stat in Path("/proc").glob("[0-9]*/stat"))


def _is_member(stat: Path, group: int) -> bool:
    try:
        # Fields as in proc(5): the name in brackets, then state, parent, group.
        state, _parent, its_group = stat.read_text().rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return False
    return int(its_group) == group and state not in "ZX"


def _tail(log: Path) -> str:
    """The end of what was printed, on one line."""
    with log.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - _CHUNK_BYTES))
        lines = stream.read().decode("utf-8", "replace").split("\n")[-_TAIL_LINES - 1 :]
    text = " | ".join(line.strip() for line in lines if line.strip())
    return text if len(text) <= _TAIL_CHARACTERS else f"… {text[-_TAIL_CHARACTERS:]}"
