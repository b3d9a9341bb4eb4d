"""A translator that says what a test wants it to, with its answers kept as workers keep them. No user can choose it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from pipeline.contracts import Abilities, ModelId
from pipeline.store.answers import Answers
from pipeline.store.objects import Objects
from schemas.figures import Figures
from schemas.jobs import Job, LineAnswer, Request, Result, TranslateRequest, Translation

Reply = Callable[[TranslateRequest], Translation]
"""What it says to a request."""


class ScriptedTranslator:
    """Fulfils ``pipeline.contracts.Engines`` for one job."""

    def __init__(self, objects: Objects, reply: Reply, *, shortens: bool = False) -> None:
        self.asked: list[TranslateRequest] = []
        """Requests that had no kept answer, in order."""
        self._answers = Answers(objects)
        self._reply = reply
        self._shortens = shortens

    def model(self, job: Job) -> ModelId:
        """One model for whatever job."""
        return ModelId(f"scripted/{job}", "1")

    def require_language(self, job: Job, language: str) -> None:
        """It knows every language."""

    def require_pair(self, source: str, target: str) -> None:
        """It knows every pair."""

    def figures(self, job: Job) -> Figures | None:
        """It says nothing of itself."""
        return None

    def abilities(self) -> Abilities:
        """As it was made."""
        return Abilities(times=True, follows=False, shortens=self._shortens, clones=False, varies=False, drafts=False)

    def answer(self, job: Job, requests: Sequence[Request], on_answered: Callable[[int], None]) -> list[Result]:
        """As the contract says."""
        return [self._one(job, request, on_answered) for request in requests]

    def _one(self, job: Job, request: Request, on_answered: Callable[[int], None]) -> Result:
        assert isinstance(request, TranslateRequest)
        (kept,) = self._answers.find(request.asset_id, job, [request.request_id], Translation).results
        if kept is not None:
            return kept
        self.asked.append(request)
        answer = self._reply(request)
        self._answers.keep(request.asset_id, job, [answer], Translation)
        on_answered(1)
        return answer


def word_by_word(request: TranslateRequest) -> Translation:
    """Each word backwards, each glossary term as the glossary says."""
    lines = (LineAnswer(line.id, backwards(line.text), (), ()) for line in request.lines)
    return Translation(request.request_id, tuple(lines), None)


def backwards(text: str) -> str:
    """Each word of a text backwards, in its place."""
    return " ".join(word[::-1] for word in text.split())


def garbage() -> st.SearchStrategy[Translation]:
    """Whatever an engine may answer: ids missing, doubled, foreign; text that is empty, broken, endless."""
    texts = st.one_of(
        st.text(max_size=30),
        st.text("añ b1.\n\t\0\u202e\ufffd 0QX", max_size=30),
        st.sampled_from(["", " ", "…", "0QXBB", "x" * 5_000, "puente", "Hola.", "e\u0301"]),
    )
    several = st.lists(texts, max_size=3).map(tuple)
    answers = st.builds(LineAnswer, id=st.integers(-2, 6), text=texts, shorter=several, unknown=several)
    return st.builds(
        Translation,
        request_id=st.just(""),
        lines=st.lists(answers, max_size=6).map(tuple),
        failure=st.one_of(st.none(), st.none(), texts),
    )
