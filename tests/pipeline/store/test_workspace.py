"""Unfinished work goes with its process, and only with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.store import workspace

ROOT = Path(__file__).parents[3]

WORKER = """
import sys
from pathlib import Path
from pipeline.store import workspace
with workspace.private_folder(Path(sys.argv[1])) as folder:
    (folder / "half.flac").write_bytes(b"half")
    print(folder, flush=True)
    sys.stdin.readline()
"""


def test_a_private_folder_is_gone_afterwards(tmp_path: Path) -> None:
    with workspace.private_folder(tmp_path) as folder:
        (folder / "a").mkdir()
        (folder / "a" / "b").touch()
    assert not folder.exists()


def test_what_a_killed_process_left_is_removed_and_a_living_ones_stays(tmp_path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    folders = [Path(worker.stdout.readline().strip()) for worker in workers if worker.stdout is not None]
    killed, living = workers
    killed.kill()
    killed.communicate()
    assert folders[0].exists()
    with workspace.private_folder(tmp_path):
        assert not folders[0].exists()
        assert (folders[1] / "half.flac").exists()
    living.communicate("done\n")
    assert not folders[1].exists()


def test_a_file_that_nobody_touched_for_a_day_is_removed(tmp_path: Path) -> None:
    old, young = tmp_path / "file-old", tmp_path / "file-young"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    with workspace.private_folder(tmp_path):
        assert not old.exists()
        assert young.exists()


def test_a_lock_that_is_held_is_said(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with (
        workspace.exclusive(lock, timeout_s=1),
        pytest.raises(StoreError, match="held by another"),
        workspace.exclusive(lock, timeout_s=0),
    ):
        pytest.fail("two hold it")
    with workspace.exclusive(lock, timeout_s=0):
        pass


def test_a_workspace_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot make a folder"), workspace.private_folder(tmp_path / "file"):
        pytest.fail("made")
