"""What every engine that hears or sees must do, whoever made it: one suite per Protocol, run over every implementation.

The suites of those that translate and speak are in ``contract_text``.

An implementation's test module has a fixture ``media`` (names of recordings to files, see ``recordings``)
and one per Protocol that gives the engine, and makes a class of its own of each suite.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from pipeline.contracts import Aligner, Describer, Diarizer, Transcriber
from pipeline.errors import Missing
from schemas.jobs import AlignRequest, DescribeRequest, DiarizeRequest, TranscribeRequest
from schemas.media import CutKind, Shot, SpeechRegion
from schemas.time import SAMPLES_PER_MS, SPEECH_RATE_HZ, Span

ASSET = "0123456789abcdef"
LENGTH_MS = 4_000

ODD = ("silence", "noise", "tone", "loud")
"""Recordings in which nobody speaks, ``LENGTH_MS`` each."""

BROKEN = ("gone", "text", "cut-off")
"""Names of media that are not there, are no audio, or end in the middle."""


def recordings(folder: Path) -> None:
    """Make the recordings without speech, and the broken ones, as ``NAME.flac``."""
    count = LENGTH_MS * SAMPLES_PER_MS
    noise = np.random.default_rng(0).standard_normal(count)
    sounds: dict[str, npt.NDArray[np.float64]] = {
        "silence": np.zeros(count),
        "noise": noise * 0.05,
        "tone": 0.3 * np.sin(2 * np.pi * 440 * np.arange(count) / SPEECH_RATE_HZ),
        "loud": np.clip(noise * 10, -1, 1),
        "tiny": np.zeros(SAMPLES_PER_MS),
    }
    for name, samples in sounds.items():
        soundfile.write(folder / f"{name}.flac", samples, SPEECH_RATE_HZ, subtype="PCM_16")
    (folder / "text.flac").write_text("this is no sound")
    (folder / "cut-off.flac").write_bytes((folder / "noise.flac").read_bytes()[:5_000])


def fetch(folder: Path, key: str) -> Path:
    """The file of a media key, as a library gives it."""
    path = folder / f"{key}.flac"
    if not path.exists():
        raise Missing(key)
    return path


class TranscriberContract:
    """Suite of ``pipeline.contracts.Transcriber``."""

    @staticmethod
    def asking(key: str, span: Span, *, number: int = 0, language: str = "en") -> TranscribeRequest:
        return TranscribeRequest(f"{number:04x}", ASSET, key, span, language)

    def test_there_is_one_answer_per_request_in_order(self, transcriber: Transcriber) -> None:
        keys = ("silence", "gone", "noise", "text", "tone")
        requests = [self.asking(key, Span(0, 1_000), number=number) for number, key in enumerate(keys)]
        answers = transcriber.transcribe(requests)
        assert [answer.request_id for answer in answers] == [request.request_id for request in requests]

    def test_nothing_asked_is_nothing_answered(self, transcriber: Transcriber) -> None:
        assert transcriber.transcribe([]) == []

    def test_broken_media_are_failures_with_a_reason_and_the_next_is_answered(self, transcriber: Transcriber) -> None:
        asked = [self.asking(key, Span(3_000, 4_000), number=n) for n, key in enumerate((*BROKEN, "silence"))]
        answers = transcriber.transcribe(asked)
        assert [answer.failure is not None for answer in answers] == [True, True, True, False]
        assert all(answer.words == () for answer in answers[:3])

    def test_words_of_anything_lie_inside_the_span_in_order(self, transcriber: Transcriber) -> None:
        span = Span(137, 3_891)
        for answer in transcriber.transcribe([self.asking(key, span, number=n) for n, key in enumerate(ODD)]):
            assert answer.failure is None
            edges = [edge for word in answer.words for edge in (word.span.start_ms, word.span.end_ms)]
            assert edges == sorted(edges)
            assert all(span.start_ms <= edge <= span.end_ms for edge in edges)
            assert all(word.confidence is None or 0 <= word.confidence <= 1 for word in answer.words)

    def test_hardly_any_sound_has_no_words(self, transcriber: Transcriber) -> None:
        asked = [
            self.asking("noise", Span(1_000, 1_020)),
            self.asking("noise", Span(1_000, 1_001)),
            self.asking("tiny", Span(0, 1_000)),
            self.asking("noise", Span(LENGTH_MS + 1_000, LENGTH_MS + 2_000)),
        ]
        assert [(answer.failure, answer.words) for answer in transcriber.transcribe(asked)] == [(None, ())] * 4

    def test_the_same_request_has_the_same_answer_whatever_came_before(self, transcriber: Transcriber) -> None:
        request = self.asking("noise", Span(0, 2_000))
        alone = transcriber.transcribe([request])
        assert transcriber.transcribe([self.asking("tone", Span(0, 3_000), number=1), request])[1:] == alone


class AlignerContract:
    """Suite of ``pipeline.contracts.Aligner``."""

    WORDS = ("Good", "morning,", "—", "it's", "1945!")

    @staticmethod
    def asking(key: str, span: Span, words: Sequence[str], *, number: int = 0) -> AlignRequest:
        return AlignRequest(f"{number:04x}", ASSET, key, span, "en", tuple(words))

    def test_there_is_one_answer_per_request_in_order(self, aligner: Aligner) -> None:
        keys = ("noise", "gone", "silence")
        asked = [self.asking(key, Span(0, 3_000), self.WORDS, number=n) for n, key in enumerate(keys)]
        assert [answer.request_id for answer in aligner.align(asked)] == ["0000", "0001", "0002"]

    def test_broken_media_are_failures_with_a_reason(self, aligner: Aligner) -> None:
        asked = [self.asking(key, Span(3_000, 4_000), self.WORDS, number=n) for n, key in enumerate(BROKEN)]
        assert all(answer.failure and answer.words == () for answer in aligner.align(asked))

    def test_an_answer_has_every_word_as_it_is_displayed_inside_the_span(self, aligner: Aligner) -> None:
        span = Span(137, 3_891)
        for answer in aligner.align([self.asking(key, span, self.WORDS, number=n) for n, key in enumerate(ODD)]):
            if answer.failure is None:
                assert tuple(word.text for word in answer.words) == self.WORDS
            edges = [edge for word in answer.words for edge in (word.span.start_ms, word.span.end_ms)]
            assert edges == sorted(edges)
            assert all(span.start_ms <= edge <= span.end_ms for edge in edges)

    def test_words_that_cannot_be_there_are_a_failure(self, aligner: Aligner) -> None:
        asked = [self.asking("noise", Span(0, 20), self.WORDS), self.asking("tiny", Span(0, 900), self.WORDS)]
        assert all(answer.failure and answer.words == () for answer in aligner.align(asked))

    def test_no_words_need_no_times(self, aligner: Aligner) -> None:
        (answer,) = aligner.align([self.asking("noise", Span(0, 1_000), ())])
        assert (answer.words, answer.failure) == ((), None)

    def test_the_same_request_has_the_same_answer_whatever_came_before(self, aligner: Aligner) -> None:
        request = self.asking("noise", Span(0, 3_000), self.WORDS)
        alone = aligner.align([request])
        other = self.asking("tone", Span(0, 4_000), ("completely", "other", "words"), number=1)
        assert aligner.align([other, request])[1:] == alone


class DiarizerContract:
    """Suite of ``pipeline.contracts.Diarizer``."""

    @staticmethod
    def asking(key: str, spans: Sequence[Span], *, number: int = 0) -> DiarizeRequest:
        return DiarizeRequest(f"{number:04x}", ASSET, key, tuple(SpeechRegion(span, 0.9) for span in spans))

    def test_there_is_one_answer_per_request_in_order(self, diarizer: Diarizer) -> None:
        asked = [self.asking(key, [Span(0, 3_000)], number=n) for n, key in enumerate(("noise", "gone", "silence"))]
        assert [answer.request_id for answer in diarizer.diarize(asked)] == ["0000", "0001", "0002"]

    def test_broken_media_are_failures_with_a_reason(self, diarizer: Diarizer) -> None:
        asked = [self.asking(key, [Span(3_000, 4_000)], number=n) for n, key in enumerate(BROKEN)]
        assert all(answer.failure and answer.turns == () for answer in diarizer.diarize(asked))

    def test_no_speech_has_no_turns(self, diarizer: Diarizer) -> None:
        (answer,) = diarizer.diarize([self.asking("noise", [])])
        assert (answer.turns, answer.failure) == ((), None)

    def test_turns_cover_the_regions_and_nothing_else(self, diarizer: Diarizer) -> None:
        spans = [Span(0, 20), Span(137, 1_291), Span(1_291, 1_300), Span(2_000, 3_999)]
        for answer in diarizer.diarize([self.asking(key, spans, number=n) for n, key in enumerate((*ODD, "tiny"))]):
            assert answer.failure is None
            covered = [(turn.span.start_ms, turn.span.end_ms) for turn in answer.turns]
            assert covered == sorted(covered)
            for span in spans:
                assert sum(turn.span.overlap_ms(span) for turn in answer.turns) == span.duration_ms
            assert sum(turn.span.duration_ms for turn in answer.turns) == sum(span.duration_ms for span in spans)
            assert all(0 <= turn.confidence <= 1 for turn in answer.turns)

    def test_the_same_request_has_the_same_answer(self, diarizer: Diarizer) -> None:
        request = self.asking("noise", [Span(0, 4_000)])
        assert diarizer.diarize([request]) == diarizer.diarize([request])


class DescriberContract:
    """Suite of ``pipeline.contracts.Describer``."""

    SHOTS = tuple(
        Shot(number, Span(start_ms, end_ms), start_ms // 40, end_ms // 40, CutKind.CUT, 0.4, 0.02, 0.0, 0.0, (colour,))
        for number, (start_ms, end_ms, colour) in enumerate(
            [(0, 40, "#102030"), (40, 1_520, "#d0d0d0"), (1_520, 4_000, "#208020")], start=7
        )
    )

    def asking(self, key: str | None, *, shots: Sequence[Shot] | None = None, number: int = 0) -> DescribeRequest:
        span, speech = Span(0, LENGTH_MS), (SpeechRegion(Span(100, 1_000), 0.9),)
        chosen = self.SHOTS if shots is None else tuple(shots)
        return DescribeRequest(f"{number:04x}", ASSET, key, None, span, chosen, speech if key else ())

    def test_there_is_one_answer_per_request_in_order(self, describer: Describer) -> None:
        asked = [self.asking(key, number=n) for n, key in enumerate(("noise", "gone", None))]
        assert [answer.request_id for answer in describer.describe(asked)] == ["0000", "0001", "0002"]

    def test_broken_media_are_failures_with_a_reason(self, describer: Describer) -> None:
        asked = [self.asking(key, number=n) for n, key in enumerate(BROKEN)]
        assert all(answer.failure and not answer.shots and not answer.scenes for answer in describer.describe(asked))

    def test_every_shot_has_a_note_and_scenes_cover_the_window_on_shot_boundaries(self, describer: Describer) -> None:
        for answer in describer.describe([self.asking(key, number=n) for n, key in enumerate((*ODD, None))]):
            assert answer.failure is None
            assert [note.shot_index for note in answer.shots] == [shot.shot_index for shot in self.SHOTS]
            assert all(note.description and note.sound for note in answer.shots)
            edges = [0, *(scene.span.end_ms for scene in answer.scenes)]
            assert [scene.span.start_ms for scene in answer.scenes] == edges[:-1]
            assert edges[-1] == LENGTH_MS
            assert set(edges) <= {0, 40, 1_520, LENGTH_MS}
            assert [scene.scene_index for scene in answer.scenes] == list(range(len(answer.scenes)))

    def test_a_title_without_picture_is_described_too(self, describer: Describer) -> None:
        (answer,) = describer.describe([self.asking("tone", shots=())])
        assert (answer.failure, answer.shots) == (None, ())
        assert [scene.span for scene in answer.scenes] == [Span(0, LENGTH_MS)]

    def test_the_same_request_has_the_same_answer(self, describer: Describer) -> None:
        assert describer.describe([self.asking("noise")]) == describer.describe([self.asking("noise")])
