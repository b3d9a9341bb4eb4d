"""Kill a title anywhere, run it again: the result is that of an undisturbed run, and nothing is done twice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.settings import Settings
from tests.support import contents, killed_title
from tests.support.excerpt import excerpt
from tests.support.killed_title import DUBBED, READ, SETTINGS, Trace

CAPTIONING = {
    "probe": ("probe",),
    "prepare": ("prepare",),
    "plan": ("plan",),
    "transcribe": ("transcribe",),
    "align": ("align",),
    "speakers": ("speakers", "diarize"),
    "stitch": ("stitch",),
    "describe": ("describe",),
    "cues": ("cues",),
    "preview": ("preview",),
    "release": ("release", "publish"),
}
"""Stages in the order in which they run, and what their points begin with."""

DUBBING = {
    "translate": ("translate",),
    "translated-cues": ("translated-cues",),
    "voices": ("voices", "transcribe"),
    "speak": ("speak", "synthesize"),
    "mix": ("mix",),
    "dub-preview": ("dub-preview",),
    "mux": ("mux",),
    "release": ("release", "publish"),
}
"""The same of what is added when a title that has captions is dubbed as well."""

READING = {
    "probe": ("probe",),
    "prepare": ("prepare",),
    "plan": ("plan",),
    "transcribe": ("transcribe",),
    "time-words": ("time-words", "align"),
    "speakers": ("speakers", "diarize"),
    "stitch": ("stitch",),
    "describe": ("describe",),
    "cues": ("cues",),
    "preview": ("preview",),
    "release": ("release", "publish"),
}
"""The same of engines that hear without times, and are told what was said."""

STAGES = [
    *(("captions", stage) for stage in CAPTIONING),
    *(("dub", stage) for stage in DUBBING),
    *(("read", stage) for stage in ("time-words", "describe", "cues")),
]
"""Runs and stages of them that are killed: of ``READING`` those that ``CAPTIONING`` does not have, or has otherwise."""


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A run that nobody killed."""

    source: Path
    before: Path
    """Library in which it began."""
    settings: Settings
    stages: dict[str, tuple[str, ...]]
    trace: Trace
    results: dict[str, str]

    def points(self, stage: str) -> list[str]:
        return [point for point in self.trace.points if point.partition(":")[0] in self.stages[stage]]

    def missing_after(self, point: str, stage: str) -> tuple[str, ...]:
        """Stages that a run which ended at ``point`` has not finished."""
        position = list(self.stages).index(stage)
        return tuple(self.stages)[position + point.startswith(f"{stage}:after-done") : -1]

    def unanswered_at(self, point: str) -> tuple[str, ...]:
        """Requests that had no kept answer yet when a run ended at ``point``."""
        before = self.trace.points[: self.trace.points.index(point) + 1]
        return self.trace.asked[sum(":after-answer" in reached for reached in before) :]


Runs = dict[str, Undisturbed]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("undisturbed")
    source, empty, captioned, dubbed = (excerpt(folder), *(folder / name for name in ("empty", "captioned", "dubbed")))
    empty.mkdir()
    captions = killed_title.caption(source, captioned)
    shutil.copytree(captioned, dubbed)
    dub = killed_title.caption(source, dubbed, settings=DUBBED)
    read = killed_title.caption(source, library := folder / "read", settings=READ)
    return {
        "captions": Undisturbed(source, empty, SETTINGS, CAPTIONING, captions, contents.results(captioned)),
        "dub": Undisturbed(source, captioned, DUBBED, DUBBING, dub, contents.results(dubbed)),
        "read": Undisturbed(source, empty, READ, READING, read, contents.results(library)),
    }


@pytest.mark.parametrize("run", ["captions", "dub", "read"])
def test_every_point_belongs_to_a_stage_that_is_tested(undisturbed: Runs, run: str) -> None:
    found = undisturbed[run]
    assert found.trace.stages == tuple(found.stages)[:-1]
    assert [point for stage in found.stages for point in found.points(stage)] == list(found.trace.points)
    assert all(found.points(stage) for stage in found.stages)


@pytest.mark.parametrize("run", ["captions", "dub", "read"])
def test_a_second_run_does_nothing_and_changes_nothing(undisturbed: Runs, run: str, tmp_path: Path) -> None:
    found, library = undisturbed[run], tmp_path / "library"
    shutil.copytree(found.before, library)
    killed_title.caption(found.source, library, settings=found.settings)
    again = killed_title.caption(found.source, library, settings=found.settings)
    assert again == Trace((), (), (), "unchanged")
    assert contents.differences(contents.results(library), found.results) == []


@pytest.mark.parametrize(("run", "stage"), STAGES)
def test_killed_at_any_point_a_title_is_finished_by_running_it_again(
    undisturbed: Runs, tmp_path: Path, run: str, stage: str
) -> None:
    found = undisturbed[run]
    library = tmp_path / "library"  # killed at one point after the other; a copy of it is finished each time
    shutil.copytree(found.before, library)
    points = found.points(stage)
    for number, point in enumerate(points):
        here = without_answers(point, points[:number])
        killed_title.caption_until(here, found.source, library, settings=found.settings)
        finished = tmp_path / f"finished-{number}"
        shutil.copytree(library, finished)
        trace = killed_title.caption(found.source, finished, settings=found.settings)
        assert contents.differences(contents.results(finished), found.results) == [], point
        assert trace.stages == found.missing_after(point, stage), point
        assert trace.asked == found.unanswered_at(point), point


def without_answers(point: str, passed: list[str]) -> str:
    """Name of a point in a run after runs that ended at the points ``passed``: answers kept by them are not asked."""
    kind, _, number = point.partition("#")
    job, _, place = kind.partition(":")
    kept = sum(one.startswith(f"{job}:after-answer#") for one in passed) if place.endswith("-answer") else 0
    return f"{kind}#{int(number) - kept}"
