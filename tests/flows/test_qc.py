"""``reelingua qc``: errors that were planted are found, and a clean file passes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.captions.formats import srt
from schemas.captions import Cue
from schemas.time import Span
from tests.support import clips
from tests.support.command import reelingua

CLEAN = [
    Cue(Span(1_000, 3_000), ("The train is late again.",), "en"),
    Cue(Span(4_000, 6_500), ("We will have another cup",), "en"),
]

PLANTED = [
    Cue(Span(1_000, 1_300), ("Too short.",), "en"),
    Cue(Span(2_000, 3_000), ("This line is so much longer than any guide for captions allows it to be",), "en"),
    Cue(Span(4_000, 4_900), ("Nobody can read so many words", "in the time that this is shown"), "en"),
    Cue(Span(6_000, 14_000), ("Too long.",), "en"),
]
"""Cues with one broken rule or more each, under the profile ``netflix``."""

NTSC_FILM = "23.976"


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    return written(tmp_path / "planted.srt", PLANTED)


def written(path: Path, cues: list[Cue]) -> Path:
    path.write_text(srt.compose(cues), "utf-8")
    return path


def test_planted_errors_are_found_and_end_with_3(planted: Path) -> None:
    ended = reelingua("qc", planted, "--language", "en", "--format", "json")
    assert ended.code == 3
    report = json.loads(ended.raw)
    found = {(finding["rule"], finding["cue_index"]) for finding in report["findings"]}
    assert {
        ("min-duration", 0),
        ("line-length", 1),
        ("reading-speed", 2),
        ("max-duration", 3),
    } <= found
    assert report["counts"]["error"] == sum(finding["severity"] == "error" for finding in report["findings"])


def test_a_person_reads_the_same_findings(planted: Path) -> None:
    report = json.loads(reelingua("qc", planted, "--language", "en", "--format", "json").raw)
    ended = reelingua("qc", planted, "--language", "en")
    assert ended.code == 3
    for finding in report["findings"]:
        assert finding["message"] in ended.out


def test_a_clean_file_ends_with_0(tmp_path: Path) -> None:
    clean = written(tmp_path / "clean.srt", CLEAN)
    ended = reelingua("qc", clean, "--language", "en", "--fps", "25", "--format", "json")
    assert ended.code == 0
    assert json.loads(ended.raw)["counts"]["error"] == 0


def test_a_gap_is_measured_in_frames_of_the_rate_that_is_given(tmp_path: Path) -> None:
    gap_ms = 42  # one frame of film, where two are the least
    touching = [Cue(Span(1_001, 3_003), ("One.",), "en"), Cue(Span(3_003 + gap_ms, 5_005), ("Two.",), "en")]
    path = written(tmp_path / "gap.srt", touching)
    report = json.loads(reelingua("qc", path, "--language", "en", "--fps", NTSC_FILM, "--format", "json").raw)
    (gap,) = [finding for finding in report["findings"] if finding["rule"] == "gap"]
    assert (gap["measured"], gap["limit"], gap["unit"]) == (1, 2, "frames")


def test_a_title_brings_its_rate_and_its_shot_changes(tmp_path: Path) -> None:
    film = clips.colours(tmp_path)  # cuts at 1200 and 2800 ms, 25 frames per second
    cue = [Cue(Span(1_000, 2_880), ("It ends just after a cut.",), "en")]
    path = written(tmp_path / "cut.srt", cue)
    with_title = json.loads(reelingua("qc", path, "--language", "en", "--media", film, "--format", "json").raw)
    without = json.loads(reelingua("qc", path, "--language", "en", "--format", "json").raw)
    assert [finding["start_ms"] for finding in with_title["findings"] if "shot" in finding["rule"]]
    assert not [finding for finding in without["findings"] if "shot" in finding["rule"]]


@pytest.mark.parametrize("fps", ["zero", "0", "-25", "1/0", "5000", "nan"])
def test_a_rate_that_is_none_is_refused(planted: Path, fps: str) -> None:
    ended = reelingua("qc", planted, "--language", "en", f"--fps={fps}")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1


def test_a_title_and_a_rate_together_are_refused(planted: Path, tmp_path: Path) -> None:
    film = clips.one_frame(tmp_path)
    assert reelingua("qc", planted, "--language", "en", "--fps", "25", "--media", film).code == 2


def test_a_file_that_is_no_caption_file_is_told_with_its_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.srt"
    broken.write_text("1\n00:00:01,000 --> 00:00:02,000\nFine.\n\n2\n00:00:03,000 --> never\nBroken.\n")
    ended = reelingua("qc", broken, "--language", "en")
    assert ended.code == 1
    assert "line 6" in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(("option", "value"), [("--profile", "netfix"), ("--language", "xx-nonsense-")])
def test_what_does_not_exist_is_refused(planted: Path, option: str, value: str) -> None:
    arguments = {"--language": "en", option: value}
    ended = reelingua("qc", planted, *(part for pair in arguments.items() for part in pair))
    assert ended.code == 2
    assert value in ended.err


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert reelingua("qc", tmp_path / "missing.srt", "--language", "en").code == 2


def test_fix_writes_what_can_be_mended_and_reports_the_rest(planted: Path, tmp_path: Path) -> None:
    out = tmp_path / "fixed.vtt"
    ended = reelingua("qc", planted, "--language", "en", "--fps", "25", "--fix", out, "--format", "json")
    report = json.loads(ended.raw)
    again = reelingua("qc", out, "--language", "en", "--fps", "25", "--format", "json")
    assert (ended.code, report["name"], report["format"]) == (0, "fixed.vtt", "vtt")
    assert report["mended_cues"] > 0
    assert json.loads(again.raw)["findings"] == report["findings"]
    fixed_rules = {finding["rule"] for finding in report["findings"]}
    assert "line-length" not in fixed_rules
    assert "reading-speed" in fixed_rules
    assert out.read_text("utf-8").startswith("WEBVTT")


def test_fix_that_leaves_an_error_ends_with_3(tmp_path: Path) -> None:
    crowded = [Cue(Span(1_000, 1_100), ("One.",), "en"), Cue(Span(1_200, 3_000), ("Two.",), "en")]
    ended = reelingua("qc", written(tmp_path / "a.srt", crowded), "--language", "en", "--fix", tmp_path / "b.srt")
    assert ended.code == 3
    assert "min-duration" in ended.out
    assert (tmp_path / "b.srt").exists()


def test_fix_that_leaves_no_error_ends_with_0(tmp_path: Path) -> None:
    long_line = [Cue(Span(1_000, 5_000), ("This line is longer than any guide allows, but it can be broken",), "en")]
    out = tmp_path / "fixed.srt"
    ended = reelingua("qc", written(tmp_path / "long.srt", long_line), "--language", "en", "--fix", out)
    assert ended.code == 0
    assert "1 cue mended" in ended.out
    assert max(map(len, out.read_text("utf-8").splitlines())) <= 42


@pytest.mark.parametrize("name", ["planted.srt", "fixed.txt", "no-such-folder/fixed.srt", "a-folder.srt"])
def test_fix_refuses_its_own_source_and_what_cannot_be_written(planted: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "a-folder.srt").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ended = reelingua("qc", planted, "--language", "en", "--fix", tmp_path / name)
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
