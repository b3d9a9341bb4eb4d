"""The embedded engines keep the contract of every Protocol."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from schemas.time import Span
from tests.workers import contract, contract_text
from workers.engines.embedded import align, describe, diarize, synthesize, transcribe, translate
from workers.engines.seats import Seats


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    contract.recordings(folder)
    return folder


@pytest.fixture(scope="module")
def transcriber(media: Path) -> Iterator[transcribe.PocketSphinxTranscriber]:
    with Seats(transcribe.load, 1) as seats:
        yield transcribe.PocketSphinxTranscriber(partial(contract.fetch, media), seats)


@pytest.fixture(scope="module")
def aligner(media: Path) -> Iterator[align.PocketSphinxAligner]:
    with Seats(align.load, 1) as seats:
        yield align.PocketSphinxAligner(partial(contract.fetch, media), seats)


@pytest.fixture(scope="module")
def diarizer(media: Path) -> Iterator[diarize.MfccDiarizer]:
    with Seats(diarize.load, 1) as seats:
        yield diarize.MfccDiarizer(partial(contract.fetch, media), seats)


@pytest.fixture(scope="module")
def describer(media: Path) -> Iterator[describe.SignalDescriber]:
    with Seats(describe.load, 1) as seats:
        yield describe.SignalDescriber(partial(contract.fetch, media), seats)


@pytest.fixture(scope="module")
def translator() -> Iterator[translate.ApertiumTranslator]:
    with Seats(translate.load, 1) as seats:
        yield translate.ApertiumTranslator(seats)


@pytest.fixture(scope="module")
def synthesizer() -> Iterator[synthesize.EspeakSynthesizer]:
    with Seats(synthesize.load, 1) as seats:
        yield synthesize.EspeakSynthesizer(seats)


class TestTranscriber(contract.TranscriberContract):
    def test_another_language_is_a_failure_that_says_which_engine_can(
        self, transcriber: transcribe.PocketSphinxTranscriber
    ) -> None:
        asked = [self.asking("noise", Span(0, 500), language=tag) for tag in ("es", "ja-JP", "enm")]
        assert all("English only" in (answer.failure or "") for answer in transcriber.transcribe(asked))

    def test_english_of_any_country_is_english_and_so_is_what_nobody_named(
        self, transcriber: transcribe.PocketSphinxTranscriber
    ) -> None:
        asked = [self.asking("silence", Span(0, 500), language=tag) for tag in ("en", "en-GB", "und")]
        answers = transcriber.transcribe(asked)
        assert [(answer.language, answer.failure) for answer in answers] == [
            ("en", None),
            ("en-GB", None),
            ("en", None),
        ]


class TestAligner(contract.AlignerContract):
    pass


class TestDiarizer(contract.DiarizerContract):
    pass


class TestDescriber(contract.DescriberContract):
    pass


class TestTranslator(contract_text.TranslatorContract):
    pass


class TestSynthesizer(contract_text.SynthesizerContract):
    pass
