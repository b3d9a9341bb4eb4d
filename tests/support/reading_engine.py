"""Engines as production's are, for tests about what the pipeline makes of them: they hear without times, and follow.

What they hear is one long sentence, the same words at the same instants as ``FixedEngines``; an aligner gives the
times, in the languages that it is told to know. What they describe goes on from what they were told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from pipeline.contracts import Abilities
from pipeline.errors import EngineUnavailable
from pipeline.store.answers import Answers
from pipeline.store.objects import Objects
from schemas.figures import Figures, Usage
from schemas.jobs import Alignment, DescribeRequest, Description, Job, Request, Result, Transcript
from tests.support import fixed_engine
from tests.support.fixed_engine import FixedEngines
from workers.jobs import RESULTS

USAGE = Usage(tokens_in=1_000, tokens_out=100, tokens_cached=600, attempts=2, gpu_s=0.25)
"""What each answer costs."""

CUE = "door slams"
"""What sounds in every shot."""


class ReadingEngines(FixedEngines):
    """Fulfils ``pipeline.contracts.Engines`` in this process, with its answers kept."""

    def __init__(
        self,
        objects: Objects,
        *,
        at: Callable[[str], None] = lambda _point: None,
        aligns: Collection[str] = ("en",),
        times: bool = False,
        unanswerable: Callable[[Request], bool] = lambda _request: False,
    ) -> None:
        """``aligns`` are languages that the aligner knows; with ``times`` its transcriber tells times after all; what
        is ``unanswerable`` fails.
        """
        super().__init__(objects)
        self.requests: list[Request] = []
        """Requests that had no kept answer."""
        self._store = Answers(objects)
        self._reached = at
        self._aligns = frozenset(aligns)
        self._times = times
        self._is_unanswerable = unanswerable

    def require_language(self, job: Job, language: str) -> None:
        """The aligner knows some languages only."""
        if job is Job.ALIGN and language not in self._aligns:
            raise EngineUnavailable(f"the aligner does not know {language}")

    def abilities(self) -> Abilities:
        """Those of production's engines, as far as they matter here."""
        return Abilities(times=self._times, follows=True, shortens=False, clones=False, varies=False, drafts=False)

    def figures(self, job: Job) -> Figures | None:
        """One retry and one preemption per answer, and a cache that fills up as they come; nothing before the first."""
        del job
        count = len(self.requests)
        if not count:
            return None
        return Figures(
            answered=count,
            failed=0,
            media_ms=0,
            tokens_in=0,
            tokens_out=0,
            tokens_cached=0,
            retries=count,
            preemptions=count,
            busy_s=0.0,
            idle_s=0.0,
            waiting=0,
            in_flight=0,
            kv_usage=min(1.0, count / 100),
        )

    def answer(self, job: Job, requests: Sequence[Request], on_answered: Callable[[int], None]) -> list[Result]:
        """As the contract says."""
        return [self._found(job, request) or self._asked(job, request, on_answered) for request in requests]

    def _found(self, job: Job, request: Request) -> Result | None:
        (result,) = self._store.find(request.asset_id, job, [request.request_id], RESULTS[job]).results
        return result

    def _asked(self, job: Job, request: Request, on_answered: Callable[[int], None]) -> Result:
        self.asked.append(request.request_id)
        self.requests.append(request)
        self._reached(f"{job}:before-answer")
        result = self._reply(request)
        self._store.keep(request.asset_id, job, [result], RESULTS[job])
        self._reached(f"{job}:after-answer")
        on_answered(1)
        return result

    def _reply(self, request: Request) -> Result:
        (fixed,) = fixed_engine.answer([request])
        if self._is_unanswerable(request):
            return _failed(fixed)
        match fixed:
            case Transcript() if not self._times:
                return replace(fixed, words=(), untimed=" ".join(word.text for word in fixed.words), usage=USAGE)
            case Description() if isinstance(request, DescribeRequest):
                return _followed(fixed, request)
        return replace(fixed, usage=USAGE)


def _followed(fixed: Description, request: DescribeRequest) -> Description:
    window = f"{request.span.start_ms}"
    shots = tuple(replace(note, who=("Anna",), mood="tense", sound_cues=(CUE,)) for note in fixed.shots)
    story = f"{request.story} {window}".strip()
    return replace(fixed, shots=shots, story=story, cast=(*request.cast, f"Anna at {window}"), usage=USAGE)


def _failed(fixed: Result) -> Result:
    """The answer without its content."""
    match fixed:
        case Transcript() | Alignment():
            return replace(fixed, words=(), failure="it is unanswerable", usage=USAGE)
        case Description():
            return replace(fixed, shots=(), scenes=(), failure="it is unanswerable", usage=USAGE)
    raise ValueError(f"no test lets this fail: {fixed}")
