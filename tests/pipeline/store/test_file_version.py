"""A file's version changes with its size, its time, and the file itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.store.file_version import FileVersion
from pipeline.store.objects import FolderObjects

OLD_NS = 1_700_000_000_000_000_000


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    path.write_bytes(b"film")
    os.utime(path, ns=(OLD_NS, OLD_NS))
    return path


def test_an_unchanged_file_keeps_its_version(film: Path) -> None:
    assert FileVersion.of(film.stat()) == FileVersion.of(film.stat())


def test_another_size_time_or_file_is_another_version(film: Path) -> None:
    versions = [FileVersion.of(film.stat())]
    film.write_bytes(b"longer")
    os.utime(film, ns=(OLD_NS, OLD_NS))
    versions.append(FileVersion.of(film.stat()))
    os.utime(film, ns=(OLD_NS, OLD_NS + 1))
    versions.append(FileVersion.of(film.stat()))
    other = film.with_name("other.mkv")
    other.write_bytes(b"rorrer")
    os.utime(other, ns=(OLD_NS, OLD_NS + 1))
    other.replace(film)
    versions.append(FileVersion.of(film.stat()))
    assert len(set(versions)) == len({version.etag for version in versions}) == 4


def test_a_listing_tells_the_same_version(film: Path) -> None:
    (stored,) = FolderObjects(film.parent).list("")
    assert stored.etag == FileVersion.of(film.stat()).etag
