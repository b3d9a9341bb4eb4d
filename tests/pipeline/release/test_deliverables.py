"""The files of a release, before they are stored."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from pipeline.captions.formats import srt, ttml, vtt
from pipeline.release import deliverables
from pipeline.release.deliverables import File
from schemas.captions import Variant
from tests.support.titles import title


def files(variant: Variant = Variant.SUBTITLE) -> dict[str, File]:
    made = title()
    return {file.name: file for file in deliverables.compose(replace(made, house=replace(made.house, variant=variant)))}


def test_the_three_formats_hold_the_cues_that_they_can_carry() -> None:
    made = files()
    cues = list(title().cues)
    assert ttml.parse(made["captions.en.ttml"].data.decode(), "en") == cues
    assert vtt.parse(made["captions.en.vtt"].data.decode(), "en") == cues
    assert srt.parse(made["captions.en.srt"].data.decode(), "en") == [replace(cue, speakers=()) for cue in cues]


def test_every_language_has_its_captions_in_every_format() -> None:
    (spanish,) = title().localized
    assert vtt.parse(files()["captions.es.vtt"].data.decode(), "es") == list(spanish.cues)
    assert {"captions.es.srt", "captions.es.ttml"} <= files().keys()


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        (Variant.SUBTITLE, "captions.en.srt"),
        (Variant.SDH, "captions.en.sdh.srt"),
        (Variant.FORCED, "captions.en.forced.srt"),
    ],
)
def test_a_caption_file_says_in_its_name_what_it_is_for(variant: Variant, name: str) -> None:
    assert name in files(variant)


def test_scene_markers_survive_commas_and_quotes() -> None:
    (scene,) = csv.DictReader(io.StringIO(files()["scenes.csv"].data.decode()))
    assert scene == {
        "scene": "1",
        "start": "0:00:00.000",
        "end": "0:00:20.000",
        "title": 'Breakfast, "early"',
        "synopsis": "They get ready.",
        "sound": "speech",
        "speakers": "S1 S2",
    }


def test_the_same_title_makes_the_same_bytes() -> None:
    assert files() == files()
