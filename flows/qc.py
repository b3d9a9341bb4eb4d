"""``reelingua qc``: any caption file against a delivery profile."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flows.terminal import shown
from pipeline.captions.qc import QcReport, check
from pipeline.errors import UsageError
from pipeline.media import files
from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from pipeline.store import parquet
from schemas.captions import Severity
from schemas.media import Shot

EXIT_ERRORS = 3
"""Exit code when a finding has the severity error."""

NTSC_RATES = {"23.976": Fraction(24000, 1001), "23.98": Fraction(24000, 1001)} | {
    f"{rate:.2f}": Fraction(nominal * 1000, 1001) for nominal, rate in ((30, 29.97), (60, 59.94))
}
"""What people write for rates that are no decimal number (SMPTE ST 12-1)."""

MAX_RATE = 1000
"""Ours: beyond it a frame is shorter than the millisecond of a caption."""

_COLOURS = {Severity.ERROR.value: "red", Severity.WARNING.value: "yellow", Severity.INFO.value: "dim"}


@dataclass(frozen=True, slots=True)
class _Picture:
    """What is known of the title that the captions belong to."""

    rate: Fraction | None
    cuts_ms: Sequence[int] | None
    first_frame_ms: int = 0


def frame_rate(text: str) -> Fraction:
    """Exact frames per second from what people write: ``25``, ``23.976``, ``30000/1001``.

    Raises:
        UsageError: It is no positive number.

    """
    try:
        rate = NTSC_RATES.get(text) or Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise UsageError(f"--fps {text}: give frames per second, e.g. 25, 23.976 or 30000/1001") from error
    if not 0 < rate <= MAX_RATE:
        raise UsageError(f"--fps {text}: frames per second lie between 0 and {MAX_RATE}")
    return rate


def run(
    captions: Path,
    *,
    language: str,
    profile: str,
    media: Path | None,
    rate: Fraction | None,
    style: str,
    console: Console,
) -> int:
    """Print the findings; 3 when one has the severity error.

    Raises:
        UsageError: The file does not exist, or both a title and a rate were given, or the profile has no
            guide for the language.
        CaptionFileError: The file is not captions.
        MediaError: The title cannot be used.

    """
    if media is not None and rate is not None:
        raise UsageError("--media brings its own frame rate; leave out --fps")
    try:
        data = captions.read_bytes()
    except OSError as error:
        raise UsageError(f"{captions} cannot be read ({error.strerror}); check the name") from error
    picture = _Picture(rate, None) if media is None else _looked_at(media)
    report = check(
        data,
        name=captions.name,
        language=language,
        profile=profile,
        rate=picture.rate,
        cuts_ms=picture.cuts_ms,
        first_frame_ms=picture.first_frame_ms,
    )
    if style == "json":
        sys.stdout.write(report.to_json() + "\n")
    else:
        _print(report, console)
    return EXIT_ERRORS if report.has_errors else 0


def _looked_at(media: Path) -> _Picture:
    """The exact rate of a title, and where its shots begin."""
    asset = probe(media)
    if asset.video is None:
        return _Picture(None, ())
    with tempfile.TemporaryDirectory(prefix="reelingua-qc-") as folder:
        prepare(media, asset, Path(folder))
        shots = parquet.read_rows(Path(folder) / files.SHOTS, Shot)
    rate = None if asset.video.is_variable_rate else asset.video.frame_rate
    return _Picture(rate, [shot.span.start_ms for shot in shots[1:]], asset.video.start_ms)


def _print(report: QcReport, console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("severity", "cue", "time", "rule", "measured", "limit", "what is wrong"):
        table.add_column(heading, justify="right" if heading in ("cue", "time", "measured", "limit") else "left")
    for row in report.rows():
        colour = _COLOURS[row.severity]
        table.add_row(
            f"[{colour}]{row.severity}[/]", row.cue, row.time, row.rule, row.measured, row.limit, shown(row.message)
        )
    if report.findings:
        console.print(table)
        console.print()
    for note in report.notes:
        console.print(f"note: {shown(note)}", style="dim", highlight=False, soft_wrap=True)
    counts = ", ".join(f"{report.count(severity)} {severity}" for severity in Severity)
    console.print(
        f"{shown(report.name)}: {report.format}, {report.encoding}, {report.cues} cues; {report.profile} "
        f"for {report.language}: {counts}",
        highlight=False,
        soft_wrap=True,
    )
