"""Engines that fail on demand, for faults that no real engine makes when asked. No user can choose them.

``faulty`` takes batches and transcribes; ``streaming`` takes requests as they come (``tests.support.stream``),
transcribes and describes with one model, counts, and leaves aligning to ``faulty``. What they do with a request
stands in its ``media_key``: ``word:hello`` hears that word, ``pid`` hears the number of the worker's process,
``place:FOLDER`` hears the variable ``PLACE``, once workers at two places have been asked that; ``die`` kills the
worker, ``die-once:PATH`` kills it unless PATH exists, ``die-at:NAME`` kills it at this place, ``die-kept:LIBRARY``
kills it when its answer is kept and not yet told of; ``hang`` never answers, ``wait:PATH`` answers when PATH exists,
``fork:PATH`` leaves a process behind and its id in PATH, ``raise`` raises, ``crash`` says that the engine is gone,
``swap`` answers another request, ``half`` hears half a character, ``idle:SECONDS`` and ``preempted:NUMBER`` are what
``streaming`` counts then. Where the variable ``PLACE`` is ``unloadable``, ``streaming`` cannot be loaded, and where it
is ``slow`` that takes ``SLOW_S``; once loaded it leaves a file in the folder ``LOADED``, if there is such a variable.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.contracts import Abilities, ModelId
from pipeline.errors import EngineCrashed, EngineUnavailable
from pipeline.store.answers import Answers
from pipeline.store.objects import FolderObjects
from schemas.figures import Figures
from schemas.jobs import DescribeRequest, Description, Job, Request, Result, TranscribeRequest, Transcript
from schemas.speech import Word
from schemas.time import Span
from tests.support.stream import Stream
from workers.families import Family, Loaded, Setting, Streaming
from workers.registry import Registry

BATCH = 4
"""Requests per call of ``faulty``."""

IN_FLIGHT = 4
"""Requests that ``streaming`` takes at once."""

UNLOADABLE = "unloadable"
"""Place at which ``streaming`` cannot be loaded."""

SLOW = "slow"
"""Place at which it loads for ``SLOW_S`` and tells of it ten times."""

SLOW_S = 5.0

CREW = (Job.DESCRIBE, Job.TRANSCRIBE)
"""Jobs of ``streaming`` that share a model."""


def model_id(job: Job) -> ModelId:
    """There is a model for transcribing, and one for aligning that cannot be loaded."""
    if job not in {Job.TRANSCRIBE, Job.ALIGN}:
        raise EngineUnavailable(f"the faulty engine cannot {job}; choose another")
    return ModelId("faulty", "1")


def load(jobs: Sequence[Job], setting: Setting) -> Loaded:
    """An engine that is ready, unless it is to align."""
    if Job.ALIGN in jobs:
        raise EngineUnavailable("the faulty engine has no aligner; choose another")
    return Loaded(
        lambda requests: [answer(request) for request in requests],
        batch=BATCH,
        callers=setting.processes,
        close=lambda: None,
    )


def load_streaming(_jobs: Sequence[Job], setting: Setting) -> Streaming:
    """An engine that is ready, unless its place is one where it cannot be."""
    if _place() == UNLOADABLE:
        raise EngineUnavailable("the streaming engine does not fit here; choose another")
    if _place() == SLOW:
        for part in range(10):
            setting.tell(f"loaded {part} of 10 parts")
            time.sleep(SLOW_S / 10)
    if folder := os.environ.get("LOADED"):
        (Path(folder) / str(os.getpid())).touch()
    stream = Stream(answer, counted=_counted)
    return Streaming(stream.submit, IN_FLIGHT, stream.figures, stream.close)


def answer(request: Request) -> Result:
    """What the request asks for."""
    assert isinstance(request, TranscribeRequest | DescribeRequest)
    what, _, argument = (request.media_key or "").partition(":")
    if what == "die-kept":
        _keep(request, Path(argument))
    _do(what, Path(argument))
    answered = "0ff" if what == "swap" else request.request_id
    heard = {"word": argument, "pid": str(os.getpid()), "place": _place(), "half": "\ud800"}.get(what)
    if isinstance(request, DescribeRequest):
        return Description(answered, (), (), None, story=heard or "")
    words = (Word(heard, request.span, 1.0),) if heard else ()
    return Transcript(answered, request.language, words, is_draft=True, failure=None)


def _do(what: str, path: Path) -> None:
    if _is_fatal(what, path):
        os.kill(os.getpid(), signal.SIGKILL)
    match what:
        case "place":
            (path / _place()).touch()
            while len(list(path.iterdir())) < 2:
                time.sleep(0.01)
        case "hang":
            threading.Event().wait()
        case "wait":
            while not path.exists():
                time.sleep(0.01)
        case "fork":
            _fork(path)
        case "raise":
            raise RuntimeError("it does not like this one")
        case "crash":
            raise EngineCrashed(Job.TRANSCRIBE, 1, "it fell over")


def _is_fatal(what: str, path: Path) -> bool:
    match what:
        case "die" | "die-kept":
            return True
        case "die-at":
            return _place() == path.name
        case "die-once" if not path.exists():
            path.touch()
            return True
        case _:
            return False


def _keep(request: Request, library: Path) -> None:
    """Keep an answer as the worker would."""
    told = Transcript(request.request_id, "en", (Word("kept", Span(0, 1), None),), is_draft=True, failure=None)
    Answers(FolderObjects(library)).keep(request.asset_id, Job.TRANSCRIBE, [told], Transcript)


def _place() -> str:
    return os.environ.get("PLACE", "nowhere")


def _counted(figures: Figures, request: Request) -> Figures:
    """What ``streaming`` says after a request, if the request tells it what."""
    assert isinstance(request, TranscribeRequest | DescribeRequest)
    what, _, argument = (request.media_key or "").partition(":")
    match what:
        case "idle":
            return replace(figures, busy_s=100.0, idle_s=float(argument))
        case "preempted":
            return replace(figures, answered=1_000, preemptions=int(argument))
        case _:
            return figures


def _fork(path: Path) -> None:
    """Leave a process behind that holds all that this one has open, and does not end by itself."""
    if (pid := os.fork()) == 0:
        while True:
            signal.pause()
    part = path.with_suffix(".part")
    part.write_text(str(pid))
    part.replace(path)


ABILITIES = Abilities(times=True, follows=False, shortens=False, clones=False, varies=False, drafts=False)
FAULTY = Family(
    "faulty",
    model_id,
    language_failure=lambda _job, _language: None,
    pair_failure=lambda _source, _target: None,
    abilities=ABILITIES,
    lacks=tuple,
    load=load,
)
STREAMING = Family(
    "streaming",
    lambda _job: ModelId("streaming", "1"),
    language_failure=lambda _job, _language: None,
    pair_failure=lambda _source, _target: None,
    abilities=ABILITIES,
    lacks=tuple,
    load=load_streaming,
    crew=lambda job: CREW if job in CREW else (job,),
    delegate={Job.ALIGN: "faulty"}.get,
)
REGISTRY = Registry((FAULTY, STREAMING))
"""What the client and the worker of a test choose from."""
