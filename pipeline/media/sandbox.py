"""Runs the process that opens untrusted media, and turns whatever becomes of it into an answer or an error."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from pipeline.errors import MediaError
from pipeline.media.inside import ANSWER, INPUT, REFUSAL, REQUEST
from pipeline.media.limits import Limits
from pipeline.media.messages import Bounds, Message, Progress, Refusal, Request

Answer = TypeVar("Answer", bound=Message)
"""What the process was asked for."""

_ROOT = Path(__file__).resolve().parents[2]
_SENT_AGAIN = "check that it plays, then export it again"
_TAIL_BYTES = 2000
_LINE_BYTES = 65_536


def bounds(limits: Limits, *, length_ms: int, size_bytes: int) -> Bounds:
    """What the inner process may cost.

    CPU time: a minute, and 100 s per GiB, and 4 times the length where it is known; 8K H.265 decodes at
    half its speed on one core, everything else faster.
    """
    return Bounds(
        max_pixels=limits.max_pixels,
        max_frame_rate=limits.max_frame_rate,
        max_channels=limits.max_channels,
        max_sample_rate_hz=limits.max_sample_rate_hz,
        max_streams=limits.max_streams,
        max_length_ms=limits.max_length_ms,
        memory_bytes=limits.memory_bytes,
        output_bytes=limits.output_bytes,
        cpu_s=60 + 100 * (size_bytes >> 30) + 4 * length_ms // 1000,
        threads=min(os.cpu_count() or 1, limits.max_threads),
    )


def run(
    source: Path,
    request: Request,
    answer: type[Answer],
    *,
    failure: type[MediaError],
    stall_s: int,
    folder: Path | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Answer:
    """The inner process's answer about ``source``.

    Args:
        source: The untrusted file.
        request: What is asked.
        answer: Type of the answer.
        failure: Error to raise.
        stall_s: Seconds without progress after which the process is killed.
        folder: Where what it makes is to be; a temporary folder otherwise.
        on_progress: Told how far it is, in the job's own unit.

    Raises:
        MediaError: As ``failure``: it refused, died, or hung.

    """
    with tempfile.TemporaryDirectory(prefix="reelingua-", dir=folder, ignore_cleanup_errors=True) as made:
        private = Path(made)
        (private / INPUT).symlink_to(source.resolve())
        (private / REQUEST).write_text(request.model_dump_json(), "utf-8")
        returncode, stderr = _watched(private, failure, stall_s, on_progress)
        refused = private / REFUSAL
        if refused.exists():
            refusal = Refusal.model_validate_json(refused.read_text("utf-8"))
            raise failure(_named(source, refusal.what), refusal.remedy)
        if returncode != 0:
            raise _death(source, returncode, stderr, request.bounds, failure)
        try:
            found = answer.model_validate_json((private / ANSWER).read_text("utf-8"))
        except (OSError, ValidationError) as error:
            raise failure(_named(source, "opening it ended without an answer"), _SENT_AGAIN) from error
        if folder is not None:
            for made_file in private.iterdir():
                if made_file.name not in (INPUT, REQUEST, ANSWER):
                    made_file.replace(folder / made_file.name)
    return found


def _watched(
    private: Path, failure: type[MediaError], stall_s: int, on_progress: Callable[[int], None]
) -> tuple[int, str]:
    """Exit status and end of standard error. The process gets nothing of our environment and no input."""
    environment = {
        "PYTHONPATH": str(_ROOT),
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "TMPDIR": str(private),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    with (
        (private / "stderr.txt").open("wb+") as stderr,
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
            _follow(process, failure, stall_s, on_progress)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        stderr.seek(0, os.SEEK_END)
        stderr.seek(max(0, stderr.tell() - _TAIL_BYTES))
        tail = stderr.read().decode("utf-8", "replace")
    (private / "stderr.txt").unlink()
    return process.returncode, tail


def _follow(
    process: subprocess.Popen[bytes], failure: type[MediaError], stall_s: int, on_progress: Callable[[int], None]
) -> None:
    """Reads progress until the process closes its output; raises when it stalls."""
    if process.stdout is None:
        return
    pipe = process.stdout.fileno()
    rest = b""
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        until = time.monotonic() + stall_s
        while True:
            if not ready.select(max(0.0, until - time.monotonic())):
                raise failure(f"decoding made no progress for {stall_s} s and was stopped", _SENT_AGAIN)
            data = os.read(pipe, _LINE_BYTES)
            if not data:
                return
            until = time.monotonic() + stall_s
            *lines, rest = (rest + data)[-_LINE_BYTES:].split(b"\n")
            for line in lines:
                on_progress(Progress.model_validate_json(line).done)


def _death(source: Path, returncode: int, stderr: str, allowed: Bounds, failure: type[MediaError]) -> MediaError:
    """What a process that ended without an answer died of."""
    if returncode == -signal.SIGXCPU:
        return failure(_named(source, f"decoding it took more than {allowed.cpu_s} s of processor time"), _SENT_AGAIN)
    if returncode == -signal.SIGXFSZ:
        return failure(_named(source, "what decoding it makes is too large"), "cut it into shorter files")
    if "MemoryError" in stderr or "Cannot allocate" in stderr or "bad_alloc" in stderr:
        most = allowed.memory_bytes >> 20
        return failure(_named(source, f"decoding it takes more than {most} MiB of memory"), "scale it down")
    last = stderr.strip().splitlines()[-1] if stderr.strip() else "it printed nothing"
    died = f"was killed by signal {-returncode}" if returncode < 0 else f"ended with status {returncode}"
    return failure(_named(source, f"the decoder {died} ({last})"), _SENT_AGAIN)


def _named(source: Path, what: str) -> str:
    return f"{source.name!r}: {what}"
