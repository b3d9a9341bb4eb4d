"""``reelingua qc``: any caption file against a delivery profile."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flows import exit_codes
from flows.terminal import shown
from pipeline.captions.formats.limits import MAX_FILE_BYTES
from pipeline.captions.formats.writing import format_for
from pipeline.captions.qc import Picture, QcReport, check, mend
from pipeline.errors import UsageError
from pipeline.media import files
from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from pipeline.store import parquet
from schemas.captions import Severity
from schemas.media import Shot

NTSC_RATES = {"23.976": Fraction(24000, 1001), "23.98": Fraction(24000, 1001)} | {
    f"{rate:.2f}": Fraction(nominal * 1000, 1001) for nominal, rate in ((30, 29.97), (60, 59.94))
}
"""What people write for rates that are no decimal number (SMPTE ST 12-1)."""

MAX_RATE = 1000
"""Ours: beyond it a frame is shorter than the millisecond of a caption."""

_COLOURS = {Severity.ERROR.value: "red", Severity.WARNING.value: "yellow", Severity.INFO.value: "dim"}


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
    fixed: Path | None,
    style: str,
    console: Console,
) -> int:
    """Print the findings; 3 when one has the severity error.

    With ``fixed``, what can be mended is mended and written there, and the findings are those that remain.

    Raises:
        UsageError: The file does not exist, or both a title and a rate were given, or the profile has no
            guide for the language, or ``fixed`` cannot be written or is the file itself.
        TextFileError: The file is not captions.
        MediaError: The title cannot be used.

    """
    if media is not None and rate is not None:
        raise UsageError("--media brings its own frame rate; leave out --fps")
    if fixed is not None:
        _check_target(fixed, captions)
    try:
        with captions.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{captions} cannot be read ({error.strerror}); check the name") from error
    picture = Picture(rate, None) if media is None else _looked_at(media)
    if fixed is None:
        report = check(data, name=captions.name, language=language, profile=profile, picture=picture)
    else:
        mended = mend(data, name=captions.name, into=fixed.name, language=language, profile=profile, picture=picture)
        _write(fixed, mended.text)
        report = mended.report
    if style == "json":
        sys.stdout.write(report.to_json() + "\n")
    else:
        _print(report, console)
    return exit_codes.GATE if report.has_errors else exit_codes.DONE


def _check_target(fixed: Path, captions: Path) -> None:
    """Refuse, before anything is read, a target of no format, and one that would replace what it was made from."""
    format_for(fixed.name)
    if fixed.exists() and captions.exists() and fixed.samefile(captions):
        raise UsageError(f"--fix {fixed} is the file that is read; give another name")


def _looked_at(media: Path) -> Picture:
    """The exact rate of a title, and where its shots begin."""
    asset = probe(media)
    if asset.video is None:
        return Picture(None, (), length_ms=asset.length_ms)
    with tempfile.TemporaryDirectory(prefix="reelingua-qc-") as folder:
        prepare(media, asset, Path(folder))
        shots = parquet.read_rows(Path(folder) / files.SHOTS, Shot)
    cuts_ms = [shot.span.start_ms for shot in shots[1:]]
    return Picture(asset.video.constant_rate, cuts_ms, asset.video.start_ms, asset.length_ms)


def _write(target: Path, text: str) -> None:
    """The file as UTF-8, whole or not at all."""
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_text(text, "utf-8", newline="\n")
        part.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise UsageError(f"--fix {target} cannot be written ({error.strerror}); check the folder") from error


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
    if report.mended_cues is not None:
        cues = "1 cue" if report.mended_cues == 1 else f"{report.mended_cues} cues"
        console.print(f"{cues} mended; the findings are what remains", highlight=False)
