"""What each job is made with, known without an engine: its prompts, its treatment, its languages."""

from __future__ import annotations

from schemas.jobs import Job
from workers.engines.vllm import align, describe, languages, prompts, transcribe, translate
from workers.engines.vllm.config import Kind
from workers.engines.vllm.languages import Skill


def made_with(job: Job, kind: Kind) -> tuple[str, ...]:
    """Hash of the prompts of a job, where it has any, and the count of changes of our own part."""
    used: tuple[str, ...]
    match job:
        case Job.TRANSCRIBE:
            used, treatment = transcribe.PROMPTS if kind is Kind.THINKER else (), transcribe.TREATMENT
        case Job.ALIGN:
            used, treatment = align.PROMPTS, align.TREATMENT
        case Job.DESCRIBE:
            used, treatment = describe.PROMPTS, describe.TREATMENT
        case Job.TRANSLATE:
            used, treatment = translate.PROMPTS, translate.TREATMENT
        case Job.DIARIZE:
            from workers.engines.vllm import diarize  # noqa: PLC0415 - its clustering takes a second to import

            used, treatment = diarize.PROMPTS, diarize.TREATMENT
        case Job.SYNTHESIZE:
            raise ValueError(f"no model here does {job}")
    return (prompts.revision(*used), str(treatment)) if used else (str(treatment),)


def language_failure(job: Job, kind: Kind, language: str) -> str | None:
    """Why a job cannot be done in a language (BCP 47) with a kind of model, and what to do; None when it can."""
    match job, kind:
        case Job.TRANSCRIBE, Kind.ASR:
            return languages.failure(Skill.ASR_HEARS, language)
        case Job.TRANSCRIBE, _:
            return languages.failure(Skill.THINKER_HEARS, language)
        case Job.ALIGN, _:
            return languages.failure(Skill.ALIGNER_PLACES, language)
        case Job.TRANSLATE, _:
            return languages.failure(Skill.THINKER_WRITES, language)
        case _:
            return None
