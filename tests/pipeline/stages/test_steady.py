from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import DecodeFailed
from pipeline.stages.steady import steady


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A title and its music."""
    made = tmp_path / "title.mov", tmp_path / "music.wav"
    for file in made:
        file.write_bytes(b"as it is")
    return made


def test_files_that_stay_as_they_are_pass(files: tuple[Path, Path]) -> None:
    with steady(*files):
        assert files[0].read_bytes() == b"as it is"


def test_the_one_that_changed_is_named(files: tuple[Path, Path]) -> None:
    said = r"^'music\.wav' changed while it was read; run again when it is complete$"
    with pytest.raises(DecodeFailed, match=said), steady(*files):
        os.utime(files[1], (0, 0))


def test_another_file_in_its_place_is_a_change(files: tuple[Path, Path]) -> None:
    title, music = files
    os.utime(music, ns=(title.stat().st_atime_ns, title.stat().st_mtime_ns))
    with pytest.raises(DecodeFailed, match=r"'title\.mov' changed"), steady(title):
        music.replace(title)


@pytest.mark.parametrize("is_before", [True, False])
def test_one_that_is_gone_is_one_clear_line(files: tuple[Path, Path], is_before: bool) -> None:
    title, music = files
    if is_before:
        music.unlink()
    said = r"'music\.wav' cannot be read \(No such file or directory\); check the path and the disk"
    with pytest.raises(DecodeFailed, match=said), steady(title, music):
        music.unlink()


def test_what_fails_meanwhile_is_not_covered_up(files: tuple[Path, Path]) -> None:
    with pytest.raises(FileNotFoundError), steady(*files):
        files[0].rename(files[1].with_name("elsewhere")).with_name("gone").read_bytes()
