"""What a benchmark reports: numbers with their unit, the target they are held to, and the command to rerun.

A benchmark is a module ``bench_NAME`` with a ``main`` that gathers its arguments with ``parser`` and hands
its results, as they come, to ``report``. Alone it prints a Markdown table; ``python -m tests.bench`` runs
each in a process of its own and reads the same results from a file.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter

HEADER = "| what | measured | target | verdict | command |\n|---|---:|---:|---|---|"
"""Head of every table of results."""

EXIT_LEFT_OUT = 3
"""A benchmark ends so when it lacks what it measures on; it has said so."""

_MEDIA_VARIABLE = "REELINGUA_MEDIA"


class Verdict(StrEnum):
    """Whether a number is as good as it must be."""

    MET = "met"
    MISSED = "**missed**"
    NONE = "–"
    """Nobody set a target for it."""


class Bound(StrEnum):
    """Which side of a target is the good one."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True, slots=True)
class Target:
    """What a number is held to, in the unit of the number."""

    bound: Bound
    """Which side is good; the limit itself is."""

    limit: float
    """The limit."""


@dataclass(frozen=True, slots=True)
class Result:
    """One number."""

    name: str
    """What was measured, with the size of what it was measured on."""

    value: float
    """The number."""

    unit: str
    """Its unit, e.g. ``s``, ``MiB``, ``×`` for a ratio within one run; empty for a count."""

    target: Target | None
    """What it is held to; None for a number that only explains others."""

    command: str
    """What measures it again."""

    @property
    def verdict(self) -> Verdict:
        """Whether the target is met. What is no number (nothing could be measured) misses any."""
        match self.target:
            case None:
                return Verdict.NONE
            case Target(Bound.AT_MOST, limit):
                return Verdict.MET if self.value <= limit else Verdict.MISSED
            case Target(_, limit):
                return Verdict.MET if self.value >= limit else Verdict.MISSED


_RESULTS = TypeAdapter(list[Result])


def at_most(limit: float) -> Target:
    """A target for what should be small."""
    return Target(Bound.AT_MOST, limit)


def at_least(limit: float) -> Target:
    """A target for what should be large."""
    return Target(Bound.AT_LEAST, limit)


def row(result: Result) -> str:
    """A result as a line of a Markdown table under ``HEADER``."""
    target = "" if result.target is None else f"{result.target.bound} {_quantity(result.target.limit, result.unit)}"
    cells = (result.name, _quantity(result.value, result.unit), target, result.verdict, f"`{result.command}`")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(results: Iterable[Result]) -> str:
    """Results as a Markdown table."""
    return "\n".join([HEADER, *(row(result) for result in results)])


def parser(description: str | None) -> argparse.ArgumentParser:
    """Arguments that every benchmark takes; it may add its own."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--records", type=Path, default=None, help="also write the results to this file, as JSON")
    return made


def report(results: Iterable[Result], *, records: Path | None) -> None:
    """Print results as they come; write them to ``records`` once all are there."""
    print(HEADER, flush=True)
    kept: list[Result] = []
    for result in results:
        print(row(result), flush=True)
        kept.append(result)
    if records is not None:
        records.write_bytes(_RESULTS.dump_json(kept, indent=1))


def read(records: Path) -> list[Result]:
    """What ``report`` wrote."""
    return _RESULTS.validate_json(records.read_bytes())


def recordings() -> Path:
    """The folder with real recordings; where there is none, the benchmark says so and ends."""
    named = os.environ.get(_MEDIA_VARIABLE)
    if named is None or not Path(named).is_dir():
        note(f"left out, it needs real recordings: set {_MEDIA_VARIABLE} to the folder that holds them")
        sys.exit(EXIT_LEFT_OUT)
    return Path(named)


def note(text: str) -> None:
    """Tell whoever waits what goes on; it is no result."""
    print(f"  {text}", file=sys.stderr, flush=True)


def _quantity(value: float, unit: str) -> str:
    """A number with three significant digits, or all of them before the point, and its unit."""
    number = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
    return f"{number} {unit}".rstrip()
