from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import EngineUnavailable
from tests.support.processes import is_running
from workers.child import Child, Ended
from workers.messages import Message, Started

LIMIT_S = 30  # a process on a crowded machine starts in about one

FORKS = """
import os, signal, sys
if (pid := os.fork()) == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    while True:
        signal.pause()
print('{"event":"started","request_ids":["%x"]}' % pid, flush=True)
"""
"""Leaves a process behind that holds standard output open and ignores what it may ignore, and tells its id."""


def child(folder: Path, script: str, **environment: str) -> Child:
    return Child([sys.executable, "-c", script], log=folder / "log", environment=environment)


def said(one: Child) -> list[Message]:
    """The next messages."""
    deadline_s = time.monotonic() + LIMIT_S
    while not (messages := one.messages(limit_s=0.1)):
        assert messages is not None, "it ended without a word"
        assert time.monotonic() < deadline_s
    return messages


def ended(one: Child) -> Ended:
    """How it ended, once it has."""
    deadline_s = time.monotonic() + LIMIT_S
    while one.messages(limit_s=0.1) is not None:
        assert time.monotonic() < deadline_s
    return one.end()


def forked(one: Child) -> int:
    (started,) = said(one)
    assert isinstance(started, Started)
    return int(started.request_ids[0], 16)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("sys.exit(3)", 3),
        ("os._exit(0)", 0),
    ],
)
def test_a_worker_that_ends_in_whatever_way_takes_along_what_it_started(tmp_path: Path, end: str, status: int) -> None:
    one = child(tmp_path, FORKS + end)
    pid = forked(one)
    assert ended(one).returncode == status
    assert not is_running(pid)


def test_a_worker_that_is_killed_takes_along_what_it_started(tmp_path: Path) -> None:
    one = child(tmp_path, FORKS + "signal.pause()")
    pid = forked(one)
    assert is_running(pid)
    assert one.kill().returncode == -signal.SIGKILL
    assert not is_running(pid)


def test_a_worker_that_does_not_end_when_told_is_killed(tmp_path: Path) -> None:
    one = child(tmp_path, FORKS + "signal.pause()")
    pid = forked(one)
    assert one.end(limit_s=0.1).returncode == -signal.SIGKILL
    assert not is_running(pid)


def test_what_a_worker_said_before_it_ended_is_heard(tmp_path: Path) -> None:
    one = child(tmp_path, 'print(\'{"event":"started","request_ids":["0a"]}\')\nraise SystemExit(\'that was all\')')
    assert said(one) == [Started(request_ids=("0a",))]
    assert ended(one) == Ended(1, "that was all")


def test_of_a_long_log_the_end_is_told(tmp_path: Path) -> None:
    one = child(
        tmp_path, "import sys\nfor n in range(9_999): print(n, 'x' * 99, file=sys.stderr)\nsys.exit('the cause')"
    )
    tail = ended(one).stderr_tail
    assert tail.endswith("x | the cause")
    assert tail.startswith("… ")
    assert len(tail) < 1_000


def test_a_worker_has_the_variables_of_its_place_and_finds_our_packages(tmp_path: Path) -> None:
    script = "import os, workers, place; raise SystemExit(os.environ['DEVICE'] + ' ' + place.NAME)"
    (tmp_path / "place.py").write_text("NAME = 'overlay'")
    one = Child(
        [sys.executable, "-P", "-c", script],
        log=tmp_path / "log",
        environment={"DEVICE": "7", "PYTHONPATH": str(tmp_path)},
    )
    assert ended(one).stderr_tail == "7 overlay"


@pytest.mark.parametrize("kind", ["nowhere", "folder", "text"])
def test_an_interpreter_that_cannot_be_started_says_where_it_should_be_and_what_to_do(
    tmp_path: Path, kind: str
) -> None:
    python = tmp_path / "python"
    if kind == "folder":
        python.mkdir()
    if kind == "text":
        python.write_text("no program")
        python.chmod(0o755)
    with pytest.raises(EngineUnavailable, match=rf"{python}: .*; .*\./run"):
        Child([str(python)], log=tmp_path / "log", environment={})
