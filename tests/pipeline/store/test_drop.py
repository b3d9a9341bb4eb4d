"""Which files of the drop folder are ready."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.store import drop, receipts
from pipeline.store.objects import FolderObjects
from pipeline.store.receipts import Receipt, Verdict

LATER_NS = 3_600 * 10**9


def dropped(root: Path, name: str, content: bytes = b"film") -> Path:
    path = root / "drop" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(found: drop.Pending) -> list[str]:
    return [one.path.name for one in found.settled]


def in_an_hour(path: Path) -> int:
    return path.stat().st_ctime_ns + LATER_NS


def test_a_file_that_nobody_touched_for_a_while_is_ready(tmp_path: Path) -> None:
    path = dropped(tmp_path, "film.mkv")
    assert names(drop.pending(FolderObjects(tmp_path), now_ns=lambda: in_an_hour(path))) == ["film.mkv"]


def test_a_file_that_was_just_written_waits(tmp_path: Path) -> None:
    path = dropped(tmp_path, "film.mkv")
    found = drop.pending(FolderObjects(tmp_path), now_ns=lambda: path.stat().st_ctime_ns + 10**9)
    assert (names(found), found.unsettled) == ([], ("drop/film.mkv",))


def test_a_copy_that_set_its_time_back_still_waits(tmp_path: Path) -> None:
    path = dropped(tmp_path, "film.mkv")
    os.utime(path, (0, 0))
    found = drop.pending(FolderObjects(tmp_path), now_ns=lambda: path.stat().st_ctime_ns + 10**9)
    assert found.unsettled == ("drop/film.mkv",)


def test_a_done_file_beside_it_ends_the_waiting(tmp_path: Path) -> None:
    path = dropped(tmp_path, "film.mkv")
    dropped(tmp_path, "film.mkv.done", b"")
    found = drop.pending(FolderObjects(tmp_path), now_ns=lambda: path.stat().st_ctime_ns)
    assert names(found) == ["film.mkv"]


def test_job_files_transcripts_and_hidden_files_are_no_media(tmp_path: Path) -> None:
    path = dropped(tmp_path, "season/film.mkv")
    for name in ("film.mkv.job.toml", "film.txt", "film.rttm", ".film.mkv.part"):
        dropped(tmp_path, f"season/{name}")
    found = drop.pending(FolderObjects(tmp_path), now_ns=lambda: in_an_hour(path))
    assert names(found) == ["film.mkv"]


def test_a_file_with_a_receipt_is_not_pending_until_its_content_changes(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path)
    path = dropped(tmp_path, "film.mkv")
    (one,) = drop.pending(objects, now_ns=lambda: in_an_hour(path)).settled
    receipts.write(objects, Receipt(one.key, one.etag, Verdict.REJECTED, None, None, "broken", "send again", "now"))
    assert names(drop.pending(objects, now_ns=lambda: in_an_hour(path))) == []
    path.write_bytes(b"the corrected film")
    assert names(drop.pending(objects, now_ns=lambda: in_an_hour(path))) == ["film.mkv"]


def test_another_job_file_makes_a_file_pending_again(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path)
    path = dropped(tmp_path, "film.mkv")
    (one,) = drop.pending(objects, now_ns=lambda: in_an_hour(path)).settled
    receipts.write(objects, Receipt(one.key, one.etag, Verdict.REJECTED, None, None, "broken", "send again", "now"))
    dropped(tmp_path, "film.mkv.job.toml", b'language = "en"')
    assert names(drop.pending(objects, now_ns=lambda: in_an_hour(path))) == ["film.mkv"]


def test_a_library_without_a_drop_folder_has_nothing_pending(tmp_path: Path) -> None:
    assert drop.pending(FolderObjects(tmp_path / "nowhere")) == drop.Pending((), ())


def test_a_file_that_is_taken_away_meanwhile_is_not_pending(tmp_path: Path) -> None:
    path = tmp_path / "drop" / "film.mkv"
    path.parent.mkdir()
    path.write_bytes(b"film")

    def late_ns() -> int:
        path.unlink()
        return LATER_NS

    found = drop.pending(FolderObjects(tmp_path), now_ns=late_ns)
    assert (found.settled, found.unsettled) == ((), ())


def test_what_a_job_file_brings_along_is_no_title_of_its_own(tmp_path: Path) -> None:
    path = dropped(tmp_path, "film.mkv")
    for name in ("film.mkv.job.toml", "film.mkv.me.wav", "film.mkv.terms.csv"):
        dropped(tmp_path, name)
    found = drop.pending(FolderObjects(tmp_path), now_ns=lambda: in_an_hour(path))
    assert names(found) == ["film.mkv"]


@pytest.mark.parametrize("late", ["film.mkv.job.toml", "film.mkv.me.wav", "film.mkv.terms.csv"])
def test_a_file_waits_while_what_belongs_to_it_is_being_copied(tmp_path: Path, late: str) -> None:
    path = dropped(tmp_path, "film.mkv")
    for name in ("film.mkv.job.toml", "film.mkv.me.wav", "film.mkv.terms.csv"):
        dropped(tmp_path, name)
    os.utime(tmp_path / "drop" / late, ns=(in_an_hour(path), in_an_hour(path)))
    objects = FolderObjects(tmp_path)
    found = drop.pending(objects, now_ns=lambda: in_an_hour(path) + 10**9)
    assert (names(found), found.unsettled) == ([], ("drop/film.mkv",))
    assert names(drop.pending(objects, now_ns=lambda: in_an_hour(path) + drop.SETTLE_S * 10**9)) == ["film.mkv"]


def test_a_done_file_ends_the_waiting_for_what_belongs_to_a_file_too(tmp_path: Path) -> None:
    for name in ("film.mkv", "film.mkv.job.toml", "film.mkv.me.wav", "film.mkv.done"):
        path = dropped(tmp_path, name)
    found = drop.pending(FolderObjects(tmp_path), now_ns=lambda: path.stat().st_ctime_ns)
    assert names(found) == ["film.mkv"]


def test_a_longer_name_without_a_job_file_is_a_title_like_any_other(tmp_path: Path) -> None:
    path = dropped(tmp_path, "film")
    dropped(tmp_path, "film.mkv")
    found = drop.pending(FolderObjects(tmp_path), now_ns=lambda: in_an_hour(path))
    assert names(found) == ["film", "film.mkv"]


def test_another_glossary_makes_another_job_of_the_same_media(tmp_path: Path) -> None:
    path = dropped(tmp_path, "film.mkv")
    dropped(tmp_path, "film.mkv.job.toml")
    dropped(tmp_path, "film.mkv.terms.csv", b"source,target")
    objects = FolderObjects(tmp_path)
    (one,) = drop.pending(objects, now_ns=lambda: in_an_hour(path)).settled
    receipts.write(objects, Receipt(one.key, one.etag, Verdict.REJECTED, None, None, "broken", "send again", "now"))
    assert drop.pending(objects, now_ns=lambda: in_an_hour(path)).settled == ()
    dropped(tmp_path, "film.mkv.terms.csv", b"source,target\nbridge,puente")
    assert names(drop.pending(objects, now_ns=lambda: in_an_hour(path))) == ["film.mkv"]
