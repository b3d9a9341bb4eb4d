"""The results section of ``tests/bench/README.md``: one block per benchmark, each between its own markers.

A block is replaced when its benchmark is run again; the others keep their numbers, and the date and machine
that these are from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.bench.results import Result, table

BEGIN = "<!-- results: begin -->"
END = "<!-- results: end -->"
"""Between them the text is written by ``./run bench --write``."""

_BLOCK = re.compile(r"<!-- bench (?P<name>\w+) -->\n.*?<!-- end of bench (?P=name) -->\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one benchmark found, and where."""

    name: str
    """The benchmark, e.g. ``cues``."""

    about: str
    """The first sentence of its docstring."""

    date: str
    """When, ``YYYY-MM-DD``."""

    machine: str
    """On what, one line."""

    versions: str
    """With what, one line."""

    results: tuple[Result, ...]
    """What it found, in its own order."""


def with_results(text: str, measured: list[Measured]) -> str:
    """The README ``text`` with the blocks of ``measured`` new or replaced, all blocks sorted by name.

    Raises:
        ValueError: The text has no results section.

    """
    head, begin, rest = text.partition(BEGIN)
    section, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README has no lines {BEGIN} and {END}")
    blocks = {found["name"]: found[0] for found in _BLOCK.finditer(section)}
    blocks |= {one.name: _block(one) for one in measured}
    return f"{head}{begin}\n" + "\n".join(blocks[name] for name in sorted(blocks)) + f"{end}{tail}"


def _block(measured: Measured) -> str:
    lines = (
        f"<!-- bench {measured.name} -->",
        f"### {measured.name}",
        "",
        measured.about,
        "",
        f"Measured on {measured.date}: {measured.machine}; {measured.versions}.",
        "",
        table(measured.results),
        f"<!-- end of bench {measured.name} -->",
        "",
    )
    return "\n".join(lines)
