"""Which languages a title is brought into, and which are left out and why: known before anything is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import EngineUnavailable, MediaError
from pipeline.stages import mix
from pipeline.stages.work import Work
from schemas.captions import Finding, Severity
from schemas.jobs import Job
from schemas.languages import primary
from schemas.media import Asset


@dataclass(frozen=True, slots=True)
class Target:
    """A language that a title is brought into."""

    language: str
    """BCP 47 tag."""

    is_dubbed: bool
    """Whether it is dubbed, and not captioned only."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What becomes of the languages that were asked for."""

    made: tuple[Target, ...]
    """Those that the title is brought into, in the order in which they were asked for."""

    left_out: tuple[Finding, ...]
    """What is not made of what was asked for, and why; the rest of the title is delivered."""


def decide(work: Work, asset: Asset, source: Path, spoken: str) -> Targets:
    """What can be made of the languages that are asked for, of a title in which ``spoken`` is spoken."""
    asked = work.settings.targets
    if not asked:
        return Targets((), ())
    if asset.audio_choice is None:
        message = f"The title has no sound: nothing was translated or dubbed into {', '.join(asked)}."
        return Targets((), (_finding("nothing-to-translate", Severity.WARNING, message),))
    made: list[Target] = []
    left_out: list[Finding] = []
    obstacle = _mix_obstacle(work, asset, source)
    for language in asked:
        reasons = list(_reasons(work, language, spoken, obstacle))
        left_out += reasons
        if not any(one.rule != "not-dubbed" for one in reasons):
            made.append(Target(language, is_dubbed=language in work.settings.dub and not reasons))
    return Targets(tuple(made), tuple(left_out))


def _reasons(work: Work, language: str, spoken: str, mix_obstacle: str | None) -> Iterator[Finding]:
    """Why a language is left out, or only its dub (``not-dubbed``); nothing when it is made as it was asked for."""
    if _is_spoken(language, spoken):
        yield _finding(
            "already-spoken", Severity.INFO, f"{language} is what is spoken: nothing was translated into it."
        )
        return
    try:
        work.engines.require_pair(spoken, language)
    except EngineUnavailable as error:
        yield _finding("not-translated", Severity.ERROR, f"Nothing was translated into {language}: {error}.")
        return
    if language in work.settings.dub:
        try:
            work.engines.require_language(Job.SYNTHESIZE, language)
        except EngineUnavailable as error:
            yield _finding("not-dubbed", Severity.ERROR, f"Nothing was dubbed into {language}: {error}.")
            return
        if mix_obstacle is not None:
            yield _finding("not-dubbed", Severity.ERROR, f"Nothing was dubbed into {language}: {mix_obstacle}.")


def _mix_obstacle(work: Work, asset: Asset, source: Path) -> str | None:
    """Why no mix can be made of the title's sound; None when one can, or none is wanted."""
    if not work.settings.dub:
        return None
    try:
        mix.require(work, asset, source)
    except MediaError as error:
        return str(error)
    return None


def _is_spoken(target: str, spoken: str) -> bool:
    """Whether a target is the language that is spoken, where one of the two names no country or script."""
    return target == spoken or (primary(target) == primary(spoken) and primary(spoken) in (target, spoken))


def _finding(rule: str, severity: Severity, message: str) -> Finding:
    return Finding(rule, severity, None, None, None, None, "", message)
