"""What a kept model can do, through real vLLM: new lessons, the likeliest answer, right only when every sign is.

Run by the interpreter that has vLLM: ``python -m tests.support.taught.exam thinker asr aligner``.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.taught import NAMES, checkpoint
from tests.support.taught.lessons import Lesson, alignment, asr_transcription, transcription
from tests.support.taught.phrasebook import translation
from tests.support.taught.sounds import Studio
from tests.support.taught.viewing import description
from workers.engines.vllm.align import STEP_MS

SEED = 1_000
"""No lesson of the course is drawn from it."""

ANSWER_TOKENS = 600

_SHOWN = 5

_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "TORCHDYNAMO_DISABLE": "1",
    "HF_HUB_OFFLINE": "1",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """One task of a model."""

    name: str
    lesson: Callable[[random.Random, Studio], Lesson]
    count: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How a model did in one subject."""

    share: float
    """Of its answers, how many were right."""

    told: str
    """That in words, with the first wrong answers."""


SUBJECTS = {
    "asr": (Subject("transcribe", asr_transcription, 100),),
    "aligner": (Subject("align", alignment, 100),),
    "thinker": (
        Subject("transcribe", transcription, 100),
        Subject("translate", lambda teller, _: translation(teller), 100),
        Subject("notes", lambda teller, studio: description(teller, studio)[0], 40),
        Subject("scenes", lambda teller, studio: description(teller, studio)[1], 40),
    ),
}


def main() -> None:
    """Examine models and print how many answers were right, and the first wrong ones."""
    parser = argparse.ArgumentParser(description="Examine the taught models through vLLM.")
    parser.add_argument("models", nargs="*", default=list(NAMES))
    parser.add_argument("--folder", type=Path, help="where the checkpoints are, if not where they are kept")
    parser.add_argument("--only", help="one subject")
    parser.add_argument("--least", type=float, default=0.0, help="fail where a smaller share is right")
    arguments = parser.parse_args()
    os.environ.update(_ENVIRONMENT)
    failed = False
    for name in arguments.models:
        folder = checkpoint(name) if arguments.folder is None else arguments.folder / name
        subjects = [subject for subject in SUBJECTS[name] if arguments.only in (None, subject.name)]
        for mark in examined(folder, subjects, is_aligner=name == "aligner"):
            print(f"{name} {mark.told}", flush=True)
            failed = failed or mark.share < arguments.least
    raise SystemExit(int(failed))


def examined(folder: Path, subjects: Iterable[Subject], *, is_aligner: bool) -> Iterator[Mark]:
    """How a model did in each subject."""
    from vllm import LLM

    more: dict[str, Any] = {"limit_mm_per_prompt": {"audio": 1, "video": 1, "image": 1}}
    if is_aligner:
        overrides = {"architectures": ["Qwen3ASRForcedAlignerForTokenClassification"]}
        more = {"runner": "pooling", "hf_overrides": overrides}
    elif folder.name == "asr":
        more = {}
    llm = LLM(
        str(folder),
        enforce_eager=True,
        max_model_len=4_096,
        max_num_seqs=16,
        skip_mm_profiling=True,
        mm_processor_cache_gb=0,
        **more,
    )
    studio = Studio()
    for subject in subjects:
        teller = random.Random(SEED)
        lessons = [subject.lesson(teller, studio) for _ in range(subject.count)]
        if is_aligner:
            yield _off(subject, lessons, _marked(llm, lessons))
        else:
            yield _wrong(subject, lessons, _written(llm, lessons))


def prompt(lesson: Lesson) -> dict[str, Any]:
    """A lesson as vLLM is asked."""
    asked: dict[str, Any] = {"prompt": lesson.prompt, "multi_modal_data": {}}
    if lesson.sound is not None:
        asked["multi_modal_data"]["audio"] = (lesson.sound, 16_000)
    if lesson.pictures is not None:
        asked["multi_modal_data"]["video"] = lesson.pictures
        is_heard = lesson.is_film_with_sound
        asked["mm_processor_kwargs"] = {"use_audio_in_video": is_heard, "fps": 1.0, "do_sample_frames": False}
    return asked


def _written(llm: Any, lessons: Sequence[Lesson]) -> list[str]:
    from vllm import SamplingParams

    params = SamplingParams(temperature=0, max_tokens=ANSWER_TOKENS)
    return [found.outputs[0].text for found in llm.generate([prompt(lesson) for lesson in lessons], params)]


def _marked(llm: Any, lessons: Sequence[Lesson]) -> list[list[int]]:
    mark = llm.llm_engine.model_config.hf_config.timestamp_token_id
    found = llm.encode([prompt(lesson) for lesson in lessons], pooling_task="token_classify")
    classes = [answer.outputs.data.argmax(-1).tolist() for answer in found]
    return [
        [step for token, step in zip(answer.prompt_token_ids, steps, strict=True) if token == mark]
        for answer, steps in zip(found, classes, strict=True)
    ]


def _wrong(subject: Subject, lessons: Sequence[Lesson], answers: Sequence[str]) -> Mark:
    wrong = [(one.answer, other) for one, other in zip(lessons, answers, strict=True) if one.answer != other]
    right = len(lessons) - len(wrong)
    shown = "".join(f"\n  {answer!r}\n  {other!r}" for answer, other in wrong[:_SHOWN])
    return Mark(right / len(lessons), f"{subject.name}: {right} of {len(lessons)} right{shown}")


def _off(subject: Subject, lessons: Sequence[Lesson], answers: Sequence[Sequence[int]]) -> Mark:
    """Right is a time that is at most one step off."""
    steps = [
        abs(mark - found)
        for lesson, marks in zip(lessons, answers, strict=True)
        for mark, found in zip(lesson.marks, marks, strict=True)
    ]
    shares = [sum(step <= most for step in steps) / len(steps) for most in range(3)]
    told = ", ".join(f"{share:.1%} within {most}" for most, share in enumerate(shares))
    return Mark(shares[1], f"{subject.name}: of {len(steps)} times {told} steps of {STEP_MS} ms; worst {max(steps)}")


if __name__ == "__main__":
    main()
