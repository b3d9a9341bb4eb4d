from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.processes import is_running
from tests.support.vllm_here import ROOT
from workers.engines.vllm import tether
from workers.engines.vllm.tether import Tether

LIMIT_S = 30.0
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
OWNER = """
import subprocess, sys, time
from workers.engines.vllm.tether import Tether
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
before = subprocess.Popen(sleep, start_new_session=True)
tether = Tether()
child = subprocess.Popen(sleep, start_new_session=True)
grandchild = subprocess.Popen(["sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, start_new_session=True)
assert tether.holds
print(before.pid, child.pid, int(grandchild.stdout.readline()), flush=True)
time.sleep(600)
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")


def test_what_was_started_since_ends_with_its_owner_however_that_ends() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, env=environment)
    assert owner.stdout is not None
    before, child, grandchild = map(int, owner.stdout.readline().split())
    assert all(map(is_running, (before, child, grandchild)))
    owner.send_signal(signal.SIGKILL)
    owner.wait(LIMIT_S)
    owner.stdout.close()
    ends_s = time.monotonic() + LIMIT_S
    while is_running(child) or is_running(grandchild):
        assert time.monotonic() < ends_s
    assert is_running(before)
    os.kill(before, signal.SIGKILL)


def test_what_is_released_lives_on_and_nothing_is_marked_any_more() -> None:
    tied = Tether()
    mark = os.environ[tether.VARIABLE]
    with subprocess.Popen(SLEEP) as kept:
        assert list(tether.marked(mark)) == [kept.pid]
        assert tied.holds
        tied.release()
        tied.release()
        assert tied.status == 0
        assert kept.poll() is None
        assert tether.VARIABLE not in os.environ
        kept.kill()
    assert list(tether.marked(mark)) == []


def test_a_folder_with_modules_of_the_same_names_does_not_mislead_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("workers", "signal", "secrets", "contextlib"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    tied = Tether()
    tied.release()
    assert tied.status == 0


def test_one_that_ended_itself_is_noticed() -> None:
    tied = Tether()
    tied._process.kill()
    ends_s = time.monotonic() + LIMIT_S
    while tied.holds:
        assert time.monotonic() < ends_s
    tied.release()
    assert tied.status == -signal.SIGKILL
