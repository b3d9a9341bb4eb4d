"""A release is current only once all of it is there."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.store import layout, releases
from pipeline.store.objects import FolderObjects
from pipeline.store.releases import Outgoing, TableRows
from tests.pipeline.store import killed, records

ROOT = Path(__file__).parents[3]
ASSET, OLD, NEW = killed.ASSET, killed.OLD, killed.NEW


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "library")


def contents(objects: FolderObjects) -> list[tuple[str, bytes]]:
    return [(stored.key, objects.get(stored.key)) for stored in objects.list("")]


def test_an_asset_without_a_release_has_no_current_one(objects: FolderObjects) -> None:
    assert releases.current(objects, ASSET) is None


def test_the_last_published_release_is_the_current_one(objects: FolderObjects, tmp_path: Path) -> None:
    assert records.publish(objects, tmp_path, ASSET, OLD, ["old"])
    assert records.publish(objects, tmp_path, ASSET, NEW, ["new"])
    assert releases.current(objects, ASSET) == NEW
    assert objects.get(layout.release_file(ASSET, NEW, "captions.en.srt")) == b"new"
    assert objects.get(layout.release_file(ASSET, OLD, "captions.en.srt")) == b"old"
    assert objects.exists(layout.table_part("cues", ASSET, NEW))
    assert not objects.exists(layout.table_part("shots", ASSET, NEW)), "a table without rows has no part"


def test_publishing_the_current_release_again_makes_no_other_mark(objects: FolderObjects, tmp_path: Path) -> None:
    records.publish(objects, tmp_path, ASSET, NEW, ["new"])
    before = contents(objects)
    assert not records.publish(objects, tmp_path, ASSET, NEW, ["new"])
    assert contents(objects) == before


def test_an_older_release_can_be_made_current_again(objects: FolderObjects, tmp_path: Path) -> None:
    for release_id in (OLD, NEW, OLD):
        assert records.publish(objects, tmp_path, ASSET, release_id, [release_id])
    assert releases.current(objects, ASSET) == OLD
    assert len(list(objects.list(layout.current_folder(ASSET)))) == 3


def test_rows_of_a_release_stay_as_they_were_first_published(objects: FolderObjects, tmp_path: Path) -> None:
    """Wall-clock times differ between runs; what is published of a release does not change any more."""
    records.publish(objects, tmp_path, ASSET, NEW, ["first run"])
    before = objects.get(layout.table_part("cues", ASSET, NEW))
    records.publish(objects, tmp_path, ASSET, NEW, ["second run"])
    assert objects.get(layout.table_part("cues", ASSET, NEW)) == before


def test_rows_of_another_asset_or_release_are_refused(objects: FolderObjects) -> None:
    mixed = [*records.cue_rows(ASSET, NEW, ["one"]), *records.cue_rows(ASSET, OLD, ["two"])]
    with pytest.raises(ValueError, match=f"not all of release_id {NEW}"):
        releases.publish(objects, ASSET, NEW, deliverables=[], manifest=b"{}", tables=[TableRows("cues", mixed)])
    assert releases.current(objects, ASSET) is None


def test_a_deliverable_that_is_not_there_stops_the_release(objects: FolderObjects, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing"):
        releases.publish(
            objects, ASSET, NEW, deliverables=[Outgoing("a.srt", tmp_path / "missing")], manifest=b"{}", tables=[]
        )
    assert not objects.exists(layout.manifest(ASSET, NEW))
    assert releases.current(objects, ASSET) is None


def test_a_damaged_mark_says_what_to_delete(objects: FolderObjects) -> None:
    objects.put(layout.current(ASSET, 4), b"{")
    with pytest.raises(StoreError, match=r"00000004\.json is damaged; delete it"):
        releases.current(objects, ASSET)


@pytest.mark.parametrize("point", killed.RELEASE_POINTS)
def test_a_release_that_is_killed_and_published_again_ends_the_same(point: str, tmp_path: Path) -> None:
    undisturbed, disturbed = FolderObjects(tmp_path / "undisturbed"), FolderObjects(tmp_path / "disturbed")
    for objects in (undisturbed, disturbed):
        records.publish(objects, tmp_path, ASSET, OLD, ["old"])
    killed.release(undisturbed, lambda _point: None)
    died = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.store.killed", "release", str(disturbed.root), point],
        cwd=ROOT,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    has_ended = point == "publish:after-current"
    assert releases.current(disturbed, ASSET) == (NEW if has_ended else OLD)
    assert killed.release(disturbed, lambda _point: None) is not has_ended
    assert contents(disturbed) == contents(undisturbed)
