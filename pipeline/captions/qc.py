"""Quality control of a caption file from anywhere: read, lint, report, and mend. No command line and no I/O."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions.fix import fix
from pipeline.captions.formats.detect import Format
from pipeline.captions.formats.reading import CaptionFile, read
from pipeline.captions.formats.writing import format_for, lost_in, write
from pipeline.captions.lint import lint
from pipeline.captions.profiles import CaptionProfile
from pipeline.captions.profiles import profile as profile_named
from schemas.captions import Finding, Severity
from schemas.time import clock


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of the title that captions belong to; rules that need what is not are said to be unchecked."""

    rate: Fraction | None
    """Frames per second; null when unknown, or when they vary."""

    cuts_ms: Sequence[int] | None
    """Starts of shots; null when unknown, empty when there are none."""

    first_frame_ms: int = 0
    """When the picture begins."""

    length_ms: int | None = None
    """Length of the title, past which nothing is extended; null when unknown."""


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

    mended_cues: int | None = None
    """How many cues were changed to make it; null for a file that nothing was changed in."""

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


@dataclass(frozen=True, slots=True)
class Mended:
    """A caption file put right where it can be."""

    text: str
    """The file, to be encoded as UTF-8."""

    report: QcReport
    """What remains to be done by a human."""


def check(data: bytes, *, name: str, language: str, profile: str, picture: Picture) -> QcReport:
    """The report on the caption file in ``data``; ``name`` is its file name, ``profile`` that of a caption profile.

    Raises:
        TextFileError: The file cannot be read; the line says where.
        UsageError: There is no such profile, or it has no guide for the language.

    """
    rules = profile_named(profile, language)
    return _report(read(data, language=language, name=name), name, rules, picture)


def mend(data: bytes, *, name: str, into: str, language: str, profile: str, picture: Picture) -> Mended:
    """The captions in ``data`` mended as far as that is possible, as a file of the name ``into``.

    The report is on the new file as any reader finds it. Its notes also say what of the old file was left out.

    Raises:
        TextFileError: The file cannot be read; the line says where.
        UsageError: There is no such profile, or it has no guide for the language, or ``into`` names no format.

    """
    kind = format_for(into)
    rules = profile_named(profile, language)
    file = read(data, language=language, name=name)
    mended = fix(
        file.cues,
        cuts_ms=picture.cuts_ms,
        rate=picture.rate,
        profile=rules,
        length_ms=picture.length_ms,
        first_frame_ms=picture.first_frame_ms,
    )
    text = write(mended, kind, language=language, rate=picture.rate)
    made = _report(read(text.encode(), language=language, name=into), into, rules, picture)
    notes = dict.fromkeys((*file.notes, *lost_in(mended, kind), *made.notes))
    changed = sum(new != old for new, old in zip(mended, file.cues, strict=True))
    return Mended(text, dataclasses.replace(made, notes=tuple(notes), mended_cues=changed))


def _report(file: CaptionFile, name: str, rules: CaptionProfile, picture: Picture) -> QcReport:
    findings = lint(
        file.cues,
        cuts_ms=picture.cuts_ms,
        rate=picture.rate,
        profile=rules,
        first_frame_ms=picture.first_frame_ms,
    )
    if not file.cues:
        message = "The file has no captions; that is right only for a title in which nothing is said."
        findings = [Finding("no-cues", Severity.WARNING, None, None, 0, None, "", message), *findings]
    return QcReport(
        name=name,
        format=file.format,
        encoding=file.encoding,
        language=rules.language,
        profile=rules.name,
        cues=len(file.cues),
        notes=file.notes,
        findings=tuple(findings),
    )


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
