"""Quality control of a caption file from anywhere: read it, lint it, report. No command line and no I/O."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions.formats.detect import Format
from pipeline.captions.formats.reading import read
from pipeline.captions.lint import lint
from pipeline.captions.profiles import profile as profile_named
from schemas.captions import Finding, Severity
from schemas.time import clock


@dataclass(frozen=True, slots=True)
class QcRow:
    """One finding as a line of a table; empty where there is nothing to say."""

    severity: str
    """``error``, ``warning`` or ``info``."""

    cue: str
    """Number of the cue in order of start, from 1."""

    time: str
    """Where it starts, ``H:MM:SS.mmm``."""

    rule: str
    """Name of the rule."""

    measured: str
    """What was found, with its unit."""

    limit: str
    """What is allowed, with its unit."""

    message: str
    """One sentence for an editor."""


@dataclass(frozen=True, slots=True)
class QcReport:
    """What is wrong with one caption file."""

    name: str
    """Its file name."""

    format: Format
    """Its format, found by its content."""

    encoding: str
    """Its encoding, Python's name."""

    language: str
    """BCP 47 tag that it was checked for."""

    profile: str
    """Name of the profile that it was checked against."""

    cues: int
    """How many cues it has."""

    notes: tuple[str, ...]
    """What was tolerated or left out in reading, one sentence for each kind."""

    findings: tuple[Finding, ...]
    """What is wrong, in order of the cues."""

    def count(self, severity: Severity) -> int:
        """How many findings are that bad."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def has_errors(self) -> bool:
        """Whether the file would fail delivery."""
        return self.count(Severity.ERROR) > 0

    def to_json(self) -> str:
        """The report as one JSON object: its fields, and under ``counts`` the findings of each severity."""
        content = dataclasses.asdict(self)
        content["counts"] = {severity.value: self.count(severity) for severity in Severity}
        return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)

    def rows(self) -> Iterator[QcRow]:
        """The findings as lines of a table, in order of the cues."""
        return (_row(finding) for finding in self.findings)


def check(
    data: bytes,
    *,
    name: str,
    language: str,
    profile: str,
    rate: Fraction | None,
    cuts_ms: Sequence[int] | None,
    first_frame_ms: int = 0,
) -> QcReport:
    """The report on the caption file in ``data``.

    ``name`` is its file name; ``profile`` that of a caption profile. ``rate`` in frames per second and
    ``cuts_ms``, the starts of shots, are None when unknown: rules that need them are then reported as not
    checked. ``first_frame_ms`` is when the picture begins.

    Raises:
        CaptionFileError: The file cannot be read; the line says where.
        UsageError: There is no such profile, or it has no guide for the language.

    """
    rules = profile_named(profile, language)
    file = read(data, language=language, name=name)
    findings = lint(file.cues, cuts_ms=cuts_ms, rate=rate, profile=rules, first_frame_ms=first_frame_ms)
    return QcReport(name, file.format, file.encoding, language, profile, len(file.cues), file.notes, tuple(findings))


def _row(finding: Finding) -> QcRow:
    return QcRow(
        severity=finding.severity.value,
        cue="" if finding.cue_index is None else str(finding.cue_index + 1),
        time="" if finding.start_ms is None else clock(finding.start_ms),
        rule=str(finding.rule),
        measured=_quantity(finding.measured, finding.unit),
        limit=_quantity(finding.limit, finding.unit),
        message=finding.message,
    )


def _quantity(value: float | None, unit: str) -> str:
    """A value to a hundredth at most, with its unit."""
    if value is None:
        return ""
    number = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{number} {unit}".rstrip()
