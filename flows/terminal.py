"""The console that commands print to."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape

from pipeline.text import one_line

PIPED_WIDTH = 240
"""Characters per line where nobody looks: files and pipes have no width, and nothing should be cut for them.
Ours: the widest line of a summary has about 160."""


def console() -> Console:
    """Standard output: colour and bars only on a terminal, whole lines anywhere else."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def shown(text: str) -> str:
    """Text that is not ours (names, captions, messages that quote them) as rich may print it.

    It is one line (``pipeline.text.one_line``), and square brackets lose their meaning.
    """
    return escape(one_line(text))
