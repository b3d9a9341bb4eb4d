"""One record as JSON, for what is read far more often than written: 15 µs against 1.7 ms for a table of one row."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter
from pydantic_core import to_json

Record = TypeVar("Record")
"""A frozen dataclass whose fields JSON has a form for, or pydantic gives one: ``Fraction``, ``StrEnum``, records."""


def compose(row: object) -> bytes:
    """JSON of a record; the same record makes the same bytes. ``parse`` undoes it."""
    return to_json(row, indent=1, inf_nan_mode="constants")


def parse(data: bytes, record: type[Record]) -> Record:
    """The record that ``compose`` wrote. Raises ValueError when it is none of that type."""
    found: Record = _adapter(cast(type, record)).validate_json(data)
    return found


@cache
def _adapter(record: type) -> TypeAdapter[Any]:
    """What reads a type; made once, since that takes milliseconds."""
    return TypeAdapter(record)
