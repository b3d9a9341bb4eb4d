"""Which stages are done, and with what outcome: the library's memory of work.

A stage's result lies in a folder named by its fingerprint. Its parts are written first, whole and named by
their content; the marker ``_done.json`` is written last, by whoever is first. A reader trusts only what a
marker lists, so that a run can be killed anywhere and run again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from pipeline.contracts import ModelId
from pipeline.errors import Missing, StoreError
from pipeline.hashing import sha256_of
from pipeline.store import faults, layout, objects, parquet, record_file, workspace

Record = TypeVar("Record")
"""A record type that ``schemas.columns`` can lay out."""

_ROLE = re.compile(r"[a-z][a-z0-9_-]*")
_SUFFIX = re.compile(r"\.[a-z0-9.]+")
_CANONICAL = json.JSONEncoder(separators=(",", ":"))


def fingerprint(stage: str, version: str, inputs: Sequence[str], config: str, model: ModelId | None) -> str:
    """Name of a stage's result: 16 hex digits that stand for all that bears on it.

    ``inputs`` are digests (``Done.digest``, ``Asset.sha256``) in an order that the stage fixes; ``config``
    is whatever text states the configuration completely.
    """
    return _hashed([stage, version, list(inputs), config, None if model is None else [model.name, model.revision]])


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a stage's result."""

    role: str
    """What it is to the stage, e.g. ``shots``."""

    name: str
    """Its file name: the start of its hash, and a suffix."""

    sha256: str
    """SHA-256 of its content, 64 hex digits."""

    size_bytes: int
    """Its size."""

    rows: int | None
    """How many records it holds; null for a file that holds none."""


@dataclass(frozen=True, slots=True)
class Done:
    """The marker of a finished stage: what went in, and what came out."""

    asset_id: str
    """The asset."""

    stage: str
    """The stage."""

    version: str
    """Version of the stage's code; another one makes another result."""

    fingerprint: str
    """Hash of the stage, its version, inputs, configuration and model."""

    inputs: tuple[str, ...]
    """Digests of what it read."""

    config: str
    """The configuration it used."""

    model_name: str | None
    """Engine or checkpoint that answered; null for a stage without one."""

    model_revision: str | None
    """Its exact version; null for a stage without a model."""

    parts: tuple[Part, ...]
    """What came out, sorted by role."""

    @property
    def digest(self) -> str:
        """Hash of what came out, 16 hex digits. What went in does not count: a stage that is done anew with the same
        result makes no later stage stale.
        """
        return _hashed([[part.role, part.sha256] for part in self.parts])

    def part(self, role: str) -> Part:
        """The part with this role. Raises KeyError when the stage made none."""
        for part in self.parts:
            if part.role == role:
                return part
        raise KeyError(f"{self.stage} {self.fingerprint} has no part {role!r}")

    def has(self, role: str) -> bool:
        """Whether the stage made a part with this role."""
        return any(part.role == role for part in self.parts)

    @property
    def model(self) -> ModelId | None:
        """The model that answered; None for a stage without one."""
        if self.model_name is None or self.model_revision is None:
            return None
        return ModelId(self.model_name, self.model_revision)


_MARKER = TypeAdapter(Done)


class Staging:
    """What a stage has made so far; nothing of it is visible before the stage has ended well."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "scratch"
        """Scratch space on the library's disk, for tools to write into; it is gone afterwards."""
        self.folder.mkdir()
        self._parts = home / "parts"
        self._parts.mkdir()
        self._staged: list[tuple[Part, Path]] = []
        self._done: Done | None = None
        self.qualification = ""
        """What sets the result apart from the one that was asked for; empty when nothing does."""

    @property
    def done(self) -> Done:
        """The marker that counts, ours or that of whoever was first; only after the ``with`` block."""
        if self._done is None:
            raise ValueError("the stage has not ended yet")
        return self._done

    def add_rows(self, role: str, rows: Iterable[Record], record: type[Record]) -> int:
        """Stream ``rows`` into a part; how many there were."""
        path = self._parts / f"{self._free(role)}.parquet"
        count = parquet.write_rows(path, rows, record)
        self._stage(role, path, ".parquet", rows=count)
        return count

    def add_record(self, role: str, row: object) -> None:
        """Write one record into a part, as JSON, which is read again in a fraction of the time."""
        path = self._parts / f"{self._free(role)}.json"
        with faults.translated(str(path)):
            path.write_bytes(record_file.compose(row))
        self._stage(role, path, ".json", rows=1)

    def add_file(self, role: str, path: Path, suffix: str) -> None:
        """Take a file as a part: moved when it lies in ``folder``, copied from anywhere else."""
        if not _SUFFIX.fullmatch(suffix):
            raise ValueError(f"a suffix looks like .flac, got {suffix!r}")
        self._free(role)
        self._stage(role, path, suffix, rows=None)

    def qualify(self, text: str) -> None:
        """Keep the result under a name of its own, as if ``text`` belonged to the configuration."""
        self.qualification = text

    def staged(self) -> Sequence[tuple[Part, Path]]:
        """What was added, sorted by role: each part and the file that holds it."""
        return sorted(self._staged, key=lambda pair: pair[0].role)

    def is_ours(self, path: Path) -> bool:
        """Whether a file lies in our private folders, so that it may be moved away."""
        return path.resolve().is_relative_to(self.folder.parent.resolve())

    def settle(self, done: Done) -> None:
        """Note the marker that counts; for the ledger alone, once."""
        self._done = done

    def _free(self, role: str) -> str:
        if not _ROLE.fullmatch(role):
            raise ValueError(f"a role is a lower-case word, got {role!r}")
        if any(part.role == role for part, _ in self._staged):
            raise ValueError(f"the stage already has a part {role!r}")
        return role

    def _stage(self, role: str, path: Path, suffix: str, *, rows: int | None) -> None:
        with faults.translated(f"cannot read {path}"):
            sha256 = sha256_of(path)
            size_bytes = path.stat().st_size
        name = f"{sha256[:32]}{suffix}"
        self._staged.append((Part(role=role, name=name, sha256=sha256, size_bytes=size_bytes, rows=rows), path))


class Ledger:
    """Finished stages of a library.

    ``at`` is called with the name of each point at which a killed run could leave another state
    (``prepare:before-parts``, ``:after-part``, ``:before-done``, ``:after-done``); tests kill there.
    """

    def __init__(self, store: objects.Objects, *, at: Callable[[str], None] = lambda _point: None) -> None:
        self._objects = store
        self._at = at

    def done(self, asset_id: str, stage: str, fingerprint: str) -> Done | None:
        """The marker of a finished stage; None when it is not finished, or a part has gone or was cut short.

        Raises:
            StoreError: The marker cannot be read; the message says what to delete.

        """
        key = layout.stage_done(asset_id, stage, fingerprint)
        try:
            marker = self._objects.get(key)
        except Missing:
            return None
        done = _parsed(key, marker)
        if (done.asset_id, done.stage, done.fingerprint) != (asset_id, stage, fingerprint):
            raise StoreError(f"{key} is the marker of another stage; delete it and run again")
        return done if self._is_whole(done) else None

    @contextlib.contextmanager
    def writing(
        self,
        asset_id: str,
        stage: str,
        *,
        version: str,
        inputs: Sequence[str],
        config: str = "",
        model: ModelId | None = None,
    ) -> Iterator[Staging]:
        """Collect what a stage makes; at the end of the block it is published, or nothing is.

        When another process finished the same stage first, its result stays and ours is dropped.
        """
        with workspace.private_folder(self._objects.workspace) as home:
            staging = Staging(home)
            yield staging
            settled = f"{config} {staging.qualification}" if staging.qualification else config
            done = Done(
                asset_id=asset_id,
                stage=stage,
                version=version,
                fingerprint=fingerprint(stage, version, inputs, settled, model),
                inputs=tuple(inputs),
                config=settled,
                model_name=None if model is None else model.name,
                model_revision=None if model is None else model.revision,
                parts=tuple(part for part, _ in staging.staged()),
            )
            staging.settle(self._published(done, staging))

    def read(self, done: Done, role: str, record: type[Record]) -> list[Record]:
        """Rows of a part."""
        return parquet.read_rows(self.path(done, role), record)

    def record(self, done: Done, role: str, record: type[Record]) -> Record:
        """The record of a part that ``Staging.add_record`` made.

        Raises:
            StoreError: The part has gone, or is not as it was written; the message says what to do.

        """
        key = self.key(done, role)
        try:
            data = self._objects.get(key)
        except Missing as error:
            raise _gone(key, done) from error
        if hashlib.sha256(data).hexdigest() != done.part(role).sha256:
            raise StoreError(f"{key} is damaged; delete it and run again")
        try:
            return record_file.parse(data, record)
        except ValueError as error:
            raise StoreError(f"{key} does not hold {record.__name__}; delete it and run again") from error

    def rows(self, done: Done, role: str, record: type[Record]) -> Iterator[Record]:
        """Rows of a part, streamed."""
        return parquet.iter_rows(self.path(done, role), record)

    def path(self, done: Done, role: str) -> Path:
        """A local file with a part's content, to be read and never written.

        Raises:
            StoreError: The part has gone or was cut short; running again makes it anew.

        """
        key, size_bytes = self.key(done, role), done.part(role).size_bytes
        try:
            path = self._objects.local(key)
            with faults.reading(key):
                found_bytes = path.stat().st_size
        except Missing as error:
            raise _gone(key, done) from error
        if found_bytes != size_bytes:
            raise StoreError(f"{key} should have {size_bytes} bytes; run again, {done.stage} will be done anew")
        return path

    def key(self, done: Done, role: str) -> str:
        """Key of a part, e.g. for a request to an engine."""
        return _part_key(done, done.part(role))

    def _is_whole(self, done: Done) -> bool:
        """Whether every part is there with its size: one listing, however many parts."""
        if not done.parts:
            return True
        folder = layout.stage_folder(done.asset_id, done.stage, done.fingerprint)
        sizes = {stored.key: stored.size_bytes for stored in self._objects.list(folder)}
        return all(sizes.get(_part_key(done, part)) == part.size_bytes for part in done.parts)

    def _published(self, done: Done, staging: Staging) -> Done:
        self._at(f"{done.stage}:before-parts")
        for part, path in staging.staged():
            self._objects.put_file(_part_key(done, part), path, consume=staging.is_ours(path))
            self._at(f"{done.stage}:after-part")
        self._at(f"{done.stage}:before-done")
        counts = self._marked(done)
        self._at(f"{done.stage}:after-done")
        return counts

    def _marked(self, done: Done) -> Done:
        """The marker that counts once ours was offered."""
        key = layout.stage_done(done.asset_id, done.stage, done.fingerprint)
        marker = _MARKER.dump_json(done, indent=1)
        if self._objects.put_if_absent(key, marker):
            return done
        theirs = self.done(done.asset_id, done.stage, done.fingerprint)
        if theirs is not None:
            return theirs
        # Theirs lists parts that are gone: the reason why the stage was done anew. Ours lists what is there.
        self._objects.put(key, marker)
        return done


def _gone(key: str, done: Done) -> StoreError:
    return StoreError(f"{key} has gone; run again, {done.stage} will be done anew")


def _part_key(done: Done, part: Part) -> str:
    return layout.stage_part(done.asset_id, done.stage, done.fingerprint, part.name)


def _parsed(key: str, marker: bytes) -> Done:
    try:
        done = _MARKER.validate_json(marker)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "marker"
        raise StoreError(f"{key} is damaged ({where}: {first['msg']}); delete it and run again") from error
    if done.fingerprint != fingerprint(done.stage, done.version, done.inputs, done.config, done.model):
        raise StoreError(f"{key} does not fit its own fingerprint; delete it and run again")
    return done


def _hashed(content: list[object]) -> str:
    """16 hex digits of canonical JSON: one text for one structure."""
    return hashlib.sha256(_CANONICAL.encode(content).encode()).hexdigest()[:16]
