from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import EngineUnavailable
from schemas.jobs import Job, TranscribeRequest, Transcript
from schemas.time import Span
from tests.support.scoring import word_errors, word_time_errors
from tests.support.spoken import Utterance, speech
from workers.client import WorkerEngines
from workers.registry import REGISTRY

LINES = ("Good morning, did you sleep well last night?", "He said that he would finish the work before dinner.")
MOST_WRONG = 0.1  # share of the words; the voice rms comes out at 0.02 over twelve sentences
P95_MS = 150  # of start times; recognition, unlike alignment, may choose other words beside

ASSET = "0123456789abcdef"


def test_words_are_heard_where_they_are_said_through_the_whole_of_the_worker(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    utterances = [Utterance(1_000, "rms", LINES[0]), Utterance(6_000, "rms", LINES[1])]
    clip = speech(library, utterances, length_ms=11_000, name="speech.flac")
    requests = [
        TranscribeRequest("0a", ASSET, "speech.flac", Span(700, 4_900), "en"),
        TranscribeRequest("0b", ASSET, "speech.flac", Span(5_700, 10_500), "en"),
        TranscribeRequest("0c", ASSET, "missing.flac", Span(0, 1_000), "en"),
    ]
    with WorkerEngines(str(library), "embedded", processes=2) as engines:
        results = engines.answer(Job.TRANSCRIBE, requests, lambda _: None)
    transcripts = [result for result in results if isinstance(result, Transcript)]
    words = [word for transcript in transcripts for word in transcript.words]
    assert word_errors(" ".join(LINES), " ".join(word.text for word in words)).rate <= MOST_WRONG
    assert word_time_errors(clip.words, words).p95_ms <= P95_MS
    assert all(word.text == word.text.lower() for word in words)
    assert all(word.confidence is not None for word in words)
    assert all(transcript.is_draft for transcript in transcripts)
    assert "missing.flac" in (transcripts[2].failure or "")


def test_a_language_that_it_cannot_hear_is_refused_before_anything_runs() -> None:
    REGISTRY.require_language("embedded", Job.TRANSCRIBE, "en-US")
    REGISTRY.require_language("embedded", Job.DIARIZE, "ja")
    with pytest.raises(EngineUnavailable, match="English only"):
        REGISTRY.require_language("embedded", Job.TRANSCRIBE, "es-419")


def test_every_job_has_a_model_and_nothing_is_missing_here() -> None:
    assert REGISTRY.availability("embedded") == ()
    models = [REGISTRY.model_id("embedded", job) for job in Job]
    assert all(model.name and model.revision for model in models)
