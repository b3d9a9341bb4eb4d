"""An engine of fixed answers, for tests about everything around recognition. No user can choose it.

What it says follows from the request alone and comes at once: a word every half second, two speakers who
take turns, a note per shot and one scene per window, the words of a line in reverse order, a tone of 60 ms per
character. In a worker it may be told to kill (``Orders``).
"""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

from pipeline.contracts import Abilities, ModelId
from pipeline.store.answers import Answers
from pipeline.store.objects import Objects
from pipeline.store.parquet import read_columns
from schemas.figures import Figures
from schemas.jobs import (
    Alignment,
    AlignRequest,
    DescribeRequest,
    Description,
    Diarization,
    DiarizeRequest,
    Job,
    LineAnswer,
    Request,
    Result,
    SynthesizeRequest,
    Take,
    TranscribeRequest,
    Transcript,
    TranslateRequest,
    Translation,
)
from schemas.media import SpeechRegion
from schemas.scenes import Scene, ShotNote
from schemas.speech import Turn, Word
from schemas.time import Span
from workers.families import Family, Loaded, Setting
from workers.jobs import RESULTS
from workers.registry import Registry

NAME = "fixed"
WORD_EVERY_MS = 500
WORD_MS = 400
MS_PER_CHARACTER = 60
TAKE_RATE_HZ = 24_000
TEXT = "The train is late again, so we will have another cup of coffee.".split()


def model_id(job: Job) -> ModelId:
    """It does every job."""
    return ModelId(f"fixed/{job}", "1")


def answer(requests: Sequence[Request]) -> list[Result]:
    """One answer per request."""
    return [_answer(request) for request in requests]


def load(_jobs: Sequence[Job], _setting: Setting) -> Loaded:
    """It is ready at once, and takes one request at a time so that a kill falls between two."""
    orders = Orders.given()

    def carried_out(requests: Sequence[Request]) -> list[Result]:
        for request in requests:
            orders.carry_out(request)
        return answer(requests)

    return Loaded(carried_out, batch=1, callers=1, close=lambda: None)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker with this engine does besides answering; nothing of it outlives the folder ``home``."""

    home: str
    """Where it writes down what it was asked, and by which process."""

    victim: str
    """Whom it kills: ``worker``, ``parent`` or ``nobody``."""

    kill_at: int
    """Which request of the whole test does it, from 1; it waits until an answer is kept."""

    kept: str
    """Folder in which answers are kept."""

    @classmethod
    def given(cls) -> Orders:
        """The orders in this process's environment."""
        return cls(**json.loads(os.environ[_ORDERS]))

    def give(self) -> None:
        """Let the workers that this process starts have these orders."""
        os.environ[_ORDERS] = json.dumps(asdict(self))

    def asked(self) -> list[str]:
        """Every request that was asked so far, in order, by whatever process."""
        return [path.read_text() for path in sorted(Path(self.home).glob("asked-*"))]

    def kept_at_the_kill(self) -> list[str]:
        """Requests whose answers were kept when the kill came."""
        return (Path(self.home) / "kept").read_text().split()

    def workers(self) -> list[int]:
        """Process ids of the workers that were asked something."""
        return [int(path.name.removeprefix("worker-")) for path in Path(self.home).glob("worker-*")]

    def carry_out(self, request: Request) -> None:
        """Note the request, and kill when it is time."""
        number = len(self.asked()) + 1
        (Path(self.home) / f"asked-{number:04}").write_text(request.request_id)
        (Path(self.home) / f"worker-{os.getpid()}").touch()
        if self.victim == "nobody" or number != self.kill_at:
            return
        while not (parts := sorted(Path(self.kept).glob("*.parquet"))):
            time.sleep(0.01)
        kept = [read_columns(part, ["request_id"]).column("request_id").to_pylist() for part in parts]
        (Path(self.home) / "kept").write_text("\n".join(itertools.chain.from_iterable(kept)))
        os.kill(os.getpid() if self.victim == "worker" else os.getppid(), signal.SIGKILL)


_ORDERS = "FIXED_ENGINE_ORDERS"
"""Environment variable; workers inherit it."""


ABILITIES = Abilities(times=True, follows=False, shortens=False, clones=False, varies=False, drafts=False)
REGISTRY = Registry(
    (
        Family(
            NAME,
            model_id,
            language_failure=lambda _job, _language: None,
            pair_failure=lambda _source, _target: None,
            abilities=ABILITIES,
            lacks=tuple,
            load=load,
        ),
    )
)
"""What the client and the worker of a test choose from."""


class FixedEngines:
    """The engine in this process, with its answers kept as workers keep them: each before it is told."""

    def __init__(self, objects: Objects, *, at: Callable[[str], None] = lambda _point: None) -> None:
        """``at`` is told of each point at which a kill leaves another state."""
        self.asked: list[str] = []
        """Requests that had no kept answer."""
        self._answers = Answers(objects)
        self._at = at

    def model(self, job: Job) -> ModelId:
        """As the contract says."""
        return model_id(job)

    def require_language(self, job: Job, language: str) -> None:
        """It hears every language."""

    def require_pair(self, source: str, target: str) -> None:
        """It translates every language."""

    def figures(self, job: Job) -> Figures | None:
        """It says nothing of itself."""
        return None

    def abilities(self) -> Abilities:
        """It answers once."""
        return ABILITIES

    def answer(self, job: Job, requests: Sequence[Request], on_answered: Callable[[int], None]) -> list[Result]:
        """As the contract says."""
        return [self._kept(job, request) or self._new(job, request, on_answered) for request in requests]

    def _kept(self, job: Job, request: Request) -> Result | None:
        found = self._answers.find(request.asset_id, job, [request.request_id], RESULTS[job])
        (result,) = found.results
        return result

    def _new(self, job: Job, request: Request, on_answered: Callable[[int], None]) -> Result:
        self.asked.append(request.request_id)
        self._at(f"{job}:before-answer")
        result = _answer(request)
        self._answers.keep(request.asset_id, job, [result], RESULTS[job])
        self._at(f"{job}:after-answer")
        on_answered(1)
        return result


def _answer(request: Request) -> Result:
    match request:
        case TranscribeRequest():
            starts = range(request.span.start_ms, request.span.end_ms - WORD_MS, WORD_EVERY_MS)
            said = zip(itertools.cycle(TEXT), starts, strict=False)
            words = tuple(Word(text, Span(start, start + WORD_MS), 0.9) for text, start in said)
            return Transcript(request.request_id, request.language, words, is_draft=False, failure=None)
        case AlignRequest():
            step_ms = request.span.duration_ms // len(request.words)
            starts = range(request.span.start_ms, request.span.end_ms, step_ms)
            spoken = zip(request.words, starts, strict=False)
            aligned = tuple(Word(text, Span(start, start + step_ms), None) for text, start in spoken)
            return Alignment(request.request_id, aligned, None)
        case DiarizeRequest():
            return Diarization(request.request_id, tuple(_turns(request.regions)), None)
        case DescribeRequest():
            return _description(request)
        case TranslateRequest():
            answers = (LineAnswer(line.id, " ".join(line.text.split()[::-1]), (), ()) for line in request.lines)
            return Translation(request.request_id, tuple(answers), None)
        case SynthesizeRequest():
            return _take(request)


def _turns(regions: Sequence[SpeechRegion]) -> list[Turn]:
    return [Turn(region.span, f"S{1 + index % 2}", 0.9) for index, region in enumerate(regions)]


def _description(request: DescribeRequest) -> Description:
    notes = tuple(ShotNote(shot.shot_index, f"Shot {shot.shot_index}.", "speech", ()) for shot in request.shots)
    first = request.shots[0].shot_index if request.shots else 0
    scene = Scene(0, request.span, first, first + len(request.shots), "A window", "It is shown.", "speech", ())
    return Description(request.request_id, notes, (scene,), None)


def _take(request: SynthesizeRequest) -> Take:
    count = len(request.text) * MS_PER_CHARACTER * TAKE_RATE_HZ // 1000
    tone = 0.1 * np.sin(2 * np.pi * (request.pitch_hz or 150.0) * np.arange(count) / TAKE_RATE_HZ)
    flac = io.BytesIO()
    soundfile.write(flac, tone, TAKE_RATE_HZ, format="FLAC", subtype="PCM_16")
    return Take(request.request_id, flac.getvalue(), TAKE_RATE_HZ, count, "fixed/tone", None)
