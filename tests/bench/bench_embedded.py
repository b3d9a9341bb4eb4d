"""The embedded engines on real speech: words wrong, times off, speakers mistaken, and what it costs.

Run: ``REELINGUA_MEDIA=FOLDER python -m tests.bench.bench_embedded``. Every recording goes through probe,
prepare and plan as in a run, then through real workers. Word error rates are jiwer's over the normaliser
of ``tests.support.scoring``; speaker errors have its collar. Cost is processor time of the workers and all
their children, model loading included, per second of sound that they heard.
"""

from __future__ import annotations

import json
import resource
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from pipeline.media.chunks import plan_chunks
from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from pipeline.store import parquet
from schemas.jobs import Alignment, AlignRequest, Diarization, DiarizeRequest, Job, TranscribeRequest, Transcript
from schemas.media import Asset, Level, SpeechRegion
from schemas.plan import Chunk
from schemas.speech import Turn, Word
from schemas.time import Span
from tests.bench.machine import ROOT
from tests.bench.results import Result, parser, recordings, report
from tests.support.scoring import diarization_errors, word_errors, word_time_errors
from workers.client import WorkerEngines

COMMAND = "./run bench embedded"
DEMO = ROOT / "infra" / "demo"
LJ_GAP_S = 0.6


@dataclass(frozen=True, slots=True)
class Truth:
    """What is in a recording."""

    name: str
    source: Path
    text: str
    words: tuple[Word, ...] = ()
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recording that engines can be asked about."""

    truth: Truth
    asset: Asset
    media_key: str
    regions: tuple[SpeechRegion, ...]
    chunks: tuple[Chunk, ...]


def main() -> None:
    """Measure everything that there is truth for."""
    arguments = parser(__doc__).parse_args()
    report(measured(recordings()), records=arguments.records)


def measured(media: Path) -> Iterator[Result]:
    """Results, recording by recording."""
    with tempfile.TemporaryDirectory(prefix="reelingua-bench-") as folder:
        library = Path(folder)
        titles = [ready(library, truth) for truth in truths(media, library)]
        before_s = children_s()
        with WorkerEngines(str(library), "embedded") as engines:
            transcripts = [transcribed(engines, title) for title in titles]
        cost_s = children_s() - before_s
        heard_s = sum(chunk.heard.duration_ms for title in titles for chunk in title.chunks) / 1000
        wrong = said = 0
        for title, words in zip(titles, transcripts, strict=True):
            errors = word_errors(title.truth.text, " ".join(word.text for word in words))
            yield result(f"words wrong: {title.truth.name}", errors.rate * 100, "%")
            if title.truth.name.startswith("LJ"):
                wrong += errors.substitutions + errors.deletions + errors.insertions
                said += errors.reference_words
        yield result("words wrong: all LJ clips", 100 * wrong / said, "%")
        yield result("recognition, processor time per second of sound", cost_s / heard_s, "s")
        with WorkerEngines(str(library), "embedded") as engines:
            for title in titles:
                if title.truth.words:
                    errors_ms = word_time_errors(title.truth.words, aligned(engines, title))
                    yield result(f"aligned words off, median: {title.truth.name}", errors_ms.median_ms, "ms")
                    yield result(f"aligned words off, 95th percentile: {title.truth.name}", errors_ms.p95_ms, "ms")
                    yield result(f"aligned words off, bias: {title.truth.name}", errors_ms.bias_ms, "ms")
            for title, words in zip(titles, transcripts, strict=True):
                if title.truth.words:
                    errors_ms = word_time_errors(title.truth.words, words)
                    yield result(f"recognised words off, median: {title.truth.name}", errors_ms.median_ms, "ms")
            for title in titles:
                if title.truth.turns:
                    found = diarized(engines, title)
                    speakers = {turn.speaker for turn in found if turn.speaker is not None}
                    rate = diarization_errors(title.truth.turns, found).rate
                    yield result(f"speaker error: {title.truth.name}", 100 * rate, "%")
                    there = len({turn.speaker for turn in title.truth.turns})
                    yield result(f"speakers found of {there}: {title.truth.name}", len(speakers), "")


def result(name: str, value: float, unit: str) -> Result:
    """One number; nobody set a target for these engines, which are drafts and say so."""
    return Result(name, value, unit, None, COMMAND)


def truths(media: Path, scratch: Path) -> Iterator[Truth]:
    """Every recording with known words or speakers."""
    texts = dict(line.split("|", 1) for line in (media / "lj" / "transcripts.csv").read_text("utf-8").splitlines())
    for name, text in texts.items():
        yield Truth(name, media / "lj" / f"{name}.flac", text)
    joined = scratch / "lj-joined.flac"
    yield Truth("LJ clips joined", joined, " ".join(texts.values()), turns=join(media, list(texts), joined))
    chemicals = json.loads((media / "chemicals.words.json").read_text("utf-8"))
    words = [Word(one["word"], Span(one["start_ms"], one["end_ms"]), None) for one in chemicals["words"]]
    yield Truth("chemicals.opus", media / "chemicals.opus", chemicals["text"], tuple(words))
    for name, file, key in (
        ("interview.flac", media / "interview.flac", "speech"),
        ("narrated.mp4", media / "narrated.mp4", "speech"),
        ("demo.mp4", DEMO / "demo.mp4", "lines"),
    ):
        lines = json.loads(file.with_suffix(".truth.json").read_text("utf-8"))[key]
        turns = [Turn(Span(line["start_ms"], line["end_ms"]), line["speaker"], 1.0) for line in lines]
        timed = [word for line in lines for word in line.get("words", ())]
        words = [Word(word["text"], Span(word["start_ms"], word["end_ms"]), None) for word in timed]
        yield Truth(name, file, " ".join(line["text"] for line in lines), tuple(words), tuple(turns))


def join(media: Path, names: Sequence[str], target: Path) -> tuple[Turn, ...]:
    """Write the clips of one reader after each other; when she speaks."""
    parts: list[np.ndarray[tuple[int], np.dtype[np.int16]]] = []
    turns: list[Turn] = []
    at = rate = 0
    for name in names:
        samples, rate = soundfile.read(media / "lj" / f"{name}.flac", dtype="int16")
        gap = np.zeros(int(LJ_GAP_S * rate), np.int16)
        parts += [gap, samples]
        first, at = at + len(gap), at + len(gap) + len(samples)
        turns.append(Turn(Span(first * 1000 // rate, at * 1000 // rate), "LJ", 1.0))
    soundfile.write(target, np.concatenate(parts), rate)
    return tuple(turns)


def ready(library: Path, truth: Truth) -> Prepared:
    """Probe, prepare and plan a recording."""
    asset = probe(truth.source)
    folder = library / "media" / asset.asset_id
    folder.mkdir(parents=True)
    prepare(truth.source, asset, folder)
    regions = parquet.read_rows(folder / "regions.parquet", SpeechRegion)
    levels = np.array([level.level_dbfs for level in parquet.iter_rows(folder / "levels.parquet", Level)], np.float32)
    chunks = plan_chunks(regions, levels, length_ms=asset.length_ms)
    return Prepared(truth, asset, f"media/{asset.asset_id}/speech.flac", tuple(regions), tuple(chunks))


def transcribed(engines: WorkerEngines, title: Prepared) -> list[Word]:
    """Words that are heard, each in the chunk that its middle lies in."""
    requests = [
        TranscribeRequest(f"{chunk.chunk_index:04x}", title.asset.asset_id, title.media_key, chunk.heard, "en")
        for chunk in title.chunks
    ]
    answers = engines.answer(Job.TRANSCRIBE, requests, lambda _: None)
    return [
        word
        for chunk, answer in zip(title.chunks, answers, strict=True)
        if isinstance(answer, Transcript)
        for word in answer.words
        if chunk.span.start_ms <= middle_ms(word) < chunk.span.end_ms
    ]


def aligned(engines: WorkerEngines, title: Prepared) -> list[Word]:
    """The words of the truth, where the aligner puts them."""
    requests = []
    for chunk in title.chunks:
        inside = range(chunk.span.start_ms, chunk.span.end_ms)
        said = tuple(word.text for word in title.truth.words if middle_ms(word) in inside)
        request_id = f"{chunk.chunk_index:04x}"
        requests.append(AlignRequest(request_id, title.asset.asset_id, title.media_key, chunk.span, "en", said))
    answers = engines.answer(Job.ALIGN, requests, lambda _: None)
    return [word for answer in answers if isinstance(answer, Alignment) for word in answer.words]


def diarized(engines: WorkerEngines, title: Prepared) -> tuple[Turn, ...]:
    """Who is found to speak when."""
    request = DiarizeRequest("0a", title.asset.asset_id, title.media_key, title.regions)
    (answer,) = engines.answer(Job.DIARIZE, [request], lambda _: None)
    if not isinstance(answer, Diarization) or answer.failure is not None:
        raise ValueError(f"{title.truth.name} was not diarized: {answer}")
    return answer.turns


def middle_ms(word: Word) -> int:
    """Where the middle of a word lies."""
    return (word.span.start_ms + word.span.end_ms) // 2


def children_s() -> float:
    """Processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
