"""The folder through which requests reach a worker: parts that appear whole, then ``_done.json``.

The feeder writes ``part-<n>.parquet`` by rename, in order; the worker follows until the marker says
that no more will come. The feeder takes a part away once all of it is answered.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import StoreError
from pipeline.store import parquet
from schemas import columns
from schemas.jobs import Job, Request
from workers.jobs import REQUESTS

DONE = "_done.json"
"""Marker that no more parts will come."""

POLL_S = 0.05
"""Pause between two looks at the folder. Ours: a look costs some 20 µs, and a request takes seconds."""

_ASSET = re.compile(r"[0-9a-f]{16}")
_REQUEST = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that is no request of the job, but says which one it was meant to be."""

    request_id: str
    """Its id."""

    asset_id: str
    """The asset."""

    reason: str
    """What is wrong with it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one part asks."""

    requests: tuple[Request, ...]
    """Requests of the job."""

    broken: tuple[Broken, ...]
    """Rows that are none."""


def put(folder: Path, number: int, requests: Sequence[Request], job: Job) -> Path:
    """Write one part; ``number`` orders it among the others."""
    part = folder / f"part-{number:08}.parquet"
    parquet.write_rows(part, requests, REQUESTS[job])
    return part


def finish(folder: Path) -> None:
    """Say that no more parts will come."""
    (folder / DONE).write_text("{}\n")


def follow(folder: Path) -> Iterator[Path | None]:
    """Parts in order as they appear; None when there is nothing new at the moment.

    Ends when the marker is there and everything before it was yielded.
    """
    seen: set[str] = set()
    while True:
        is_done = (folder / DONE).exists()  # looked at first: what came before it is in the listing
        names = sorted(path.name for path in folder.glob("part-*.parquet"))
        seen.intersection_update(names)
        fresh = [name for name in names if name not in seen]
        for name in fresh:
            seen.add(name)
            yield folder / name
        if not fresh:
            if is_done:
                return
            yield None
            time.sleep(POLL_S)


def read(part: Path, job: Job) -> Part:
    """What a part asks; one wrong row does not spoil the others.

    Raises:
        StoreError: It cannot be read, or does not even say which requests it holds.

    """
    try:
        requests = parquet.read_rows(part, REQUESTS[job])
    except StoreError:
        return _salvaged(part, job)
    if wrong := next((one for one in requests if not is_addressed(one.request_id, one.asset_id)), None):
        raise StoreError(f"{part.name} has a request without a proper id or asset: {wrong.request_id!r}; ask again")
    return Part(tuple(requests), ())


def is_addressed(request_id: str, asset_id: str) -> bool:
    """Whether both ids are of our form; they become names of files."""
    return bool(_REQUEST.fullmatch(request_id)) and bool(_ASSET.fullmatch(asset_id))


def _salvaged(part: Path, job: Job) -> Part:
    """Rows of a part one by one, since reading them all at once failed."""
    try:
        table = pq.read_table(part)
        ids = [cast(str, value) for value in table.column("request_id").to_pylist()]
        assets = [cast(str, value) for value in table.column("asset_id").to_pylist()]
    except (pa.ArrowException, OSError, KeyError) as error:
        raise StoreError(f"{part.name} cannot be read ({type(error).__name__}: {error}); ask again") from error
    if not all(isinstance(value, str) for value in (*ids, *assets)) or not all(map(is_addressed, ids, assets)):
        raise StoreError(f"{part.name} has rows without a proper id or asset; ask again")
    requests: list[Request] = []
    broken: list[Broken] = []
    for row, (request_id, asset_id) in enumerate(zip(ids, assets, strict=True)):
        try:
            requests += columns.from_table(table.slice(row, 1), REQUESTS[job])
        except (ValueError, TypeError, AttributeError) as error:
            broken.append(Broken(request_id, asset_id, f"not a {job} request: {error}"))
    return Part(tuple(requests), tuple(broken))
