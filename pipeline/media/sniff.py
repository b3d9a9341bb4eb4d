"""What the first bytes and the boxes of a file give away, before any decoder sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES = 4096
_MAX_BOXES = 200_000  # a fragmented day has 90,000; a file of empty boxes must not keep us busy

_IMAGES = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"8BPS", "Photoshop"),
)
_IMAGE_BRANDS = (b"heic", b"heix", b"mif1", b"avif", b"jxl ")
_PLAYLISTS = (
    (re.compile(rb"^#EXTM3U"), "an HLS playlist"),
    (re.compile(rb"^#EXT"), "a playlist"),
    (re.compile(rb"^ffconcat version", re.IGNORECASE), "a concat script"),
    (re.compile(rb"^\s*file\s+\S", re.IGNORECASE), "a concat script"),
    (re.compile(rb"<MPD[\s>]"), "a DASH manifest"),
    (re.compile(rb"^\[playlist\]", re.IGNORECASE), "a playlist"),
    (re.compile(rb"<SmoothStreamingMedia"), "a Smooth Streaming manifest"),
)


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a file is not opened."""

    what: str
    """What it is, to follow "it"."""

    remedy: str
    """What to do."""


def object_to(path: Path, size_bytes: int) -> Objection | None:
    """Why the file at ``path`` cannot be media that we take; None when nothing speaks against it."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, kind in _PLAYLISTS:
        if pattern.search(text):
            return Objection(f"is {kind} and not media", "give the media itself; nothing that it names was opened")
    for magic, kind in _IMAGES:
        if head.startswith(magic):
            return Objection(f"is a still image ({kind})", "give a video or audio file")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Objection("is a still image (WebP)", "give a video or audio file")
    if head[4:8] == b"ftyp":
        if head[8:12] in _IMAGE_BRANDS:
            return Objection("is a still image (HEIF)", "give a video or audio file")
        return _cut_box(path, size_bytes)
    return None


def _cut_box(path: Path, size_bytes: int) -> Objection | None:
    """A box of an MP4 or QuickTime file that runs over the end of the file: it was cut off."""
    at, seen = 0, set()
    with path.open("rb") as file:
        for _ in range(_MAX_BOXES):
            file.seek(at)
            header = file.read(16)
            if len(header) < 8:
                break
            length, kind = int.from_bytes(header[:4]), header[4:8]
            if length == 1:
                length = int.from_bytes(header[8:16])
            elif length == 0:
                length = size_bytes - at
            seen.add(kind)
            if at + length > size_bytes:
                missing = at + length - size_bytes
                name = kind.decode("latin-1").strip()
                return Objection(
                    f"is truncated: its {name!r} box ends {missing} bytes after the file", "copy or export it again"
                )
            if length < 8:
                break
            at += length
    if b"moov" not in seen and b"moof" not in seen:
        return Objection("is truncated: its index (the 'moov' box) is missing", "copy or export it again")
    return None
