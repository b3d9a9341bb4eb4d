"""The stage that translates lines: ask for all, ask once more for what is worth it, keep the best of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from pipeline.captions.profiles import CaptionProfile
from pipeline.localize import rounds, windows
from pipeline.localize.budgets import budgets
from pipeline.localize.rounds import Asked
from pipeline.localize.terms import held_for
from pipeline.localize.translated import rows
from pipeline.stages.asking import Answered, ask
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store.ledger import Done, Staging
from schemas.captions import Cue
from schemas.jobs import Job, Translation
from schemas.localize import Line, TranslatedLine
from schemas.media import Asset

TRANSLATE_VERSION = "1"
"""Version of windows, budgets, checks and choice."""

SHORTER_WORDINGS = 2
"""Wordings asked for besides, where an engine shortens: what a dub tries before it borrows time (DESIGN, Engines)."""


def translate(work: Work, asset: Asset, captioned: Done, *, source_language: str, profile: CaptionProfile) -> Done:
    """The lines of ``captioned`` in the language of ``profile``; part ``translations``, one row per line, in order."""
    model = work.engines.model(Job.TRANSLATE)
    shortens = work.engines.abilities().shortens
    wordings = SHORTER_WORDINGS if shortens else 0
    terms = held_for(work.settings.glossary, profile.language)
    inputs = tuple(captioned.part(role).sha256 for role in ("lines", "cues"))
    config = (
        f"{source_language} {profile.name} {profile.language} {_hashed(profile)} terms={_hashed(terms)} "
        f"wordings={wordings}"
    )
    step = Step(asset.asset_id, "translate", TRANSLATE_VERSION, inputs, config, model)

    def make(staging: Staging, progress: Progress) -> Counts:
        lines = work.ledger.read(captioned, "lines", Line)
        briefing = windows.Briefing(
            source_language,
            profile.language,
            budgets=budgets(lines, work.ledger.read(captioned, "cues", Cue), profile),
            due=windows.due(lines, terms, source_language),
            wordings=wordings,
        )
        asked = rounds.first(lines, briefing, asset_id=asset.asset_id)
        first = _translated(work, asked, progress)
        earlier = rounds.answers(asked, first.answers, briefing, profile)
        asked_again = rounds.second(
            lines, earlier, briefing, asset_id=asset.asset_id, profile=profile, shortens=shortens
        )
        again = _translated(work, asked_again, progress, after=len(asked))
        later = rounds.answers(asked_again, again.answers, briefing, profile)
        told = rounds.best(earlier, later, briefing, profile)
        count = staging.add_rows("translations", rows(lines, told, briefing, profile), TranslatedLine)
        return replace(first.counts + again.counts, rows=count)

    return once(work, step, make)


def _translated(work: Work, asked: Sequence[Asked], progress: Progress, *, after: int = 0) -> Answered[Translation]:
    """Answers to some requests, when ``after`` others have been answered before."""
    return ask(
        work,
        Job.TRANSLATE,
        [one.request for one in asked],
        Translation,
        media=(),
        progress=lambda done, total: progress(after + done, after + total),
    )


def _hashed(rules: object) -> str:
    return hashlib.sha256(repr(rules).encode()).hexdigest()
