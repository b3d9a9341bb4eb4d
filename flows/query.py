"""``reelingua query``: SQL over the tables, printed."""

from __future__ import annotations

import sys
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from flows.terminal import shown
from pipeline.store import query, views
from pipeline.store.objects import open_objects

MAX_WIDTH = 100_000
"""Wider than any table; what rich measures against to say how wide one would like to be."""

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
    rows = answer.slice(0, MAX_SHOWN_ROWS).to_pylist()
    table = _table(answer.schema, rows)
    if console.measure(table, options=console.options.update_width(MAX_WIDTH)).maximum <= console.width:
        console.print(table, markup=False)
    else:
        _show_records(rows, console)
    more = answer.num_rows - len(rows)
    if more > 0:
        console.print(f"… and {more} more rows: --format csv gives all", style="dim")


def _table(schema: pa.Schema, rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for field in schema:
        number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        table.add_column(shown(field.name), justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(shown(_cell(value)) for value in row.values()))
    return table


def _show_records(rows: list[dict[str, Any]], console: Console) -> None:
    """Each row with a line per column, for rows that are wider than the terminal."""
    for number, row in enumerate(rows, start=1):
        console.print(f"row {number}", style="bold")
        record = Table(box=None, pad_edge=False, show_header=False)
        record.add_column(style="dim", no_wrap=True)
        record.add_column(overflow="fold")
        for name, value in row.items():
            record.add_row(shown(name), shown(_cell(value)))
        console.print(record)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.4g}"
        case list():
            return " / ".join(_cell(part) for part in value)
        case _:
            return str(value)
