"""Ctrl-C in the middle of a run: it ends soon, says how to go on, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.excerpt import long_talk

ROOT = Path(__file__).parents[2]
ENDS_WITHIN_S = 60
"""It ends within a second or two; a crowded machine gets more."""


def test_an_interrupted_run_ends_and_says_how_to_go_on(tmp_path: Path) -> None:
    talk = long_talk(tmp_path)
    reelingua = (sys.executable, "-c", "from flows.cli import main; main()")
    with subprocess.Popen(
        (*reelingua, "run", str(talk), "--library", str(tmp_path / "library")),
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("talk.wav: transcribe"):
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=ENDS_WITHIN_S)
    assert process.returncode == 130
    assert "run the same" in out + err
    assert "Traceback" not in out + err
    assert not list((tmp_path / "library").glob("releases/*"))
    assert running_below(tmp_path) == []


def running_below(folder: Path) -> list[str]:
    """Command lines of living processes that name the folder or work in it."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if str(folder) in command or (process / "cwd").readlink().is_relative_to(folder):
                found.append(command)
        except (OSError, ValueError):
            continue
    return found
