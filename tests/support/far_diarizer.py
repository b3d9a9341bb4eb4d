"""The diarizer of the family ``vllm`` in the environment that has torch, for tests that run in another.

``python -m tests.support.far_diarizer CHECKPOINT FOLDER`` reads pickled requests from standard input and writes
pickled answers to standard output, until it closes. A list of requests is answered by the engine of ``CHECKPOINT``; a
folder, by why no speaker encoder can be loaded from it.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pipeline.errors import EngineUnavailable
from schemas.jobs import Diarization, DiarizeRequest
from tests.workers import contract
from workers.families import Setting

if TYPE_CHECKING:
    from tests.support.vllm_here import CpuVllm  # needs pytest, which the child has not

LIMIT_S = 60.0
"""How long it may take to end."""


class FarDiarizer:
    """A ``pipeline.contracts.Diarizer`` that asks a child process; media are ``FOLDER/KEY.flac``."""

    def __init__(self, vllm: CpuVllm, checkpoint: Path, folder: Path) -> None:
        command = [str(vllm.python), "-m", __name__, str(checkpoint), str(folder)]
        self._child = subprocess.Popen(command, env=vllm.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def diarize(self, requests: Sequence[DiarizeRequest]) -> list[Diarization]:
        """What the child answers."""
        answers: list[Diarization] = self._asked(list(requests))
        return answers

    def refusal(self, checkpoint: Path) -> str | None:
        """Why no speaker encoder can be loaded from a folder; None when one can."""
        reason: str | None = self._asked(checkpoint)
        return reason

    def __enter__(self) -> FarDiarizer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._child.communicate(timeout=LIMIT_S)
        finally:
            self._child.kill()

    def _asked(self, question: object) -> Any:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        pickle.dump(question, self._child.stdin)
        self._child.stdin.flush()
        return pickle.load(self._child.stdout)


def main(checkpoint: str, folder: str) -> None:
    """Answer until standard input closes."""
    from workers.engines.vllm import diarize

    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no answer
    engine = diarize.load(Path(checkpoint), Setting(partial(contract.fetch, Path(folder)), processes=1), device="cpu")
    while (question := _next()) is not None:
        if isinstance(question, Path):
            pickle.dump(_refusal(question), out)
        else:
            pickle.dump([answer for request in question for answer in engine.answer([request])], out)
        out.flush()
    engine.close()


def _next() -> Any:
    try:
        return pickle.load(sys.stdin.buffer)
    except EOFError:
        return None


def _refusal(checkpoint: Path) -> str | None:
    from workers.engines.vllm import speaker

    try:
        speaker.load_network(checkpoint)
    except EngineUnavailable as error:
        return str(error)
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
