"""What a human says is believed: the words of a transcript, the speakers of an RTTM file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.captions.formats import srt
from pipeline.speech import rttm
from schemas.speech import Turn, Word
from schemas.time import Span
from tests.support.captioned import Captioned
from tests.support.command import asked, reelingua
from tests.support.demo_clip import demo_truth
from tests.support.scoring import word_time_errors

TRUTH = demo_truth()

NAMES = {"A": "Ann", "B": "Bob"}
"""What the speakers of the clip are called by whoever wrote the RTTM."""

WORD_TIME_TOLERANCE_MS = 40
"""Median error of a word's start when its text is given."""


@pytest.fixture(scope="module")
def told(demo: Captioned, tmp_path_factory: pytest.TempPathFactory) -> Captioned:
    """The demo clip with the transcript and the speakers of its truth."""
    folder = tmp_path_factory.mktemp("told")
    shutil.copytree(demo.library, folder / "library")
    (folder / "demo.txt").write_text("\n\n".join(TRUTH.texts), "utf-8")
    turns = [Turn(turn.span, NAMES[str(turn.speaker)], 1.0) for turn in TRUTH.turns]
    (folder / "demo.rttm").write_text(rttm.compose(turns, recording="demo"), "utf-8")
    given: list[str | Path] = ["--transcript", folder / "demo.txt", "--speakers", folder / "demo.rttm"]
    ended = reelingua("run", demo.source, "--library", folder / "library", *given)
    return Captioned(demo.source, folder / "library", ended)


def test_the_words_are_exactly_those_of_the_transcript(told: Captioned) -> None:
    assert told.ended.code == 0
    words = asked(told.library, "select word from words order by word_index")
    assert [row["word"] for row in words] == " ".join(TRUTH.texts).split()


def test_the_captions_say_the_transcript_and_nothing_else(told: Captioned) -> None:
    cues = srt.parse((told.release / "captions.en.srt").read_text("utf-8"), "en")
    said = " ".join(line.removeprefix("-") for cue in cues for line in cue.lines)
    assert said.split() == " ".join(TRUTH.texts).split()


def test_its_text_is_no_draft_and_its_words_are_timed(told: Captioned) -> None:
    assert {row["is_draft"] for row in asked(told.library, "select is_draft from segments")} == {"false"}
    rows = asked(told.library, "select word, start_ms, end_ms from words order by word_index")
    heard = [Word(row["word"], Span(int(row["start_ms"]), int(row["end_ms"])), None) for row in rows]
    assert word_time_errors(TRUTH.words, heard).median_ms <= WORD_TIME_TOLERANCE_MS


def test_the_speakers_are_those_of_the_rttm(told: Captioned) -> None:
    rows = asked(told.library, "select speaker, speech_ms, confidence from speakers order by speaker")
    spoken_ms = {
        name: sum(turn.span.duration_ms for turn in TRUTH.turns if turn.speaker == letter)
        for letter, name in NAMES.items()
    }
    assert {row["speaker"]: int(row["speech_ms"]) for row in rows} == spoken_ms
    assert {float(row["confidence"]) for row in rows} == {1.0}


def test_each_line_is_said_by_whom_the_rttm_names(told: Captioned) -> None:
    rows = asked(told.library, "select speaker, start_ms, end_ms from segments order by segment_index")
    for row in rows:
        span = Span(int(row["start_ms"]), int(row["end_ms"]))
        said_by = max(TRUTH.turns, key=lambda turn: turn.span.overlap_ms(span))
        assert row["speaker"] == NAMES[str(said_by.speaker)]


def test_nothing_was_recognised_again_for_it(told: Captioned) -> None:
    stages = {
        row["stage"] for row in asked(told.library, "select stage from runs join assets using (asset_id, release_id)")
    }
    assert stages == {"align", "speakers", "stitch", "describe", "cues"}
