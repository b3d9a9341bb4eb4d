"""Titles with little in them, and with sound that begins late: valid releases on the source's own timeline."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.captions.formats import srt, ttml, vtt
from pipeline.store import layout
from tests.support import clips, spoken
from tests.support.command import Ended, asked, reelingua
from tests.support.receipts import every_receipt
from tests.support.spoken import Utterance

EMPTY: dict[str, Callable[[Path], Path]] = {
    "no speech": clips.colours,
    "no audio": clips.no_audio,
    "no video": clips.audio_only,
    "one frame": clips.one_frame,
    "silence": clips.silence,
    "variable rate": clips.variable_rate,
}

LATE_MS = 1_700
"""How much later than the picture the sound of the late title begins."""

SPOKEN_MS = 800
"""Where in the sound the words begin."""

TEXT = "The weather is very good today and we are going to the lake."

WORD_TOLERANCE_MS = 150
"""Of the first word's start: a recogniser's usual error is 10 to 30 ms, and an AAC delay is 21 ms."""


@dataclass(frozen=True, slots=True)
class Made:
    """Some titles in one library."""

    sources: dict[str, Path]
    library: Path
    ended: Ended

    def asset(self, name: str) -> str:
        """The asset of a title."""
        found = {receipt.key: receipt.asset_id for receipt in every_receipt(self.library)}
        asset_id = found[str(self.sources[name])]
        assert asset_id is not None
        return asset_id

    def rows(self, name: str, columns: str, table: str) -> list[dict[str, str]]:
        return asked(self.library, f"select {columns} from {table} where asset_id = '{self.asset(name)}'")

    def release(self, name: str) -> Path:
        (row,) = self.rows(name, "release_id", "assets")
        return self.library / layout.release_folder(self.asset(name), row["release_id"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("titles")
    sources = {name: make(folder) for name, make in EMPTY.items()}
    sources["late"] = late_speech(folder)
    ended = reelingua("run", *sources.values(), "--library", folder / "library", "--language", "en")
    return Made(sources, folder / "library", ended)


def late_speech(folder: Path) -> Path:
    """A picture from 0 ms, and sound from ``LATE_MS`` in which words begin after ``SPOKEN_MS``; Matroska."""
    said = spoken.speech(folder, [Utterance(SPOKEN_MS, "rms", TEXT)], length_ms=6_000)
    picture = clips.colours(folder, name="picture.mp4", with_tone=False, frames=200)
    late = ["-itsoffset", f"{LATE_MS / 1000}", "-i", f"file:{said.path}"]
    return clips.encode(folder / "late.mkv", "-i", f"file:{picture}", *late, "-c:v", "copy")


def test_all_are_released(made: Made) -> None:
    assert made.ended.code == 0
    assert made.ended.out.count("made ") >= len(made.sources)


@pytest.mark.parametrize("name", EMPTY)
def test_a_title_without_words_has_a_valid_release_without_captions(made: Made, name: str) -> None:
    release = made.release(name)
    for parse, suffix in ((srt.parse, "srt"), (vtt.parse, "vtt"), (ttml.parse, "ttml")):
        assert parse((release / f"captions.en.{suffix}").read_text("utf-8"), "en") == []
    manifest = json.loads((release / "manifest.json").read_bytes())
    assert manifest["language"] is None
    assert manifest["errors"] == 0
    assert not manifest["is_draft"]
    assert made.rows(name, "word", "words") == []


@pytest.mark.parametrize("name", [*EMPTY, "late"])
def test_coverage_and_scenes_sum_to_the_length(made: Made, name: str) -> None:
    (asset,) = made.rows(name, "length_ms", "assets")
    for table in ("coverage", "scenes"):
        (total,) = made.rows(name, "sum(end_ms - start_ms) as ms, min(start_ms) as first, max(end_ms) as last", table)
        assert total == {"ms": asset["length_ms"], "first": "0", "last": asset["length_ms"]}


@pytest.mark.parametrize(("name", "shots"), [("no audio", 3), ("no video", 0), ("one frame", 1), ("silence", 0)])
def test_shots_are_those_of_the_picture(made: Made, name: str, shots: int) -> None:
    assert len(made.rows(name, "shot_index", "shots")) == shots


def test_captions_of_sound_that_begins_late_keep_the_time_of_the_picture(made: Made) -> None:
    words = made.rows("late", "word, start_ms", "words")
    assert abs(min(int(word["start_ms"]) for word in words) - (LATE_MS + SPOKEN_MS)) <= WORD_TOLERANCE_MS
    cues = srt.parse((made.release("late") / "captions.en.srt").read_text("utf-8"), "en")
    first = min(cue.span.start_ms for cue in cues)
    assert LATE_MS <= first <= LATE_MS + SPOKEN_MS + WORD_TOLERANCE_MS
