"""What a person typed wrongly is told in one line before anything runs, with exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import clips
from tests.support.command import Ended, reelingua

BROKEN_RTTM = "SPEAKER film 1 zero 2.5 <NA> <NA> Ann <NA> <NA>\n"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return clips.tone(tmp_path, name="film.wav")


def refused(ended: Ended) -> str:
    """The one line of a refusal."""
    assert ended.code == 2
    lines = ended.err.splitlines()
    assert len(lines) == 1, ended.err
    return lines[0]


def test_an_unknown_profile_is_refused_with_those_there_are(film: Path, tmp_path: Path) -> None:
    said = refused(reelingua("run", film, "--profile", "netfix", "--library", tmp_path / "library"))
    assert "netfix" in said
    assert "netflix" in said
    assert "bbc" in said


def test_an_unknown_engine_is_refused_with_those_there_are(film: Path, tmp_path: Path) -> None:
    said = refused(reelingua("run", film, "--engine", "magic", "--library", tmp_path / "library"))
    assert "magic" in said
    assert "embedded" in said


@pytest.mark.parametrize("language", ["de", "ja-JP"])
def test_a_language_that_the_engine_cannot_hear_is_refused_before_anything_is_read(
    film: Path, tmp_path: Path, language: str
) -> None:
    said = refused(reelingua("run", film, "--language", language, "--library", tmp_path / "library"))
    assert "English" in said
    assert not (tmp_path / "library").exists()


def test_a_language_that_is_none_is_refused(film: Path, tmp_path: Path) -> None:
    said = refused(reelingua("run", film, "--language", "not a language", "--library", tmp_path / "library"))
    assert "not a language" in said


@pytest.mark.parametrize("option", ["--to", "--dub"])
def test_a_target_language_that_is_none_is_refused(film: Path, tmp_path: Path, option: str) -> None:
    said = refused(reelingua("run", film, option, "not a language", "--library", tmp_path / "library"))
    assert "not a language" in said


def test_a_pair_that_is_not_installed_is_refused_with_the_package_that_has_it(film: Path, tmp_path: Path) -> None:
    arguments = ("--language", "en", "--to", "ca", "--profile", "web", "--library", tmp_path / "library")
    assert "apertium-eng-cat" in refused(reelingua("run", film, *arguments))
    assert not (tmp_path / "library").exists()


def test_a_pair_that_nobody_has_is_refused(film: Path, tmp_path: Path) -> None:
    said = refused(reelingua("run", film, "--language", "en", "--to", "ja", "--library", tmp_path / "library"))
    assert "ja" in said


def test_a_loudness_that_nobody_defined_is_refused_with_those_there_are(film: Path, tmp_path: Path) -> None:
    said = refused(reelingua("run", film, "--dub", "es", "--loudness", "loud", "--library", tmp_path / "library"))
    assert "loud" in said
    assert "ebu-r128" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--mix", "replacement"), "--dub"),
        (("--dub", "es", "--mix", "replacement", "--music-and-effects", "nowhere.wav"), "nowhere.wav"),
        (("--dub", "es", "--music-and-effects", "infra/demo/demo.mp4"), "replacement"),
    ],
)
def test_what_would_have_no_effect_is_refused(
    film: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in refused(reelingua("run", film, *arguments, "--library", tmp_path / "library"))


def test_a_glossary_without_a_target_language_is_refused(film: Path, tmp_path: Path) -> None:
    terms = tmp_path / "terms.csv"
    terms.write_text("source,target\nbridge,puente\n", "utf-8")
    assert "--to" in refused(reelingua("run", film, "--glossary", terms, "--library", tmp_path / "library"))


def test_a_glossary_with_a_broken_line_is_refused_with_its_number(film: Path, tmp_path: Path) -> None:
    broken = tmp_path / "terms.csv"
    broken.write_text("source,target\nbridge,puente\n,nada\n", "utf-8")
    said = refused(reelingua("run", film, "--to", "es", "--glossary", broken, "--library", tmp_path / "library"))
    assert "line 3" in said


def test_a_folder_without_media_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    said = refused(reelingua("run", tmp_path, "--library", tmp_path / "library"))
    assert "holds no media" in said


@pytest.mark.parametrize("option", ["--transcript", "--speakers"])
def test_what_belongs_to_one_title_is_refused_for_two(film: Path, tmp_path: Path, option: str) -> None:
    text = tmp_path / "side.txt"
    text.write_text("SPEAKER film 1 0.0 2.5 <NA> <NA> Ann <NA> <NA>\n")
    other = clips.silence(tmp_path)
    said = refused(reelingua("run", film, other, option, text, "--library", tmp_path / "library"))
    assert "one title" in said


@pytest.mark.parametrize("option", ["--transcript", "--speakers"])
def test_a_side_file_that_is_not_there_is_refused(film: Path, tmp_path: Path, option: str) -> None:
    said = refused(reelingua("run", film, option, tmp_path / "missing.txt", "--library", tmp_path / "library"))
    assert "missing.txt" in said


def test_a_broken_rttm_is_refused_with_its_line(film: Path, tmp_path: Path) -> None:
    broken = tmp_path / "film.rttm"
    broken.write_text(BROKEN_RTTM)
    said = refused(reelingua("run", film, "--speakers", broken, "--library", tmp_path / "library"))
    assert "line 1" in said


def test_an_empty_transcript_is_refused(film: Path, tmp_path: Path) -> None:
    empty = tmp_path / "film.txt"
    empty.write_text(" \n")
    said = refused(reelingua("run", film, "--transcript", empty, "--library", tmp_path / "library"))
    assert "empty" in said


def test_an_audio_stream_that_is_not_there_is_told_with_those_there_are(film: Path, tmp_path: Path) -> None:
    ended = reelingua("run", film, "--audio-stream", "7", "--library", tmp_path / "library")
    assert ended.code in (1, 2)
    assert "7" in ended.out + ended.err


@pytest.mark.parametrize("uri", ["s3://bucket/prefix", "ftp://host/folder"])
def test_a_library_that_workers_cannot_write_to_is_refused(film: Path, uri: str) -> None:
    assert uri.partition(":")[0] in refused(reelingua("run", film, "--library", uri))


def test_a_library_that_is_a_file_is_told_in_one_line(film: Path) -> None:
    ended = reelingua("run", film, "--library", film)
    assert ended.code in (1, 2)
    assert "Traceback" not in ended.out + ended.err


@pytest.mark.parametrize("arguments", [("run",), ("qc", "x.srt"), ("dance",), ("run", "x.mp4", "--jobs", "0")])
def test_what_the_command_line_does_not_know_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert reelingua(*arguments).code == 2


@pytest.mark.parametrize("command", ["run", "plan", "query", "qc", "doctor"])
def test_the_help_of_every_command_shows_an_example(command: str) -> None:
    ended = reelingua(command, "--help")
    assert ended.code == 0
    assert f"reelingua {command}" in ended.out.partition("Example")[2]
