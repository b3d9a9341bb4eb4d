"""``reelingua query``: SQL over the tables, printed."""

from __future__ import annotations

import sys

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from pipeline.store import query, views
from pipeline.store.objects import open_objects

MAX_SHOWN_ROWS = 500
"""Ours: what a person scrolls through on a terminal; the other formats have no limit."""


def run(sql: str, *, library: str, style: str, console: Console) -> None:
    """Print what ``sql`` answers: a table for people, or csv, json, parquet for programs.

    Raises:
        UsageError: DuckDB does not take the statement.

    """
    answer = query.run(open_objects(library), sql)
    match style:
        case "csv":
            sys.stdout.buffer.write(query.to_csv(answer))
        case "json":
            sys.stdout.buffer.write(query.to_json(answer))
        case "parquet":
            sys.stdout.buffer.write(query.to_parquet(answer))
        case _:
            _show(answer, console)


def describe(console: Console) -> None:
    """Print the documentation of every table and column, as Markdown."""
    console.print(views.docs(), markup=False, highlight=False, soft_wrap=True)


def _show(answer: pa.Table, console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for field in answer.schema:
        number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        table.add_column(field.name, justify="right" if number else "left", overflow="fold")
    for row in answer.slice(0, MAX_SHOWN_ROWS).to_pylist():
        table.add_row(*(_cell(value) for value in row.values()))
    console.print(table, markup=False)
    more = answer.num_rows - MAX_SHOWN_ROWS
    if more > 0:
        console.print(f"… and {more} more rows: --format csv gives all", style="dim")


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.4g}"
        case list():
            return ", ".join(_cell(part) for part in value)
        case _:
            return str(value)
