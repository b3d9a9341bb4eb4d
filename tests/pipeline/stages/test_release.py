from __future__ import annotations

from pathlib import Path

import pytest

from flows.attempt import Offered, attempt
from pipeline.errors import StoreError
from pipeline.stages import release
from pipeline.stages.work import StageRun, Work
from pipeline.store import layout, releases
from pipeline.store.claims import Claims
from pipeline.store.ledger import Ledger
from pipeline.store.objects import FolderObjects
from schemas.outcome import Outcome, Status
from schemas.settings import Settings
from tests.bench.dialogue import Dialogue
from tests.bench.replay import ENGINE, ReplayedEngines, seed

DIALOGUE = Dialogue(seed=1, length_ms=60_000)


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    """A library with one title that is prepared."""
    objects = FolderObjects(tmp_path / "library")
    seed(objects, tmp_path / "title.mp4", DIALOGUE, has_picture=True)
    return objects


def captioned(objects: FolderObjects) -> Outcome:
    """What becomes of the title, with the engines' answers known."""
    runs: list[StageRun] = []
    with ReplayedEngines(objects, lambda _asset_id: DIALOGUE) as engines:
        work = Work(
            ledger=Ledger(objects),
            claims=Claims(objects, owner="test"),
            engines=engines,
            settings=Settings(engine=ENGINE),
            progress=lambda _stage, _done, _total: None,
            ran=runs.append,
        )
        return attempt(work, objects, Offered.at(objects.root.parent / "title.mp4"), runs)


def test_an_unchanged_title_says_the_same_of_itself_as_when_it_was_made(objects: FolderObjects) -> None:
    made, again = captioned(objects), captioned(objects)
    assert (made.status, again.status) == (Status.MADE, Status.UNCHANGED)
    assert made.cues > 0
    assert (made.cues, made.scenes, made.speakers, made.warnings, made.length_ms) == (
        again.cues,
        again.scenes,
        again.speakers,
        again.warnings,
        again.length_ms,
    )


@pytest.mark.parametrize("damage", [None, b"{"])
def test_a_release_without_its_manifest_says_what_to_delete_and_is_then_written_anew(
    objects: FolderObjects, damage: bytes | None
) -> None:
    made = captioned(objects)
    assert made.asset_id is not None
    assert made.release_id is not None
    key = layout.manifest(made.asset_id, made.release_id)
    manifest = objects.get(key)
    objects.delete(key)
    if damage is not None:
        objects.put(key, damage)
    with pytest.raises(StoreError, match=r"delete it and releases/.*/current/, then run again"):
        release.manifest(objects, made.asset_id, made.release_id)
    assert captioned(objects).status is Status.FAILED
    objects.delete(key)
    for mark in list(objects.list(layout.current_folder(made.asset_id))):
        objects.delete(mark.key)
    assert captioned(objects).status is Status.MADE
    assert objects.get(key) == manifest
    assert releases.current(objects, made.asset_id) == made.release_id
