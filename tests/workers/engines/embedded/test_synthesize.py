from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from pipeline.localize import pace, pitch
from schemas.jobs import SynthesizeRequest, Take
from tests.bench.calibrate_espeak import speaking_s
from workers.engines.embedded import synthesize
from workers.engines.embedded.synthesize import MOST_CHARACTERS, EspeakSynthesizer, sayable, trimmed
from workers.engines.seats import Seats

PITCH_TOLERANCE = 0.08  # of the pitch asked for
PACE_TOLERANCE = 0.10  # of the pace asked for, over several sentences; one alone may be 0.15 away

SENTENCES = {
    "es": (
        "La casa que compramos el año pasado tiene un jardín muy grande.",
        "Mi hermana trabaja en un hospital cerca de la estación.",
        "No creo que puedan llegar antes de las cinco de la tarde.",
        "Cuando salió el sol, todos los barcos estaban ya lejos de la costa.",
        "¿Por qué nadie me dijo que la reunión era hoy?",
    ),
    "en": (
        "The house that we bought last year has a very large garden.",
        "My sister works in a hospital near the railway station.",
        "I do not believe that they can arrive before five in the afternoon.",
        "When the sun came up, all the boats were already far from the coast.",
        "Why did nobody tell me that the meeting was today?",
    ),
}
"""Not those that the library was measured with (tests/bench/calibrate_espeak.py)."""


@pytest.fixture(scope="module")
def seats() -> Iterator[Seats[synthesize.Speaking, synthesize.Spoken]]:
    with Seats(synthesize.load, 2) as made:
        yield made


@pytest.fixture(scope="module")
def synthesizer(seats: Seats[synthesize.Speaking, synthesize.Spoken]) -> EspeakSynthesizer:
    return EspeakSynthesizer(seats)


def asking(
    text: str, *, language: str = "es", pitch_hz: float | None = None, syllables_per_s: float | None = None
) -> SynthesizeRequest:
    return SynthesizeRequest("0a", "a" * 16, None, None, None, language, text, pitch_hz, syllables_per_s, 0)


def heard(take: Take) -> npt.NDArray[np.float32]:
    assert take.failure is None
    samples, _ = soundfile.read(io.BytesIO(take.flac), dtype="float32")
    return np.asarray(samples, np.float32)


@pytest.mark.parametrize("wanted_hz", [75.0, 95.0, 120.0, 150.0, 160.0, 200.0, 250.0, 310.0])
@pytest.mark.parametrize("language", ["es", "en"])
def test_a_take_has_the_pitch_of_its_speaker(synthesizer: EspeakSynthesizer, language: str, wanted_hz: float) -> None:
    for text in SENTENCES[language][:2]:
        (take,) = synthesizer.synthesize([asking(text, language=language, pitch_hz=wanted_hz)])
        assert pitch.median_hz(heard(take), take.sample_rate_hz) == pytest.approx(wanted_hz, rel=PITCH_TOLERANCE)


@pytest.mark.parametrize(("language", "wanted"), [("es", 4.5), ("es", 6.0), ("es", 7.5), ("en", 3.5), ("en", 5.5)])
@pytest.mark.parametrize("pitch_hz", [110.0, 210.0])
def test_takes_have_the_pace_of_their_speaker(
    synthesizer: EspeakSynthesizer, language: str, wanted: float, pitch_hz: float
) -> None:
    takes = synthesizer.synthesize(
        [asking(text, language=language, pitch_hz=pitch_hz, syllables_per_s=wanted) for text in SENTENCES[language]]
    )
    syllables = sum(pace.syllables(word, language) or 0 for text in SENTENCES[language] for word in text.split())
    spoken_s = sum(speaking_s(heard(take), take.sample_rate_hz) for take in takes)
    assert syllables / spoken_s == pytest.approx(wanted, rel=PACE_TOLERANCE)


def test_every_process_speaks_the_same_samples(seats: Seats[synthesize.Speaking, synthesize.Spoken]) -> None:
    request = asking(SENTENCES["es"][0], pitch_hz=120.0)
    first = EspeakSynthesizer(seats).synthesize([request])
    with Seats(synthesize.load, 1) as others:
        assert EspeakSynthesizer(others).synthesize([request]) == first


def test_the_voice_is_named_as_what_it_is(synthesizer: EspeakSynthesizer) -> None:
    takes = synthesizer.synthesize([asking("Hola.", language="es-MX", pitch_hz=200.0), asking("Hello.", language="en")])
    assert [take.voice for take in takes] == ["espeak-ng/es-419+f2", "espeak-ng/en+m6"]


def test_the_longest_text_is_spoken_and_a_longer_one_refused(synthesizer: EspeakSynthesizer) -> None:
    longest = "una palabra " * (MOST_CHARACTERS // 12)
    spoken, refused = synthesizer.synthesize([asking(longest), asking("x" * (MOST_CHARACTERS + 1))])
    assert spoken.failure is None
    assert spoken.samples > 60 * spoken.sample_rate_hz
    assert "5001 characters and 5000 is the most" in (refused.failure or "")


def test_markup_is_read_out_and_pictures_are_not(synthesizer: EspeakSynthesizer) -> None:
    plain, marked, pictured = synthesizer.synthesize(
        [asking("hola"), asking("<break time='9s'/>hola"), asking("🎵 hola 😀")]
    )
    assert marked.samples > plain.samples
    assert pictured.flac == plain.flac


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hola 😀 mundo", "Hola mundo"),
        ("♪ la la ♪", "la la"),
        ("20 °C, 5 % y 3 €", "20 °C, 5 % y 3 €"),
        ("uno\n\tdos\0tres", "uno dos tres"),
        ("👨‍👩‍👧", ""),
        ("Привет, 日本", "Привет, 日本"),
    ],
)
def test_what_nobody_says_is_left_out(text: str, expected: str) -> None:
    assert sayable(text) == expected


@given(st.integers(0, 3_000), st.integers(1, 500), st.integers(0, 3_000))
def test_trimming_takes_silence_and_no_speech(before: int, loud: int, after: int) -> None:
    speech = np.full(loud, 12_000, np.int16)
    samples = np.concatenate([np.zeros(before, np.int16), speech, np.zeros(after, np.int16)])
    kept = trimmed(samples, 22_050)
    assert int((kept == 12_000).sum()) == loud
    assert kept.size - loud <= 22_050 * (synthesize.LEAD_MS + synthesize.TAIL_MS) // 1000
    assert trimmed(kept, 22_050).size == kept.size


def test_silence_is_trimmed_to_nothing() -> None:
    assert trimmed(np.zeros(1_000, np.int16), 22_050).size == 0
