"""``caption/nightly`` over a drop folder: on a real Prefect server, and what it refuses without one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from flows.caption import caption
from pipeline.errors import UsageError
from pipeline.store.receipts import Verdict
from tests.support import clips, contents
from tests.support.command import asked
from tests.support.receipts import every_receipt

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 200
"""Of one command: a server takes 12 to 17 s to start on two busy cores, a run 10 to 20 s."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A server, a worker and the deployments, with a state of their own."""

    environment: dict[str, str]

    def prefect(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return command(str(Path(sys.executable).with_name("prefect")), *arguments, environment=self.environment)

    def night(self, library: Path) -> subprocess.CompletedProcess[str]:
        given = ("--param", f"library={library}", "--param", "settle_s=3600")
        return self.prefect("deployment", "run", "caption/nightly", "--watch", *given)


def command(*argv: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    state = tmp_path / "stack"
    environment = {
        **os.environ,
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_HOME": str(state / "home"),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    python = (sys.executable, "-m", "flows.stack")
    try:
        came_up = command(*python, "up", "--state", str(state), environment=environment)
        assert came_up.returncode == 0, came_up.stderr
        yield Stack(environment)
    finally:
        down = command(*python, "down", "--state", str(state), environment=environment)
        assert (down.returncode, down.stdout) == (0, "stopped: worker, server\n")


@pytest.mark.services
@pytest.mark.timeout(600)
def test_a_night_takes_what_has_settled_once_and_leaves_a_receipt_for_each(stack: Stack, tmp_path: Path) -> None:
    library, drop = tmp_path / "library", tmp_path / "library" / "drop"
    drop.mkdir(parents=True)
    clips.one_frame(drop)
    (drop / "bad.mp4").write_bytes(b"not a film")
    for name in ("one_frame.mp4", "bad.mp4"):
        (drop / f"{name}.done").touch()
    (drop / "unsettled.mp4").write_bytes(b"the first half of a film")

    first = stack.night(library)
    assert first.returncode == 0, first.stdout + first.stderr
    left = {receipt.key: receipt for receipt in every_receipt(library)}
    assert {key: receipt.verdict for key, receipt in left.items()} == {
        "drop/one_frame.mp4": Verdict.ACCEPTED,
        "drop/bad.mp4": Verdict.REJECTED,
    }
    assert asked(library, "select release_id from assets") == [{"release_id": left["drop/one_frame.mp4"].release_id}]

    before = contents.written(library)
    second = stack.night(library)
    assert second.returncode == 0, second.stdout + second.stderr
    assert contents.written(library) == before


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"engine": "auto"}, "embedded"),
        ({"engine": "magic"}, "embedded"),
        ({"profile": "netfix"}, "netflix"),
        ({"language": "no tag"}, "BCP 47"),
    ],
)
def test_a_deployment_that_asks_for_what_is_not_there_is_refused(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    with disable_run_logger(), pytest.raises(UsageError, match=said):
        caption.fn(library=str(tmp_path / "library"), **settings)  # type: ignore[arg-type]  # no setting here is a number
