"""The files of a release: captions in three formats per language, scene markers, the report, and what stages made."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pipeline.captions.formats import srt, ttml, vtt
from pipeline.release import report
from pipeline.release.title import Title
from schemas.captions import Cue, Variant
from schemas.release import Deliverable
from schemas.time import clock


@dataclass(frozen=True, slots=True)
class File:
    """One text of a release before it is stored."""

    name: str
    """File name, e.g. ``captions.en.srt``."""

    kind: str
    """What it is, as ``Deliverable`` has it."""

    language: str | None
    """BCP 47 tag; None where it has none."""

    data: bytes
    """Its content."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A file that is made already and goes into the release as it is."""

    deliverable: Deliverable
    """What the manifest says of it."""

    path: Path
    """Where it is; it stays there."""


def compose(title: Title) -> Iterator[File]:
    """Every text of the title's release but the review page."""
    rate = title.asset.video.constant_rate if title.asset.video else None
    yield from _captions(title.cues, title.language, title.variant, rate)
    for one in title.localized:
        yield from _captions(one.cues, one.language, one.profile.variant, rate)
    yield File("scenes.csv", "scenes", None, _scene_markers(title).encode())
    yield File("report.md", "report", None, report.compose(title).encode())


def _captions(cues: Sequence[Cue], language: str, variant: Variant, rate: Fraction | None) -> Iterator[File]:
    stem = f"captions.{language}"
    if variant is not Variant.SUBTITLE:
        stem += f".{variant}"
    for suffix, text in (
        ("srt", srt.compose(cues)),
        ("vtt", vtt.compose(cues)),
        ("ttml", ttml.compose(cues, language=language, rate=rate)),
    ):
        yield File(f"{stem}.{suffix}", "captions", language, text.encode())


def _scene_markers(title: Title) -> str:
    """Scenes as CSV; spreadsheets and editing programs import it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["scene", "start", "end", "title", "synopsis", "sound", "speakers"])
    for scene in title.scenes:
        times = (clock(scene.span.start_ms), clock(scene.span.end_ms))
        speakers = " ".join(scene.speakers)
        texts = (scene.title, scene.synopsis, scene.sound, speakers)
        writer.writerow([scene.scene_index + 1, *times, *map(_inert, texts)])
    return out.getvalue()


def _inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula: names and descriptions may come from anybody."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
