"""Kill the worker or the engine below it while they answer: the rows in the end are those of a run nobody disturbed."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import soundfile

from pipeline.store import layout
from pipeline.store.answers import request_id
from pipeline.store.objects import FolderObjects
from schemas.jobs import Job, Result, TranscribeRequest, Transcript
from schemas.time import SAMPLES_PER_MS, SPEECH_RATE_HZ, Span
from tests.support import vllm_deployment
from tests.support.taught import lessons, sounds
from tests.support.vllm_here import CpuVllm
from workers.client import WorkerEngines
from workers.engines.vllm.config import VARIABLE

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600), pytest.mark.xdist_group("killed-vllm")]

ASSET = "0123456789abcdef"
SOUNDS = 40
REQUESTS = 400
"""Each sound is asked about several times. Answers come in parts of some seconds: enough for some to be kept, some to
be with the engine and some to wait when the kill comes."""


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A library with the sound of some requests, and what a worker that nobody kills makes of them."""

    library: Path
    requests: tuple[TranscribeRequest, ...]
    texts: list[str]


@pytest.fixture(scope="module")
def here(cpu_vllm: CpuVllm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with ``vllm.toml``, which every worker of this module finds."""
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", cpu_vllm.environment["PYTHONPATH"])
        patch.setenv(VARIABLE, str(vllm_deployment.write(folder)))
        yield folder


@pytest.fixture(scope="module")
def undisturbed(here: Path) -> Undisturbed:
    library, studio, teller = here / "library", sounds.Studio(), random.Random(3)
    objects = FolderObjects(library)
    with WorkerEngines(str(library), "vllm", processes=1) as engines:
        model = engines.model(Job.TRANSCRIBE)
        requests = []
        for number in range(SOUNDS):
            recording = lessons.dictation(teller, studio, most_lines=1, silent=0.0)
            wave = here / "sound.flac"
            soundfile.write(wave, recording.samples, SPEECH_RATE_HZ, subtype="PCM_16")
            key = f"assets/{ASSET}/sound/{number}.flac"
            objects.put_file(key, wave)
            request = TranscribeRequest("", ASSET, key, Span(0, recording.samples.size // SAMPLES_PER_MS), "en")
            for again in range(REQUESTS // SOUNDS):
                named = request_id(request, job=Job.TRANSCRIBE, media=(f"sound {number} {again}",), model=model)
                requests.append(replace(request, request_id=named))
        texts = _texts(engines.answer(Job.TRANSCRIBE, requests, lambda _: None))
    assert len(set(texts)) > SOUNDS // 2  # different words, so that a mix-up would show
    shutil.rmtree(library / layout.ANSWERS)
    return Undisturbed(library, tuple(requests), texts)


@pytest.mark.parametrize("victim", ["worker", "engine"])
def test_whoever_is_killed_every_request_is_answered_as_if_nobody_had_been(
    undisturbed: Undisturbed, victim: str, tmp_path: Path
) -> None:
    library = shutil.copytree(undisturbed.library, tmp_path / "library")
    after = random.Random(victim).randint(1, REQUESTS // 4)
    answered, below = 0, list[int]()

    def count(newly: int) -> None:
        nonlocal answered
        answered += newly
        if answered >= after and not below:
            worker = _worker()
            below.extend(_descendants(worker))
            os.kill(worker if victim == "worker" else _engine(worker), signal.SIGKILL)

    warnings: list[str] = []
    with WorkerEngines(str(library), "vllm", processes=1, warn=warnings.append) as engines:
        results = engines.answer(Job.TRANSCRIBE, undisturbed.requests, count)
    assert below
    assert any("started again" in line for line in warnings), warnings
    assert [result.request_id for result in results] == [request.request_id for request in undisturbed.requests]
    assert _texts(results) == undisturbed.texts
    assert [pid for pid in below if Path(f"/proc/{pid}").exists()] == []  # nothing holds the GPU's memory


def _texts(results: Sequence[Result]) -> list[str]:
    assert all(isinstance(result, Transcript) for result in results)
    return [result.failure or result.untimed for result in results if isinstance(result, Transcript)]


def _worker() -> int:
    """The worker of this process."""
    (worker,) = [pid for pid in _children(os.getpid()) if b"workers" in _command(pid)]
    return worker


def _engine(worker: int) -> int:
    """vLLM's engine below a worker."""
    (engine,) = [pid for pid in _descendants(worker) if b"EngineCore" in _command(pid)]
    return engine


def _descendants(pid: int) -> list[int]:
    return [below for child in _children(pid) for below in (child, *_descendants(child))]


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
