"""Every table and column says what it means, to DuckDB and in the documentation."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.store import query, views
from pipeline.store.objects import FolderObjects
from schemas import columns
from schemas.tables import TABLES


def meaning(field: pa.Field) -> str:
    """What the record's docstring says, with code marked as Markdown marks it."""
    return str(field.metadata[b"description"].decode().replace("``", "`"))


@pytest.mark.parametrize("table", TABLES)
def test_the_documentation_covers_every_column(table: str) -> None:
    section = views.docs().split(f"## {table}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
    schema = columns.schema(TABLES[table])
    assert [row[0] for row in rows] == [f"| `{name}`" for name in schema.names]
    for row, field in zip(rows, schema, strict=True):
        assert row[2] == ("yes" if field.nullable else "no")
        assert row[3].removesuffix(" |") == meaning(field)


def test_documentation_is_one_markdown_table_per_table() -> None:
    """A pipe inside a description would break a row."""
    for line in views.docs().splitlines():
        if line.startswith("|"):
            assert line.count("|") == 5, line


def test_duckdb_knows_what_every_view_and_column_means(tmp_path: Path) -> None:
    library = FolderObjects(tmp_path)
    told = query.run(library, "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL")
    assert told.column("view_name").to_pylist() == sorted(TABLES)
    assert all(told.column("comment").to_pylist())
    for table, record in TABLES.items():
        sql = f"SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = '{table}'"
        found = {row["column_name"]: row["comment"] for row in query.run(library, sql).to_pylist()}
        assert found == {field.name: meaning(field) for field in columns.schema(record)}
