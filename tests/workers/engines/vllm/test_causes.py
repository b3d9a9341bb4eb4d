from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.vllm_here import ROOT
from workers.engines.vllm.causes import cause

FAILED_LOAD = """\
WARNING 11-20 16:39:52 [vllm.py:1547] Enforce eager set, which says Error: nothing
(Worker pid=14357) ERROR 11-20 17:13:47 [multiproc_executor.py:944] WorkerProc failed to start.
(Worker pid=14357) ERROR 11-20 17:13:47 [multiproc_executor.py:944] Traceback (most recent call last):
(Worker pid=14357) ERROR 11-20 17:13:47 [multiproc_executor.py:944]   File "worker.py", line 71, in load
(Worker pid=14357) ERROR 11-20 17:13:47 [multiproc_executor.py:944]     raise ValueError(
(Worker pid=14357) ERROR 11-20 17:13:47 [multiproc_executor.py:944] torch.OutOfMemoryError: CUDA out of memory. Tried
(EngineCore pid=14) ERROR 11-20 17:13:48 [core.py:1368] Exception: WorkerProc initialization failed due to an exception
RuntimeError: Engine core initialization failed. See root cause above.
"""

DIED = """\
(EngineCore pid=4183) ERROR 11-20 16:48:57 [core.py:1368] RuntimeError: Worker failed with error 'x', see the stack
ERROR 11-20 16:48:57 [async_llm.py:843] vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue.
"""


def test_the_first_exception_that_says_more_than_that_it_failed_is_the_cause() -> None:
    assert cause(FAILED_LOAD) == "torch.OutOfMemoryError: CUDA out of memory. Tried"


def test_a_death_is_a_cause() -> None:
    line = "(EngineCore pid=1) ERROR 1 2 [a.py:3] Worker proc VllmWorker-0 died unexpectedly (exit code: -9), shutting"
    assert cause(line) == "Worker proc VllmWorker-0 died unexpectedly (exit code: -9)"


@pytest.mark.parametrize("log", ["", DIED, "ValueError: of a program that is not vLLM's log"])
def test_where_nothing_says_more_there_is_no_cause(log: str) -> None:
    assert cause(log) == ""


def test_a_cause_is_one_line_of_bounded_length() -> None:
    assert len(cause(" ERROR 1 2 [x.py:1] ValueError: " + "long " * 500)) < 310


def told(stderr: Path) -> str:
    """The cause that a process finds in its own standard error."""
    script = f"""
import sys
from workers.engines.vllm import causes
print(" ERROR 1 [a.py:1] OSError: before", file=sys.stderr, flush=True)
place = causes.here()
print({FAILED_LOAD!r}, file=sys.stderr, flush=True)
print(place.cause())
"""
    with stderr.open("wb") as log:
        done = subprocess.run(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            check=True,
            timeout=60,
        )
    return done.stdout.strip()


def test_a_process_finds_the_cause_in_what_was_written_since(tmp_path: Path) -> None:
    assert told(tmp_path / "log") == "torch.OutOfMemoryError: CUDA out of memory. Tried"


def test_where_people_read_standard_error_themselves_nothing_is_looked_for() -> None:
    assert told(Path("/dev/null")) == ""
