"""Records as tables: what a file that is older than a field of its record gives."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from schemas import columns


@dataclass(frozen=True, slots=True)
class Cost:
    """Nested, with defaults."""

    tokens: int = 0
    """A count."""

    share: float = 0.5
    """A share."""


@dataclass(frozen=True, slots=True)
class Old:
    """A part of a list, as it was."""

    name: str
    """A name."""


@dataclass(frozen=True, slots=True)
class New:
    """The same part, with what came later."""

    name: str
    """A name."""

    marks: tuple[str, ...] = ()
    """Marks."""

    cost: Cost = Cost(7, 0.7)
    """A cost."""


@dataclass(frozen=True, slots=True)
class OldRow:
    """A row as it was."""

    id: str
    """A name."""

    parts: tuple[Old, ...]
    """Parts."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """The same row, with what came later."""

    id: str
    """A name."""

    parts: tuple[New, ...]
    """Parts."""

    text: str = "none"
    """A text."""

    mood: str | None = None
    """A mood."""

    cost: Cost = Cost(9)
    """A cost."""


@dataclass(frozen=True, slots=True)
class Strict:
    """A row with a field that every file must have."""

    id: str
    """A name."""

    length_ms: int
    """A length."""


def test_fields_that_came_later_take_their_defaults() -> None:
    older = columns.to_table([OldRow("a", (Old("x"), Old("y"))), OldRow("b", ())], OldRow)
    assert columns.from_table(older, NewRow) == [NewRow("a", (New("x"), New("y"))), NewRow("b", ())]


def test_fields_that_are_there_are_read() -> None:
    rows = [NewRow("a", (New("x", ("m",), Cost(1, 0.1)),), "t", "tense", Cost(2, 0.2))]
    assert columns.from_table(columns.to_table(rows, NewRow), NewRow) == rows


def test_a_nested_record_with_one_new_field_keeps_the_others() -> None:
    table = columns.to_table([NewRow("a", (), cost=Cost(2, 0.2))], NewRow).drop_columns(["share"])
    assert columns.from_table(table, NewRow)[0].cost == Cost(2)


def test_a_field_without_a_default_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="length_ms"):
        columns.from_table(columns.to_table([OldRow("a", ())], OldRow), Strict)
