"""The tables as DuckDB shows them: one view per table, with the meaning of every column; and their documentation.

Rows lie in the schema ``published``, views of the same names beside it. The index loads rows of current
releases only, so that no view can count an asset twice.
"""

from __future__ import annotations

import hashlib
import inspect

import duckdb
import pyarrow as pa

from schemas import columns
from schemas.tables import TABLES

_LAYOUT_VERSION = "1"
"""Changes when indexes or bookkeeping change, so that an index of older code is built anew."""


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty tables in the schema ``published``."""
    connection.execute("CREATE SCHEMA published")
    for name, record in TABLES.items():
        connection.register("template", columns.schema(record).empty_table())
        connection.execute(f"CREATE TABLE published.{name} AS FROM template")
        connection.unregister("template")


def create_views(connection: duckdb.DuckDBPyConnection) -> None:
    """One view per table, described for whoever asks DuckDB; and an index on ``cue_id``, which other tables refer to.

    ``asset_id`` needs no index, since rows of an asset lie together.
    """
    connection.execute("CREATE INDEX cues_by_id ON published.cues (cue_id)")
    for name, record in TABLES.items():
        connection.execute(f"CREATE VIEW {name} AS FROM published.{name}")
        connection.execute(f"COMMENT ON VIEW {name} IS {literal(_description(record))}")
        for field in columns.schema(record):
            text = literal(_meaning(field))
            connection.execute(f"COMMENT ON COLUMN {name}.{identifier(field.name)} IS {text}")


def signature() -> str:
    """Hash of all that the index is made by; an index with another one is of older or newer code."""
    shapes = [(name, columns.schema(record).to_string(), _description(record)) for name, record in TABLES.items()]
    return hashlib.sha256(repr((_LAYOUT_VERSION, columns.SCHEMA_VERSION, shapes)).encode()).hexdigest()


def identifier(name: str) -> str:
    """A column's name as SQL, in quotes: a plain name may become one of DuckDB's keywords."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def docs() -> str:
    """Documentation of every table and column as Markdown."""
    with duckdb.connect(":memory:") as connection:
        create_tables(connection)
        return "\n".join(_section(connection, name, record) for name, record in TABLES.items())


def _section(connection: duckdb.DuckDBPyConnection, name: str, record: type) -> str:
    described = connection.execute(f"DESCRIBE published.{name}").fetchall()
    types = {row[0]: row[1] for row in described}
    rows = [
        f"| `{field.name}` | `{types[field.name]}` | {'yes' if field.nullable else 'no'} | {_meaning(field)} |"
        for field in columns.schema(record)
    ]
    head = ["| column | type | null | meaning |", "|---|---|---|---|"]
    return "\n".join([f"## {name}", "", _description(record), "", *head, *rows, ""])


def _meaning(field: pa.Field) -> str:
    return _as_markdown(field.metadata[b"description"].decode())


def _description(record: type) -> str:
    return _as_markdown(" ".join((inspect.getdoc(record) or "").split()))


def _as_markdown(docstring: str) -> str:
    """Docstrings mark code with two backticks, Markdown with one."""
    return docstring.replace("``", "`")
