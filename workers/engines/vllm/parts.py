"""What each job is made with, known without an engine: its prompts, its data, its treatment, its languages."""

from __future__ import annotations

from pipeline.sizing.profiles import VideoTokens
from pipeline.sizing.tokens import shown_per_s
from schemas.jobs import Job
from workers.engines.vllm import align, describe, languages, prompts, transcribe, translate
from workers.engines.vllm.config import Kind
from workers.engines.vllm.languages import Skill

LANGUAGES, REFUSALS = "languages.toml", "refusals.toml"
"""Files of data: names and scripts of languages; how models refuse."""


def made_with(job: Job, kind: Kind, video: VideoTokens | None) -> tuple[str, ...]:
    """Hash of the prompts of a job and of its data, where it has any, and the count of changes of our own part.

    ``video`` is how the model sees: which pictures it is shown, and how large, is part of it for what is described.
    """
    used: tuple[str, ...]
    data: tuple[str, ...]
    match job:
        case Job.TRANSCRIBE:
            used, data = transcribe.PROMPTS if kind is Kind.THINKER else (), (LANGUAGES, REFUSALS)
            treatment = transcribe.TREATMENT
        case Job.ALIGN:
            used, data, treatment = align.PROMPTS, (LANGUAGES,), align.TREATMENT
        case Job.DESCRIBE:
            used, data, treatment = describe.PROMPTS, (LANGUAGES,), describe.TREATMENT
        case Job.TRANSLATE:
            used, data, treatment = translate.PROMPTS, (LANGUAGES, REFUSALS), translate.TREATMENT
        case Job.DIARIZE:
            from workers.engines.vllm import diarize  # noqa: PLC0415 - its clustering takes a second to import

            used, data, treatment = diarize.PROMPTS, (), diarize.TREATMENT
        case Job.SYNTHESIZE:
            raise ValueError(f"no model here does {job}")
    found = [prompts.revision(*used)] if used else []
    if data:
        found.append(prompts.data_revision(*data))
    if job is Job.DESCRIBE and video is not None:
        found.append(_shown(video))
    return (*found, str(treatment))


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


def _shown(video: VideoTokens) -> str:
    """How often it is shown a picture, and of what size."""
    size = f"{video.patch_px}px-{video.min_patch_tokens}-{video.max_patch_tokens}"
    return f"{shown_per_s(video):g}fps-{video.frames_per_patch}x{size}-{video.max_frames}"
