"""The other side of ``tests.support.engine_process``: runs in the environment that has vLLM, and owns the engine."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from multiprocessing import active_children
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import EngineCrashed
from schemas.jobs import Job
from tests.support.engine_process import MARK, Answer, Crashed, Failed, received, send
from workers.engines.vllm import config, hardware, loading
from workers.engines.vllm.question import Question, QuestionFailed
from workers.families import Setting


async def _answered(engine: Any, how: str, question: Question) -> Answer:
    try:
        answer: Answer = await getattr(engine, how)(question)
    except QuestionFailed as error:
        return Failed(str(error))
    except EngineCrashed as error:
        return Crashed(str(error))
    return answer


async def _serve(library: Path, job: Job, own: BinaryIO) -> None:
    deployment = config.load()
    os.environ.update(hardware.environment(deployment.model(job), gpus=()))
    plan = loading.planned(deployment, deployment.crew(job), Setting(library.joinpath, 2))
    engine: Any = plan.make()
    loop = asyncio.get_running_loop()
    try:
        await engine.try_out()
        while True:
            what, questions = await loop.run_in_executor(None, received, sys.stdin.buffer)
            match what:
                case "ask" | "mark":
                    answers = [_answered(engine, what, question) for question in questions]
                    send(own, await asyncio.gather(*answers))
                case "kill":
                    send(own, await _killed(engine, questions))
                case "figures":
                    send(own, plan.meter.figures())
                case "kv":
                    send(own, engine.kv_tokens)
                case "close":
                    began_s = time.monotonic()
                    engine.close()
                    send(own, time.monotonic() - began_s)
    except EOFError:
        pass
    finally:
        engine.close()
        plan.feeder.close()


async def _killed(engine: Any, questions: Sequence[Question]) -> list[Answer]:
    asked = [asyncio.create_task(_answered(engine, MARK, question)) for question in questions]
    (core,) = [child.pid for child in active_children() if "EngineCore" in child.name]
    assert core is not None
    await asyncio.sleep(0)
    os.kill(core, signal.SIGKILL)
    return list(await asyncio.gather(*asked))


def main(argv: Sequence[str]) -> None:
    """Serve until standard input closes."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is printed is no answer
    asyncio.run(_serve(Path(argv[0]), Job(argv[1]), own))


if __name__ == "__main__":
    main(sys.argv[1:])
