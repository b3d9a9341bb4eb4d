"""Caption files of other people: bytes in, cues out, and a word about everything that was not as it should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.captions.formats import srt, ttml, vtt
from pipeline.captions.formats.detect import Format, decode, format_of
from pipeline.captions.formats.limits import MAX_FILE_BYTES
from pipeline.captions.formats.runs import Parsed
from pipeline.errors import TextFileError
from schemas.captions import Cue

_SCANNERS: dict[Format, Callable[[str, str], Parsed]] = {
    Format.SRT: srt.scan,
    Format.VTT: vtt.scan,
    Format.TTML: ttml.scan,
}


@dataclass(frozen=True, slots=True)
class CaptionFile:
    """What was read."""

    format: Format
    """Format, found by the content."""

    encoding: str
    """Python's name of the encoding, e.g. ``utf-8``."""

    cues: tuple[Cue, ...]
    """The cues in order of start."""

    notes: tuple[str, ...]
    """What was tolerated or left out, one sentence for each kind, with the line where it came first."""


def read(data: bytes, *, language: str, name: str) -> CaptionFile:
    """The cues of a file in ``language``, whatever its format and encoding; ``name`` is its file name, a hint.

    Raises:
        TextFileError: It cannot be read; the line says where.

    """
    if len(data) > MAX_FILE_BYTES:
        raise TextFileError(
            f"the file has {len(data)} bytes, and at most {MAX_FILE_BYTES} are read", "is this a caption file?", 1
        )
    decoded = decode(data, language)
    kind = format_of(decoded.text, name)
    parsed = _SCANNERS[kind](decoded.text, language)
    nothing = () if parsed.cues else ("the file has no cues",)
    return CaptionFile(kind, decoded.encoding, parsed.cues, (*decoded.notes, *parsed.notes, *nothing))
