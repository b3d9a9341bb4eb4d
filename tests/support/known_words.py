"""An engine that hears exactly the words that it is told, for tests about what is made of recognition."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.contracts import Abilities
from pipeline.store.objects import Objects
from schemas.figures import Figures
from schemas.jobs import Job, Request, Result, TranscribeRequest, Transcript
from schemas.speech import Word
from tests.support.fixed_engine import FixedEngines


class KnownWords(FixedEngines):
    """Fulfils ``pipeline.contracts.Engines``; what it is not told it answers as ``FixedEngines``."""

    def __init__(
        self, objects: Objects, words: Sequence[Word], *, clones: bool = False, failure: str | None = None
    ) -> None:
        """``clones`` is what it says of itself; with ``failure`` it hears nothing and gives this reason."""
        super().__init__(objects)
        self.heard: list[TranscribeRequest] = []
        """What it was asked to recognise, in order."""
        self._words = tuple(words)
        self._clones = clones
        self._failure = failure

    def figures(self, job: Job) -> Figures | None:
        """It says nothing of itself."""
        return None

    def abilities(self) -> Abilities:
        """As it was told."""
        return Abilities(times=True, follows=False, shortens=False, clones=self._clones, varies=False, drafts=False)

    def answer(self, job: Job, requests: Sequence[Request], on_answered: Callable[[int], None]) -> list[Result]:
        """The words inside the span of each request."""
        if job is not Job.TRANSCRIBE:
            return super().answer(job, requests, on_answered)
        asked = [request for request in requests if isinstance(request, TranscribeRequest)]
        self.heard += asked
        on_answered(len(asked))
        return [self._heard(request) for request in asked]

    def _heard(self, request: TranscribeRequest) -> Transcript:
        words = tuple(word for word in self._words if word.span.overlap_ms(request.span) == word.span.duration_ms)
        said = () if self._failure else words
        return Transcript(request.request_id, request.language, said, is_draft=False, failure=self._failure)
