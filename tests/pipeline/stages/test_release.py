from __future__ import annotations

from pathlib import Path

import pytest

from flows.attempt import Offered, attempt
from pipeline.stages.work import Work
from pipeline.store import layout
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
    with ReplayedEngines(objects, lambda _asset_id: DIALOGUE) as engines:
        work = Work(
            objects=objects,
            ledger=Ledger(objects),
            claims=Claims(objects, owner="test"),
            engines=engines,
            settings=Settings(engine=ENGINE),
            progress=lambda _stage, _done, _total: None,
        )
        return attempt(work, Offered.at(objects.root.parent / "title.mp4"))


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
@pytest.mark.parametrize("name", ["manifest.json", "captions.en.srt"])
def test_a_release_that_lost_a_file_gets_it_back(objects: FolderObjects, name: str, damage: bytes | None) -> None:
    made = captioned(objects)
    assert made.asset_id is not None
    assert made.release_id is not None
    key = layout.release_file(made.asset_id, made.release_id, name)
    content = objects.get(key)
    objects.delete(key)
    if damage is not None:
        objects.put(key, damage)
    assert captioned(objects).status is Status.MADE
    assert objects.get(key) == content
    assert captioned(objects).status is Status.UNCHANGED
    assert len(list(objects.list(layout.current_folder(made.asset_id)))) == 1


def test_rows_that_have_gone_come_back(objects: FolderObjects) -> None:
    made = captioned(objects)
    assert made.asset_id is not None
    assert made.release_id is not None
    key = layout.table_part("cues", made.asset_id, made.release_id)
    content = objects.get(key)
    objects.delete(key)
    assert captioned(objects).status is Status.MADE
    assert objects.get(key) == content
