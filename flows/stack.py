"""Prefect on this machine: ``python -m flows.stack up`` and ``down``, which ``./run stack`` calls.

A server with its own database under ``.cache/stack`` (``--state`` names another folder), the work pool
``cpu``, the deployments of ``prefect.yaml``, and one worker. What is up already stays up.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from prefect.settings import get_current_settings

from pipeline.errors import ReelinguaError, UsageError

STATE = Path(".cache/stack")
"""Database, logs and process ids; nothing else of the project lies there."""

START_LIMIT_S = 120
"""How long a server may take to answer: 12 to 17 s on two busy cores (measured), so this long is broken."""

STOP_LIMIT_S = 20
"""How long a process may take to end before it is killed: Prefect's worker waits for its runs on SIGTERM."""


class StackFailed(ReelinguaError):
    """A process of the stack did not come up; the message names its log."""


@dataclass(frozen=True, slots=True)
class Service:
    """One long-lived process of the stack."""

    name: str
    """Name of its log and of the file with its process id."""

    argv: tuple[str, ...]
    """Its command."""

    state: Path
    """Folder of the stack's state."""

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.state / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        """Where its process id is kept."""
        return self.state / f"{self.name}.pid"

    def is_running(self) -> bool:
        """Whether the process that we started is still there."""
        pid = self._pid()
        return pid is not None and self.argv[-1] in _command_line(pid)

    def start(self) -> None:
        """Start it, detached from this terminal, unless it is running."""
        if self.is_running():
            return
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(self.state),
                start_new_session=True,
            )
        self.pid_file.write_text(str(process.pid))

    def stop(self) -> bool:
        """End it and all that it started; False when it was not running."""
        pid = self._pid()
        running = self.is_running()
        if running and pid is not None:
            os.killpg(pid, signal.SIGTERM)
            if not _ended(pid, within_s=STOP_LIMIT_S):
                os.killpg(pid, signal.SIGKILL)
                _ended(pid, within_s=STOP_LIMIT_S)
        self.pid_file.unlink(missing_ok=True)
        return running

    def _pid(self) -> int | None:
        try:
            return int(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None


def services(state: Path) -> tuple[Service, Service]:
    """The server and the worker; each command ends in a word that tells its process from others."""
    prefect = str(Path(sys.executable).with_name("prefect"))
    url = urlsplit(_api_url())
    server = (prefect, "server", "start", "--host", url.hostname or "127.0.0.1", "--port", str(url.port or 80))
    worker = (prefect, "worker", "start", "--type", "process", "--pool", "cpu", "--name", "this-machine")
    return Service("server", server, state), Service("worker", worker, state)


def up(state: Path) -> None:
    """Bring the stack up and say how to use it; ``state`` is where it keeps what it knows."""
    state.mkdir(parents=True, exist_ok=True)
    server, worker = services(state)
    if not server.is_running() and _answers():
        raise UsageError(
            f"another Prefect server answers at {_api_url()}; stop it, or name another address in prefect.toml"
        )
    server.start()
    _await_server(server)
    _prefect(state, "work-pool", "create", "cpu", "--type", "process", "--overwrite")
    _prefect(state, "--no-prompt", "deploy", "--all")
    worker.start()
    print(f"Prefect is up: {_api_url().removesuffix('/api')}")  # noqa: T201 - what the command is for
    print("  .venv/bin/prefect deployment run caption/nightly --watch")  # noqa: T201 - what the command is for
    print("  ./run stack down")  # noqa: T201 - what the command is for


def down(state: Path) -> None:
    """Stop everything that ``up`` started with the same ``state``."""
    server, worker = services(state)
    stopped = [service.name for service in (worker, server) if service.stop()]
    print(f"stopped: {', '.join(stopped) or 'nothing was running'}")  # noqa: T201 - what the command is for


def main(argv: list[str]) -> int:
    """``up`` or ``down``; 1 when a process did not come up, 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m flows.stack", description="Prefect on this machine.")
    parser.add_argument("action", choices=("up", "down"))
    parser.add_argument("--state", type=Path, default=STATE, metavar="FOLDER", help="database, logs, process ids")
    args = parser.parse_args(argv)
    try:
        (up if args.action == "up" else down)(args.state.absolute())
    except UsageError as error:
        print(error, file=sys.stderr)  # noqa: T201 - what the command is for
        return 2
    except ReelinguaError as error:
        print(error, file=sys.stderr)  # noqa: T201 - what the command is for
        return 1
    return 0


def _api_url() -> str:
    url = get_current_settings().api.url
    if not url:
        raise UsageError("no Prefect address is set; run this where prefect.toml lies")
    return url


def _environment(state: Path) -> dict[str, str]:
    return {**os.environ, "PREFECT_HOME": str(state / "home"), "DO_NOT_TRACK": "1"}


def _answers() -> bool:
    try:
        return httpx.get(f"{_api_url()}/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


def _await_server(server: Service) -> None:
    deadline_s = time.monotonic() + START_LIMIT_S
    while not _answers():
        if not server.is_running() or time.monotonic() > deadline_s:
            raise StackFailed(f"the Prefect server did not come up; its log is {server.log}")
        time.sleep(0.2)


def _prefect(state: Path, *arguments: str) -> None:
    prefect = str(Path(sys.executable).with_name("prefect"))
    done = subprocess.run(
        (prefect, *arguments),
        env=_environment(state),
        capture_output=True,
        text=True,
        check=False,
        timeout=START_LIMIT_S,
    )
    if done.returncode != 0:
        raise StackFailed(f"prefect {' '.join(arguments)} failed: {(done.stderr or done.stdout).strip()[-400:]}")


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return []


def _ended(pid: int, *, within_s: float) -> bool:
    deadline_s = time.monotonic() + within_s
    while _command_line(pid) not in ([], [""]):
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.05)
    return True


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
