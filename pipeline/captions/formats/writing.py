"""Cues as a caption file: which format a file name asks for, and the text in it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import PurePath

from pipeline.captions.formats import srt, ttml, vtt
from pipeline.captions.formats.detect import Format
from pipeline.errors import UsageError
from schemas.captions import Cue

_BY_SUFFIX = {
    ".srt": Format.SRT,
    ".vtt": Format.VTT,
    ".webvtt": Format.VTT,
    ".ttml": Format.TTML,
    ".dfxp": Format.TTML,
    ".xml": Format.TTML,
}


def format_for(name: str) -> Format:
    """The format that a file of this name has.

    Raises:
        UsageError: Its suffix is none of a format that is written.

    """
    found = _BY_SUFFIX.get(PurePath(name).suffix.lower())
    if found is None:
        raise UsageError(f"{name} does not say its format; give it one of the suffixes {', '.join(_BY_SUFFIX)}")
    return found


def write(cues: Sequence[Cue], kind: Format, *, language: str, rate: Fraction | None) -> str:
    """Text of the file, to be encoded as UTF-8; ``rate`` in frames per second is stated where the format can."""
    match kind:
        case Format.SRT:
            return srt.compose(cues)
        case Format.VTT:
            return vtt.compose(cues)
        case Format.TTML:
            return ttml.compose(cues, language=language, rate=rate)


def lost_in(cues: Sequence[Cue], kind: Format) -> tuple[str, ...]:
    """What of the cues the format cannot carry, one sentence for each kind."""
    if kind is Format.SRT and any(cue.speakers for cue in cues):
        return ("SRT carries no speakers, left out",)
    return ()
