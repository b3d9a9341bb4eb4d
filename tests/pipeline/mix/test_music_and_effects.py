from __future__ import annotations

import dataclasses

import pytest

from pipeline.mix.music_and_effects import labelled
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
