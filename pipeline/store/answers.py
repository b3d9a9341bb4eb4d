"""Kept answers of engines: whatever asks the same again gets the same answer, and no engine runs.

Models are not deterministic; the kept answers are. So the first kept answer to a request stays the answer
for good. Answers come in parts of several, never an object per answer, and many parts fold into few.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast

from pipeline.contracts import ModelId
from pipeline.errors import Missing
from pipeline.hashing import sha256_of
from pipeline.store import layout, parquet, workspace
from pipeline.store.objects import Objects, Stored
from schemas.figures import UNUSED, Usage
from schemas.jobs import Job, Request

_READ_TRIES = 5
"""How often a listing is read again after parts in it were folded away. Ours: folding is rare."""


class Answer(Protocol):
    """What every result carries."""

    @property
    def request_id(self) -> str:
        """The request it answers."""
        ...

    @property
    def failure(self) -> str | None:
        """Why there is no answer; None when there is one."""
        ...

    @property
    def usage(self) -> Usage:
        """What it cost."""
        ...


Result = TypeVar("Result", bound=Answer)
"""A result type of ``schemas.jobs``."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[Result]):
    """What was found for some requests."""

    ids: tuple[str, ...]
    """The requests, as they were asked for."""

    results: tuple[Result | None, ...]
    """The answer to each; None where none is kept."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Requests without a kept answer, in order, each once."""
        return tuple(dict.fromkeys(asked for asked, found in zip(self.ids, self.results, strict=True) if found is None))


def request_id(request: Request, *, job: Job, media: Sequence[str], model: ModelId) -> str:
    """Name of a request by its content: 32 hex digits that stand for all that bears on the answer.

    ``media`` holds the content digests of the media that the request names (its fields that end in ``_key``
    and are set, in order); they take the place of the keys, so that the same request is recognised after
    another plan or another preparation has put the same media elsewhere. The request's own ``request_id``
    does not count.
    """
    fields = [(field.name, getattr(request, field.name)) for field in dataclasses.fields(request)]
    named = [name for name, value in fields if name.endswith("_key") and value is not None]
    if len(named) != len(media):
        raise ValueError(f"{type(request).__name__} names {len(named)} media ({', '.join(named)}), got {len(media)}")
    asked = [[name, value] for name, value in fields if name != "request_id" and not name.endswith("_key")]
    content = [job, model.name, model.revision, list(zip(named, media, strict=True)), asked]
    text = json.dumps(content, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def without_usage(result: Result) -> Result:
    """An answer without what it cost, which is told once and is no part of what was answered."""
    # Protocols cannot say that every result is a dataclass.
    return result if result.usage == UNUSED else cast(Result, dataclasses.replace(cast(Any, result), usage=UNUSED))


def write_part(objects: Objects, results: Sequence[Result], record: type[Result], *, key: Callable[[str], str]) -> str:
    """Write some answers as one object and return its key, which ``key`` makes of the SHA-256 of the file.

    Raises:
        StoreError: The disk is full or not writable.

    """
    with workspace.private_folder(objects.workspace) as folder:
        path = folder / "answers.parquet"
        parquet.write_rows(path, results, record)
        name = key(sha256_of(path))
        # Not replaced where it exists: its time says that it came first.
        if not objects.exists(name):
            objects.put_file(name, path, consume=True)
    return name


class Answers:
    """Kept answers of a library. Holds no state, so threads may share it."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def find(
        self, asset_id: str, job: Job, ids: Sequence[str], record: type[Result], *, include_failures: bool = False
    ) -> Kept[Result]:
        """Answers to the requests ``ids``; with a ``usage`` of nothing, since what is kept is not paid for again.

        A failure does not count as an answer, so that a later run asks again, unless ``include_failures``.

        Raises:
            StoreError: A part is damaged; the message names the file.

        """

        def read() -> Kept[Result]:
            parts = self._parts(asset_id, job)
            winners = _first_answers([self._index(part) for part in parts], set(ids), include_failures)
            wanted: dict[int, list[int]] = {}
            for place in winners.values():
                wanted.setdefault(place.part, []).append(place.row)
            found: dict[str, Result] = {}
            for position, numbers in sorted(wanted.items()):
                rows = parquet.pick_rows(self._local(parts[position]), record, numbers=numbers)
                found.update((row.request_id, without_usage(row)) for row in rows)
            return Kept(tuple(ids), tuple(found.get(asked) for asked in ids))

        return _undisturbed(read)

    def keep(self, asset_id: str, job: Job, results: Sequence[Result], record: type[Result]) -> str | None:
        """Keep some answers as one new part and return its key; None when there are none to keep.

        Where a request already has an answer, the new one has no effect: ``find`` goes on giving the first.
        """
        if not results:
            return None
        return write_part(self._objects, results, record, key=partial(layout.answers_part, asset_id, job))

    def compact(self, asset_id: str, job: Job, record: type[Result]) -> int:
        """Fold the parts that are due into one and return how many there were; 0 when none are.

        Due are all loose parts, and with them, from the newest on, what was folded before and is no larger than
        what is folded into it by now: a log-structured merge. However often it is called, an answer is written
        about as often as its asset's answers have doubled since, and as many folded parts are left at most. The
        old parts go only after the new one is there; rows stream, so that memory does not grow with them.
        """
        parts = self._parts(asset_id, job)
        kept = _not_due(parts)
        if len(parts) - kept < 2:
            return 0
        with workspace.private_folder(self._objects.workspace) as folder:
            path = folder / "answers.parquet"
            try:
                count = parquet.write_rows(path, self._folded(parts, kept, record), record)
            except Missing:  # another folds the same at this moment
                return 0
            key = layout.answers_folded(asset_id, job, sha256_of(path)) if count else None
            if key is not None:
                self._objects.put_file(key, path, consume=True)
        for part in parts[kept:]:
            if part.key != key:
                self._objects.delete(part.key)
        return len(parts) - kept

    def _folded(self, parts: Sequence[Stored], kept: int, record: type[Result]) -> Iterator[Result]:
        """Rows of the parts from ``kept`` on that are the answer to their request."""
        winners = _first_answers([self._index(part) for part in parts], None, include_failures=True)
        places = set(winners.values())
        for position, part in enumerate(parts[kept:], start=kept):
            for row_number, row in enumerate(parquet.iter_rows(self._local(part), record)):
                if _Place(position, row_number) in places:
                    yield row

    def _parts(self, asset_id: str, job: Job) -> list[Stored]:
        """Parts in the order in which their answers count: what others were folded into, then the oldest first."""
        found = [
            stored for stored in self._objects.list(layout.answers(asset_id, job)) if stored.key.endswith(".parquet")
        ]
        return sorted(found, key=lambda part: (not layout.is_folded(part.key), part.modified_ns, part.key))

    def _index(self, part: Stored) -> list[tuple[str, bool]]:
        """Request and whether it failed, for each row of a part."""
        table = parquet.read_columns(self._local(part), ["request_id", "failure"])
        ids, failures = table.column("request_id").to_pylist(), table.column("failure").to_pylist()
        return [(asked, failure is not None) for asked, failure in zip(ids, failures, strict=True)]

    def _local(self, part: Stored) -> Path:
        return self._objects.local(part.key)


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of one of several parts."""

    part: int
    row: int


def _not_due(parts: Sequence[Stored]) -> int:
    """How many of the parts, the first ones, are left alone by a fold."""
    folded_bytes = 0
    for position in reversed(range(len(parts))):
        if layout.is_folded(parts[position].key) and parts[position].size_bytes > folded_bytes:
            return position + 1
        folded_bytes += parts[position].size_bytes
    return 0


def _first_answers(
    indexes: Sequence[Sequence[tuple[str, bool]]], wanted: set[str] | None, include_failures: bool
) -> dict[str, _Place]:
    """Where the answer to each request is: the first that did not fail, else the first that failed."""
    answered: dict[str, _Place] = {}
    failed: dict[str, _Place] = {}
    for part, index in enumerate(indexes):
        for row, (asked, has_failed) in enumerate(index):
            if wanted is None or asked in wanted:
                (failed if has_failed else answered).setdefault(asked, _Place(part, row))
    return {**failed, **answered} if include_failures else answered


def _undisturbed(read: Callable[[], Kept[Result]]) -> Kept[Result]:
    """``read``, again when parts were folded away under it."""
    for _ in range(_READ_TRIES - 1):
        try:
            return read()
        except Missing:
            continue
    return read()


def _plain(value: object) -> object:
    """A value that JSON has no form for (a record inside a request, an exact fraction, bytes) as one that it has."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [[field.name, getattr(value, field.name)] for field in dataclasses.fields(value)]
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    raise TypeError(f"a request cannot hold {type(value).__name__}")
