"""An engine that fails on demand, for faults that no real engine makes when asked. No user can choose it.

It transcribes; what it does with a request stands in the request's ``media_key``:
``word:hello`` hears that word, ``die`` kills the worker, ``die-once:PATH`` kills it unless PATH exists,
``hang`` never answers, ``wait:PATH`` answers when PATH exists, ``raise`` raises, ``crash`` says that the
engine is gone, ``swap`` answers another request.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline.contracts import Abilities, ModelId
from pipeline.errors import EngineCrashed, EngineUnavailable
from schemas.jobs import Job, Request, Result, TranscribeRequest, Transcript
from schemas.speech import Word
from workers.families import Family, Loaded, Setting
from workers.registry import Registry

BATCH = 4
"""Requests per call."""


def model_id(job: Job) -> ModelId:
    """It has a model for transcribing, and one for aligning that cannot be loaded."""
    if job not in {Job.TRANSCRIBE, Job.ALIGN}:
        raise EngineUnavailable(f"the faulty engine cannot {job}; choose another")
    return ModelId("faulty", "1")


def load(job: Job, setting: Setting) -> Loaded:
    """An engine that is ready, unless it is to align."""
    if job is Job.ALIGN:
        raise EngineUnavailable("the faulty engine has no aligner; choose another")
    return Loaded(answer, batch=BATCH, callers=setting.processes, close=lambda: None)


def answer(requests: Sequence[Request]) -> list[Result]:
    """What each request asks for."""
    return [_answer(request) for request in requests if isinstance(request, TranscribeRequest)]


def _answer(request: TranscribeRequest) -> Transcript:
    what, _, argument = request.media_key.partition(":")
    _do(what, Path(argument))
    answered = "0ff" if what == "swap" else request.request_id
    words = (Word(argument, request.span, 1.0),) if what == "word" else ()
    return Transcript(answered, request.language, words, is_draft=True, failure=None)


def _do(what: str, path: Path) -> None:
    match what:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die-once" if not path.exists():
            path.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            threading.Event().wait()
        case "wait":
            while not path.exists():
                time.sleep(0.01)
        case "raise":
            raise RuntimeError("it does not like this one")
        case "crash":
            raise EngineCrashed(Job.TRANSCRIBE, 1, "it fell over")


ABILITIES = Abilities(shortens=False, clones=False, varies=False, drafts=False)
REGISTRY = Registry(
    (
        Family(
            "faulty",
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
