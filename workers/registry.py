"""Which engines there are: a family per name, a model per job, known without loading anything.

Only what people may choose is listed here. Tests hand a registry of their own to the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.contracts import ModelId
from pipeline.errors import EngineUnavailable, UsageError
from schemas.jobs import Job
from workers.engines.embedded.family import EMBEDDED
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

    def model_id(self, engine: str, job: Job) -> ModelId:
        """Which model answers a job, without loading it. Raises EngineUnavailable when none can."""
        return self.family(engine).model_id(job)

    def availability(self, engine: str) -> tuple[Lack, ...]:
        """What a family lacks on this machine; nothing when it can run."""
        return tuple(self.family(engine).lacks())

    def require_language(self, engine: str, job: Job, language: str) -> None:
        """Raise EngineUnavailable when the engine cannot do a job in a language, before anything runs."""
        if failure := self.family(engine).language_failure(job, language):
            raise EngineUnavailable(failure)

    def require_pair(self, engine: str, source: str, target: str) -> None:
        """Raise EngineUnavailable when the engine cannot translate between two languages, before anything runs."""
        if failure := self.family(engine).pair_failure(source, target):
            raise EngineUnavailable(failure)


REGISTRY = Registry((EMBEDDED,))
"""Every engine that a user can choose."""
