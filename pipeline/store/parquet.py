"""Rows to Parquet and back, a row group at a time, so that memory does not grow with the number of rows."""

from __future__ import annotations

import contextlib
import itertools
import secrets
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import StoreError
from pipeline.store import faults
from schemas import columns

_BATCH_ROWS = 512
"""Rows converted at a time."""

_HEAVY_BATCH_ROWS = 32
"""Rows converted at a time where they hold pictures or sound: lines of 500 kB (``PlacedSpeech``) make 16 MB."""

_GROUP_ROWS = 122_880
"""Rows in a row group at most: DuckDB's own size, and the unit of its parallel reads (DuckDB's performance guide,
"File Formats")."""

_GROUP_BYTES = 16 << 20
"""Bytes of Arrow data in a row group at most, for records that hold pictures or sound. Ours."""

_ZSTD_LEVEL = 3
"""Zstandard's own default."""

_DAMAGED = "the file is damaged: delete it and run again"

Record = TypeVar("Record")
"""A record type that ``schemas.columns`` can lay out."""


def write_rows(path: Path, rows: Iterable[Record], record: type[Record]) -> int:
    """Write ``rows`` to ``path`` and return how many there were; the file appears whole or not at all.

    The same rows make the same bytes.

    Raises:
        StoreError: The disk is full or not writable.

    """
    part = path.with_name(f".part-{secrets.token_hex(8)}")
    count = 0
    try:
        with _writing(path):
            writer = pq.ParquetWriter(
                part,
                columns.schema(record),
                compression="zstd",
                compression_level=_ZSTD_LEVEL,
                write_page_checksum=True,
            )
        try:
            for group in _groups(rows, record):
                count += group.num_rows
                with _writing(path):
                    writer.write_table(group, row_group_size=group.num_rows)
        finally:
            with _writing(path):
                writer.close()
        with _writing(path):
            part.replace(path)
    finally:
        with contextlib.suppress(OSError):  # what could not be written cannot be removed
            part.unlink()
    return count


def read_rows(path: Path, record: type[Record]) -> list[Record]:
    """All rows of a file that ``write_rows`` made. Raises StoreError when it is damaged or of another record."""
    return list(iter_rows(path, record))


def iter_rows(path: Path, record: type[Record]) -> Iterator[Record]:
    """Rows of a file in order, with no more than a row group of them in memory.

    ``pre_buffer``, Arrow's default, would hold the whole file: 872 instead of 197 MiB for one of 700 MB (Arrow 26).

    Raises:
        StoreError: The file is truncated, damaged, not there, or holds other records.

    """
    with _reading(path), pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as source:
        for batch in source.iter_batches(batch_size=_batch_rows(record)):
            yield from _decoded(path, pa.Table.from_batches([batch]), record)


def pick_rows(path: Path, record: type[Record], *, numbers: Collection[int]) -> list[Record]:
    """Rows with these numbers (from 0), in order; row groups without any are not read. Raises StoreError."""
    wanted = sorted(numbers)
    found: list[Record] = []
    with _reading(path), pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as source:
        at = 0
        for group in range(source.num_row_groups):
            end = at + source.metadata.row_group(group).num_rows
            if bisect_left(wanted, at) == bisect_left(wanted, end):
                at = end
                continue
            for batch in source.iter_batches(batch_size=_batch_rows(record), row_groups=[group]):
                inside = wanted[bisect_left(wanted, at) : bisect_left(wanted, at + batch.num_rows)]
                if inside:
                    picked = batch.take(pa.array([number - at for number in inside]))
                    found += _decoded(path, pa.Table.from_batches([picked]), record)
                at += batch.num_rows
    return found


def read_columns(path: Path, names: Sequence[str]) -> pa.Table:
    """A few columns of a file, all rows. Raises StoreError when it is damaged or lacks one."""
    with _reading(path), pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as source:
        missing = sorted(set(names) - set(source.schema_arrow.names))
        if missing:
            raise StoreError(f"{path} has no column {', '.join(missing)}; delete it and run again")
        return source.read(columns=list(names))


def _batch_rows(record: type) -> int:
    return _HEAVY_BATCH_ROWS if any(map(pa.types.is_binary, columns.schema(record).types)) else _BATCH_ROWS


def _groups(rows: Iterable[Record], record: type[Record]) -> Iterator[pa.Table]:
    pending: list[pa.Table] = []
    remaining, batch_rows = iter(rows), _batch_rows(record)
    while batch := list(itertools.islice(remaining, batch_rows)):
        pending.append(columns.to_table(batch, record))
        if (
            sum(table.num_rows for table in pending) + batch_rows > _GROUP_ROWS
            or sum(table.nbytes for table in pending) > _GROUP_BYTES
        ):
            yield pa.concat_tables(pending)
            pending = []
    if pending:
        yield pa.concat_tables(pending)


def _decoded(path: Path, table: pa.Table, record: type[Record]) -> list[Record]:
    try:
        return columns.from_table(table, record)
    except (ValueError, TypeError) as error:
        raise StoreError(f"{path} does not hold {record.__name__} rows ({error}); delete it and run again") from error


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Raise StoreError for what Arrow reports: damage as ArrowException or as an OSError without a number."""
    try:
        with faults.reading(str(path)):
            try:
                yield
            except OSError as error:
                if error.errno is not None:
                    raise
                raise StoreError(f"{path}: {_said(error)}; {_DAMAGED}") from error
    except pa.ArrowException as error:
        raise StoreError(f"{path}: {_said(error)}; {_DAMAGED}") from error


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        with faults.translated(str(path)):
            yield
    except pa.ArrowException as error:
        raise StoreError(f"{path}: {_said(error)}; check the disk and run again") from error


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
