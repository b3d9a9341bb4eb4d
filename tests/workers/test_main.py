from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.store import parquet
from schemas.jobs import Job, TranscribeRequest, Transcript
from schemas.time import Span
from tests.support import faults
from workers import spool
from workers.__main__ import EXIT_CRASHED, EXIT_DONE, EXIT_UNAVAILABLE, EXIT_USAGE, main
from workers.messages import Answered, Ending, Fatal, Message, Ready, parse

ASSET = "0123456789abcdef"
LIMIT_S = 60  # a worker on a crowded machine ends in about two


def asking(what: str, number: int = 0) -> TranscribeRequest:
    return TranscribeRequest(f"{number:04x}", ASSET, what, Span(0, 100), "en")


def worker(folder: Path, *more: str, job: str = "transcribe", library: str | None = None) -> subprocess.Popen[bytes]:
    """A worker with the faulty engine over ``folder``."""
    argv = [sys.executable, "-m", "tests.support.faulty_worker", job, "--engine", "faulty", "--processes", "1"]
    argv += ["--library", library or str(folder / "library")]
    argv += ["--requests", str(folder / "requests"), "--results", str(folder / "results"), *more]
    (folder / "requests").mkdir()
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def told(process: subprocess.Popen[bytes]) -> list[Message]:
    out, _ = process.communicate(timeout=LIMIT_S)
    return [parse(line) for line in out.splitlines()]


def test_a_worker_answers_what_lies_there_and_ends_at_the_marker(tmp_path: Path) -> None:
    process = worker(tmp_path)
    spool.put(tmp_path / "requests", 1, [asking("word:hello")], Job.TRANSCRIBE)
    spool.finish(tmp_path / "requests")
    messages = told(process)
    assert process.returncode == EXIT_DONE
    assert messages[0] == Ready(model_name="faulty", revision="1")
    (answered,) = [message for message in messages if isinstance(message, Answered)]
    (row,) = parquet.read_rows(tmp_path / "results" / answered.part, Transcript)
    assert [word.text for word in row.words] == ["hello"]


def test_a_worker_with_a_parent_ends_when_the_parent_is_gone(tmp_path: Path) -> None:
    process = worker(tmp_path, "--with-parent")
    spool.put(tmp_path / "requests", 1, [asking("hang")], Job.TRANSCRIBE)
    assert process.stdout is not None
    assert isinstance(parse(process.stdout.readline()), Ready)
    told(process)  # which closes its input
    assert process.returncode == EXIT_CRASHED


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


@pytest.mark.parametrize("argv", [[], ["sing"], ["transcribe", "--engine", "faulty", "--processes", "0"]])
def test_wrong_arguments_are_refused(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv, registry=faults.REGISTRY)
    assert ended.value.code == EXIT_USAGE
