"""Which languages a title is brought into, and what is said of those that are left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import EngineUnavailable
from pipeline.stages.targets import Target, decide
from pipeline.stages.work import Work
from pipeline.store.claims import Claims
from pipeline.store.ledger import Ledger
from pipeline.store.objects import FolderObjects
from schemas.captions import Severity
from schemas.jobs import Job
from schemas.settings import Settings
from tests.support import titles
from tests.support.fixed_engine import FixedEngines


class OnlySpanish(FixedEngines):
    """It translates into Spanish and French, and speaks Spanish."""

    def require_pair(self, source: str, target: str) -> None:
        if target not in ("es", "fr"):
            raise EngineUnavailable(f"no pair {source} to {target}; install one")

    def require_language(self, job: Job, language: str) -> None:
        if job is Job.SYNTHESIZE and language != "es":
            raise EngineUnavailable(f"no voice for {language}")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    objects = FolderObjects(tmp_path)
    return Work(
        objects=objects,
        ledger=Ledger(objects),
        claims=Claims(objects, owner="test"),
        engines=OnlySpanish(objects),
        settings=Settings(engine="fixed"),
        progress=lambda _stage, _done, _total: None,
    )


def asking(work: Work, *, to: tuple[str, ...] = (), dub: tuple[str, ...] = (), mix: str = "voice-over") -> Work:
    return replace(work, settings=replace(work.settings, to=to, dub=dub, mix=mix))


def rules(work: Work, *, spoken: str = "en", has_sound: bool = True) -> list[tuple[str, Severity]]:
    asset = titles.asset() if has_sound else replace(titles.asset(), audio=(), audio_choice=None)
    return [(one.rule, one.severity) for one in decide(work, asset, Path("film.mp4"), spoken).left_out]


def made(work: Work, *, spoken: str = "en") -> list[Target]:
    return list(decide(work, titles.asset(), Path("film.mp4"), spoken).made)


def test_what_the_engine_can_do_is_made_in_the_order_in_which_it_was_asked_for(work: Work) -> None:
    asked = asking(work, to=("fr", "es"), dub=("es",))
    assert made(asked) == [Target("fr", is_dubbed=False), Target("es", is_dubbed=True)]
    assert rules(asked) == []


def test_a_pair_that_is_not_there_is_an_error_and_the_others_are_made(work: Work) -> None:
    asked = asking(work, to=("ca", "es"))
    assert made(asked) == [Target("es", is_dubbed=False)]
    assert rules(asked) == [("not-translated", Severity.ERROR)]


def test_a_language_that_nobody_speaks_is_captioned_all_the_same(work: Work) -> None:
    asked = asking(work, dub=("fr",))
    assert made(asked) == [Target("fr", is_dubbed=False)]
    assert rules(asked) == [("not-dubbed", Severity.ERROR)]


def test_a_mix_that_cannot_be_made_costs_the_dub_and_not_the_captions(work: Work) -> None:
    asked = asking(work, dub=("es",), mix="replacement")  # the title has no stream of music and effects
    assert made(asked) == [Target("es", is_dubbed=False)]
    assert rules(asked) == [("not-dubbed", Severity.ERROR)]


@pytest.mark.parametrize(("spoken", "target"), [("es", "es"), ("es", "es-419"), ("es-MX", "es")])
def test_what_is_spoken_is_not_translated(work: Work, spoken: str, target: str) -> None:
    asked = asking(work, to=(target,))
    assert made(asked, spoken=spoken) == []
    assert rules(asked, spoken=spoken) == [("already-spoken", Severity.INFO)]


def test_a_title_without_sound_is_brought_into_no_language(work: Work) -> None:
    assert rules(asking(work, to=("es",), dub=("fr",)), has_sound=False) == [("nothing-to-translate", Severity.WARNING)]


def test_nothing_is_said_where_nothing_was_asked_for(work: Work) -> None:
    assert rules(work, has_sound=False) == []
