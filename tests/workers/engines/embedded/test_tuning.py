from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from workers.engines.embedded import tuning
from workers.engines.embedded.tuning import FASTEST_WPM, SLOWEST_WPM, Calibration, Tuning, tuned


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("es", "es"),
        ("es-ES", "es"),
        ("es-419", "es-419"),
        ("es-AR", "es-419"),
        ("en", "en"),
        ("en-GB", "en"),
        ("en-US", "en-US"),
        ("eng", "en"),
        ("fr-CA", "fr"),
        ("de-AT", "de"),
        ("pt-BR", "pt-BR"),
        ("no", "nb"),
        ("zh-Hans", "cmn"),
        ("zh-TW", "cmn"),
        ("sr-Latn", "sr"),
    ],
)
def test_a_language_has_the_voice_of_the_nearest_accent(language: str, voice: str) -> None:
    assert tuning.language_failure(language) is None
    assert tuned(language, pitch_hz=None, syllables_per_s=None).voice.startswith(f"{voice}+")


@pytest.mark.parametrize("language", ["gl", "tlh", "qaa", "und", "gsw", "fo", "", "not a language", "x" * 5_000])
def test_a_language_without_a_voice_says_which_have_one(language: str) -> None:
    failure = tuning.language_failure(language)
    assert failure is not None
    assert "af, am, an" in failure
    with pytest.raises(ValueError, match="no voice"):
        tuned(language, pitch_hz=None, syllables_per_s=None)


def test_nothing_to_match_is_the_voice_as_it_is() -> None:
    assert tuned("es", pitch_hz=None, syllables_per_s=None) == Tuning("es+m6", pitch=50, rate_wpm=175)


def test_low_and_high_speakers_have_different_voices() -> None:
    low, high = (tuned("es", pitch_hz=hz, syllables_per_s=None).voice for hz in (110.0, 210.0))
    assert (low, high) == ("es+m6", "es+f2")


def test_a_long_vocal_tract_makes_a_low_voice_of_a_speaker_who_calls_out() -> None:
    man, woman = (tuned("es", pitch_hz=230.0, syllables_per_s=None, tract_cm=cm).voice for cm in (18.5, 15.3))
    assert (man, woman) == ("es+m6", "es+f2")


@given(st.floats(1, 2_000), st.floats(0.1, 50), st.sampled_from(["es", "en", "tr"]))
def test_settings_stay_inside_what_the_library_takes(pitch_hz: float, pace: float, language: str) -> None:
    chosen = tuned(language, pitch_hz=pitch_hz, syllables_per_s=pace)
    assert 0 <= chosen.pitch <= 100
    assert SLOWEST_WPM <= chosen.rate_wpm <= FASTEST_WPM


@given(st.lists(st.floats(60, 154), min_size=2, max_size=2), st.lists(st.floats(2, 12), min_size=2, max_size=2))
def test_a_higher_or_faster_speaker_is_never_set_lower_or_slower(pitches: list[float], paces: list[float]) -> None:
    one, other = (
        tuned("es", pitch_hz=hz, syllables_per_s=pace) for hz, pace in zip(sorted(pitches), sorted(paces), strict=True)
    )
    assert one.pitch <= other.pitch
    assert one.rate_wpm <= other.rate_wpm


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("high", "m9"),
        ("languages", {"en": (2.0, 3.0)}),
        ("languages", {"other": (2.0, 3.0, 4.0)}),
        ("variants", {"m6": (90.0, 80.0), "f2": (180.0, 200.0)}),
        ("rate_wpm", (200, 100)),
        ("boundary", 155),
    ],
)
def test_a_table_that_cannot_be_read_backwards_is_refused(field: str, value: object) -> None:
    whole: dict[str, object] = {
        "low": "m6",
        "high": "f2",
        "boundary_hz": 155,
        "boundary_cm": 16.3,
        "pitch": [0, 100],
        "rate_wpm": [80, 240],
        "variants": {"m6": [70.0, 170.0], "f2": [130.0, 330.0]},
        "languages": {"other": [3.0, 8.0]},
    }
    read = TypeAdapter(Calibration).validate_python
    assert read(whole).variants["f2"] == (130.0, 330.0)
    with pytest.raises(ValidationError, match=r"no pitch|no pace|do not rise|Unexpected"):
        read({**whole, field: value})
