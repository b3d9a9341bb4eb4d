"""Which files SOURCE arguments name."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sources import expand
from pipeline.errors import UsageError


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_folder_stands_for_all_media_below_it_in_order(tmp_path: Path) -> None:
    second, first = touch(tmp_path / "b" / "film.MKV"), touch(tmp_path / "a.mp3")
    touch(tmp_path / "notes.txt")
    found = expand([tmp_path], outside=None)
    assert (found.media, found.passed_over) == ((first, second), 1)


def test_a_named_file_is_taken_whatever_its_name_and_whether_it_is_there(tmp_path: Path) -> None:
    named = [touch(tmp_path / "film.bin"), tmp_path / "missing.mp4"]
    assert expand(named, outside=None).media == tuple(named)


def test_the_library_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    film = touch(tmp_path / "film.mp4")
    touch(tmp_path / "library" / "drop" / "other.mp4")
    touch(tmp_path / ".cache" / "film.mp4")
    touch(tmp_path / ".film.mp4")
    assert expand([tmp_path], outside=tmp_path / "library").media == (film,)


def test_a_file_that_is_named_twice_is_taken_once(tmp_path: Path) -> None:
    film = touch(tmp_path / "film.mp4")
    assert expand([film, tmp_path, film], outside=None).media == (film,)


def test_a_folder_without_media_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no media"):
        expand([tmp_path], outside=None)


def test_a_folder_without_media_does_not_hold_up_the_others(tmp_path: Path) -> None:
    film = touch(tmp_path / "film.mp4")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert expand([empty, film], outside=None).media == (film, empty)


def test_a_folder_that_links_to_itself_ends(tmp_path: Path) -> None:
    film = touch(tmp_path / "film.mp4")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert expand([tmp_path], outside=None).media == (film,)


@pytest.mark.parametrize("named", ["music.wav", "../season/music.wav", "link.wav"])
def test_what_belongs_to_a_title_is_no_title_however_it_is_named(
    tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "season"
    film, music = touch(folder / "film.mp4"), touch(folder / "music.wav")
    (tmp_path / "there").symlink_to(folder)
    (folder / "link.wav").symlink_to(music)
    monkeypatch.chdir(folder)
    found = expand([folder, Path("music.wav")], outside=None, beside=Path(named))
    assert (found.media, found.passed_over) == ((film,), 0)
    (folder / "link.wav").unlink()
    assert expand([tmp_path / "there"], outside=None, beside=music).media == (tmp_path / "there" / "film.mp4",)


def test_what_belongs_to_a_title_without_the_title_is_a_mistake(tmp_path: Path) -> None:
    music = touch(tmp_path / "music.wav")
    with pytest.raises(UsageError, match=r"music\.wav belongs to a title and is none"):
        expand([music], outside=None, beside=music)
    with pytest.raises(UsageError, match="holds no media"):
        expand([tmp_path], outside=None, beside=music)
