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
from workers.engines.vllm.tether import Tether

LIMIT_S = 30.0
OWNER = """
import subprocess, sys, time
from workers.engines.vllm.tether import Tether
kept = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
tether = Tether([kept.pid])
print(kept.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc whether a process lives")
def test_what_is_tied_ends_when_its_owner_is_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, env=environment)
    assert owner.stdout is not None
    kept = int(owner.stdout.readline())
    assert is_running(kept)
    owner.send_signal(signal.SIGKILL)
    owner.wait(LIMIT_S)
    owner.stdout.close()
    ends_s = time.monotonic() + LIMIT_S
    while is_running(kept):
        assert time.monotonic() < ends_s


def test_what_is_released_lives_on() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as kept:
        Tether([kept.pid]).release()
        assert kept.poll() is None
        kept.kill()


def test_releasing_what_has_ended_is_quiet() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as kept:
        kept.wait(LIMIT_S)
    Tether([kept.pid]).release()
