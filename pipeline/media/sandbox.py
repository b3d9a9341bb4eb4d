"""The process that opens untrusted media, seen from outside: whatever becomes of it is an answer or an error.

What that process says and leaves behind is not trusted either, since the media may have taken it over: its
messages are checked, and of its files only those that it was asked to make are taken.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import MediaError
from pipeline.media.inside import ANSWER, INPUT, REFUSAL, REQUEST
from pipeline.media.limits import Limits
from pipeline.media.messages import Bounds, ProgramRequest, Progress, Refusal, Request
from pipeline.text import one_line

Answer = TypeVar("Answer")
"""What the process was asked for."""

Failure = Callable[[str, str], MediaError]
"""Makes an error of what cannot be used and what to do about it."""

PLAYS = "check that it plays, then export it again"
"""What to do about most files."""

CODE = Path(__file__).resolve().parents[2]
"""Folder from which the process imports ``pipeline``."""

MAX_MESSAGE_BYTES = 1 << 20
"""Size of an answer or a refusal. Ours: a survey of 256 streams has 150 KB."""

MAX_LINE_BYTES = 65_536
"""Length of a line of progress, and how much is read at once: what a pipe holds."""

_TAIL_BYTES = 2000  # of standard error: the last line is shown, and the end of a traceback names a MemoryError
_ANSWERED_BADLY = "the decoder gave no valid answer"
_FFMPEG_SIGNALLED = 255  # its status after a signal that it caught: SIGXCPU, since nobody sends it another


def bounds(limits: Limits, *, length_ms: int, size_bytes: int) -> Bounds:
    """What the inner process may cost.

    CPU time: a minute, and 100 s per GiB, and 4 times the length where it is known; 8K H.265 decodes at
    half its speed on one core, everything else faster.
    """
    return Bounds(
        limits=limits,
        cpu_s=60 + 100 * (size_bytes >> 30) + 4 * length_ms // 1000,
        threads=min(os.cpu_count() or 1, limits.max_threads),
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    returncode: int
    """Exit status; negative means killed by that signal."""

    stderr_tail: str
    """The end of what it printed to standard error."""


def death(ended: Ended, allowed: Bounds) -> tuple[str, str]:
    """What a process that ended badly died of, and what to do about it."""
    if ended.returncode in (-signal.SIGXCPU, _FFMPEG_SIGNALLED):
        return f"decoding it took more than {allowed.cpu_s} s of processor time", PLAYS
    if ended.returncode == -signal.SIGXFSZ:
        return "what decoding it makes is too large", "cut it into shorter files"
    stderr = ended.stderr_tail
    if "MemoryError" in stderr or "Cannot allocate" in stderr or "bad_alloc" in stderr:
        most = allowed.limits.memory_bytes >> 20
        return f"decoding it takes more than {most} MiB of memory", "scale it down"
    last = one_line(stderr.strip().splitlines()[-1]) if stderr.strip() else "it printed nothing"
    status = ended.returncode
    died = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    return f"the decoder {died} ({last})", PLAYS


def run(
    source: Path,
    request: Request,
    answer: type[Answer],
    *,
    failure: Failure,
    folder: Path | None = None,
    makes: Sequence[str] = (),
    on_progress: Callable[[int], None] = lambda _: None,
) -> Answer:
    """The inner process's answer about ``source``.

    Args:
        source: The untrusted file.
        request: What is asked.
        answer: Type of the answer.
        failure: Makes the error to raise.
        folder: Where what it makes is to be; a temporary folder otherwise.
        makes: Names of the files that it is to make; all of them, and no others, are moved to ``folder``.
        on_progress: Told how far it is, in the job's own unit.

    Raises:
        MediaError: From ``failure``: it refused, died, hung, or answered what cannot be.
    """
    case = _Case(source, failure)
    with _private(source, request, folder) as private:
        try:
            ended = _watched(private, case, request.bounds.limits.stall_s, _reader(on_progress))
            refused = _message(private / REFUSAL, case)
            if refused is not None:
                refusal = Refusal.model_validate_json(refused)
                raise case.error(refusal.what, refusal.remedy)
            if ended.returncode != 0:
                raise case.error(*death(ended, request.bounds))
            found = TypeAdapter(answer).validate_json(_message(private / ANSWER, case) or b"")
        except ValidationError as error:
            raise case.error(_ANSWERED_BADLY) from error
        _take(makes, private, folder, case)
    return found


def execute(
    source: Path,
    request: ProgramRequest,
    *,
    failure: Failure,
    folder: Path,
    makes: str,
    inputs: Mapping[str, Path],
    hear: Callable[[bytes], bool],
) -> Ended:
    """Run a program on ``source`` in the confined process; how it ended. Its files are taken if it ended well.

    Args:
        source: The untrusted file, which it sees as ``pipeline.media.inside.INPUT`` in its own folder.
        request: The program and its arguments.
        failure: Makes the error to raise.
        folder: Where what it makes is to be.
        makes: Name of the file that it is to make; it is moved to ``folder``.
        inputs: Other files that it sees in its folder, by the name that they have there.
        hear: Told each line of its standard output; whether the line is progress.

    Raises:
        MediaError: From ``failure``: it hung, or ended well without what it was to make.
    """
    case = _Case(source, failure)
    with _private(source, request, folder) as private:
        for name, path in inputs.items():
            (private / name).symlink_to(path.resolve())
        ended = _watched(private, case, request.bounds.limits.stall_s, hear)
        if ended.returncode == 0:
            _take((makes,), private, folder, case)
    return ended


@contextlib.contextmanager
def _private(source: Path, request: Request, folder: Path | None) -> Iterator[Path]:
    """A folder for the process alone, with the source and the request in it."""
    with tempfile.TemporaryDirectory(prefix="reelingua-", dir=folder, ignore_cleanup_errors=True) as made:
        private = Path(made)
        (private / INPUT).symlink_to(source.resolve())
        (private / REQUEST).write_text(request.model_dump_json(), "utf-8")
        yield private


def _take(makes: Sequence[str], private: Path, folder: Path | None, case: _Case) -> None:
    """Move what it was to make to ``folder``; all of it or nothing."""
    if not all(_is_file(private / name) for name in makes):
        raise case.error("the decoder did not make what it was asked for")
    if folder is not None:
        for name in makes:
            (private / name).replace(folder / name)


def _reader(on_progress: Callable[[int], None]) -> Callable[[bytes], bool]:
    """What hears the lines of a process that answers; every line of it is progress."""

    def hear(line: bytes) -> bool:
        on_progress(Progress.model_validate_json(line).done)
        return True

    return hear


@dataclass(frozen=True, slots=True)
class _Case:
    """Whose error it is."""

    source: Path
    failure: Failure

    def error(self, what: str, remedy: str = PLAYS) -> MediaError:
        return self.failure(f"{self.source.name!r}: {what}", remedy)


def _watched(private: Path, case: _Case, stall_s: int, hear: Callable[[bytes], bool]) -> Ended:
    """How the process ended. It gets nothing of our environment and no input."""
    environment = {
        "PYTHONPATH": str(CODE),
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "TMPDIR": str(private),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    with (
        tempfile.TemporaryFile(dir=private) as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "pipeline.media.inside", str(private)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=private,
            env=environment,
            start_new_session=True,
        ) as process,
    ):
        try:
            if process.stdout is not None:
                _follow(process.stdout, case, stall_s, hear)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # it may only have closed its output, or started others
            process.wait()
        stderr.seek(0, os.SEEK_END)
        stderr.seek(max(0, stderr.tell() - _TAIL_BYTES))
        tail = stderr.read().decode("utf-8", "replace")
    return Ended(process.returncode, tail)


def _follow(output: IO[bytes], case: _Case, stall_s: int, hear: Callable[[bytes], bool]) -> None:
    """Read progress until the process closes its output, or stalls."""
    rest = b""
    with selectors.DefaultSelector() as ready:
        ready.register(output, selectors.EVENT_READ)
        until = time.monotonic() + stall_s
        while True:
            if not ready.select(max(0.0, until - time.monotonic())):
                raise case.error(f"decoding made no progress for {stall_s} s and was stopped")
            data = os.read(output.fileno(), MAX_LINE_BYTES)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if hear(line):
                    until = time.monotonic() + stall_s
            if len(rest) > MAX_LINE_BYTES:
                raise case.error(_ANSWERED_BADLY)


def _message(path: Path, case: _Case) -> bytes | None:
    """What the process, which is dead by now, wrote to a file of its folder; None when there is none."""
    if not os.path.lexists(path):
        return None
    if not _is_file(path):
        raise case.error(_ANSWERED_BADLY)
    with path.open("rb") as file:
        data = file.read(MAX_MESSAGE_BYTES + 1)
    if len(data) > MAX_MESSAGE_BYTES:
        raise case.error(_ANSWERED_BADLY)
    return data


def _is_file(path: Path) -> bool:
    """Whether it is a file itself, and no link to one elsewhere."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
