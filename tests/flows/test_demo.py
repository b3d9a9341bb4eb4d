"""The demo clip from file to release and tables, by the real embedded engines, as a person runs it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pysubs2
import ttconv.imsc.reader
import webvtt

from pipeline.captions.formats import srt, ttml, vtt
from schemas.speech import Turn, Word
from schemas.time import Span, clock
from tests.support import contents
from tests.support.captioned import Captioned
from tests.support.command import asked, reelingua
from tests.support.demo_clip import demo_truth
from tests.support.excerpt import LONG_AGO_S
from tests.support.scoring import diarization_errors, word_errors, word_time_errors

WORD_ERROR_TOLERANCE = 0.05
"""PocketSphinx mishears 1 of 86 words of these voices (measured)."""

WORD_TIME_TOLERANCE_MS = 40
"""Median error of a word's start; 10 ms measured, 30 ms for all but one of twenty."""

SPEAKER_ERROR_TOLERANCE = 0.05
"""Diarization error rate with the usual collar; 0 measured."""

TRUTH = demo_truth()

TEXTS = {"srt": srt.parse, "vtt": vtt.parse, "ttml": ttml.parse}


def test_the_command_ends_well_and_says_what_it_made_and_where(demo: Captioned) -> None:
    assert demo.ended.code == 0
    assert "engine: embedded" in demo.ended.out
    assert str(demo.release).rstrip("/") in demo.ended.out
    assert demo.ended.err == ""


def test_the_release_holds_what_its_manifest_lists_to_the_byte(demo: Captioned) -> None:
    manifest = json.loads((demo.release / "manifest.json").read_bytes())
    listed = {made["name"]: (made["sha256"], made["size_bytes"]) for made in manifest["deliverables"]}
    found = {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        for path in demo.release.iterdir()
        if path.name != "manifest.json"
    }
    assert listed == found
    assert manifest["source_sha256"] == hashlib.sha256(demo.source.read_bytes()).hexdigest()
    assert manifest["length_ms"] == TRUTH.length_ms
    assert manifest["is_draft"]


def test_the_three_caption_files_tell_the_same_and_others_can_read_them(demo: Captioned) -> None:
    names = {suffix: demo.release / f"captions.en.{suffix}" for suffix in TEXTS}
    ours = {
        suffix: [(cue.span, cue.lines) for cue in parse(names[suffix].read_text("utf-8"), "en")]
        for suffix, parse in TEXTS.items()
    }
    assert ours["srt"] == ours["vtt"] == ours["ttml"]
    told = [(span.start_ms, span.end_ms, "\n".join(lines)) for span, lines in ours["srt"]]
    theirs = [
        (line.start, line.end, line.plaintext) for line in pysubs2.load(str(names["srt"]), encoding="utf-8").events
    ]
    assert theirs == told
    assert [(caption.start, caption.text) for caption in webvtt.read(str(names["vtt"])).captions] == [
        (f"{int(start // 3_600_000):02}:{clock(start)[2:]}", text) for start, _, text in told
    ]
    document = ttconv.imsc.reader.to_model(ET.parse(names["ttml"]))
    assert document is not None


def test_the_words_are_those_that_were_spoken_when_they_were_spoken(demo: Captioned) -> None:
    rows = asked(demo.library, "select word, start_ms, end_ms, confidence from words order by word_index")
    heard = [Word(row["word"], Span(int(row["start_ms"]), int(row["end_ms"])), None) for row in rows]
    said = " ".join(word.text for word in TRUTH.words)
    assert word_errors(said, " ".join(word.text for word in heard)).rate <= WORD_ERROR_TOLERANCE
    assert word_time_errors(TRUTH.words, heard).median_ms <= WORD_TIME_TOLERANCE_MS


def test_two_speakers_are_told_apart(demo: Captioned) -> None:
    rows = asked(demo.library, "select speaker, start_ms, end_ms from segments")
    turns = [Turn(Span(int(row["start_ms"]), int(row["end_ms"])), row["speaker"] or None, 1.0) for row in rows]
    assert len({turn.speaker for turn in turns}) == 2
    assert diarization_errors(TRUTH.turns, turns).rate <= SPEAKER_ERROR_TOLERANCE


def test_shots_begin_at_the_frames_where_the_clip_was_cut_and_in_its_fades(demo: Captioned) -> None:
    rows = asked(demo.library, "select first_frame from shots where first_frame > 0 order by shot_index")
    found = [int(row["first_frame"]) for row in rows]
    faded = [frame for frame in found if any(fade.out_frame <= frame < fade.full_frame for fade in TRUTH.fades)]
    assert len(faded) == len(TRUTH.fades)
    assert [frame for frame in found if frame not in faded] == list(TRUTH.cuts)


def test_scenes_cover_the_title_and_can_be_imported(demo: Captioned) -> None:
    with (demo.release / "scenes.csv").open(newline="") as markers:
        scenes = list(csv.DictReader(markers))
    assert scenes[0]["start"] == clock(0)
    assert scenes[-1]["end"] == clock(TRUTH.length_ms)
    assert [scene["end"] for scene in scenes[:-1]] == [scene["start"] for scene in scenes[1:]]


def test_every_millisecond_is_accounted_for(demo: Captioned) -> None:
    rows = asked(demo.library, "select start_ms, end_ms from coverage order by start_ms")
    edges = [(int(row["start_ms"]), int(row["end_ms"])) for row in rows]
    assert edges[0][0] == 0
    assert [end for _, end in edges[:-1]] == [start for start, _ in edges[1:]]
    assert edges[-1][1] == TRUTH.length_ms


def test_no_finding_is_an_error(demo: Captioned) -> None:
    assert asked(demo.library, "select rule, message from findings where severity = 'error'") == []


def test_the_tables_and_the_files_agree(demo: Captioned) -> None:
    (counts,) = asked(
        demo.library,
        "select (select count(*) from cues) as cues, (select count(*) from deliverables) as deliverables,"
        " (select count(*) from assets) as assets, (select count(distinct stage) from runs) as stages",
    )
    cues = srt.parse((demo.release / "captions.en.srt").read_text("utf-8"), "en")
    files = len(list(demo.release.iterdir())) - 1
    assert counts == {"cues": str(len(cues)), "deliverables": str(files), "assets": "1", "stages": "9"}
    texts = asked(demo.library, "select text from cues order by cue_index")
    assert [row["text"] for row in texts] == [cue.text for cue in cues]


def test_a_second_run_does_nothing_says_so_and_reads_no_media(own_demo: Captioned, tmp_path: Path) -> None:
    source = old_copy(own_demo.source, tmp_path / "demo.mp4")
    assert reelingua("run", source, "--library", own_demo.library).code == 0  # gets to know the file by this name
    before = contents.written(own_demo.library)
    size_bytes = source.stat().st_size
    with source.open("r+b") as content:  # whoever read it now would find no media
        content.write(bytes(size_bytes))
    os.utime(source, (LONG_AGO_S, LONG_AGO_S))
    ended = reelingua("run", source, "--library", own_demo.library)
    assert ended.code == 0
    assert "unchanged" in ended.out
    assert contents.written(own_demo.library) == before


def test_another_profile_makes_captions_anew_and_nothing_else(own_demo: Captioned) -> None:
    old = own_demo.release
    ended = reelingua("run", own_demo.source, "--library", own_demo.library, "--profile", "bbc")
    assert ended.code == 0
    assert own_demo.release != old
    of_this_release = "select stage from runs join assets using (asset_id, release_id)"
    assert asked(own_demo.library, of_this_release) == [{"stage": "cues"}]
    assert {row["profile"] for row in asked(own_demo.library, "select profile from cues")} == {"bbc"}
    assert (old / "manifest.json").exists()
    again = reelingua("run", own_demo.source, "--library", own_demo.library)
    assert "made" in again.out
    assert own_demo.release == old
    assert {row["profile"] for row in asked(own_demo.library, "select profile from cues")} == {"netflix"}


def test_strict_passes_a_title_without_errors(own_demo: Captioned) -> None:
    assert reelingua("run", own_demo.source, "--library", own_demo.library, "--strict").code == 0


def test_strict_fails_when_a_title_has_an_error_and_the_release_is_made_all_the_same(
    own_demo: Captioned, tmp_path: Path
) -> None:
    transcript = tmp_path / "wrong.txt"
    transcript.write_text(" ".join(TRUTH.texts * 12), "utf-8")  # twelve times as many words as were spoken
    arguments = ("run", own_demo.source, "--library", own_demo.library, "--transcript", transcript)
    assert reelingua(*arguments, "--strict").code == 3
    assert asked(own_demo.library, "select distinct rule from findings where severity = 'error'") == [
        {"rule": "engine-failure"}
    ]
    assert reelingua(*arguments).code == 0


def old_copy(source: Path, target: Path) -> Path:
    """A copy that claims to be old, so that it is believed to be unchanged."""
    shutil.copyfile(source, target)
    os.utime(target, (LONG_AGO_S, LONG_AGO_S))
    return target
