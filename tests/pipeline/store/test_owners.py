"""Whether the holder of a claim is still there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipeline.store import owners

PRINT_OWNER = "from pipeline.store import owners; print(owners.this_process(), flush=True); input()"


def test_this_process_has_not_ended() -> None:
    assert not owners.has_ended(owners.this_process())


def test_a_process_has_ended_once_it_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PRINT_OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        owner = child.stdout.readline().strip()
        assert not owners.has_ended(owner)
        child.kill()
        child.wait()
        assert owners.has_ended(owner)


def test_a_process_has_ended_though_nobody_fetched_its_exit_status() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PRINT_OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        owner = child.stdout.readline().strip()
        child.kill()
        assert child.stdout.read() == ""  # its end closes the pipe; the entry in /proc stays until it is waited for
        while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            pass
        assert owners.has_ended(owner)


def test_a_process_that_got_the_number_of_an_older_one_is_not_taken_for_it() -> None:
    host_and_number, _, began = owners.this_process().rpartition(" ")
    assert owners.has_ended(f"{host_and_number} {int(began) - 1}")


def test_nothing_is_known_of_another_host() -> None:
    assert not owners.has_ended("another-host 1 1")


def test_an_owner_of_another_form_is_left_alone() -> None:
    assert not owners.has_ended("ann")
