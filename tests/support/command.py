"""``reelingua`` as a person types it, in this process: arguments in; exit code and what was printed out."""

from __future__ import annotations

import csv
import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from flows import cli


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    """Exit code."""

    out: str
    """What it printed to standard output."""

    err: str
    """What it printed to standard error."""

    raw: bytes
    """Standard output as it was written."""


def reelingua(*arguments: str | Path) -> Ended:
    """Run one command to its end."""
    out, err = _Terminal(), _Terminal()
    with (
        mock.patch.object(sys, "argv", ["reelingua", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ended(code, out.text, err.text, out.raw)


def asked(library: Path, sql: str) -> list[dict[str, str]]:
    """Rows that ``reelingua query`` answers, as text, by column."""
    ended = reelingua("query", sql, "--library", library, "--format", "csv")
    assert ended.code == 0, ended.err
    return list(csv.DictReader(io.StringIO(ended.out)))


class _Terminal(io.TextIOWrapper):
    """A text stream that keeps its bytes, as standard output has them underneath."""

    def __init__(self) -> None:
        self._kept = io.BytesIO()
        super().__init__(self._kept, encoding="utf-8", errors="strict", write_through=True)

    @property
    def raw(self) -> bytes:
        self.flush()
        return self._kept.getvalue()

    @property
    def text(self) -> str:
        return self.raw.decode("utf-8", "replace")
