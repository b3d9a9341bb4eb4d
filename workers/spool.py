"""The folder through which requests reach a worker: parts that appear whole, then ``_done.json``.

The feeder writes ``part-<n>-<job>.parquet`` by rename, in order; the worker follows until the marker says
that no more will come. The feeder takes a part away once all of it is answered.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Collection, Sequence
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

_PART = re.compile(r"part-\d+-(?P<job>[a-z]+)\.parquet")
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

    job: Job
    """The job that its requests ask for."""

    requests: tuple[Request, ...]
    """Requests of the job."""

    broken: tuple[Broken, ...]
    """Rows that are none."""


def part_path(folder: Path, number: int, job: Job) -> Path:
    """Path of a part; ``number`` orders it among the others."""
    return folder / f"part-{number:08}-{job}.parquet"


def put(folder: Path, number: int, requests: Sequence[Request], job: Job) -> Path:
    """Write one part, and return its path."""
    part = part_path(folder, number, job)
    parquet.write_rows(part, requests, REQUESTS[job])
    return part


def finish(folder: Path) -> None:
    """Say that no more parts will come."""
    (folder / DONE).write_text("{}\n")


class Inbox:
    """The folder as the worker follows it. Not for several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()
        self._fresh: deque[tuple[Path, int]] = deque()
        self._is_done = False
        self._looked_s = float("-inf")
        self.unread = 0
        """Rows of the parts that are here and were not taken yet."""

    def look(self) -> None:
        """See what is new, unless it was just looked."""
        now_s = time.monotonic()
        if self._is_done or now_s - self._looked_s < POLL_S:
            return
        self._looked_s = now_s
        is_done = (self._folder / DONE).exists()  # looked at first: what came before it is in the listing
        names = sorted(path.name for path in self._folder.glob("part-*.parquet"))
        self._seen.intersection_update(names)
        for name in names:
            if name not in self._seen:
                self._seen.add(name)
                self._fresh.append((self._folder / name, _rows(self._folder / name)))
                self.unread += self._fresh[-1][1]
        self._is_done = is_done

    def take(self) -> Path | None:
        """The next part, in order; None when there is nothing new."""
        if not self._fresh:
            return None
        part, rows = self._fresh.popleft()
        self.unread -= rows
        return part

    @property
    def is_over(self) -> bool:
        """Whether every part was taken and no more will come."""
        return self._is_done and not self._fresh


def read(part: Path, crew: Collection[Job]) -> Part:
    """What a part asks; one wrong row does not spoil the others.

    Raises:
        StoreError: It cannot be read, is for a job that is not in ``crew``, or does not even say which requests it
            holds.

    """
    job = _job(part, crew)
    try:
        requests = parquet.read_rows(part, REQUESTS[job])
    except StoreError:
        return _salvaged(part, job)
    if wrong := next((one for one in requests if not is_addressed(one.request_id, one.asset_id)), None):
        raise StoreError(f"{part.name} has a request without a proper id or asset: {wrong.request_id!r}; ask again")
    return Part(job, tuple(requests), ())


def is_addressed(request_id: str, asset_id: str) -> bool:
    """Whether both ids are of our form; they become names of files."""
    return bool(_REQUEST.fullmatch(request_id)) and bool(_ASSET.fullmatch(asset_id))


def _rows(part: Path) -> int:
    """How many requests a part holds; 0 when it cannot be read, which is told when it is taken."""
    try:
        return cast(int, pq.read_metadata(part).num_rows)
    except (pa.ArrowException, OSError):
        return 0


def _job(part: Path, crew: Collection[Job]) -> Job:
    """The job in the name of a part. Raises StoreError when there is none, or none of these."""
    named = _PART.fullmatch(part.name)
    job = next((job for job in crew if named and job == named["job"]), None)
    if job is None:
        jobs = ", ".join(crew)
        raise StoreError(f"{part.name} is not named part-<number>-<job>.parquet with a job of this worker ({jobs})")
    return job


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
    return Part(job, tuple(requests), tuple(broken))
