from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from workers.engines.embedded.apart import ApartFailed, apart

LIMIT_S = 30.0


def test_what_the_work_returns_comes_back_whole() -> None:
    assert apart(lambda: b"\0\xff" * 500_000, limit_s=LIMIT_S) == b"\0\xff" * 500_000
    assert apart(lambda: b"", limit_s=LIMIT_S) == b""


def test_what_the_work_changes_stays_in_its_copy() -> None:
    seen: list[int] = []

    def work() -> bytes:
        seen.append(os.getpid())
        return str(len(seen)).encode()

    assert [apart(work, limit_s=LIMIT_S) for _ in range(3)] == [b"1", b"1", b"1"]
    assert seen == []


def test_work_that_raises_fails_with_its_reason() -> None:
    def work() -> bytes:
        raise ValueError("not this one")

    with pytest.raises(ApartFailed, match="ValueError: not this one"):
        apart(work, limit_s=LIMIT_S)


def test_work_that_ends_its_process_fails_and_the_next_is_done() -> None:
    def work() -> bytes:
        os.kill(os.getpid(), signal.SIGKILL)
        return b""

    with pytest.raises(ApartFailed, match="status -9"):
        apart(work, limit_s=LIMIT_S)
    assert apart(lambda: b"next", limit_s=LIMIT_S) == b"next"


def test_work_that_hangs_is_stopped() -> None:
    def work() -> bytes:
        time.sleep(60)
        return b""

    began = time.monotonic()
    with pytest.raises(ApartFailed, match="too long"):
        apart(work, limit_s=0.2)
    assert time.monotonic() - began < LIMIT_S


def test_no_process_and_no_pipe_is_left_behind() -> None:
    before = (descriptors(), children())
    for _ in range(3):
        apart(lambda: b"x", limit_s=LIMIT_S)
    assert (descriptors(), children()) == before


def descriptors() -> int:
    """How many files and pipes this process holds open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def children() -> list[str]:
    """Processes that this one started and that are not waited for yet."""
    return sorted(path.read_text() for path in Path("/proc/self/task").glob("*/children"))
