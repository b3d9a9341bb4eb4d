"""How much a caption file may hold, so that a hostile or mistaken one costs neither memory nor an evening."""

from __future__ import annotations

from pipeline.errors import TextFileError

MAX_FILE_BYTES = 16 * 2**20
"""Ours: ten hours of word-by-word WebVTT, the bulkiest in use, take 10 MB, and 20 times that in memory."""

MAX_CUES = 200_000
"""Ours: ten hours with a new cue every 180 ms, which is a word each."""

MAX_CUE_CHARACTERS = 5_000
"""Ours: markup included, fifty times what fits a screen; beyond it a time line is missing or it is no caption file."""


def too_many(line: int) -> TextFileError:
    """The error for a file with more than ``MAX_CUES`` cues."""
    return TextFileError(f"there are more than {MAX_CUES} cues", "split the file", line)


def checked_length(characters: int, line: int) -> None:
    """Refuse, with TextFileError, a cue that is longer than any caption."""
    if characters > MAX_CUE_CHARACTERS:
        raise TextFileError(
            f"the cue has {characters} characters, and at most {MAX_CUE_CHARACTERS} are read",
            "look for a missing time line after it, or split it",
            line,
        )
