"""Which engines there are: a family per name, a model per job, known without loading anything.

Only what people may choose is listed here. Tests hand a registry of their own to the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.contracts import Abilities, ModelId
from pipeline.errors import EngineUnavailable, UsageError
from schemas.jobs import Job
from workers.engines.embedded.family import EMBEDDED
from workers.engines.vllm.family import VLLM
from workers.families import Family, Lack


@dataclass(frozen=True, slots=True)
class Registry:
    """The families that can be chosen."""

    families: tuple[Family, ...]
    """In the order in which they are shown."""

    def family(self, engine: str) -> Family:
        """The family of this name. Raises UsageError when there is none."""
        for family in self.families:
            if family.name == engine:
                return family
        names = ", ".join(family.name for family in self.families)
        raise UsageError(f"there is no engine {engine!r}; choose one of: {names}")

    def responsible(self, engine: str, job: Job) -> Family:
        """The family that does a job when ``engine`` was chosen: that one, or whom it leaves the job to.

        Raises:
            UsageError: A family leaves it to one that is not there, or they leave it to each other.

        """
        family = self.family(engine)
        asked = [engine]
        while (name := family.delegate(job)) is not None:
            if name in asked or all(other.name != name for other in self.families):
                chain = ", which leaves it to ".join([*asked[1:], name])
                names = ", ".join(other.name for other in self.families)
                raise UsageError(f"{engine} leaves {job} to {chain}: nobody does it; name another engine ({names})")
            asked.append(name)
            family = self.family(name)
        return family

    def model_id(self, engine: str, job: Job) -> ModelId:
        """Which model answers a job, without loading it. Raises EngineUnavailable when none can."""
        return self.responsible(engine, job).model_id(job)

    def abilities(self, engine: str) -> Abilities:
        """What a family can do beyond answering once; of a job that it leaves to another, what that one can.

        A job that nobody does here is no reason to fail: it is refused when it is asked for.
        """
        can = {job: self._able(engine, job) for job in Job}
        return Abilities(
            times=can[Job.TRANSCRIBE].times,
            follows=can[Job.DESCRIBE].follows,
            shortens=can[Job.TRANSLATE].shortens,
            clones=can[Job.SYNTHESIZE].clones,
            varies=can[Job.SYNTHESIZE].varies,
            drafts=can[Job.TRANSLATE].drafts,
        )

    def _able(self, engine: str, job: Job) -> Abilities:
        try:
            return self.responsible(engine, job).abilities
        except EngineUnavailable:
            return self.family(engine).abilities

    def availability(self, engine: str) -> tuple[Lack, ...]:
        """What a family lacks on this machine; nothing when it can run."""
        return tuple(self.family(engine).lacks())

    def require_language(self, engine: str, job: Job, language: str) -> None:
        """Raise EngineUnavailable when the engine cannot do a job in a language, before anything runs."""
        if failure := self.responsible(engine, job).language_failure(job, language):
            raise EngineUnavailable(failure)

    def require_pair(self, engine: str, source: str, target: str) -> None:
        """Raise EngineUnavailable when the engine cannot translate between two languages, before anything runs."""
        if failure := self.responsible(engine, Job.TRANSLATE).pair_failure(source, target):
            raise EngineUnavailable(failure)


REGISTRY = Registry((VLLM, EMBEDDED))
"""Every engine that a user can choose."""
