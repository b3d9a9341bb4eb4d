"""Which files a command's SOURCE arguments name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError

MEDIA_SUFFIXES = frozenset(
    ".3g2 .3gp .aac .ac3 .aif .aiff .asf .avi .flac .flv .m2ts .m4a .m4b .m4v .mka .mkv .mov .mp3 .mp4 .mpeg .mpg"
    " .mts .mxf .oga .ogg .ogv .opus .ts .wav .webm .wma .wmv".split()
)
"""Names that are looked at inside a folder: the containers that probe takes. A file that is named
itself is always looked at, whatever its name: probe goes by content."""


@dataclass(frozen=True, slots=True)
class Found:
    """Files to work on, and how many others lay beside them."""

    media: tuple[Path, ...]
    """Absolute paths in order, each once; last the folders without media, which probe rejects by name."""

    passed_over: int
    """Files inside folders whose names are not those of media."""


def expand(sources: Sequence[Path], *, outside: Path | None, beside: Path | None = None) -> Found:
    """Files that ``sources`` name: files as they are, folders with all media below them.

    ``outside`` is a folder that is never entered: the library itself. ``beside`` is a file that belongs to a title
    and is none, however it is named: relative, or by a link.

    Raises:
        UsageError: There is no media at all.
    """
    kept: dict[Path, None] = {}
    empty: dict[Path, None] = {}
    passed_over = 0
    for source in sources:
        if _is_same(source, beside):
            continue
        if not source.is_dir():
            kept[source.absolute()] = None
            continue
        media = 0
        for path in _files_below(source.absolute(), outside):
            if _is_same(path, beside):
                continue
            if path.suffix.lower() in MEDIA_SUFFIXES:
                kept[path] = None
                media += 1
            else:
                passed_over += 1
        if not media:
            empty[source.absolute()] = None
    if not empty and not kept:
        raise UsageError(f"{beside} belongs to a title and is none; name the title as well")
    if empty and not kept:
        raise UsageError(
            f"{next(iter(empty))} holds no media; give a file, or a folder with {_some_suffixes()} … in it"
        )
    return Found((*kept, *empty), passed_over)


def _is_same(path: Path, other: Path | None) -> bool:
    """Whether two paths lead to one file; False when there is none."""
    try:
        return other is not None and path.samefile(other)
    except OSError:
        return False


def _files_below(folder: Path, outside: Path | None) -> Iterator[Path]:
    for root, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and Path(root, name).absolute() != outside
        )
        yield from (Path(root, name) for name in sorted(names) if not name.startswith("."))


def _some_suffixes() -> str:
    return ", ".join(sorted(MEDIA_SUFFIXES)[::6])
