"""Job files beside dropped media."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline import job_file
from pipeline.errors import UsageError
from schemas.scenes import Detail
from schemas.settings import Settings

DEFAULTS = Settings(engine="embedded", profile="netflix")


def job(folder: Path, text: str) -> Path:
    path = folder / "film.mkv.job.toml"
    path.write_text(text, "utf-8")
    return path


def test_it_lies_beside_its_media_under_the_whole_name() -> None:
    assert job_file.job_file_of(Path("drop/film.mkv")) == Path("drop/film.mkv.job.toml")


def test_what_it_says_takes_the_place_of_the_defaults(tmp_path: Path) -> None:
    path = job(tmp_path, 'profile = "bbc"\nlanguage = "en-GB"\naudio_stream = 2\n')
    assert job_file.read(path, DEFAULTS) == Settings("embedded", "bbc", "en-GB", 2)


def test_an_empty_one_changes_nothing(tmp_path: Path) -> None:
    assert job_file.read(job(tmp_path, ""), DEFAULTS) == DEFAULTS


def test_a_transcript_is_read_from_beside_it(tmp_path: Path) -> None:
    (tmp_path / "film.txt").write_text("\ufeffGood evening.", "utf-8")
    assert job_file.read(job(tmp_path, 'transcript = "film.txt"'), DEFAULTS).transcript == "Good evening."


def test_a_transcript_is_never_read_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    inner = tmp_path / "drop"
    inner.mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        job_file.read(job(inner, 'transcript = "../secret.txt"'), DEFAULTS)


def test_languages_mix_and_loudness_are_those_of_the_command_line(tmp_path: Path) -> None:
    path = job(tmp_path, 'to = ["fr"]\ndub = ["es"]\nloudness = "netflix"\nmux = true\n')
    read = job_file.read(path, DEFAULTS)
    assert (read.to, read.dub, read.loudness, read.mux) == (("fr",), ("es",), "netflix", True)
    assert read.targets == ("fr", "es")


def test_how_to_describe_is_that_of_the_command_line(tmp_path: Path) -> None:
    read = job_file.read(job(tmp_path, 'detail = "script"\nstyle = "present\\ntense,\\u0000  please"'), DEFAULTS)
    assert (read.detail, read.style) == (Detail.SCRIPT, "present tense, please")


@pytest.mark.parametrize(
    ("text", "said"),
    [('detail = "epic"', "brief, standard, script"), (f'style = "{"x" * (job_file.LONGEST_STYLE + 1)}"', "300")],
)
def test_a_way_to_describe_that_does_not_exist_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        job_file.read(job(tmp_path, text), DEFAULTS)


def test_one_language_has_one_name(tmp_path: Path) -> None:
    read = job_file.read(job(tmp_path, 'to = ["ES", "pt_br"]\ndub = ["es"]\nlanguage = "EN"'), DEFAULTS)
    assert (read.language, read.targets) == ("en", ("es", "pt-BR"))


def test_a_glossary_is_read_from_beside_it(tmp_path: Path) -> None:
    (tmp_path / "film.mkv.terms.csv").write_text("source,target\nbridge,puente\n", "utf-8")
    read = job_file.read(job(tmp_path, 'to = ["es"]\nglossary = "film.mkv.terms.csv"'), DEFAULTS)
    assert [(term.source, term.target) for term in read.glossary] == [("bridge", "puente")]


def test_music_and_effects_are_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "film.mkv.me.wav").write_bytes(b"RIFF")
    text = 'dub = ["es"]\nmix = "replacement"\nmusic_and_effects = "film.mkv.me.wav"'
    read = job_file.read(job(tmp_path, text), DEFAULTS)
    assert read.music_and_effects == str(tmp_path / "film.mkv.me.wav")


def test_music_and_effects_are_never_a_link_to_another_place(tmp_path: Path) -> None:
    (tmp_path / "film.mkv.me.wav").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match="not a plain file"):
        job_file.read(job(tmp_path, 'music_and_effects = "film.mkv.me.wav"'), DEFAULTS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profile = ", "is not TOML"),
        ('profil = "bbc"', "profil: Extra inputs are not permitted"),
        ("profile = 3", "profile: Input should be a valid string"),
        ('audio_stream = "2"', "audio_stream: Input should be a valid integer"),
        ('speakers = "nowhere.rttm"', "cannot be read"),
        ('glossary = "nowhere.csv"', "cannot be read"),
        ('music_and_effects = "nowhere.wav"', "cannot be read"),
        ('to = "es"', "to: Input should be"),
        ('to = ["no language"]', "no language"),
        ('mix = "loud"', "voice-over"),
        ('loudness = "loud"', "ebu-r128"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        job_file.read(job(tmp_path, text), DEFAULTS)


def test_a_link_beside_it_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", "utf-8")
    inner = tmp_path / "drop"
    inner.mkdir()
    (inner / "film.txt").symlink_to(secret)
    with pytest.raises(UsageError, match="cannot be read"):
        job_file.read(job(inner, 'transcript = "film.txt"'), DEFAULTS)


def test_a_pipe_or_a_folder_beside_it_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "film.txt")
    (tmp_path / "film.rttm").mkdir()
    for key in ('transcript = "film.txt"', 'speakers = "film.rttm"'):
        with pytest.raises(UsageError, match=r"not a plain file|Is a directory"):
            job_file.read(job(tmp_path, key), DEFAULTS)


def test_a_name_with_a_null_in_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file name"):
        job_file.read(job(tmp_path, 'transcript = "a\\u0000b"'), DEFAULTS)


def test_what_is_larger_than_any_transcript_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "film.txt").open("wb") as huge:
        huge.truncate(job_file.MAX_SIDE_FILE_BYTES + 1)
    with pytest.raises(UsageError, match="larger than"):
        job_file.side_file(tmp_path / "film.txt")


def test_a_user_may_name_a_link_or_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "film.txt").write_text("Good evening.", "utf-8")
    (tmp_path / "link.txt").symlink_to(tmp_path / "film.txt")
    assert job_file.side_file(tmp_path / "link.txt") == "Good evening."


def test_a_side_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.txt"
    path.write_bytes("Crème brûlée".encode("cp1252"))
    with pytest.raises(UsageError, match="UTF-8"):
        job_file.side_file(path)
