"""Kill a title anywhere, run it again: the result is that of an undisturbed run, and nothing is done twice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import contents, killed_title
from tests.support.excerpt import excerpt
from tests.support.killed_title import Trace

POINTS_OF = {
    "probe": ("probe",),
    "prepare": ("prepare",),
    "plan": ("plan",),
    "transcribe": ("transcribe",),
    "align": ("align",),
    "speakers": ("speakers", "diarize"),
    "stitch": ("stitch",),
    "describe": ("describe",),
    "cues": ("cues",),
    "release": ("release", "publish"),
}
"""Stages in the order in which they run, and what their points begin with."""

STAGES = tuple(POINTS_OF)


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A run that nobody killed."""

    source: Path
    trace: Trace
    results: dict[str, str]

    def points(self, stage: str) -> list[str]:
        return [point for point in self.trace.points if point.partition(":")[0] in POINTS_OF[stage]]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    source = excerpt(folder)
    trace = killed_title.caption(source, folder / "library")
    return Undisturbed(source, trace, contents.results(folder / "library"))


def test_every_point_belongs_to_a_stage_that_is_tested(undisturbed: Undisturbed) -> None:
    assert undisturbed.trace.stages == STAGES[:-1]
    assert [point for stage in STAGES for point in undisturbed.points(stage)] == list(undisturbed.trace.points)
    assert all(undisturbed.points(stage) for stage in STAGES)


def test_a_second_run_does_nothing_and_changes_nothing(undisturbed: Undisturbed, tmp_path: Path) -> None:
    library = tmp_path / "library"
    killed_title.caption(undisturbed.source, library)
    assert killed_title.caption(undisturbed.source, library) == Trace((), (), (), "unchanged")
    assert contents.differences(contents.results(library), undisturbed.results) == []


@pytest.mark.parametrize("stage", STAGES)
def test_killed_at_any_point_a_title_is_finished_by_running_it_again(
    undisturbed: Undisturbed, tmp_path: Path, stage: str
) -> None:
    library = tmp_path / "library"  # killed at one point after the other; a copy of it is finished each time
    library.mkdir()
    for number, point in enumerate(undisturbed.points(stage)):
        killed_title.caption_until(point, undisturbed.source, library)
        finished = tmp_path / f"finished-{number}"
        shutil.copytree(library, finished)
        trace = killed_title.caption(undisturbed.source, finished)
        assert contents.differences(contents.results(finished), undisturbed.results) == [], point
        assert trace.stages == missing_after(point, stage), point
        assert trace.asked == unanswered_at(point, undisturbed.trace), point


def missing_after(point: str, stage: str) -> tuple[str, ...]:
    """Stages that a run which ended at ``point`` has not finished."""
    position = STAGES.index(stage)
    return STAGES[position + point.startswith(f"{stage}:after-done") : -1]


def unanswered_at(point: str, trace: Trace) -> tuple[str, ...]:
    """Requests that had no kept answer yet when a run ended at ``point``."""
    before = trace.points[: trace.points.index(point) + 1]
    return trace.asked[sum(":after-answer" in reached for reached in before) :]
