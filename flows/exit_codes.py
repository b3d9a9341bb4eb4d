"""Exit codes of every command; what they mean is part of the contract with scripts."""

from __future__ import annotations

DONE = 0
"""All done."""

FAILED = 1
"""Some title failed or was rejected; the others are done."""

USAGE = 2
"""Wrong usage or configuration; nothing was done."""

GATE = 3
"""Everything is done, and something does not pass: ``--strict``, ``qc``."""

STOPPED = 130
"""Interrupted; what shells give a command that SIGINT ended: 128 and the number of the signal."""
