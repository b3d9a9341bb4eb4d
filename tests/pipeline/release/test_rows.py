"""What a title adds to the published tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.release import rows
from pipeline.release.title import Failed
from pipeline.store import parquet
from schemas.localize import DubOutcome
from schemas.release import Deliverable
from schemas.speech import Estimate
from schemas.tables import TABLES
from tests.support.titles import LENGTH_MS, title

RELEASE = "fedcba9876543210"
FILES = (Deliverable("captions.en.srt", "captions", "en", "0" * 64, 10, is_synthetic=False),)


def published() -> dict[str, Sequence[Any]]:
    made = rows.all_rows(title(), FILES, release_id=RELEASE)
    return {part.table: tuple(part.rows) for part in made}


def test_every_table_but_that_of_the_runs_is_filled_and_can_be_written(tmp_path: Path) -> None:
    tables = published()
    assert tables.keys() | {"runs"} == TABLES.keys()
    for name, kept in tables.items():
        assert kept, name
        path = tmp_path / f"{name}.parquet"
        parquet.write_rows(path, kept, TABLES[name])
        assert parquet.read_rows(path, TABLES[name]) == list(kept)


def test_words_are_numbered_through_the_title_and_know_their_segment() -> None:
    words = published()["words"]
    assert [(word.word_index, word.segment_index, word.word, word.speaker) for word in words] == [
        (0, 0, "Good", "S1"),
        (1, 0, "morning.", "S1"),
        (2, 1, "Ready,", "S2"),
    ]


def test_a_speaker_has_all_turns_and_who_is_nobody_has_none() -> None:
    speakers = published()["speakers"]
    assert [(row.speaker, row.turns, row.speech_ms) for row in speakers] == [("S1", 2, 1_600), ("S2", 1, 700)]
    assert abs(speakers[0].confidence - 0.6) < 1e-9


def test_a_request_that_failed_says_why_and_only_in_its_own_job() -> None:
    chunks = {(row.job, row.chunk_index): row.failure for row in published()["chunks"]}
    assert chunks == {("transcribe", 0): None, ("transcribe", 1): "the engine fell over", ("describe", 0): None}


def test_a_window_counts_the_speech_in_it_and_not_the_pauses() -> None:
    (window,) = [row for row in published()["chunks"] if row.job == "describe"]
    assert window.span.duration_ms == LENGTH_MS
    assert window.speech_ms == sum(region.span.duration_ms for region in title().regions)


def test_a_shot_without_a_note_is_a_row_without_a_description() -> None:
    shots = published()["shots"]
    assert [(row.shot.shot_index, row.description, row.tags) for row in shots] == [
        (0, "A kitchen.", ("bright",)),
        (1, None, ()),
    ]


def test_a_shot_says_who_is_there_what_is_written_and_what_sounds() -> None:
    described, bare = published()["shots"]
    assert (described.who, described.on_screen) == (("Anna",), ("06:45",))
    assert (described.mood, described.sound_cues) == ("sleepy", ("clock ticks",))
    assert (bare.who, bare.on_screen, bare.mood, bare.sound_cues) == ((), (), None, ())


@pytest.mark.parametrize("job", ["transcribe", "time-words", "align"])
def test_whatever_failed_of_a_chunk_of_speech_is_told_in_its_row(job: str) -> None:
    made = rows.all_rows(replace(title(), failed=(Failed(job, 0, "it fell over"),)), FILES, release_id=RELEASE)
    (chunks,) = (part.rows for part in made if part.table == "chunks")
    assert [(row.job, row.failure) for row in chunks if row.failure] == [("transcribe", "it fell over")]


def test_a_chunk_whose_times_are_estimates_says_why() -> None:
    made = rows.all_rows(replace(title(), estimates=(Estimate(1, "nobody knows Sami"),)), FILES, release_id=RELEASE)
    (chunks,) = (part.rows for part in made if part.table == "chunks")
    assert [row.estimated for row in chunks] == [None, "nobody knows Sami", None]


def test_a_finding_is_joined_to_its_cue_and_one_about_the_title_to_none() -> None:
    tables = published()
    ids = [row.cue_id for row in tables["cues"]]
    assert [row.cue_id for row in tables["findings"]] == [None, ids[1], ids[0], ids[3], ids[3]]
    assert [row.language for row in tables["findings"]] == [None, "en", "en", "es", "es"]
    assert len(set(ids)) == len(ids)


def test_a_translation_is_joined_to_the_cue_that_it_translates_and_to_those_that_show_it() -> None:
    tables = published()
    english, spanish = ([row.cue_id for row in tables["cues"] if row.cue.language == tag] for tag in ("en", "es"))
    found = [(row.cue_id, row.target_cue_ids) for row in tables["translations"]]
    assert found == list(zip(english, ((one,) for one in spanish), strict=True))


def test_a_dubbed_line_is_joined_to_the_cue_in_which_it_begins() -> None:
    tables = published()
    english = [row.cue_id for row in tables["cues"] if row.cue.language == "en"]
    assert [(row.cue_id, row.line.outcome) for row in tables["dub_lines"]] == [
        (english[0], DubOutcome.NATURAL),
        (english[1], DubOutcome.FLAGGED),
    ]


def test_a_title_without_anything_said_has_no_rows_of_speech() -> None:
    silent = replace(title(), segments=(), turns=(), cues=(), findings=(), chunks=(), failed=(), lines=(), localized=())
    made = rows.all_rows(silent, (), release_id=RELEASE)
    assert {part.table for part in made if part.rows} == {"assets", "chunks", "shots", "scenes", "coverage"}
