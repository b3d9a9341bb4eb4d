"""A folder of objects: whole or not at all, one winner, and nothing outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Missing, StoreError, UsageError
from pipeline.store import workspace
from pipeline.store.objects import FolderObjects, Objects, open_objects

ROOT = Path(__file__).parents[3]

RACER = """
import sys
from pipeline.store.objects import open_objects
objects = open_objects(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
won = [n for n in range(50) if objects.put_if_absent(f"claims/{n:02}", sys.argv[2].encode() * 1000)]
print(*won)
"""

CRAMPED = """
import resource, sys
from pipeline.errors import StoreError
from pipeline.store.objects import open_objects
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    open_objects(sys.argv[1]).put("a", b"x" * 100_000)
except StoreError as error:
    print(error)
"""


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "library")


def keys(objects: Objects, prefix: str = "") -> list[str]:
    return [stored.key for stored in objects.list(prefix)]


def test_what_is_put_is_got(objects: FolderObjects) -> None:
    objects.put("a/b.json", b"one")
    objects.put("a/b.json", b"two")
    assert objects.get("a/b.json") == b"two"
    assert objects.exists("a/b.json")
    assert objects.local("a/b.json").read_bytes() == b"two"


def test_a_missing_key_is_missing(objects: FolderObjects) -> None:
    objects.put("folder/file", b"")
    for key in ("nothing", "folder", "folder/file/below"):
        assert not objects.exists(key)
        with pytest.raises(Missing, match=key):
            objects.get(key)
        with pytest.raises(Missing, match=key):
            objects.local(key)


def test_of_eight_processes_one_puts_each_key(tmp_path: Path) -> None:
    library = tmp_path / "library"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(library), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(8)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = [racer.communicate()[0].split() for racer in racers]
    assert sorted(int(key) for keys in won for key in keys) == list(range(50))
    objects = FolderObjects(library)
    for number, won_by_it in enumerate(won):
        for key in won_by_it:
            assert objects.get(f"claims/{int(key):02}") == str(number).encode() * 1000


def test_put_if_absent_never_overwrites(objects: FolderObjects) -> None:
    assert objects.put_if_absent("mark", b"first")
    assert not objects.put_if_absent("mark", b"second")
    assert objects.get("mark") == b"first"


def test_a_file_is_copied_unless_it_may_be_moved(objects: FolderObjects, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"sound")
    objects.put_file("copied", source)
    assert source.exists()
    objects.put_file("moved", source, consume=True)
    assert not source.exists()
    assert objects.get("copied") == objects.get("moved") == b"sound"


def test_what_a_link_points_to_is_taken_and_stays(objects: FolderObjects, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"sound")
    link = tmp_path / "link"
    link.symlink_to(source)
    objects.put_file("moved", link, consume=True)
    assert not objects.local("moved").is_symlink()
    assert objects.get("moved") == source.read_bytes() == b"sound"


def test_a_file_moves_in_from_another_disk(objects: FolderObjects) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == objects.root.parent.stat().st_dev:
        pytest.skip("needs a second file system at /dev/shm")
    source = elsewhere / f"reelingua-test-{os.getpid()}"
    source.write_bytes(b"sound")
    objects.put_file("moved", source, consume=True)
    assert not source.exists()
    assert objects.get("moved") == b"sound"


def test_a_listing_is_sorted_as_in_a_bucket_and_filtered_by_prefix(objects: FolderObjects) -> None:
    for key in ("a/b/c", "a/b.json", "a-b", "a/b-2", "ab", "b/a"):
        objects.put(key, b"x")
    assert keys(objects) == sorted(["a/b/c", "a/b.json", "a-b", "a/b-2", "ab", "b/a"])
    assert keys(objects, "a/") == ["a/b-2", "a/b.json", "a/b/c"]
    assert keys(objects, "a/b") == ["a/b-2", "a/b.json", "a/b/c"]
    assert keys(objects, "a/b/") == ["a/b/c"]
    assert keys(objects, "nothing/") == []


@given(st.lists(st.lists(st.sampled_from(["a", "b", "a.", "a-", "é", "z\U0001f600"]), min_size=1, max_size=3)))
def test_a_listing_is_in_the_order_of_its_keys(
    tmp_path_factory: pytest.TempPathFactory, paths: list[list[str]]
) -> None:
    objects = FolderObjects(tmp_path_factory.mktemp("library"))
    for path in paths:
        # All files are named "f", so that no key is the folder of another.
        folder = objects.root.joinpath(*path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "f").touch()
    assert keys(objects) == sorted({"/".join([*path, "f"]) for path in paths})


def test_a_listing_tells_size_and_version(objects: FolderObjects) -> None:
    objects.put("a", b"12")
    (first,) = objects.list("a")
    objects.put("a", b"34")
    (second,) = objects.list("a")
    assert (first.size_bytes, second.size_bytes) == (2, 2)
    assert first.etag != second.etag
    assert "/" not in first.etag


def test_unfinished_work_is_not_listed(objects: FolderObjects) -> None:
    objects.put("drop/a", b"")
    (objects.root / "drop" / ".part-upload").write_bytes(b"half")
    (objects.workspace / "file-left-behind").write_bytes(b"half")
    assert keys(objects) == ["drop/a"]


def test_a_link_in_a_circle_is_not_followed(objects: FolderObjects) -> None:
    objects.put("drop/a", b"")
    (objects.root / "drop" / "circle").symlink_to(objects.root)
    (objects.root / "drop" / "nowhere").symlink_to("nothing")
    (objects.root / "drop" / "linked").symlink_to("a")
    assert keys(objects) == ["drop/a", "drop/linked"]


def test_a_folder_a_thousand_deep_can_be_listed(objects: FolderObjects) -> None:
    """Deeper than Python recurses; pytest could not remove it either, so it is taken down again here."""
    folders = [objects.root]
    folders += [objects.root / ("d/" * depth) for depth in range(1, sys.getrecursionlimit() + 100)]
    for folder in folders:
        folder.mkdir()
    try:
        assert keys(objects) == []
    finally:
        for folder in reversed(folders):
            folder.rmdir()


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a\0b", ".part-a", "a/.part-b/c"])
def test_what_is_no_key_is_refused(objects: FolderObjects, key: str) -> None:
    for use in (objects.get, objects.exists, objects.delete, objects.local, lambda key: objects.put(key, b"")):
        with pytest.raises(ValueError, match="not a key"):
            use(key)


def test_deleting_twice_is_deleting(objects: FolderObjects) -> None:
    objects.put("a", b"")
    objects.delete("a")
    objects.delete("a")
    assert not objects.exists("a")


def test_a_failed_put_leaves_what_was_there_and_nothing_else(objects: FolderObjects) -> None:
    objects.put("a/b", b"old")
    with pytest.raises(StoreError):
        objects.put("a", b"a folder is in the way")
    with pytest.raises(StoreError):
        objects.put("a/b/c", b"a file is in the way")
    with pytest.raises(StoreError, match="nowhere"):
        objects.put_file("a/b", Path("nowhere"))
    assert keys(objects) == ["a/b"]
    assert objects.get("a/b") == b"old"
    assert list(objects.workspace.glob("file-*")) == []


def test_a_disk_without_room_is_said(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk, which no test can make without being root."""
    written = subprocess.run(
        [sys.executable, "-c", CRAMPED, str(tmp_path / "library")], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "no room is left" in written.stdout
    assert keys(FolderObjects(tmp_path / "library")) == []
    assert list((tmp_path / "library" / workspace.FOLDER).glob("file-*")) == []


def test_a_store_that_is_not_there_yet_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="S3 are not there yet"):
        open_objects("s3://bucket/prefix")
    with pytest.raises(UsageError, match="not gs://"):
        open_objects("gs://bucket")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        open_objects(str(tmp_path / "file"))
    with pytest.raises(UsageError, match="no name"):
        open_objects("")
    with pytest.raises(UsageError, match="cannot be a library"):
        open_objects("~nobody-has-this-name/library")
    with pytest.raises(UsageError, match="cannot be a library"):
        open_objects(str(tmp_path / ("x" * 300)))


def test_a_library_is_opened_by_path_or_uri(tmp_path: Path) -> None:
    by_path = open_objects(f"{tmp_path}/my library")
    by_uri = open_objects(f"file://{tmp_path}/my%20library")
    assert by_path.uri == by_uri.uri == f"{tmp_path}/my library"
    assert not Path(by_path.uri).exists()
