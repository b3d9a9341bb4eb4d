"""An unchanged file is known again; anything that might have changed is not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipeline.store import layout, sources
from pipeline.store.objects import FolderObjects

ASSET = "a" * 16
SECOND_NS = 1_000_000_000
OLD_NS = 1_700_000_000 * SECOND_NS


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "library")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file that was last modified long ago."""
    path = tmp_path / "film.mkv"
    path.write_bytes(b"film")
    os.utime(path, ns=(OLD_NS, OLD_NS))
    return path


def remember(objects: FolderObjects, path: Path) -> bool:
    return sources.remember(objects, path, path.stat(), ASSET, hashed_from_ns=time.time_ns())


def test_an_unchanged_file_is_known_again(objects: FolderObjects, film: Path) -> None:
    assert sources.recall(objects, film, film.stat()) is None
    assert remember(objects, film)
    assert sources.recall(objects, film, film.stat()) == ASSET


def test_a_relative_path_is_the_same_file(objects: FolderObjects, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(objects, film)
    monkeypatch.chdir(film.parent)
    assert sources.recall(objects, Path("film.mkv"), film.stat()) == ASSET


def test_a_file_of_another_size_is_not_believed(objects: FolderObjects, film: Path) -> None:
    remember(objects, film)
    film.write_bytes(b"longer")
    os.utime(film, ns=(OLD_NS, OLD_NS))
    assert sources.recall(objects, film, film.stat()) is None


def test_a_file_of_another_time_is_not_believed(objects: FolderObjects, film: Path) -> None:
    remember(objects, film)
    os.utime(film, ns=(OLD_NS, OLD_NS + 1))
    assert sources.recall(objects, film, film.stat()) is None


def test_a_file_in_its_place_is_not_believed(objects: FolderObjects, film: Path) -> None:
    remember(objects, film)
    other = film.with_name("other.mkv")
    other.write_bytes(b"lmfi")
    os.utime(other, ns=(OLD_NS, OLD_NS))
    other.replace(film)
    assert sources.recall(objects, film, film.stat()) is None


def test_a_file_that_was_just_written_is_not_believed(objects: FolderObjects, film: Path) -> None:
    """It could be written again in the same tick of the file system's clock."""
    hashed_from_ns = OLD_NS + 2 * SECOND_NS
    young = film.stat()
    assert not sources.remember(objects, film, young, ASSET, hashed_from_ns=hashed_from_ns - 1)
    assert sources.recall(objects, film, film.stat()) is None
    assert sources.remember(objects, film, young, ASSET, hashed_from_ns=hashed_from_ns)
    assert sources.recall(objects, film, film.stat()) == ASSET


def test_a_damaged_record_is_as_good_as_none(objects: FolderObjects, film: Path) -> None:
    remember(objects, film)
    objects.put(layout.seen_source(str(film)), b"{")
    assert sources.recall(objects, film, film.stat()) is None


def test_a_name_that_is_no_text_is_known_again(objects: FolderObjects, tmp_path: Path) -> None:
    film = tmp_path / os.fsdecode(b"caf\xe9.mkv")
    film.write_bytes(b"film")
    os.utime(film, ns=(OLD_NS, OLD_NS))
    assert remember(objects, film)
    assert sources.recall(objects, film, film.stat()) == ASSET
