from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from pipeline.captions.profiles import profile
from pipeline.review import island
from pipeline.review.model import Review
from schemas.captions import Cue, Finding, Italic, Placement, Severity
from schemas.localize import CueLink
from schemas.scenes import ShotNote
from schemas.time import Span
from tests.support import reviews


def read(review: Review) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(island.compose(review))
    return data


def with_cue(cue: Cue) -> Review:
    made = reviews.review(cues=1)
    return dataclasses.replace(made, source=dataclasses.replace(made.source, cues=(cue,)))


def with_links(starts_ms: list[int], links: tuple[CueLink, ...]) -> Review:
    """Three source captions at 0.2, 3.2 and 6.2 s, and translated ones at ``starts_ms``."""
    made = reviews.review(cues=3)
    cues = tuple(Cue(Span(start_ms, start_ms + 500), ("Hola.",), "es") for start_ms in starts_ms)
    track = dataclasses.replace(made.targets[0], cues=cues, links=links, findings=())
    return dataclasses.replace(made, targets=(track,))


def test_a_plain_caption_says_only_what_is_not_usual() -> None:
    (cue,) = read(with_cue(Cue(Span(1_000, 3_000), ("Good", "morning."), "en")))["source"]["cues"]
    assert cue == [1_000, 2_000, "Good\nmorning.", 6.0]


def test_a_caption_keeps_speakers_placement_and_italics() -> None:
    cue = Cue(Span(0, 1_000), ("-One", "-Two"), "en", ("A", "B"), Placement.TOP, (Italic(1, 1, 4),))
    data = read(with_cue(cue))
    assert data["source"]["cues"][0][4:] == [[0, 1], list(Placement).index(Placement.TOP), [1, 1, 4]]
    assert data["speakers"][:2] == ["A", "B"]


def test_reading_speed_is_counted_as_the_profile_counts() -> None:
    made = with_cue(Cue(Span(0, 2_000), ("six words in these two seconds",), "en"))
    spoken = dataclasses.replace(made, source=dataclasses.replace(made.source, profile=profile("bbc", "en")))
    source = read(spoken)["source"]
    assert (source["unit"], source["cues"][0][3]) == ("words/min", 180.0)


def test_a_translated_caption_stands_in_the_row_that_it_is_linked_to() -> None:
    links = (CueLink(0, 0), CueLink(1, 0), CueLink(2, 2))
    assert read(with_links([200, 1_400, 6_200], links))["targets"][0]["rows"] == [0, 0, 2]


def test_a_translated_caption_without_a_link_stands_with_the_nearest_in_time() -> None:
    assert read(with_links([0, 2_900, 9_000], ()))["targets"][0]["rows"] == [0, 1, 2]


def test_a_dubbed_sentence_speaks_for_the_rows_of_all_its_lines() -> None:
    made = reviews.review(cues=3)
    line = dataclasses.replace(made.dubs[0].lines[0], first_line=1, lines=2)
    data = read(dataclasses.replace(made, dubs=(dataclasses.replace(made.dubs[0], lines=(line,)),)))
    assert data["dubs"][0]["lines"][0][0] == [1, 2]


def test_a_dubbed_sentence_of_lines_that_do_not_exist_is_refused() -> None:
    made = reviews.review(cues=3)
    line = dataclasses.replace(made.dubs[0].lines[0], first_line=99)
    with pytest.raises(ValueError, match="dub line 0 has lines range"):
        island.compose(dataclasses.replace(made, dubs=(dataclasses.replace(made.dubs[0], lines=(line,)),)))


def test_levels_are_four_steps_to_the_decibel_above_the_floor() -> None:
    levels = np.array([-120.0, island.FLOOR_DBFS, -63.5, -10.0, 0.0], np.float32)
    data = read(dataclasses.replace(reviews.review(), levels_dbfs=levels))
    assert list(base64.b64decode(data["levels"])) == [0, 0, 2, 216, 255]


def test_a_title_without_sound_or_picture_or_speech_has_empty_lists() -> None:
    made = reviews.review(cues=1)
    bare = Review(
        asset=dataclasses.replace(made.asset, video=None, audio=(), audio_choice=None),
        name="silence.wav",
        release_id="0" * 16,
        is_draft=False,
        stages=(),
        preview=None,
        source=dataclasses.replace(made.source, cues=(), findings=()),
    )
    data = read(bare)
    assert (data["levels"], data["scenes"], data["cuts"], data["dubs"]) == ("", [], [], [])
    assert data["title"]["rate"] is None


def test_a_scene_tells_each_thing_once_that_its_shots_show_and_sound() -> None:
    made = reviews.review(pictures=2)
    scenes = tuple(
        dataclasses.replace(scene, first_shot=2 * index, end_shot=2 * index + 2)
        for index, scene in enumerate(made.scenes)
    )
    notes = (
        ShotNote(0, "", "", (), who=("Anna", "a man"), mood="tense", sound_cues=("door slams",)),
        ShotNote(1, "", "", (), who=("Anna",), mood="tense", on_screen=("EXIT",)),
        ShotNote(2, "A kitchen.", "speech", ("dark",)),
    )
    first, second = read(dataclasses.replace(made, scenes=scenes, notes=notes))["scenes"]
    assert first[7:] == [["Anna", "a man"], ["tense"], ["door slams"], ["EXIT"]]
    assert second[7:] == []


def test_a_scene_names_few_of_many() -> None:
    made = reviews.review(pictures=1)
    notes = (ShotNote(0, "", "", (), who=tuple(f"P{index}" for index in range(99))),)
    (scene,) = read(dataclasses.replace(made, notes=notes))["scenes"]
    assert len(scene[7]) == island.MOST_FACTS


def test_a_finding_of_a_caption_that_does_not_exist_is_refused() -> None:
    made = reviews.review(cues=2)
    astray = Finding("gap", Severity.ERROR, 2, 0, None, None, "", "too close")
    with pytest.raises(ValueError, match="names cue 2 of 2"):
        dataclasses.replace(made, source=dataclasses.replace(made.source, findings=(astray,)))


def test_a_link_to_a_caption_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"source_cue_index=3\) in es: there are 1 cues of 3"):
        with_links([200], (CueLink(0, 3),))


def test_two_tracks_of_one_language_are_refused() -> None:
    made = reviews.review(cues=2)
    with pytest.raises(ValueError, match="two tracks of one language"):
        dataclasses.replace(made, targets=(*made.targets, *made.targets))
