"""Objects: bytes under keys, whole or not at all. The library's only way to its disk or bucket.

``FolderObjects`` keeps them in a local folder. S3 has an issue of its own; nothing above this module
may assume a folder, except through ``local`` and ``workspace``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from pipeline.errors import Missing, StoreError, UsageError
from pipeline.store import faults, workspace
from pipeline.store.file_version import FileVersion

_HIDDEN = ".part-"
"""Names that begin so are unfinished work; no listing shows them and no key may have them."""

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK})
_LINKS_NEEDED = "this disk cannot link files; keep the library on one that can, such as ext4, XFS, Btrfs, APFS or NFS"


@dataclass(frozen=True, slots=True)
class Stored:
    """One object of a listing."""

    key: str
    """Its key."""

    size_bytes: int
    """Its size."""

    etag: str
    """Changes whenever the content may have changed; no ``/`` and no quotes in it."""

    modified_ns: int
    """When it was written, nanoseconds since 1970."""


class Objects(Protocol):
    """Bytes under keys. Every method raises StoreError when the disk or the service fails."""

    @property
    def uri(self) -> str:
        """Where the library is; ``open_objects`` of it gives the same objects."""
        ...

    @property
    def workspace(self) -> Path:
        """Local folder for unfinished work, on the disk of the objects where they are on one. It may not exist yet."""
        ...

    def get(self, key: str) -> bytes:
        """Content of an object. Raises Missing."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write an object; what was there before is replaced in one step."""
        ...

    def put_file(self, key: str, source: Path, *, consume: bool = False) -> None:
        """Write an object from a file of any size; with ``consume`` the file is gone afterwards, moved if it can be."""
        ...

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Write an object unless the key is taken. Of any number of writers, one gets True."""
        ...

    def exists(self, key: str) -> bool:
        """Whether an object has this key."""
        ...

    def list(self, prefix: str) -> Iterator[Stored]:
        """Objects whose keys begin with ``prefix``, sorted by key."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens when there is none."""
        ...

    def local(self, key: str) -> Path:
        """A file with the object's content, to be read and never written. Raises Missing."""
        ...


def open_objects(uri: str) -> Objects:
    """Objects of the library at ``uri``: a path or a ``file:`` URI. The folder is made when something is put.

    Raises:
        UsageError: ``uri`` is on S3 or another service, or is a file.

    """
    scheme = urlsplit(uri).scheme if "://" in uri else ""
    if scheme == "s3":
        raise UsageError(f"{uri}: libraries on S3 are not there yet; use a local folder")
    if scheme not in {"", "file"}:
        raise UsageError(f"{uri}: a library is a local folder, not {scheme}://")
    if not uri:
        raise UsageError("the library has no name; give the folder that shall hold it")
    try:
        root = Path(unquote(urlsplit(uri).path) if scheme else uri).expanduser().absolute()
        is_file = root.exists() and not root.is_dir()
    except (OSError, RuntimeError) as error:  # not ours to look at; a home folder that nobody has
        raise UsageError(f"{uri} cannot be a library: {error}; name another folder") from error
    if is_file:
        raise UsageError(f"{root} is a file; name the folder that shall hold the library")
    return FolderObjects(root)


class FolderObjects:
    """Objects in a local folder, one file each.

    A file is written beside all others in the workspace, synced, and then moved or linked to its name:
    a crash leaves it there whole or leaves nothing that a reader sees.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def uri(self) -> str:
        """The folder's absolute path."""
        return str(self.root)

    @property
    def workspace(self) -> Path:
        """A folder inside the library, which no listing shows."""
        return self.root / workspace.FOLDER

    def get(self, key: str) -> bytes:
        """Content of a file. Raises Missing."""
        with faults.reading(key):
            return self._path(key).read_bytes()

    def put(self, key: str, data: bytes) -> None:
        """Replace a file in one step."""
        with self._unfinished(key, data) as part:
            target = self._path(key)
            part.replace(target)
            _sync_folder(target.parent)

    def put_file(self, key: str, source: Path, *, consume: bool = False) -> None:
        """Replace a file in one step, by a copy of ``source``; ``consume`` moves it where both are on one disk."""
        target = self._path(key)
        with faults.translated(key):
            target.parent.mkdir(parents=True, exist_ok=True)
            if consume and self._moved(source, target):
                return
            with source.open("rb") as stream, self._unfinished(key, stream) as part:
                part.replace(target)
            if consume:
                source.unlink()
            _sync_folder(target.parent)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Link a whole file to its name, which only one of many can do."""
        with self._unfinished(key, data) as part:
            target = self._path(key)
            try:
                target.hardlink_to(part)
            except OSError as error:
                # NFS may lose the answer to a link that was made; the link count tells (open(2), O_EXCL).
                if part.stat().st_nlink < 2:
                    if isinstance(error, FileExistsError):
                        return False
                    if error.errno in _NO_LINKS:
                        raise StoreError(f"{key}: {_LINKS_NEEDED}") from error
                    raise
            _sync_folder(target.parent)
        return True

    def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        with faults.reading(key):
            return self._path(key).is_file()

    def list(self, prefix: str) -> Iterator[Stored]:
        """Files below the folder in the order of their keys; links to folders are not followed."""
        folder, _, _ = prefix.rpartition("/")
        pending = [_entries(self.root / folder if folder else self.root, folder)]
        while pending:
            key, entry = next(pending[-1], (None, None))
            if key is None or entry is None:
                pending.pop()
            elif key.endswith("/"):
                if key.startswith(prefix) or prefix.startswith(key):
                    pending.append(_entries(Path(entry.path), key.rstrip("/")))
            elif key.startswith(prefix):
                stored = _stored(key, entry)
                if stored is not None:
                    yield stored

    def delete(self, key: str) -> None:
        """Remove a file, if it is there."""
        with faults.translated(key), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self._path(key).unlink()

    def local(self, key: str) -> Path:
        """The file itself. Raises Missing."""
        path = self._path(key)
        with faults.reading(key):
            if path.is_file():
                return path
        raise Missing(key)

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if any(part in {"", ".", ".."} or "\0" in part or part.startswith(_HIDDEN) for part in parts):
            raise ValueError(f"not a key of the library: {key!r}")
        return self.root.joinpath(*parts)

    @contextlib.contextmanager
    def _unfinished(self, key: str, content: bytes | BinaryIO) -> Iterator[Path]:
        """A synced file in the workspace with this content; it is gone at the end unless it was moved."""
        target = self._path(key)
        part = workspace.unfinished_file(self.workspace)
        with faults.translated(key):
            target.parent.mkdir(parents=True, exist_ok=True)
            part.parent.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("xb") as stream:
                    if isinstance(content, bytes):
                        stream.write(content)
                    else:
                        shutil.copyfileobj(content, stream, 1 << 20)
                    stream.flush()
                    os.fsync(stream.fileno())
                yield part
            finally:
                part.unlink(missing_ok=True)

    def _moved(self, source: Path, target: Path) -> bool:
        """Move the file if that can be; False for one on another disk, and for a link, which is not the file itself."""
        if source.is_symlink():
            return False
        with source.open("rb") as stream:
            os.fsync(stream.fileno())
        try:
            source.replace(target)
        except OSError as error:
            if error.errno == errno.EXDEV:
                return False
            raise
        _sync_folder(target.parent)
        return True


def _entries(folder: Path, key: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Keys of a folder's entries in order; those of folders end in ``/``, as they sort in a bucket."""
    prefix = f"{key}/" if key else ""
    with faults.translated(prefix or "the library"):
        try:
            with os.scandir(folder) as scan:
                found = [
                    (prefix + entry.name + ("/" if entry.is_dir(follow_symlinks=False) else ""), entry)
                    for entry in scan
                    if not entry.name.startswith(_HIDDEN) and (entry.is_dir(follow_symlinks=False) or entry.is_file())
                ]
        except (FileNotFoundError, NotADirectoryError):
            return iter(())
    return iter(sorted(found, key=lambda pair: pair[0]))


def _stored(key: str, entry: os.DirEntry[str]) -> Stored | None:
    """What a listing says of a file; None when it went between the listing and the look at it."""
    try:
        version = FileVersion.of(entry.stat())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(f"{key}: {faults.explained(error)}") from error
    return Stored(key, version.size_bytes, version.etag, version.modified_ns)


def _sync_folder(folder: Path) -> None:
    """Make a new name durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
