"""What tells the answers of one job from those of another, or of another version of us."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.sizing.profiles import catalogue
from schemas.jobs import Job
from workers.engines.vllm import parts, prompts
from workers.engines.vllm.config import JOBS_OF, Kind

OMNI = catalogue().model("Qwen3-Omni-30B-A3B")


@pytest.mark.parametrize(("kind", "job"), [(kind, job) for kind in Kind for job in sorted(JOBS_OF[kind])])
def test_data_that_a_job_uses_is_part_of_what_it_is_made_with(kind: Kind, job: Job) -> None:
    expected = {
        Job.TRANSCRIBE: (parts.LANGUAGES, parts.REFUSALS),
        Job.TRANSLATE: (parts.LANGUAGES, parts.REFUSALS),
        Job.ALIGN: (parts.LANGUAGES,),
        Job.DESCRIBE: (parts.LANGUAGES,),
    }
    found = parts.made_with(job, kind, OMNI.video)
    assert job is Job.DIARIZE or prompts.data_revision(*expected[job]) in found


def test_how_large_and_how_often_pictures_are_shown_is_part_of_what_is_described_and_of_nothing_else() -> None:
    assert OMNI.video is not None
    for change in ({"max_patch_tokens": 512}, {"frames_per_s": 0.5}, {"max_frames": 100}, {"patch_px": 28}):
        other = replace(OMNI.video, **change)
        described = [parts.made_with(Job.DESCRIBE, Kind.THINKER, video) for video in (OMNI.video, other)]
        assert described[0] != described[1]
        translated = [parts.made_with(Job.TRANSLATE, Kind.THINKER, video) for video in (OMNI.video, other)]
        assert translated[0] == translated[1]


def test_more_pictures_than_the_library_keeps_change_nothing() -> None:
    assert OMNI.video is not None
    faster = replace(OMNI.video, frames_per_s=4.0)
    assert parts.made_with(Job.DESCRIBE, Kind.THINKER, faster) == parts.made_with(
        Job.DESCRIBE, Kind.THINKER, OMNI.video
    )
