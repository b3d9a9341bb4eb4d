"""A title made with engines as production's are: what its release says of them, and what they cost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from pipeline.errors import UsageError
from pipeline.stages import title
from pipeline.stages.work import Work
from pipeline.store import layout, owners, parquet
from pipeline.store.claims import Claims
from pipeline.store.ledger import Ledger
from pipeline.store.objects import FolderObjects
from schemas.jobs import DescribeRequest, Job
from schemas.outcome import Outcome, Status
from schemas.scenes import Detail
from schemas.settings import Settings
from schemas.tables import CueRow, RunRow, ShotRow, WordRow
from tests.support.excerpt import excerpt
from tests.support.fixed_engine import FixedEngines
from tests.support.reading_engine import CUE, USAGE, ReadingEngines

Row = TypeVar("Row")
"""A row of a table."""

SETTINGS = Settings(engine="embedded", profile="netflix-sdh", style="in the present tense")


@dataclass(frozen=True, slots=True)
class Made:
    """A title that was made."""

    library: FolderObjects
    outcome: Outcome
    engines: ReadingEngines

    @property
    def folder(self) -> Path:
        """Its release."""
        assert self.outcome.asset_id is not None
        assert self.outcome.release_id is not None
        return self.library.root / layout.release_folder(self.outcome.asset_id, self.outcome.release_id)

    def rows(self, table: str, record: type[Row]) -> list[Row]:
        """What it published."""
        assert self.outcome.asset_id is not None
        assert self.outcome.release_id is not None
        part = self.library.local(layout.table_part(table, self.outcome.asset_id, self.outcome.release_id))
        return parquet.read_rows(part, record)


def work(library: FolderObjects, engines: FixedEngines, settings: Settings = SETTINGS) -> Work:
    return Work(
        objects=library,
        ledger=Ledger(library),
        claims=Claims(library, owner=owners.this_process()),
        engines=engines,
        settings=settings,
        progress=lambda _stage, _done, _total: None,
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return excerpt(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def made(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    library = FolderObjects(tmp_path_factory.mktemp("reading") / "library")
    engines = ReadingEngines(library)
    return Made(library, title.make(work(library, engines), source), engines)


@pytest.fixture(scope="module")
def unaligned(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    library = FolderObjects(tmp_path_factory.mktemp("unaligned") / "library")
    engines = ReadingEngines(library, aligns=())
    return Made(library, title.make(work(library, engines), source), engines)


def test_the_manifest_names_both_who_heard_the_words_and_who_timed_them(made: Made) -> None:
    manifest = json.loads((made.folder / "manifest.json").read_text())
    engines = {stage["stage"]: stage["engine"] for stage in manifest["stages"]}
    assert engines["transcribe"] == f"fixed/{Job.TRANSCRIBE}"
    assert engines["time-words"] == f"fixed/{Job.ALIGN}"


def test_runs_say_what_each_stage_cost(made: Made) -> None:
    runs = {run.stage: run for run in made.rows("runs", RunRow)}
    for stage in ("transcribe", "time-words", "describe"):
        spent = runs[stage].spent
        count = spent.tokens_in // USAGE.tokens_in
        assert count >= 1
        assert (spent.tokens_out, spent.attempts) == (count * USAGE.tokens_out, count * USAGE.attempts)
        assert (spent.retries, spent.preemptions) == (count, count)
        assert spent.kv_usage is not None
    assert runs["stitch"].spent.tokens_in == 0
    assert runs["stitch"].spent.kv_usage is None


def test_the_describer_is_told_what_was_said_and_how_to_tell_it(made: Made) -> None:
    asked = [request for request in made.engines.requests if isinstance(request, DescribeRequest)]
    assert asked
    assert all(request.style == SETTINGS.style for request in asked)
    assert any(request.said for request in asked)


def test_its_shots_and_captions_say_what_sounds(made: Made) -> None:
    assert {(row.mood, row.sound_cues) for row in made.rows("shots", ShotRow)} == {("tense", (CUE,))}
    report = (made.folder / "report.md").read_text()
    labels = [row for row in made.rows("cues", CueRow) if row.text == f"[{CUE}]"]
    assert bool(labels) != (CUE in report), "a sound is in the captions, or a finding"


def test_estimated_times_are_told_in_report_and_table(unaligned: Made) -> None:
    report = (unaligned.folder / "report.md").read_text()
    assert "The times of the words are estimates in" in report
    assert "times-estimated" in report
    assert all(word.confidence is None for word in unaligned.rows("words", WordRow))
    assert unaligned.outcome.cues > 0


def test_a_second_run_asks_nothing(made: Made, source: Path) -> None:
    again = ReadingEngines(made.library)
    assert title.make(work(made.library, again), source).status is Status.UNCHANGED
    assert again.requests == []


def test_a_style_that_an_engine_does_not_heed_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    library = FolderObjects(tmp_path / "library")
    settings = Settings(engine="embedded", detail=Detail.SCRIPT)
    with pytest.raises(UsageError, match="--detail"):
        title.make(work(library, FixedEngines(library), settings), tmp_path / "missing.mp4")
