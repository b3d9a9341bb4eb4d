"""What every engine that translates or speaks must do, whoever made it: one suite per Protocol, as in ``contract``."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import soundfile

from pipeline.contracts import Synthesizer, Translator
from schemas.jobs import SourceLine, SynthesizeRequest, Take, TranslateRequest
from schemas.localize import Term

ASSET = "0123456789abcdef"


class TranslatorContract:
    """Suite of ``pipeline.contracts.Translator``; over English and Spanish, which every engine can be given."""

    ODD_TEXTS = (
        "[laughs] ^x$ \\ / <b>{y}</b> @z * # ~",
        "\0\n\t\x1b\u2028",
        "日本語 😀",
        "\ud800 lone",
        "a" * 2_000,
        "…",
    )
    """What a caption may hold, and what a stream format, a tokenizer or a template may trip over."""

    @staticmethod
    def asking(*texts: str, number: int = 0, target: str = "es", terms: Sequence[Term] = ()) -> TranslateRequest:
        lines = tuple(SourceLine(n, text, 42.0, tuple(terms), None) for n, text in enumerate(texts))
        return TranslateRequest(f"{number:04x}", ASSET, "en", target, lines, (), (), 0)

    def test_there_is_one_answer_per_request_in_order(self, translator: Translator) -> None:
        asked = [self.asking(text, number=n) for n, text in enumerate(("Good morning.", "", "Good night."))]
        assert [answer.request_id for answer in translator.translate(asked)] == ["0000", "0001", "0002"]

    def test_nothing_asked_is_nothing_answered(self, translator: Translator) -> None:
        assert translator.translate([]) == []

    def test_every_line_of_a_sentence_has_an_answer_of_its_own_with_words_in_it(self, translator: Translator) -> None:
        (answer,) = translator.translate([self.asking("We walked along the river,", "and then it began", "to rain.")])
        assert answer.failure is None
        assert sorted(line.id for line in answer.lines) == [0, 1, 2]
        assert all(any(char.isalpha() for char in line.text) for line in answer.lines)

    def test_odd_text_is_answered_or_is_a_failure_and_the_next_is_answered(self, translator: Translator) -> None:
        asked = [self.asking(text, number=n) for n, text in enumerate((*self.ODD_TEXTS, "The house is big."))]
        answers = translator.translate(asked)
        assert [answer.request_id for answer in answers] == [request.request_id for request in asked]
        for answer in answers:
            assert (answer.failure is None) or (answer.failure and answer.lines == ())
            assert {line.id for line in answer.lines} <= {0}
        assert "casa" in answers[-1].lines[0].text

    def test_a_line_breaks_nowhere(self, translator: Translator) -> None:
        (answer,) = translator.translate([self.asking("The house\nis\tbig.", "…\n…")])
        assert all(len(line.text.splitlines()) == 1 for line in answer.lines)

    def test_a_language_that_nobody_speaks_is_a_failure(self, translator: Translator) -> None:
        refused, answered = translator.translate([self.asking("Good morning.", target="qaa"), self.asking("Hello.")])
        assert refused.failure
        assert refused.lines == ()
        assert answered.failure is None

    def test_the_same_request_has_the_same_answer_whatever_came_before(self, translator: Translator) -> None:
        request = self.asking("I never saw the old man again,", "and nobody knew why.")
        alone = translator.translate([request])
        assert translator.translate([self.asking("Who said (", number=1), request])[1:] == alone


class SynthesizerContract:
    """Suite of ``pipeline.contracts.Synthesizer``; over Spanish, which every engine can be given."""

    LEAST_LEVEL = 0.005
    """RMS of anything that can be heard: -46 dB relative to full scale."""

    EDGE_S = 0.05
    """Silence before and after the speech, at most: what a fit to a slot of half a second can bear."""

    ODD_TEXTS = ("<speak>[[h@l]]</speak> &amp;", "Привет 日本語 😀", "12,5 % de 3.000", "a\0b\n\t\x1b", "Sí" * 800)
    """What a line may hold, and what a markup reader, a normaliser or a phonemizer may trip over."""

    WORDLESS = ("", "…", "😀 ♪", "\0\n")

    @staticmethod
    def asking(text: str, *, number: int = 0, language: str = "es") -> SynthesizeRequest:
        return SynthesizeRequest(f"{number:04x}", ASSET, None, None, None, language, text, None, None, 0)

    @staticmethod
    def heard(take: Take) -> npt.NDArray[np.float32]:
        """Samples of a take that is what it says it is, with nothing that clips in it."""
        assert take.failure is None
        samples, rate_hz = soundfile.read(io.BytesIO(take.flac), dtype="float32")
        assert (samples.shape, rate_hz) == ((take.samples,), take.sample_rate_hz)
        assert take.voice
        assert np.abs(samples).max() < 1
        return np.asarray(samples, np.float32)

    def test_there_is_one_take_per_request_in_order(self, synthesizer: Synthesizer) -> None:
        asked = [self.asking(text, number=n) for n, text in enumerate(("Buenos días.", "", "Buenas noches."))]
        assert [take.request_id for take in synthesizer.synthesize(asked)] == ["0000", "0001", "0002"]

    def test_nothing_asked_is_nothing_answered(self, synthesizer: Synthesizer) -> None:
        assert synthesizer.synthesize([]) == []

    def test_a_take_is_audible_and_begins_and_ends_with_its_speech(self, synthesizer: Synthesizer) -> None:
        (take,) = synthesizer.synthesize([self.asking("Buenos días, amigo.")])
        samples = self.heard(take)
        assert float(np.sqrt(np.mean(np.square(samples)))) > self.LEAST_LEVEL
        loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() / 100)
        assert loud[0] < self.EDGE_S * take.sample_rate_hz
        assert take.samples - loud[-1] < self.EDGE_S * take.sample_rate_hz

    def test_more_words_take_longer(self, synthesizer: Synthesizer) -> None:
        short, long = synthesizer.synthesize(
            [self.asking("Buenos días."), self.asking("Buenos días, amigo, ¿has dormido bien esta noche?")]
        )
        assert len(self.heard(long)) > 1.5 * len(self.heard(short))

    def test_without_words_there_is_a_failure_with_a_reason_and_no_sound(self, synthesizer: Synthesizer) -> None:
        for take in synthesizer.synthesize([self.asking(text) for text in self.WORDLESS]):
            assert take.failure
            assert (take.flac, take.sample_rate_hz, take.samples, take.voice) == (b"", 0, 0, "")

    def test_odd_text_is_spoken_or_is_a_failure_and_the_next_is_spoken(self, synthesizer: Synthesizer) -> None:
        takes = synthesizer.synthesize([self.asking(text) for text in (*self.ODD_TEXTS, "Buenos días.")])
        for take in takes:
            assert take.failure if take.samples == 0 else self.heard(take).any()
        assert self.heard(takes[-1]).any()

    def test_a_language_that_nobody_speaks_is_a_failure(self, synthesizer: Synthesizer) -> None:
        refused, spoken = synthesizer.synthesize([self.asking("Hola.", language="qaa"), self.asking("Hola.")])
        assert refused.failure
        assert refused.flac == b""
        assert spoken.failure is None

    def test_the_same_request_has_the_same_take_whatever_came_before(self, synthesizer: Synthesizer) -> None:
        request = self.asking("Nunca volví a ver al viejo.")
        alone = synthesizer.synthesize([request])
        assert synthesizer.synthesize([self.asking("¿Quién dijo eso?", number=1), request])[1:] == alone
