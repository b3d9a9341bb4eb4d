"""Publishing a release: deliverables, manifest, rows, and last the mark that makes it the current one.

Whoever follows the mark finds everything. When a run is killed before it wrote the mark, the earlier release
stays the current one, and running again completes what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from pydantic import TypeAdapter, ValidationError

from pipeline.errors import StoreError
from pipeline.store import layout, parquet, workspace
from pipeline.store.objects import Objects
from schemas.tables import TABLES


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file to deliver."""

    name: str
    """Its name in the release folder."""

    path: Path
    """The file; it is copied and stays where it is."""


@dataclass(frozen=True, slots=True)
class TableRows:
    """What a release adds to one table."""

    table: str
    """Name of the table, a key of ``schemas.tables.TABLES``."""

    rows: Iterable[Any]
    """Rows of that table's type, all of the asset and release that is published; streamed."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Content of the file that names the current release."""

    asset_id: str
    """The asset."""

    release_id: str
    """Its current release."""


_MARK = TypeAdapter(_Mark)


def publish(
    objects: Objects,
    asset_id: str,
    release_id: str,
    *,
    deliverables: Sequence[Outgoing],
    manifest: bytes | None,
    tables: Sequence[TableRows],
    at: Callable[[str], None] = lambda _point: None,
) -> bool:
    """Make a release the current one of its asset; False when it already was, or another process did it meanwhile.

    ``deliverables`` and ``manifest`` are what is to be written: nothing and None where the release is whole,
    only the manifest None where some of its files have gone. Rows of a table that are there stay. ``at`` is
    called with the name of each point at which a kill leaves another state.

    Raises:
        StoreError: Disk or service failed; what was published stays, running again goes on from there.

    """
    at("publish:before-files")
    for outgoing in deliverables:
        objects.put_file(layout.release_file(asset_id, release_id, outgoing.name), outgoing.path)
        at("publish:after-file")
    at("publish:before-manifest")
    if manifest is not None:
        objects.put(layout.manifest(asset_id, release_id), manifest)
    at("publish:before-tables")
    for part in tables:
        _put_rows(objects, asset_id, release_id, part)
        at("publish:after-table")
    at("publish:before-current")
    is_ours = _make_current(objects, _Mark(asset_id, release_id))
    at("publish:after-current")
    return is_ours


def current(objects: Objects, asset_id: str) -> str | None:
    """The current release of an asset; None when it has none."""
    numbers = _numbers(objects, asset_id)
    return read_mark(objects, layout.current(asset_id, max(numbers))) if numbers else None


def read_mark(objects: Objects, key: str) -> str:
    """The release that a mark names. Raises StoreError when it is damaged."""
    try:
        return _MARK.validate_json(objects.get(key)).release_id
    except ValidationError as error:
        raise StoreError(f"{key} is damaged; delete it and run again") from error


def _put_rows(objects: Objects, asset_id: str, release_id: str, part: TableRows) -> None:
    """Write a release's rows of one table, unless they are there; no file where there are no rows."""
    key = layout.table_part(part.table, asset_id, release_id)
    if objects.exists(key):
        return
    with workspace.private_folder(objects.workspace) as folder:
        path = folder / "rows.parquet"
        if parquet.write_rows(path, part.rows, TABLES[part.table]) == 0:
            return
        for column, own in (("asset_id", asset_id), ("release_id", release_id)):
            if pc.unique(parquet.read_columns(path, [column]).column(column)).to_pylist() != [own]:
                raise ValueError(f"rows of {part.table} are not all of {column} {own}")
        objects.put_file(key, path, consume=True)


def _make_current(objects: Objects, mark: _Mark) -> bool:
    """Write the next mark; False when another was quicker with the same release."""
    while True:
        highest = max(_numbers(objects, mark.asset_id), default=0)
        if highest and read_mark(objects, layout.current(mark.asset_id, highest)) == mark.release_id:
            return False
        if objects.put_if_absent(layout.current(mark.asset_id, highest + 1), _MARK.dump_json(mark)):
            return True


def _numbers(objects: Objects, asset_id: str) -> list[int]:
    listed = objects.list(layout.current_folder(asset_id))
    return [mark.number for stored in listed if (mark := layout.parse_current(stored.key)) is not None]
