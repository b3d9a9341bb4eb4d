from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.contracts import Abilities, ModelId
from pipeline.errors import EngineUnavailable, UsageError
from schemas.jobs import Job
from tests.support import faults
from workers.families import Family
from workers.registry import Registry

NOTHING = Abilities(times=False, follows=False, shortens=False, clones=False, varies=False, drafts=False)
ALL = Abilities(times=True, follows=True, shortens=True, clones=True, varies=True, drafts=True)


def family(name: str, abilities: Abilities, leaves: dict[Job, str]) -> Family:
    return replace(
        faults.FAULTY,
        name=name,
        abilities=abilities,
        model_id=lambda _job: ModelId(name, "1"),
        language_failure=lambda job, language: f"{name} cannot {job} {language}",
        pair_failure=lambda source, target: f"{name} cannot translate {source} to {target}",
        delegate=leaves.get,
    )


def registry(*, leaves: dict[Job, str], other_leaves: dict[Job, str] | None = None) -> Registry:
    return Registry((family("first", NOTHING, leaves), family("second", ALL, other_leaves or {})))


@pytest.mark.parametrize(
    ("job", "gained"),
    [
        (Job.TRANSCRIBE, {"times": True}),
        (Job.ALIGN, {}),
        (Job.DIARIZE, {}),
        (Job.DESCRIBE, {"follows": True}),
        (Job.TRANSLATE, {"shortens": True, "drafts": True}),
        (Job.SYNTHESIZE, {"clones": True, "varies": True}),
    ],
)
def test_the_ability_of_a_job_that_is_left_to_another_is_that_ones(job: Job, gained: dict[str, bool]) -> None:
    assert registry(leaves={job: "second"}).abilities("first") == replace(NOTHING, **gained)


def test_a_job_that_nobody_does_takes_no_ability_from_the_others() -> None:
    def delegate(job: Job) -> str | None:
        if job is Job.SYNTHESIZE:
            raise EngineUnavailable("nobody speaks here; name one who does")
        return {Job.DESCRIBE: "second"}.get(job)

    one = Registry((replace(family("first", NOTHING, {}), delegate=delegate), family("second", ALL, {})))
    assert one.abilities("first") == replace(NOTHING, follows=True)
    with pytest.raises(EngineUnavailable, match="nobody speaks here"):
        one.model_id("first", Job.SYNTHESIZE)


def test_a_job_that_is_left_to_another_has_its_model_and_its_limits() -> None:
    one = registry(leaves={Job.TRANSCRIBE: "second", Job.TRANSLATE: "second"})
    assert one.model_id("first", Job.TRANSCRIBE).name == "second"
    assert one.model_id("first", Job.ALIGN).name == "first"
    with pytest.raises(EngineUnavailable, match="second cannot transcribe tlh"):
        one.require_language("first", Job.TRANSCRIBE, "tlh")
    with pytest.raises(EngineUnavailable, match="first cannot align tlh"):
        one.require_language("first", Job.ALIGN, "tlh")
    with pytest.raises(EngineUnavailable, match="second cannot translate en to tlh"):
        one.require_pair("first", "en", "tlh")


def test_a_family_that_leaves_a_job_to_nobody_there_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"first leaves describe to third.*first, second"):
        registry(leaves={Job.DESCRIBE: "third"}).model_id("first", Job.DESCRIBE)


@pytest.mark.parametrize("back", ["first", "second"])
def test_families_that_leave_a_job_to_each_other_are_wrong_usage(back: str) -> None:
    one = registry(leaves={Job.DESCRIBE: "second"}, other_leaves={Job.DESCRIBE: back})
    with pytest.raises(UsageError, match=f"second, which leaves it to {back}: nobody does it"):
        one.responsible("first", Job.DESCRIBE)


def test_a_family_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="first, second"):
        registry(leaves={}).family("magic")
