from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.contracts import ModelId
from pipeline.store import parquet
from schemas.jobs import Job, Transcript
from tests.support import faults
from tests.support.asked import asking, watching
from tests.support.processes import is_running
from workers import spool
from workers.__main__ import EXIT_DONE, EXIT_UNAVAILABLE, EXIT_USAGE, main
from workers.jobs import Member
from workers.messages import Answered, Ending, Fatal, Message, Progress, Ready, parse

LIMIT_S = 60  # a worker on a crowded machine ends in about two


def worker(
    folder: Path,
    *more: str,
    job: str = "transcribe",
    engine: str = "faulty",
    library: str | None = None,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """A worker over ``folder``, the leader of a session of its own, as its parent starts it."""
    argv = [sys.executable, "-m", "tests.support.faulty_worker", job, "--engine", engine, "--processes", "1"]
    argv += ["--library", library or str(folder / "library")]
    argv += ["--requests", str(folder / "requests"), "--results", str(folder / "results"), *more]
    (folder / "requests").mkdir()
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True)


def told(process: subprocess.Popen[bytes]) -> list[Message]:
    out, _ = process.communicate(timeout=LIMIT_S)
    return [parse(line) for line in out.splitlines()]


def printed(terminal: int) -> str:
    """What was printed on a terminal that nobody writes to any more."""
    chunks: list[bytes] = []
    with contextlib.suppress(OSError):  # that is how a terminal ends
        while chunk := os.read(terminal, 4096):
            chunks.append(chunk)
    os.close(terminal)
    return b"".join(chunks).decode()


def test_a_worker_answers_what_lies_there_and_ends_at_the_marker(tmp_path: Path) -> None:
    process = worker(tmp_path)
    spool.put(tmp_path / "requests", 1, [asking("word:hello")], Job.TRANSCRIBE)
    spool.finish(tmp_path / "requests")
    messages = told(process)
    assert process.returncode == EXIT_DONE
    assert isinstance(messages[0], Ready)
    assert messages[0].members == (Member(Job.TRANSCRIBE, ModelId("faulty", "1")),)
    (answered,) = [message for message in messages if isinstance(message, Answered)]
    (row,) = parquet.read_rows(tmp_path / "results" / answered.part, Transcript)
    assert [word.text for word in row.words] == ["hello"]


def test_a_worker_answers_the_jobs_of_its_crew(tmp_path: Path) -> None:
    process = worker(tmp_path, job="transcribe,describe", engine="streaming")
    spool.put(tmp_path / "requests", 1, [asking("word:heard")], Job.TRANSCRIBE)
    spool.put(tmp_path / "requests", 2, [watching("word:seen")], Job.DESCRIBE)
    spool.finish(tmp_path / "requests")
    jobs = {message.job for message in told(process) if isinstance(message, Answered)}
    assert process.returncode == EXIT_DONE
    assert jobs == {Job.TRANSCRIBE, Job.DESCRIBE}


def test_a_worker_whose_parent_is_gone_ends_with_all_that_it_started(tmp_path: Path) -> None:
    process = worker(tmp_path, "--with-parent", engine="streaming")
    spool.put(tmp_path / "requests", 1, [asking(f"fork:{tmp_path / 'fork'}"), asking("hang", 1)], Job.TRANSCRIBE)
    assert process.stdout is not None
    heard: list[Message] = []
    while not any(isinstance(message, Answered) for message in heard):
        heard.append(parse(process.stdout.readline()))
    forked = int((tmp_path / "fork").read_text())
    assert is_running(forked)
    told(process)  # which closes its input, and waits until nobody holds its output
    assert process.returncode == -signal.SIGKILL
    deadline_s = time.monotonic() + LIMIT_S
    while is_running(forked):  # its files are closed a moment before it has ended
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@pytest.mark.parametrize(("more", "shows"), [((), True), (("--with-parent",), False)])
def test_a_worker_shows_how_far_it_is_on_a_terminal_unless_its_parent_does(
    tmp_path: Path, more: tuple[str, ...], shows: bool
) -> None:
    ours, theirs = pty.openpty()
    process = worker(tmp_path, *more, engine="streaming", stderr=theirs)
    os.close(theirs)
    spool.put(tmp_path / "requests", 1, [asking("word:w", number) for number in range(3)], Job.TRANSCRIBE)
    spool.finish(tmp_path / "requests")
    assert process.wait(LIMIT_S) == EXIT_DONE
    assert any(isinstance(message, Progress) for message in told(process))
    assert ("3 of 3 answered" in printed(ours)) is shows


def test_an_engine_that_cannot_be_loaded_says_so_and_what_to_do(tmp_path: Path) -> None:
    process = worker(tmp_path, job="align")
    assert told(process) == [Fatal(kind=Ending.UNAVAILABLE, text="the faulty engine has no aligner; choose another")]
    assert process.returncode == EXIT_UNAVAILABLE


def test_a_library_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    process = worker(tmp_path, library="gopher://somewhere")
    (message,) = told(process)
    assert isinstance(message, Fatal)
    assert message.kind is Ending.USAGE
    assert process.returncode == EXIT_USAGE


@pytest.mark.parametrize(
    ("job", "engine", "said"),
    [
        ("transcribe,describe", "faulty", "share no model"),
        ("transcribe,translate", "streaming", "share no model"),
        ("align", "streaming", "start a worker with --engine faulty"),
    ],
)
def test_jobs_that_one_worker_cannot_do_are_wrong_usage(tmp_path: Path, job: str, engine: str, said: str) -> None:
    process = worker(tmp_path, job=job, engine=engine)
    (message,) = told(process)
    assert isinstance(message, Fatal)
    assert said in message.text
    assert process.returncode == EXIT_USAGE


WRONG = [
    [],
    ["sing"],
    ["transcribe,transcribe", "--engine", "faulty"],
    ["transcribe,", "--engine", "faulty"],
    ["transcribe", "--engine", "faulty", "--processes", "0"],
]


@pytest.mark.parametrize("argv", WRONG)
def test_wrong_arguments_are_refused(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv, registry=faults.REGISTRY)
    assert ended.value.code == EXIT_USAGE
