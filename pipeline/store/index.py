"""The DuckDB index: the published rows of all current releases in one local file, for SQL.

It is a view of the Parquet parts under ``tables/`` and no truth of its own: it can be deleted at any time, and
the next ``sync`` builds it anew. DuckDB lets one process write and none read meanwhile, so a sync works on a
copy and puts it in place in one step; readers go on with the file that they have open.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from pipeline.errors import StoreError
from pipeline.store import faults, layout, releases, views, workspace
from pipeline.store.objects import FolderObjects, Objects, Stored
from schemas import columns
from schemas.tables import HISTORIES, TABLES

_SYNC_WAIT_S = 1800
"""How long to wait for another process that syncs the same index. Ours: ten million cues take minutes."""

_FILES_PER_INSERT = 2000
"""Parts that one statement reads: DuckDB keeps the footers of all of them in memory."""

Setting = str | bool | int | float | list[str]
"""What DuckDB's own signature takes for a setting."""

_NO_EXTENSIONS: dict[str, Setting] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
"""Nothing is fetched from the network: DuckDB would load extensions that a statement seems to need."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did."""

    added: int
    """Parts that were loaded."""

    dropped: int
    """Parts whose rows were removed, because another release is the current one."""

    is_rebuilt: bool
    """Whether the index was built anew."""


@dataclass(frozen=True, slots=True, order=True)
class _Loaded:
    """A part whose rows the index holds, or shall hold."""

    key: str
    """Its key."""

    etag: str
    """Its version; a key is never rewritten, but a disk may have been restored."""


@dataclass(frozen=True, slots=True, order=True)
class _Marked:
    """The current release of an asset, as a mark named it."""

    key: str
    """Key of the mark."""

    etag: str
    """Version of the mark."""

    release_id: str
    """What it says."""


@dataclass(frozen=True, slots=True)
class _State:
    """What the index holds, or shall hold."""

    parts: frozenset[_Loaded]
    """Parts of current releases."""

    marks: frozenset[_Marked]
    """Marks that were read, so that they need not be read again."""


_NOTHING = _State(frozenset(), frozenset())


def place(objects: Objects) -> Path:
    """Where a library's index lies: in the library's folder, or in the user's cache when that cannot be written.

    A library with a question mark in its path has its index in the cache as well: DuckDB would take what follows
    the mark for options.
    """
    if isinstance(objects, FolderObjects) and objects.root.is_dir() and os.access(objects.root, os.W_OK):
        path = objects.root / "index.duckdb"
        if "?" not in str(path):
            return path
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return cache / "reelingua" / f"{hashlib.sha256(objects.uri.encode()).hexdigest()[:16]}.duckdb"


def sync(objects: Objects, path: Path) -> Synced:
    """Bring the index at ``path`` up to date with the library; only what is new is read.

    Raises:
        StoreError: A part cannot be read, the disk is full, or another sync does not end.

    """
    try:
        with faults.translated(f"the index {path} cannot be made"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with workspace.exclusive(path.with_name(f"{path.name}.lock"), timeout_s=_SYNC_WAIT_S):
                _remove_unfinished(path)
                return _synced(objects, path)
    except duckdb.Error as error:
        remedy = "make room if the disk is full, else delete it, and run again"
        raise StoreError(f"the index {path} cannot be made: {error}; {remedy}") from error


@contextlib.contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read the index and nothing else: no file, no network, no change of settings.

    The file is attached to a database of its own in memory: DuckDB shares one instance per file and process,
    which would go on showing an index that was replaced meanwhile.

    Raises:
        StoreError: The file is not there, damaged, or of another DuckDB.

    """
    config = {**_NO_EXTENSIONS, "python_enable_replacements": False}
    with duckdb.connect(":memory:", config=config) as connection:
        try:
            connection.execute(f"ATTACH {views.literal(str(path))} AS library (READ_ONLY)")
        except duckdb.Error as error:
            raise StoreError(f"the index {path} cannot be opened: {error}; delete it and run again") from error
        connection.execute("USE library")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def _synced(objects: Objects, path: Path) -> Synced:
    held = _held(path)
    wanted = _wanted(objects, held or _NOTHING)
    if held is not None and held.parts == wanted.parts:
        return Synced(added=0, dropped=0, is_rebuilt=False)
    unfinished = _unfinished(path)
    # Where most is new, building anew is quicker, and leaves the rows sorted by asset.
    if held is None or len(wanted.parts ^ held.parts) > len(wanted.parts & held.parts):
        _build(objects, unfinished, wanted)
        synced = Synced(added=len(wanted.parts), dropped=0, is_rebuilt=True)
    else:
        shutil.copyfile(path, unfinished)
        _update(objects, unfinished, held, wanted)
        synced = Synced(len(wanted.parts - held.parts), len(held.parts - wanted.parts), is_rebuilt=False)
    unfinished.replace(path)
    return synced


def _held(path: Path) -> _State | None:
    """What the index holds; None when there is none that this code can use."""
    if not path.exists():
        return None
    try:
        with opened(path) as connection:
            if connection.execute("SELECT signature FROM published.made_by").fetchall() != [(views.signature(),)]:
                return None
            parts = connection.execute("SELECT key, etag FROM published.parts").fetchall()
            marks = connection.execute("SELECT key, etag, release_id FROM published.marks").fetchall()
    except (duckdb.Error, StoreError):  # damaged, of other code, or no index at all: it is made anew from the Parquet
        return None
    return _State(frozenset(_Loaded(*row) for row in parts), frozenset(_Marked(*row) for row in marks))


def _wanted(objects: Objects, held: _State) -> _State:
    """What the index shall hold: of each asset, the parts of its current release, and its whole history."""
    newest: dict[str, tuple[int, Stored]] = {}
    for stored in objects.list(layout.RELEASES):
        mark = layout.parse_current(stored.key)
        if mark is not None and mark.number > newest.get(mark.asset_id, (0, stored))[0]:
            newest[mark.asset_id] = (mark.number, stored)
    known = {(mark.key, mark.etag): mark for mark in held.marks}
    current: dict[str, _Marked] = {}
    for asset_id, (_, stored) in newest.items():
        current[asset_id] = known.get((stored.key, stored.etag)) or _Marked(
            stored.key, stored.etag, releases.read_mark(objects, stored.key)
        )
    parts = frozenset(
        _Loaded(stored.key, stored.etag)
        for stored in objects.list(layout.TABLES)
        if (part := layout.parse_table_part(stored.key)) is not None
        and part.table in TABLES
        and part.asset_id in current
        and (part.table in HISTORIES or current[part.asset_id].release_id == part.release_id)
    )
    return _State(parts, frozenset(current.values()))


def _build(objects: Objects, path: Path, wanted: _State) -> None:
    with _written(path) as connection:
        views.create_tables(connection)
        connection.execute("CREATE TABLE published.made_by AS SELECT ? AS signature", [views.signature()])
        connection.execute("CREATE TABLE published.parts (key VARCHAR, etag VARCHAR)")
        connection.execute("CREATE TABLE published.marks (key VARCHAR, etag VARCHAR, release_id VARCHAR)")
        _insert(objects, connection, sorted(wanted.parts))
        _note(connection, wanted)
        connection.commit()
        connection.begin()
        views.create_views(connection)


def _update(objects: Objects, path: Path, held: _State, wanted: _State) -> None:
    with _written(path) as connection:
        _drop(connection, held.parts - wanted.parts)
        _insert(objects, connection, sorted(wanted.parts - held.parts))
        _note(connection, wanted)


@contextlib.contextmanager
def _written(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection inside a transaction, since each statement of its own would wait for the disk.

    At the end the file is complete without a log beside it.
    """
    with duckdb.connect(str(path), config=_NO_EXTENSIONS) as connection:
        connection.begin()
        yield connection
        connection.commit()
        connection.execute("CHECKPOINT")


def _drop(connection: duckdb.DuckDBPyConnection, parts: frozenset[_Loaded]) -> None:
    for table in TABLES:
        gone = [part for loaded in parts if (part := layout.parse_table_part(loaded.key)) and part.table == table]
        if gone:
            connection.execute(
                f"DELETE FROM published.{table} "  # noqa: S608 - a name out of our own TABLES
                "WHERE (asset_id, release_id) IN (SELECT unnest(?), unnest(?))",
                [[part.asset_id for part in gone], [part.release_id for part in gone]],
            )


def _insert(objects: Objects, connection: duckdb.DuckDBPyConnection, parts: Sequence[_Loaded]) -> None:
    """Load parts, many in one statement, sorted by asset so that rows of an asset lie together.

    An empty file of today's shape leads each list: a part of an older version that lacks a column has nulls
    there, and does not hide the column of all others.
    """
    with tempfile.TemporaryDirectory(prefix="reelingua-index-") as scratch:
        for table, record in TABLES.items():
            files = [_unglobbed(objects.local(part.key)) for part in parts if _is_of(part, table)]
            if not files:
                continue
            template = Path(scratch) / f"{table}.parquet"
            pq.write_table(columns.schema(record).empty_table(), template)
            names = [views.identifier(name) for name in columns.schema(record).names]
            for first in range(0, len(files), _FILES_PER_INSERT):
                several = [_unglobbed(template), *files[first : first + _FILES_PER_INSERT]]
                rows = connection.read_parquet(several, union_by_name=True, hive_partitioning=False)
                rows.select(*names).insert_into(f"published.{table}")


def _note(connection: duckdb.DuckDBPyConnection, state: _State) -> None:
    """Write down what the index now holds."""
    parts, marks = sorted(state.parts), sorted(state.marks)
    connection.execute("DELETE FROM published.parts")
    connection.execute("DELETE FROM published.marks")
    connection.execute(
        "INSERT INTO published.parts SELECT unnest(?), unnest(?)",
        [[part.key for part in parts], [part.etag for part in parts]],
    )
    connection.execute(
        "INSERT INTO published.marks SELECT unnest(?), unnest(?), unnest(?)",
        [[mark.key for mark in marks], [mark.etag for mark in marks], [mark.release_id for mark in marks]],
    )


def _is_of(loaded: _Loaded, table: str) -> bool:
    part = layout.parse_table_part(loaded.key)
    return part is not None and part.table == table


def _unfinished(path: Path) -> Path:
    return path.with_name(f".part-{path.name}")


def _remove_unfinished(path: Path) -> None:
    """What a killed sync left behind; only the holder of the lock has one."""
    for name in (_unfinished(path).name, f"{_unfinished(path).name}.wal"):
        path.with_name(name).unlink(missing_ok=True)


def _unglobbed(path: Path) -> str:
    """A path that DuckDB takes as it is: people put brackets in the names of folders."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path))
