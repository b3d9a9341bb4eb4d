"""Kill a worker, or whoever waits for it, in the middle of answering: no answer that is kept is asked again."""

from __future__ import annotations

import signal
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.store import layout
from schemas.jobs import Job
from tests.support import contents, killed_title
from tests.support.excerpt import long_talk
from tests.support.fixed_engine import Orders

KILL_AT = 3
"""Request of which the kill comes: some are answered, some wait."""

ENDS_WITHIN_S = 20
"""A worker whose parent has died ends at once; a crowded machine gets more."""


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A title, and what a run that nobody kills makes of it."""

    source: Path
    asset_id: str
    published: dict[str, str]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    source = long_talk(folder)
    killed_title.caption(source, folder / "library")
    (asset,) = (folder / "library" / "assets").iterdir()
    return Undisturbed(source, asset.name, contents.published(folder / "library"))


@pytest.fixture
def orders(undisturbed: Undisturbed, tmp_path: Path) -> Orders:
    home = tmp_path / "orders"
    home.mkdir()
    kept = tmp_path / "library" / layout.answers(undisturbed.asset_id, Job.TRANSCRIBE)
    return Orders(str(home), "nobody", KILL_AT, str(kept))


def test_a_worker_that_is_killed_is_replaced_and_the_run_goes_on(
    undisturbed: Undisturbed, orders: Orders, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    assert killed_title.caption_by_workers(undisturbed.source, library, replace(orders, victim="worker")) == 0
    assert contents.differences(contents.published(library), undisturbed.published) == []
    assert_that_nothing_kept_was_asked_again(orders)


def test_a_run_that_is_killed_keeps_its_answers_and_leaves_no_worker_behind(
    undisturbed: Undisturbed, orders: Orders, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    killer = replace(orders, victim="parent")
    assert killed_title.caption_by_workers(undisturbed.source, library, killer) == -signal.SIGKILL
    deadline_s = time.monotonic() + ENDS_WITHIN_S
    while any(is_running(worker) for worker in orders.workers()):
        assert time.monotonic() < deadline_s, "a worker outlived its parent"
        time.sleep(0.05)
    assert not list(library.glob("releases/*/current/*"))
    assert killed_title.caption_by_workers(undisturbed.source, library, orders) == 0
    assert contents.differences(contents.published(library), undisturbed.published) == []
    assert_that_nothing_kept_was_asked_again(orders)


def assert_that_nothing_kept_was_asked_again(orders: Orders) -> None:
    kept = orders.kept_at_the_kill()
    assert kept
    times = Counter(orders.asked())
    assert {request_id: times[request_id] for request_id in kept} == dict.fromkeys(kept, 1)


def is_running(pid: int) -> bool:
    """Whether a process is more than an entry that nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
