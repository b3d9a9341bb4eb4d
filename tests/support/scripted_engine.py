"""A model that says what a test wants it to, for the jobs that ask ``workers.engines.vllm.question.Engine``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from workers.engines.vllm.question import Finish, Marks, Question, Reply

TOKENS_IN = 100
"""Tokens that every prompt has, unless a test says otherwise."""

TOKENS_OUT = 10
"""Tokens that every answer has, unless a test says otherwise."""

Answer = Reply | Marks | Exception
"""What becomes of a question; an exception is raised."""

Rule = Callable[[Question], Answer]
"""Which answer a question gets."""


class ScriptedEngine:
    """Fulfils ``question.Engine``."""

    def __init__(self, rule: Rule) -> None:
        self.asked: list[Question] = []
        """Every question, in order, those that failed included."""
        self._rule = rule

    async def ask(self, question: Question) -> Reply:
        """What the rule says; it must be what a generating model gives."""
        answer = self._answer(question)
        assert isinstance(answer, Reply)
        return answer

    async def mark(self, question: Question) -> Marks:
        """What the rule says; it must be what a token classifier gives."""
        answer = self._answer(question)
        assert isinstance(answer, Marks)
        return answer

    def _answer(self, question: Question) -> Reply | Marks:
        self.asked.append(question)
        answer = self._rule(question)
        if isinstance(answer, Exception):
            raise answer
        return answer


def in_turn(*answers: Answer) -> Rule:
    """One answer after the other; a question more than there are answers is a mistake of the test."""
    waiting = iter(answers)

    def next_one(question: Question) -> Answer:
        answer = next(waiting, None)
        assert answer is not None, f"the script of {len(answers)} answers has none for: {question.text}"
        return answer

    return next_one


def said(
    text: str,
    finish: Finish = Finish.STOP,
    *,
    tokens_in: int = TOKENS_IN,
    tokens_out: int = TOKENS_OUT,
    tokens_cached: int = 0,
    gpu_s: float = 0.0,
) -> Reply:
    """A model's answer in words."""
    return Reply(text, finish, tokens_in, tokens_out, tokens_cached, gpu_s)


def marked(classes: Sequence[int], *, tokens_in: int = TOKENS_IN, gpu_s: float = 0.0) -> Marks:
    """A token classifier's answer."""
    return Marks(np.array(classes, dtype=np.int64), tokens_in, gpu_s)
