"""The engine on real vLLM in a process of its own, and questions to it from tests that have no vLLM.

The other side is ``tests.support.engine_host``. Both speak pickles over a pipe: one program in two environments.
"""

from __future__ import annotations

import contextlib
import pickle
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from schemas.figures import Figures
from schemas.jobs import Job
from workers.engines.vllm.question import Marks, Question, Reply

END_LIMIT_S = 60.0
MARK = "mark"
ASK = "ask"


@dataclass(frozen=True, slots=True)
class Failed:
    """A question that has no answer."""

    reason: str


@dataclass(frozen=True, slots=True)
class Crashed:
    """The engine was gone."""

    text: str


Answer = Reply | Marks | Failed | Crashed


class EngineProcess:
    """The test's side; a context manager."""

    def __init__(
        self, python: Path, environment: dict[str, str], config: Path, library: Path, job: Job, *, log: Path
    ) -> None:
        """Start; the first call waits until the model is loaded."""
        self.log = log
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                [python, "-m", "tests.support.engine_host", str(library), job],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**environment, "REELINGUA_VLLM": str(config)},
            )

    def ask(self, *questions: Question) -> list[Answer]:
        """The answers to questions that are asked at once."""
        answers: list[Answer] = self._call((ASK, questions))
        return answers

    def mark(self, *questions: Question) -> list[Answer]:
        """What a token classifier says to questions that are asked at once."""
        answers: list[Answer] = self._call((MARK, questions))
        return answers

    def mark_and_kill(self, *questions: Question) -> list[Answer]:
        """As ``mark``, with vLLM's engine process killed once all questions are there."""
        answers: list[Answer] = self._call(("kill", questions))
        return answers

    def figures(self) -> Figures:
        """What the engine says of itself."""
        figures: Figures = self._call(("figures", ()))
        return figures

    def kv_tokens(self) -> int:
        """Tokens that its KV cache holds."""
        tokens: int = self._call(("kv", ()))
        return tokens

    def close_s(self) -> float:
        """Close the engine; the seconds that it took."""
        seconds: float = self._call(("close", ()))
        return seconds

    def __enter__(self) -> EngineProcess:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _call(self, what: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            send(self._process.stdin, what)
            return received(self._process.stdout)
        except (EOFError, BrokenPipeError):
            tail = self.log.read_text("utf-8", "replace")[-2_000:]
            raise AssertionError(f"the engine's process ended: {tail}") from None


def send(stream: BinaryIO | Any, thing: object) -> None:
    data = pickle.dumps(thing)
    stream.write(struct.pack("<Q", len(data)) + data)
    stream.flush()


def received(stream: BinaryIO | Any) -> Any:
    head = stream.read(8)
    if len(head) < 8:
        raise EOFError
    return pickle.loads(stream.read(struct.unpack("<Q", head)[0]))
