"""Text through the whole of the worker: requests in a folder, a process of its own, answers in the library."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import soundfile

from schemas.jobs import Job, SourceLine, SynthesizeRequest, Take, TranslateRequest, Translation
from workers.client import WorkerEngines
from workers.engines.embedded import pairs

pytestmark = pytest.mark.skipif(pairs.pair_failure("en", "es") is not None, reason=pairs.pair_failure("en", "es") or "")

ASSET = "a" * 16


def asking(number: int, *texts: str) -> TranslateRequest:
    lines = tuple(SourceLine(n, text, 42.0, (), None) for n, text in enumerate(texts))
    return TranslateRequest(f"{number:04x}", ASSET, "en", "es", lines, (), (), 0)


def speaking(number: int, text: str) -> SynthesizeRequest:
    return SynthesizeRequest(f"{number:04x}", ASSET, None, None, None, "es", text, 120.0, 5.0, 0)


def test_lines_are_translated_and_spoken_at_the_same_time_through_the_whole_of_the_worker(tmp_path: Path) -> None:
    to_translate = [asking(0, "Good morning."), asking(1, "The house", "is big.")]
    to_speak = [speaking(n, text) for n, text in enumerate(("Buenos días.", "…", "Hasta mañana."))]
    with WorkerEngines(str(tmp_path / "library"), "embedded", processes=1) as engines, ThreadPoolExecutor() as pool:
        translating = pool.submit(engines.answer, Job.TRANSLATE, to_translate, lambda _: None)
        takes = [one for one in engines.answer(Job.SYNTHESIZE, to_speak, lambda _: None) if isinstance(one, Take)]
        translations = [one for one in translating.result() if isinstance(one, Translation)]
    texts = [[line.text for line in translation.lines] for translation in translations]
    assert texts == [["Buenos días."], ["La casa", "es grande."]]
    assert [take.failure is None for take in takes] == [True, False, True]
    samples, rate_hz = soundfile.read(io.BytesIO(takes[2].flac), dtype="float32")
    assert (samples.shape, rate_hz) == ((takes[2].samples,), takes[2].sample_rate_hz)
