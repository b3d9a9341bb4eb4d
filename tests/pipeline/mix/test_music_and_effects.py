from __future__ import annotations

import dataclasses

import pytest

from pipeline.mix.music_and_effects import labelled, length_findings
from schemas.captions import Severity
from schemas.media import Asset, AudioStream
from tests.support import titles


def with_streams(*names: str | None) -> Asset:
    """Streams 1, 2, … of these titles; stream 1 is the one that is transcribed."""
    streams = tuple(
        AudioStream(number, "aac", 48_000, 2, "stereo", "en", name, is_default=number == 1, start_ms=0)
        for number, name in enumerate(names, 1)
    )
    return dataclasses.replace(titles.asset(), audio=streams, audio_choice=1)


@pytest.mark.parametrize(
    "name",
    [
        "M&E", "M & E Stereo", "m+e", "Music and Effects", "MUSIC & EFFECTS 5.1", "Music & FX", "MX/FX", "Mx&Sfx",
        "International Sound", "Intl Track", "IT-Ton", "Version Internationale", "Banda internacional", "M y E",
    ],
)  # fmt: skip
def test_what_is_labelled_as_music_and_effects_is_found(name: str) -> None:
    found = labelled(with_streams("English", "Commentary", name))
    assert found is not None
    assert found.stream_index == 3


@pytest.mark.parametrize(
    "name", ["Commentary", "Theme", "Same mix", "Music", "Effects only", "Some English", "Home & Exterior", None, ""]
)
def test_what_is_not_is_not(name: str | None) -> None:
    assert labelled(with_streams("English", name)) is None


def test_the_stream_with_the_speech_is_never_taken() -> None:
    assert labelled(with_streams("M&E")) is None


@pytest.mark.parametrize(
    ("length_ms", "severities"),
    [
        (60_000, []),
        (60_040, []),
        (59_960, []),
        (60_041, [Severity.WARNING]),
        (59_000, [Severity.WARNING]),
        (61_001, [Severity.ERROR]),
        (1, [Severity.ERROR]),
    ],
)
def test_another_length_is_told_as_bad_as_it_is(length_ms: int, severities: list[Severity]) -> None:
    found = length_findings(length_ms=length_ms, title_ms=60_000)
    assert [finding.severity for finding in found] == severities
    assert all(finding.measured == length_ms - 60_000 for finding in found)


def test_the_message_says_what_was_done() -> None:
    (longer,) = length_findings(length_ms=61_500, title_ms=60_000)
    (shorter,) = length_findings(length_ms=58_500, title_ms=60_000)
    assert "1500 ms longer than the title; its end was cut off" in longer.message
    assert "1500 ms shorter than the title; silence was added" in shorter.message
