"""What a run shows while it goes on, and the summary at its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from flows.terminal import shown
from schemas.figures import Figures
from schemas.jobs import Job
from schemas.outcome import Outcome, Status
from schemas.time import clock
from workers.progress import Pace, line

MAX_NAME = 60
"""Characters of a name in the summary's table; ours, so that the counts stay beside it."""

MAX_UNCHANGED = 30
"""More unchanged titles than this are counted and not listed; ours, about a screen."""

ENGINE_LINE_S = 60.0
"""Between two lines about an engine where there is no terminal to redraw; ours, so that a night's log stays short."""

_COLOURS = {Status.MADE: "green", Status.UNCHANGED: "dim", Status.REJECTED: "yellow", Status.FAILED: "red"}


class Display:
    """Progress of many titles at once: bars on a terminal, a line per finished stage elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._stages: dict[str, str] = {}
        self._engines: dict[Job, _EngineLine] = {}
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.fields[name]}"),
            TextColumn("{task.fields[stage]}", style="cyan"),
            BarColumn(bar_width=28),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def progress(self, source: str, stage: str, done: int, total: int) -> None:
        """``done`` of ``total`` units of one stage of one title; safe to call from any thread."""
        with self._lock:
            if source not in self._tasks:
                self._tasks[source] = self._bars.add_task("", name=shown(Path(source).name), stage=stage, total=total)
            self._bars.update(self._tasks[source], stage=stage, completed=done, total=max(total, 1))
            if not self._console.is_terminal and self._stages.get(source) != stage:
                self._console.print(f"{shown(Path(source).name)}: {stage}", highlight=False, soft_wrap=True)
            self._stages[source] = stage

    def engine(self, job: Job, figures: Figures) -> None:
        """What the engine of a job has done and is at; safe to call from any thread."""
        with self._lock:
            if job not in self._engines:
                self._engines[job] = _EngineLine(self._bars.add_task("", name="engine", stage=job, total=None))
            known = self._engines[job]
            text = known.text(figures)
            total = figures.answered + figures.waiting + figures.in_flight
            self._bars.update(known.task, stage=f"{job}: {text}", completed=figures.answered, total=max(total, 1))
            if not self._console.is_terminal and known.is_due():
                self._console.print(f"engine {job}: {text}", highlight=False, soft_wrap=True)

    def finished(self, outcome: Outcome) -> None:
        """One title is done with."""
        with self._lock:
            if task := self._tasks.pop(outcome.source, None):
                self._bars.remove_task(task)
            detail = outcome.message or f"{outcome.wall_s:.1f} s"
            status = f"[{_COLOURS[outcome.status]}]{outcome.status:9}[/]"
            name = shown(Path(outcome.source).name)
            self._console.print(f"{status} {name}: {shown(detail)}", highlight=False, soft_wrap=True)


class _EngineLine:
    """One engine's bar, and when it was last written about."""

    def __init__(self, task: TaskID) -> None:
        self.task = task
        self._before: tuple[Figures, float] | None = None
        self._began_s = self._printed_s = time.monotonic()

    def text(self, figures: Figures) -> str:
        """The figures as one line, with rates since the last."""
        now_s = time.monotonic()
        before, at_s = self._before or (figures, self._began_s)
        self._before = figures, now_s
        return line(figures, before, Pace(since_start_s=now_s - self._began_s, since_last_s=now_s - at_s))

    def is_due(self) -> bool:
        """Whether a line is due where nothing can be redrawn; it is not due again for a while then."""
        if time.monotonic() - self._printed_s < ENGINE_LINE_S:
            return False
        self._printed_s = time.monotonic()
        return True


def summary(outcomes: Sequence[Outcome], folders: Sequence[str | None], console: Console) -> None:
    """What was made, where, and what needs a human."""
    unchanged = sum(outcome.status is Status.UNCHANGED for outcome in outcomes)
    listed = [
        (outcome, folder)
        for outcome, folder in zip(outcomes, folders, strict=True)
        if outcome.status is not Status.UNCHANGED or unchanged <= MAX_UNCHANGED
    ]
    console.print()
    if listed:
        console.print(_table([outcome for outcome, _ in listed]))
        console.print()
    for outcome, folder in listed:
        if folder:
            console.print(f"{shown(Path(outcome.source).name)}: {shown(folder)}", highlight=False, soft_wrap=True)
    if unchanged > MAX_UNCHANGED:
        console.print(f"{unchanged} titles are unchanged: their releases are what was asked for")
    _needs_a_human(outcomes, console)


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("title", overflow="ellipsis", max_width=MAX_NAME)
    for heading in ("length", "outcome"):
        table.add_column(heading)
    columns = [column for column in _COLUMNS if column.is_always_shown or any(map(column.value, outcomes))]
    for column in columns:
        table.add_column(column.heading, justify="right")
    for outcome in outcomes:
        known = outcome.release_id is not None
        table.add_row(
            shown(Path(outcome.source).name),
            clock(outcome.length_ms) if outcome.length_ms else "–",
            f"[{_COLOURS[outcome.status]}]{outcome.status}[/]",
            *(str(column.value(outcome)) if known else "–" for column in columns),
        )
    return table


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of figures."""

    heading: str
    value: Callable[[Outcome], object]
    is_always_shown: bool = True


_COLUMNS = (
    _Column("captions", lambda outcome: outcome.cues),
    _Column("languages", lambda outcome: " ".join(outcome.languages)),
    _Column("dubs", lambda outcome: " ".join(outcome.dubs), is_always_shown=False),
    _Column("not dubbed", lambda outcome: outcome.flagged if outcome.dubs else "", is_always_shown=False),
    _Column("scenes", lambda outcome: outcome.scenes),
    _Column("speakers", lambda outcome: outcome.speakers),
    _Column("errors", lambda outcome: outcome.errors),
    _Column("warnings", lambda outcome: outcome.warnings),
)


def _needs_a_human(outcomes: Sequence[Outcome], console: Console) -> None:
    bad = [outcome for outcome in outcomes if outcome.message]
    errors = sum(outcome.errors for outcome in outcomes)
    warnings = sum(outcome.warnings for outcome in outcomes)
    if not bad and not errors and not warnings:
        console.print("Nothing needs a human.")
        return
    console.print("\n[bold]Needs a human[/]")
    for outcome in bad:
        console.print(f"  {shown(outcome.source)}: {shown(outcome.message or '')}", highlight=False, soft_wrap=True)
    if errors or warnings:
        counts = f"{errors} error{'s' * (errors != 1)} and {warnings} warning{'s' * (warnings != 1)}"
        console.print(f"  {counts}: review.html in each folder shows them, report.md lists them")
