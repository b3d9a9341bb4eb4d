"""The index follows the library, shows current releases only, and can be thrown away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.errors import StoreError
from pipeline.store import index, layout, query, releases
from pipeline.store.index import Synced
from pipeline.store.objects import FolderObjects
from schemas.tables import TABLES
from tests.pipeline.store import records

ROOT = Path(__file__).parents[3]
PARTS = 4
"""Tables that ``records.publish`` fills."""

READER = """
import sys
from pathlib import Path
from pipeline.store import index
with index.opened(Path(sys.argv[1])) as connection:
    print(connection.execute("SELECT text FROM cues").fetchall(), flush=True)
    sys.stdin.readline()
    print(connection.execute("SELECT text FROM cues").fetchall(), flush=True)
"""


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    """A library in a folder whose name means something to a glob and to SQL."""
    return FolderObjects(tmp_path / "Bob's [library]*?")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index's" / "index.duckdb"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    folder.mkdir()
    return folder


def everything(path: Path) -> list[str]:
    """All rows of all views, in one order."""
    with index.opened(path) as connection:
        return [
            f"{table} {connection.sql(f'SELECT * FROM {table} ORDER BY ALL').to_arrow_table().to_pylist()}"
            for table in TABLES
        ]


def texts(path: Path) -> list[str]:
    with index.opened(path) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM cues ORDER BY asset_id, cue_index").fetchall()]


def test_what_is_published_is_shown(objects: FolderObjects, path: Path, made: Path) -> None:
    records.publish(objects, made, records.hex16(1), records.hex16(11), ["one", "two"])
    assert index.sync(objects, path) == Synced(added=PARTS, dropped=0, is_rebuilt=True)
    assert texts(path) == ["one", "two"]
    assert index.sync(objects, path) == Synced(added=0, dropped=0, is_rebuilt=False)


def test_each_asset_counts_once_after_three_releases(objects: FolderObjects, path: Path, made: Path) -> None:
    for asset in range(6):
        records.publish(objects, made, records.hex16(asset), records.hex16(100 + asset), [f"asset {asset}"])
    for release in range(3):
        records.publish(objects, made, records.hex16(2), records.hex16(200 + release), [f"release {release}"] * 5)
        index.sync(objects, path)
        with index.opened(path) as connection:
            counts = connection.execute("SELECT count(*), count(DISTINCT asset_id) FROM assets").fetchall()
            lines = connection.execute("SELECT text FROM cues WHERE asset_id = ?", [records.hex16(2)]).fetchall()
        assert counts == [(6, 6)]
        assert lines == [(f"release {release}",)] * 5


def test_only_what_is_new_is_loaded(objects: FolderObjects, path: Path, made: Path) -> None:
    for asset in range(5):
        records.publish(objects, made, records.hex16(asset), records.hex16(100 + asset), ["one"])
    index.sync(objects, path)
    records.publish(objects, made, records.hex16(9), records.hex16(109), ["nine"])
    records.publish(objects, made, records.hex16(1), records.hex16(201), ["again"])
    assert index.sync(objects, path) == Synced(added=2 * PARTS, dropped=PARTS, is_rebuilt=False)
    assert texts(path) == ["one", "again", "one", "one", "one", "nine"]


def test_an_index_built_anew_answers_the_same(objects: FolderObjects, path: Path, made: Path) -> None:
    for step in range(12):
        asset, release = records.hex16(step % 5), records.hex16(100 + step)
        records.publish(objects, made, asset, release, [f"{step} {line}" for line in range(step)])
        index.sync(objects, path)
    grown = everything(path)
    path.unlink()
    assert index.sync(objects, path).is_rebuilt
    assert everything(path) == grown


def test_a_release_without_its_mark_is_not_shown(objects: FolderObjects, path: Path, made: Path) -> None:
    asset = records.hex16(1)
    records.publish(objects, made, asset, records.hex16(11), ["old"])
    records.publish(objects, made, asset, records.hex16(12), ["new"])
    objects.delete(layout.current(asset, 2))
    index.sync(objects, path)
    assert texts(path) == ["old"]
    objects.delete(layout.current(asset, 1))
    index.sync(objects, path)
    assert texts(path) == []


def test_going_back_to_an_older_release_shows_it_again(objects: FolderObjects, path: Path, made: Path) -> None:
    asset = records.hex16(1)
    for release, text in ((11, "old"), (12, "new"), (11, "old")):
        records.publish(objects, made, asset, records.hex16(release), [text])
        index.sync(objects, path)
        assert texts(path) == [text]


def test_an_empty_library_has_empty_tables(objects: FolderObjects, path: Path) -> None:
    assert index.sync(objects, path) == Synced(added=0, dropped=0, is_rebuilt=True)
    assert texts(path) == []


@pytest.mark.parametrize("content", [b"", b"not a database", os.urandom(20_000)])
def test_a_damaged_index_is_built_anew(objects: FolderObjects, path: Path, made: Path, content: bytes) -> None:
    records.publish(objects, made, records.hex16(1), records.hex16(11), ["one"])
    path.parent.mkdir()
    path.write_bytes(content)
    assert index.sync(objects, path).is_rebuilt
    assert texts(path) == ["one"]


def test_an_index_cut_short_is_built_anew(objects: FolderObjects, path: Path, made: Path) -> None:
    records.publish(objects, made, records.hex16(1), records.hex16(11), ["one"])
    index.sync(objects, path)
    path.write_bytes(path.read_bytes()[:30_000])
    assert index.sync(objects, path).is_rebuilt
    assert texts(path) == ["one"]


def test_what_a_killed_sync_left_is_no_harm(objects: FolderObjects, path: Path, made: Path) -> None:
    records.publish(objects, made, records.hex16(1), records.hex16(11), ["one"])
    path.parent.mkdir()
    path.with_name(f".part-{path.name}").write_bytes(b"half")
    path.with_name(f".part-{path.name}.wal").write_bytes(b"half")
    index.sync(objects, path)
    assert texts(path) == ["one"]
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["index.duckdb", "index.duckdb.lock"]


def test_a_damaged_part_is_named(objects: FolderObjects, path: Path, made: Path) -> None:
    asset, release = records.hex16(1), records.hex16(11)
    records.publish(objects, made, asset, release, ["one"])
    key = layout.table_part("cues", asset, release)
    objects.put(key, objects.get(key)[:-20])
    with pytest.raises(StoreError, match=f"{asset}-{release}.parquet"):
        index.sync(objects, path)
    assert not path.exists()


def test_a_part_of_an_older_shape_shows_nulls_and_hides_nothing(objects: FolderObjects, path: Path, made: Path) -> None:
    for number in (1, 2):
        records.publish(objects, made, records.hex16(number), records.hex16(10 + number), ["one"])
    key = layout.table_part("cues", records.hex16(1), records.hex16(11))
    rows = pq.read_table(objects.local(key))
    pq.write_table(rows.drop_columns(["profile"]), objects.local(key))
    index.sync(objects, path)
    with index.opened(path) as connection:
        found = connection.execute("SELECT profile, text FROM cues ORDER BY asset_id").fetchall()
    assert found == [(None, "one"), ("web", "one")]


def test_another_process_reads_while_the_index_is_synced(objects: FolderObjects, path: Path, made: Path) -> None:
    records.publish(objects, made, records.hex16(1), records.hex16(11), ["old"])
    index.sync(objects, path)
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "[('old',)]\n"
    records.publish(objects, made, records.hex16(1), records.hex16(12), ["new"])
    index.sync(objects, path)
    assert texts(path) == ["new"]
    assert reader.communicate("go on\n")[0] == "[('old',)]\n"


def test_who_opens_the_index_after_a_sync_sees_the_new_one(objects: FolderObjects, path: Path, made: Path) -> None:
    """Also while an older connection of the same process is still open: DuckDB would share its file."""
    records.publish(objects, made, records.hex16(1), records.hex16(11), ["old"])
    index.sync(objects, path)
    with index.opened(path) as early:
        assert early.execute("SELECT text FROM cues").fetchall() == [("old",)]
        records.publish(objects, made, records.hex16(1), records.hex16(12), ["new"])
        index.sync(objects, path)
        assert texts(path) == ["new"]


def test_a_copied_library_answers_the_same(objects: FolderObjects, path: Path, made: Path, tmp_path: Path) -> None:
    for asset in range(3):
        records.publish(objects, made, records.hex16(asset), records.hex16(100 + asset), [f"{asset}"])
    index.sync(objects, path)
    copy = FolderObjects(tmp_path / "copy")
    shutil.copytree(objects.root, copy.root)
    index.sync(copy, tmp_path / "copy.duckdb")
    assert everything(tmp_path / "copy.duckdb") == everything(path)
    assert releases.current(copy, records.hex16(1)) == records.hex16(101)


def test_a_cue_is_looked_up_by_its_id_without_a_scan(objects: FolderObjects, path: Path, made: Path) -> None:
    records.publish(objects, made, records.hex16(1), records.hex16(11), [str(line) for line in range(5000)])
    index.sync(objects, path)
    with index.opened(path) as connection:
        sql = f"EXPLAIN ANALYZE SELECT text FROM cues WHERE cue_id = '{records.hex16(1)}/en/subtitle/7'"
        assert "Index Scan" in connection.execute(sql).fetchall()[0][1]


def test_an_index_that_is_not_there_is_said(path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"), index.opened(path):
        pytest.fail("opened")


def test_the_index_lies_in_the_library_where_it_can(
    objects: FolderObjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert index.place(objects).is_relative_to(tmp_path / "cache")
    plain = FolderObjects(tmp_path / "plain")
    for library, home in ((plain, plain.root), (objects, tmp_path / "cache")):
        library.put("a", b"")
        query.run(library, "SELECT 1")
        assert index.place(library).is_relative_to(home)
        assert index.place(library).exists()
