from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from pipeline.mix import marking
from schemas.media import Asset
from schemas.time import Span
from tests.support import titles
from tests.support.dubs import ENGINE, Said, dub_lines

PLACED, FLAGGED = Said(Span(0, 1_000)), Said(Span(2_000, 3_000), is_flagged=True)
CLONED = Said(Span(4_000, 5_000), consent_id="c-42")


def sentence(*lines: Said) -> str:
    return marking.Spoken("es", ENGINE, list(dub_lines(lines, "es"))).sentence


def test_it_says_that_speech_is_synthetic_what_made_it_and_that_nobody_was_cloned() -> None:
    assert sentence(PLACED, FLAGGED) == (
        "SYNTHETIC SPEECH (AI-generated), made by fixed/synthesize 1; voices: stock; no voice was cloned."
    )


def test_a_cloned_voice_is_told_with_its_consent() -> None:
    assert sentence(PLACED, CLONED).endswith("voices: cloned, stock; cloned under consent c-42.")


def test_where_nothing_is_dubbed_nothing_is_synthetic() -> None:
    assert sentence(FLAGGED) == "No line could be dubbed: all speech is the original."


def test_every_place_that_a_reader_looks_at_says_so() -> None:
    spoken = marking.Spoken("es", ENGINE, list(dub_lines([PLACED], "es")))
    words = marking.words(spoken, titles.asset(), what="dialogue stem")
    for text in (words.description, words.history, words.comment):
        assert "SYNTHETIC SPEECH" in text
        assert "fixed/synthesize 1" in text


def started(timecode: str | None, *, rate: Fraction = Fraction(25), video_start_ms: int = 0) -> Asset:
    asset = titles.asset()
    assert asset.video is not None
    video = dataclasses.replace(asset.video, frame_rate=rate, start_ms=video_start_ms)
    return dataclasses.replace(asset, start_timecode=timecode, video=video)


@pytest.mark.parametrize(
    ("asset", "samples"),
    [
        (started(None), 0),
        (started("10:00:00:00"), 36_000 * 48_000),
        (started("00:00:00:12"), 23_040),
        (started("00:59:58;00", rate=Fraction(30_000, 1001)), round(Fraction(107_832 * 1001, 30_000) * 48_000)),
        (started("01:00:00:00", rate=Fraction(24_000, 1001)), 172_972_800),
        (started("10:00:00:00", video_start_ms=40), 36_000 * 48_000 - 1_920),
        (started("00:00:00:00", video_start_ms=40), 86_400 * 48_000 - 1_920),
    ],
)
def test_the_first_sample_is_where_the_start_timecode_says(asset: Asset, samples: int) -> None:
    assert marking.time_reference(asset) == samples
