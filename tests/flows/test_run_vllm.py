"""``reelingua run --engine vllm``: real vLLM on the CPU, with models that know twenty words, from sample to cue.

What is said, when, by whom, what is on the cards, and what it is in Spanish is known; so the whole production path is
compared with the truth, not only run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.captions.formats import srt
from pipeline.store import layout
from tests.support import contents, vllm_deployment
from tests.support.command import Ended, asked, reelingua
from tests.support.receipts import every_receipt
from tests.support.taught import cards, sounds
from tests.support.taught.cards import Card
from tests.support.taught.phrasebook import translated
from tests.support.taught.sounds import Voice
from tests.support.taught.viewing import what
from tests.support.vllm_here import CpuVllm
from workers.engines.vllm.config import VARIABLE

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600), pytest.mark.xdist_group("run-vllm")]

CARDS = (
    Card("red", "seven", ("red", "seven"), Voice.LOW),
    Card("black", "moon", ("black", "moon", "three"), Voice.HIGH),
)
"""The title: two shots; a black card begins a scene, as the model has learnt."""

GRID_MS = 160
"""Of a word's start: the aligner knows steps of 80 ms, and a tiny one may be one step off."""

FRAME_MS = 40
"""Cues begin and end on frames of 25 per second."""


@dataclass(frozen=True, slots=True)
class Made:
    """A title, and what was made of it."""

    title: cards.Title
    library: Path
    ended: Ended

    @property
    def release(self) -> Path:
        """Folder of its release."""
        (receipt,) = every_receipt(self.library)
        assert receipt.asset_id is not None
        assert receipt.release_id is not None
        return self.library / layout.release_folder(receipt.asset_id, receipt.release_id)

    def rows(self, sql: str) -> list[dict[str, str]]:
        """Answer of the tables."""
        return asked(self.library, sql)


@pytest.fixture(scope="module")
def made(cpu_vllm: CpuVllm, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("cards")
    title = cards.film(folder, CARDS, studio=sounds.Studio())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", cpu_vllm.environment["PYTHONPATH"])
        patch.setenv(VARIABLE, str(vllm_deployment.write(folder)))
        ended = _run(title.path, folder / "library")
    assert ended.code == 0, ended.out + ended.err
    return Made(title, folder / "library", ended)


def test_every_sentence_is_captioned_as_it_was_said(made: Made) -> None:
    cues = list(srt.parse((made.release / "captions.en.srt").read_text("utf-8"), "en"))
    assert " ".join(" ".join(cue.lines) for cue in cues) == made.title.recording.text


def test_every_word_has_the_time_at_which_it_was_said(made: Made) -> None:
    rows = made.rows("select word, start_ms, end_ms from words order by start_ms")
    assert [row["word"] for row in rows] == [word.text for word in made.title.recording.words]
    off_ms = [
        abs(int(row["start_ms"]) - word.span.start_ms)
        for row, word in zip(rows, made.title.recording.words, strict=True)
    ]
    assert max(off_ms) <= GRID_MS, off_ms


def test_each_shot_is_described_by_its_colour_and_its_word(made: Made) -> None:
    rows = made.rows("select start_ms, description, on_screen from shots order by start_ms")
    assert [int(row["start_ms"]) for row in rows] == [shot.start_ms for shot in made.title.shots]
    for row, card in zip(rows, CARDS, strict=True):
        assert row["description"] == what(card)
        assert card.word.upper() in row["on_screen"]


def test_scenes_begin_where_the_model_says_and_on_cuts(made: Made) -> None:
    rows = made.rows("select start_ms, end_ms, title from scenes order by start_ms")
    assert [(int(row["start_ms"]), int(row["end_ms"])) for row in rows] == [
        (shot.start_ms, shot.end_ms) for shot in made.title.shots
    ]
    assert [row["title"] for row in rows] == ["From seven", "From moon"]


def test_every_line_is_translated(made: Made) -> None:
    rows = made.rows("select source, text from translations order by line_index")
    assert [row["text"] for row in rows] == [translated(row["source"]) for row in rows]


def test_runs_say_which_model_answered_and_what_it_took(made: Made) -> None:
    rows = {row["stage"]: row for row in made.rows("select * from runs")}
    for stage, engine in (("transcribe", "asr"), ("describe", "thinker"), ("translate", "thinker")):
        assert rows[stage]["engine"] == engine
        assert int(rows[stage]["tokens_in"]) > 0
        assert int(rows[stage]["tokens_out"]) > 0
        assert float(rows[stage]["gpu_s"]) == 0  # it ran on a CPU
    assert int(rows["describe"]["tokens_cached"]) > 0  # the second question finds the media of the first


def test_the_manifest_pins_the_checkpoints(made: Made) -> None:
    manifest = json.loads((made.release / "manifest.json").read_text("utf-8"))
    revisions = {stage["engine"]: stage["revision"] for stage in manifest["stages"] if stage["engine"]}
    assert {"asr", "aligner", "speaker", "thinker"} <= set(revisions)
    assert not manifest["is_draft"]


def test_running_again_asks_nothing_and_changes_nothing(
    made: Made, on_cpu_vllm: CpuVllm, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents.published(made.library)
    monkeypatch.setenv(VARIABLE, str(made.title.path.parent / "vllm.toml"))
    ended = _run(made.title.path, made.library)
    assert ended.code == 0, ended.err
    assert "unchanged" in ended.out
    assert contents.differences(contents.published(made.library), before) == []


def test_a_model_that_answers_garbage_makes_a_valid_release_and_rows_with_reasons(
    on_cpu_vllm: CpuVllm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    noise = vllm_deployment.untaught(on_cpu_vllm, tmp_path)
    monkeypatch.setenv(VARIABLE, str(vllm_deployment.write(tmp_path, checkpoints=noise)))
    title = cards.film(tmp_path, CARDS, studio=sounds.Studio())
    ended = _run(title.path, tmp_path / "library")
    assert ended.code == 0, ended.out + ended.err
    made = Made(title, tmp_path / "library", ended)
    reasons = [row["failure"] for row in made.rows("select failure from chunks where failure is not null")]
    assert reasons
    assert all(reasons)
    assert (made.release / "captions.en.srt").exists()
    dropped = made.rows("select reason from coverage where label = 'dropped'")
    assert dropped
    assert all(row["reason"] for row in dropped)


def _run(source: Path, library: Path) -> Ended:
    return reelingua(
        "run", source, "--library", library, "--engine", "vllm", "--language", "en", "--to", "es", "--profile", "web"
    )
