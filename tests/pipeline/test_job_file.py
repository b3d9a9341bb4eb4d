"""Job files beside dropped media."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import job_file
from pipeline.errors import UsageError
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profile = ", "is not TOML"),
        ('profil = "bbc"', "profil: Extra inputs are not permitted"),
        ("profile = 3", "profile: Input should be a valid string"),
        ('audio_stream = "2"', "audio_stream: Input should be a valid integer"),
        ('speakers = "nowhere.rttm"', "cannot be read"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        job_file.read(job(tmp_path, text), DEFAULTS)


def test_a_side_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.txt"
    path.write_bytes("Crème brûlée".encode("cp1252"))
    with pytest.raises(UsageError, match="UTF-8"):
        job_file.side_file(path)
