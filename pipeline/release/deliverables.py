"""The files of a release: captions in three formats, scene markers, and the quality report."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.captions.formats import srt, ttml, vtt
from pipeline.release import report
from pipeline.release.title import Title
from schemas.captions import Variant
from schemas.time import clock


@dataclass(frozen=True, slots=True)
class File:
    """One file of a release before it is stored."""

    name: str
    """File name, e.g. ``captions.en.srt``."""

    kind: str
    """What it is: ``captions``, ``scenes``, ``report``."""

    language: str | None
    """BCP 47 tag; None where it has none."""

    data: bytes
    """Its content."""


def compose(title: Title) -> Iterator[File]:
    """Every file of the title's release."""
    rate = title.asset.video.constant_rate if title.asset.video else None
    stem = f"captions.{title.language}"
    if title.variant is not Variant.SUBTITLE:
        stem += f".{title.variant}"
    for suffix, text in (
        ("srt", srt.compose(title.cues)),
        ("vtt", vtt.compose(title.cues)),
        ("ttml", ttml.compose(title.cues, language=title.language, rate=rate)),
    ):
        yield File(f"{stem}.{suffix}", "captions", title.language, text.encode())
    yield File("scenes.csv", "scenes", None, _scene_markers(title).encode())
    yield File("report.md", "report", None, report.compose(title).encode())


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
