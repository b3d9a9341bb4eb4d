"""SQL over the published tables, read-only, and the results as CSV, JSON or Parquet."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import io
import itertools
import json
import math
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from pipeline.errors import StoreError, UsageError
from pipeline.store import index
from pipeline.store.objects import FolderObjects, Objects


def run(objects: Objects, sql: str) -> pa.Table:
    """What ``sql`` answers over the current releases of a library; the index is brought up to date first.

    The statement sees the tables and nothing else: no files, no network, no settings. A library with nothing
    in it, or none at all, has empty tables.

    Raises:
        UsageError: DuckDB does not take the statement; with its message.
        StoreError: The index cannot be made or read.

    """
    if isinstance(objects, FolderObjects) and not objects.root.exists():
        with tempfile.TemporaryDirectory(prefix="reelingua-empty-") as folder:
            return _answer(objects, Path(folder) / "index.duckdb", sql)
    return _answer(objects, index.place(objects), sql)


def to_csv(table: pa.Table) -> bytes:
    """CSV with a header, UTF-8; lists and structs are JSON text in their cell, bytes are base64."""
    flat = table
    for position, field in enumerate(table.schema):
        if not _is_plain(field.type):
            cells = pa.array([_cell(value) for value in table.column(position).to_pylist()], type=pa.string())
            flat = flat.set_column(position, pa.field(field.name, pa.string()), cells)
    sink = io.BytesIO()
    pc.write_csv(flat, sink, pc.WriteOptions(quoting_style="needed"))
    return sink.getvalue()


def to_json(table: pa.Table) -> bytes:
    """A JSON array with one object per row, UTF-8; what JSON has no number for (NaN) is null."""
    rows = ",\n ".join(_json(row) for row in table.to_pylist())
    return f"[{rows}]\n".encode()


def to_parquet(table: pa.Table) -> bytes:
    """A Parquet file, zstd."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _answer(objects: Objects, path: Path, sql: str) -> pa.Table:
    index.sync(objects, path)
    with index.opened(path) as connection:
        try:
            relation = connection.sql(sql)
            return pa.table({}) if relation is None else _told_apart(relation.to_arrow_table())
        except (duckdb.IOException, duckdb.FatalException, duckdb.InternalException) as error:
            raise StoreError(f"the index {path} cannot be read: {error}; delete it and run again") from error
        except duckdb.Error as error:
            raise UsageError(str(error)) from error


def _told_apart(table: pa.Table) -> pa.Table:
    """The table with a name of its own for each column: ``SELECT 1 AS a, 2 AS a`` gives ``a`` and ``a_1``."""
    names: list[str] = []
    for name in table.column_names:
        candidates = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(1)))
        names.append(next(candidate for candidate in candidates if candidate not in names))
    return table.rename_columns(names)


def _is_plain(kind: pa.DataType) -> bool:
    """Whether CSV has a word for values of this type."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_string(kind)
        or (pa.types.is_temporal(kind) and not pa.types.is_duration(kind) and not pa.types.is_interval(kind))
    )


def _cell(value: object) -> str | None:
    """Text of a value in CSV."""
    match value:
        case None | str():
            return value
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return _json(value)


def _json(value: object) -> str:
    return json.dumps(_without_nan(value), ensure_ascii=False, default=_worded)


def _without_nan(value: object) -> object:
    match value:
        case dict():
            return {str(name): _without_nan(part) for name, part in value.items()}
        case list() | tuple():
            return [_without_nan(part) for part in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def _worded(value: object) -> object:
    """What JSON has no word for. DuckDB sums whole numbers as decimals."""
    match value:
        case decimal.Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return base64.b64encode(value).decode()
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)
