"""The console that commands print to."""

from __future__ import annotations

import sys
import unicodedata

from rich.console import Console
from rich.markup import escape

from pipeline.store.layout import printable

PIPED_WIDTH = 240
"""Characters per line where nobody looks: files and pipes have no width, and nothing should be cut for them.
Ours: the widest line of a summary has about 160."""


def console() -> Console:
    """Standard output: colour and bars only on a terminal, whole lines anywhere else."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def shown(text: str) -> str:
    """Text that is not ours (names, captions, messages that quote them) as rich may print it.

    Bytes that are no text and control characters become escapes, so that a name can neither break an
    encoding nor move the cursor; square brackets lose their meaning.
    """
    safe = "".join(_visible(character) for character in printable(text))
    return escape(safe)


def _visible(character: str) -> str:
    if unicodedata.category(character) == "Cc":
        return character.encode("unicode_escape").decode()
    return character
