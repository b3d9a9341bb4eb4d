"""Shots of clips whose cuts are known: recall and F1 of the boundaries, to the exact frame.

    REELINGUA_MEDIA=FOLDER python -m tests.bench.bench_shots

Clips and references: the demo clip and its truth, a fade at its first black frame; made clips of constant and
of variable frame rate (``tests.support.clips``); and of the shared recordings ``nature.mp4``, ``fades.mp4`` and
``counter.mp4``, whose lists are what PySceneDetect 0.7's own detectors find with their defaults. Scored by
``tests.support.scoring.cut_score`` with a tolerance of 0 frames.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.media import files
from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from pipeline.store import parquet
from schemas.media import Shot
from tests.bench.results import Result, at_least, note, parser, report
from tests.support import clips
from tests.support.demo_clip import DEMO, demo_truth
from tests.support.scoring import cut_score

COMMAND = "./run bench shots"

ALL = at_least(1.0)
"""The project's target: every cut of the reference lists at the exact frame, also on variable frame rate."""

SHARED = {"nature.mp4": (30, 180, 394, 691), "fades.mp4": (84, 167), "counter.mp4": (20,)}
"""PySceneDetect 0.7: AdaptiveDetector on nature.mp4, ThresholdDetector on fades.mp4. counter.mp4 was not edited,
but AdaptiveDetector finds the frame in which its ground turns from red to green."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A clip and where its shots begin."""

    clip: Path
    """The file."""

    cuts: Sequence[int]
    """First frames of its shots but the first one."""


def main() -> None:
    """Score every clip."""
    report(measured(), records=parser(__doc__).parse_args().records)


def measured() -> Iterator[Result]:
    """Recall and F1, clip by clip."""
    with tempfile.TemporaryDirectory(prefix="reelingua-bench-") as folder:
        for reference in references(Path(folder)):
            found = boundaries(reference.clip)
            score = cut_score(reference.cuts, found)
            name = f"{reference.clip.name} (boundaries: {score.reference})"
            note(f"{name}: found {found}")
            yield Result(f"recall, {name}", score.recall, "", ALL, COMMAND)
            yield Result(f"F1, {name}", score.f1, "", None, COMMAND)


def references(folder: Path) -> Iterator[Reference]:
    """Clips and their truth."""
    truth = demo_truth()
    yield Reference(DEMO, (*truth.cuts, *(fade.black_frame for fade in truth.fades)))
    yield Reference(clips.colours(folder), (30, 70))
    yield Reference(clips.variable_rate(folder), (30, 60))
    if media := os.environ.get("REELINGUA_MEDIA"):
        for name, cuts in SHARED.items():
            yield Reference(Path(media) / name, cuts)
    else:
        note("the shared clips are left out: set REELINGUA_MEDIA to the folder that holds them")


def boundaries(clip: Path) -> list[int]:
    """First frames of the shots that prepare finds, but the first one."""
    with tempfile.TemporaryDirectory(prefix="reelingua-bench-") as folder:
        prepare(clip, probe(clip), Path(folder))
        return [shot.first_frame for shot in parquet.read_rows(Path(folder) / files.SHOTS, Shot)[1:]]


if __name__ == "__main__":
    main()
