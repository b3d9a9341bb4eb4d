"""The console that commands print to."""

from __future__ import annotations

import sys

from rich.console import Console

PIPED_WIDTH = 240
"""Characters per line where nobody looks: files and pipes have no width, and nothing should be cut for them.
Ours: the widest line of a summary has about 160."""


def console() -> Console:
    """Standard output: colour and bars only on a terminal, whole lines anywhere else."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
