"""Records as Arrow tables: the schema, the rows, and the meaning of every column, from one place.

A record is a frozen dataclass. Its fields become columns: ``int`` int64, ``float`` float64, ``str``
string, ``bool`` bool, ``bytes`` binary, ``Fraction`` and ``StrEnum`` string, ``X | None`` nullable,
``tuple[X, ...]`` a list, a record in a tuple or an optional record a struct. A plain nested record
(``span: Span``) is laid out inline, so that its fields are columns of their own. The docstring under
a field is the description of its column; it travels in the schema's metadata.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import operator
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar

import pyarrow as pa

SCHEMA_VERSION = "1"
"""Version of all tables, in the metadata of every file."""

Record = TypeVar("Record")
"""A record type."""

_SCALARS: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bytes: pa.binary(),
    Fraction: pa.string(),
}


def schema(record: type) -> pa.Schema:
    """Arrow schema of a record type, with a ``description`` in the metadata of each field."""
    fields = [
        pa.field(leaf.name, leaf.arrow, nullable=leaf.nullable, metadata={"description": leaf.description})
        for leaf in _leaves(record)
    ]
    return pa.schema(fields, metadata={"record": record.__name__, "schema_version": SCHEMA_VERSION})


def to_table(rows: Iterable[Record], record: type[Record]) -> pa.Table:
    """Rows as an Arrow table; ``from_table`` undoes it."""
    kept = list(rows)
    leaves = _leaves(record)
    columns = [
        pa.array([leaf.encode(leaf.get(row)) for row in kept], type=leaf.arrow, from_pandas=False) for leaf in leaves
    ]
    return pa.Table.from_arrays(columns, schema=schema(typing.cast(type, record)))


def from_table(table: pa.Table, record: type[Record]) -> list[Record]:
    """Rows of a table that ``to_table`` made; columns may come in any order, others are ignored.

    A field that has a default takes it where the table is older than the field.

    Raises:
        ValueError: A column is missing.

    """
    present = [leaf.name for leaf in _leaves(record) if leaf.name in table.column_names]
    missing = [leaf.name for leaf in _leaves(record) if not leaf.has_default and leaf.name not in present]
    if missing:
        raise ValueError(f"table lacks columns of {record.__name__}: {', '.join(missing)}")
    columns = {name: table.column(name).to_pylist() for name in present}
    return list(_rows(record, columns, table.num_rows))


@cache
def descriptions(record: type) -> dict[str, str]:
    """Docstring under each field of a record type, on one line each."""
    tree = ast.parse(inspect.getsource(record).strip())
    body = typing.cast(ast.ClassDef, tree.body[0]).body
    found: dict[str, str] = {}
    for statement, following in itertools.pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    found[statement.target.id] = " ".join(text.split())
    undocumented = [f.name for f in dataclasses.fields(record) if f.name not in found]
    if undocumented:
        raise ValueError(f"{record.__name__} has fields without a docstring: {', '.join(undocumented)}")
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class _Leaf:
    """One column: where its value is in the record, and how it is written."""

    name: str
    path: tuple[str, ...]
    arrow: pa.DataType
    nullable: bool
    description: str
    has_default: bool
    encode: Callable[[Any], Any]

    def get(self, row: object) -> Any:
        value: Any = row
        for name in self.path:
            value = getattr(value, name)
        return value


def _leaves(record: object) -> tuple[_Leaf, ...]:
    return _laid_out(typing.cast(type, record))


@cache
def _laid_out(record: type) -> tuple[_Leaf, ...]:
    leaves = tuple(_walk(record, (), has_default=False))
    names = [leaf.name for leaf in leaves]
    if len(set(names)) != len(names):
        raise ValueError(f"{record.__name__} has two columns of one name: {sorted(names)}")
    return leaves


def _walk(record: type, path: tuple[str, ...], *, has_default: bool) -> Iterator[_Leaf]:
    """Columns of a record at ``path``; ``has_default`` says whether a record around it can do without it."""
    hints, defaults = typing.get_type_hints(record), _defaults(record)
    for name, description in descriptions(record).items():
        hint, can_lack = hints[name], has_default or name in defaults
        if dataclasses.is_dataclass(hint):
            yield from _walk(typing.cast(type, hint), (*path, name), has_default=can_lack)
        else:
            inner, nullable = _optional(hint)
            yield _Leaf(name, (*path, name), _arrow(inner), nullable, description, can_lack, _encoder(inner))


def _defaults(record: type) -> dict[str, Any]:
    """Default of each field that has one."""
    fields = dataclasses.fields(record)
    return {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}


def _optional(hint: Any) -> tuple[Any, bool]:
    if isinstance(hint, types.UnionType):
        inner = [part for part in typing.get_args(hint) if part is not types.NoneType]
        if len(inner) == 1:
            return inner[0], True
    return hint, False


def _item(hint: Any) -> Any:
    args = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and len(args) == 2 and args[1] is Ellipsis:
        return args[0]
    return None


def _arrow(hint: Any) -> pa.DataType:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return pa.string()
    if dataclasses.is_dataclass(hint):
        leaves = _leaves(typing.cast(type, hint))
        return pa.struct([pa.field(leaf.name, leaf.arrow, nullable=leaf.nullable) for leaf in leaves])
    if (item := _item(hint)) is not None:
        return pa.list_(_arrow(item))
    raise TypeError(f"no column type for {hint}")


def _encoder(hint: Any) -> Callable[[Any], Any]:
    def optional(encode: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda value: None if value is None else encode(value)

    if hint is Fraction:
        return optional(str)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return optional(str)
    if dataclasses.is_dataclass(hint):
        leaves = _leaves(typing.cast(type, hint))
        return optional(lambda value: {leaf.name: leaf.encode(leaf.get(value)) for leaf in leaves})
    if (item := _item(hint)) is not None:
        encode = _encoder(item)
        return optional(lambda value: [encode(part) for part in value])
    return lambda value: value


def _rows(record: type[Record], columns: dict[str, list[Any]], count: int) -> Iterator[Record]:
    fields = list(_decoded(record, columns, count))
    names = [name for name, _ in fields]
    for values in zip(*(values for _, values in fields), strict=True):
        yield record(**dict(zip(names, values, strict=True)))


def _decoded(record: type, columns: dict[str, list[Any]], count: int) -> Iterator[tuple[str, Sequence[Any]]]:
    hints, defaults = typing.get_type_hints(record), _defaults(record)
    for name in descriptions(record):
        hint = hints[name]
        if name in defaults and _is_older(hint, name, columns):
            yield name, [defaults[name]] * count
        elif dataclasses.is_dataclass(hint):
            yield name, list(_rows(typing.cast(type, hint), columns, count))
        else:
            decode = _decoder(_optional(hint)[0])
            values = columns[name]
            yield name, values if decode is None else [None if value is None else decode(value) for value in values]


def _is_older(hint: Any, name: str, columns: dict[str, Any]) -> bool:
    """Whether a table has no column of a field, since it was written before the field came."""
    if dataclasses.is_dataclass(hint):
        return columns.keys().isdisjoint(leaf.name for leaf in _leaves(hint))
    return name not in columns


def _decoder(hint: Any) -> Callable[[Any], Any] | None:
    """How a value is read back; None when it already is what it should be."""
    if hint is Fraction or (isinstance(hint, type) and issubclass(hint, StrEnum)):
        return typing.cast(Callable[[Any], Any], hint)
    if dataclasses.is_dataclass(hint):
        return _from_struct(typing.cast(type, hint))
    if (item := _item(hint)) is not None:
        decode = _decoder(item)
        return tuple if decode is None else lambda value: tuple(decode(part) for part in value)
    return None


@cache
def _from_struct(record: type) -> Callable[[dict[str, Any]], Any]:
    """How a struct is read back as a record; worked out once per type, since words come by the hundred thousand."""
    hints, defaults = typing.get_type_hints(record), _defaults(record)
    parts = tuple(_from_field(name, hints[name], defaults) for name in descriptions(record))
    return lambda struct: record(*(part(struct) for part in parts))


def _from_field(name: str, hint: Any, defaults: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
    read = _from_present(name, hint)
    if name not in defaults:
        return read
    default = defaults[name]
    return lambda struct: default if _is_older(hint, name, struct) else read(struct)


def _from_present(name: str, hint: Any) -> Callable[[dict[str, Any]], Any]:
    if dataclasses.is_dataclass(hint):
        return _from_struct(typing.cast(type, hint))
    decode = _decoder(_optional(hint)[0])
    if decode is None:
        return operator.itemgetter(name)

    def read(struct: dict[str, Any]) -> Any:
        value = struct[name]
        return None if value is None else decode(value)

    return read
