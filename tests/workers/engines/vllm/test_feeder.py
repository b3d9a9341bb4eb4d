from __future__ import annotations

import asyncio
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import pytest

from pipeline.errors import Missing
from pipeline.sizing.profiles import catalogue
from schemas.time import Span
from tests.support.cut_media import counted_sound, grey_frames
from workers.engines.vllm.feeder import Feeder
from workers.engines.vllm.footage import Footage
from workers.engines.vllm.question import Film, Media, QuestionFailed, Sound

VIDEO = catalogue().model("Qwen3-Omni-30B-A3B").video


@pytest.fixture
def library(tmp_path: Path) -> Path:
    counted_sound(tmp_path, "a.flac", 10_000)
    grey_frames(tmp_path, "f.parquet", range(0, 10_000, 1_000))
    (tmp_path / "broken.flac").write_bytes(b"fLaC and no more")
    return tmp_path


@pytest.fixture
def feeder(library: Path) -> Iterator[Feeder]:
    def media(key: str) -> Path:
        if key == "gone":
            raise Missing(key)
        return library / key

    made = Feeder(media, processes=2, video=VIDEO)
    yield made
    made.close()


def fed(feeder: Feeder, *media: Media) -> list[Footage | BaseException]:
    async def run() -> list[Footage | BaseException]:
        return await asyncio.gather(*map(feeder.footage, media), return_exceptions=True)

    return asyncio.run(run())


def test_sound_and_films_come_as_arrays(feeder: Feeder) -> None:
    sound, film, silent = fed(
        feeder,
        Sound("a.flac", Span(1_000, 1_100)),
        Film("f.parquet", "a.flac", Span(0, 2_000), 2.0),
        Film("f.parquet", None, Span(0, 2_000), 1.0),
    )
    assert isinstance(sound, Footage)
    assert isinstance(film, Footage)
    assert isinstance(silent, Footage)
    assert sound.sound is not None
    assert sound.sound.shape == (1_600,)
    assert sound.pictures is None
    assert film.pictures is not None
    assert film.pictures.shape == (4, 288, 512, 3)
    assert film.sound is not None
    assert film.sound.shape == (32_000,)
    assert silent.pictures is not None
    assert (silent.pictures.shape, silent.sound) == ((2, 288, 512, 3), None)


def test_what_cannot_be_read_fails_alone_with_its_reason_on_one_line(feeder: Feeder) -> None:
    asked = [Sound(key, Span(0, 100)) for key in ("a.flac", "broken.flac", "a.flac", "gone")]
    found = fed(feeder, *asked)
    assert [isinstance(answer, Footage) for answer in found] == [True, False, True, False]
    assert isinstance(found[1], QuestionFailed)
    assert "broken.flac cannot be read" in str(found[1])
    assert str(found[3]) == "gone is not in the library"
    assert "\n" not in str(found[1])


def test_a_process_that_is_killed_costs_nothing_more_than_time(feeder: Feeder) -> None:
    feeder.warm()
    for child in active_children():
        child.kill()
        child.join()
    (again,) = fed(feeder, Sound("a.flac", Span(0, 100)))
    assert isinstance(again, Footage)


def test_closing_ends_the_processes(library: Path) -> None:
    before = {child.pid for child in active_children()}
    feeder = Feeder(library.joinpath, processes=2, video=VIDEO)
    fed(feeder, Sound("a.flac", Span(0, 100)), Sound("a.flac", Span(0, 100)))
    assert {child.pid for child in active_children()} - before
    feeder.close()
    assert not {child.pid for child in active_children()} - before
