"""The embedded engine of each job, built over its child processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from pipeline.errors import EngineUnavailable
from schemas.jobs import Job, Request, Result
from workers.engines.embedded import align, describe, family, synthesize, transcribe, translate
from workers.engines.seats import Seats, TaskFailed
from workers.families import Loaded, Setting

Task = TypeVar("Task")
Answer = TypeVar("Answer")
Asked = TypeVar("Asked", bound=Request)


def load(jobs: Sequence[Job], setting: Setting) -> Loaded:
    """The engine of one job, with one child process started.

    Raises:
        EngineUnavailable: The model cannot be loaded here.

    """
    (job,) = jobs
    match job:
        case Job.TRANSCRIBE:
            hearing = _seats(transcribe.load, setting)
            return _loaded(transcribe.PocketSphinxTranscriber(setting.media, hearing).transcribe, hearing)
        case Job.ALIGN:
            fitting = _seats(align.load, setting)
            return _loaded(align.PocketSphinxAligner(setting.media, fitting).align, fitting)
        case Job.DIARIZE:
            from workers.engines.embedded import diarize  # noqa: PLC0415 - scikit-learn takes a second to import

            listening = _seats(diarize.load, setting)
            return _loaded(diarize.MfccDiarizer(setting.media, listening).diarize, listening)
        case Job.DESCRIBE:
            looking = _seats(describe.load, setting)
            return _loaded(describe.SignalDescriber(setting.media, looking).describe, looking)
        case Job.TRANSLATE:
            translating = _seats(translate.load, setting)
            return _loaded(translate.ApertiumTranslator(translating).translate, translating)
        case Job.SYNTHESIZE:
            speaking = _seats(synthesize.load, setting)
            return _loaded(synthesize.EspeakSynthesizer(speaking).synthesize, speaking)


def _seats(make: Callable[[], Callable[[Task], Answer]], setting: Setting) -> Seats[Task, Answer]:
    seats = Seats(make, setting.processes)
    try:
        seats.warm()
    except TaskFailed as error:
        seats.close()
        raise EngineUnavailable(f"the embedded engine cannot be loaded: {error}; {family.REMEDY}") from error
    return seats


def _loaded(method: Callable[[Sequence[Asked]], Sequence[Result]], seats: Seats[Task, Answer]) -> Loaded:
    # One request per call: each of the callers keeps one process busy, and a commit never waits for a batch.
    answer = cast(Callable[[Sequence[Request]], Sequence[Result]], method)
    return Loaded(answer, batch=1, callers=seats.count, close=seats.close)
