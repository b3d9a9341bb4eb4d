"""What a reader tolerated or left out, gathered for the report: one line for each kind, however often it occurs."""

from __future__ import annotations

_QUOTED_CHARACTERS = 60
"""Ours: enough to recognise a line, and the message stays one line of a terminal."""


class Notes:
    """Counts of what was noted, with the line where each kind was seen first."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int]] = {}

    def add(self, what: str, line: int) -> None:
        """Note ``what`` on line number ``line``, counted from 1."""
        first, times = self._seen.get(what, (line, 0))
        self._seen[what] = (first, times + 1)

    def summary(self) -> tuple[str, ...]:
        """One sentence for each kind, in the order in which they were first added."""
        return tuple(
            f"line {first}: {what}" if times == 1 else f"line {first} and {times - 1} more: {what}"
            for what, (first, times) in self._seen.items()
        )


def quoted(text: str) -> str:
    """``text`` for use in a message: one line, printable, shortened."""
    shown = text if len(text) <= _QUOTED_CHARACTERS else text[:_QUOTED_CHARACTERS] + "…"
    return repr(shown)
