"""The stages that make files to play: what they keep, what makes them stale, and what they refuse."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from pipeline.contracts import ModelId
from pipeline.errors import DecodeFailed
from pipeline.media.probe import probe
from pipeline.release.title import Dub
from pipeline.stages import preview
from pipeline.stages.preview import CaptionTrack, DubTrack
from pipeline.stages.work import Counts, Progress, StageRun, Step, Work, once
from pipeline.store import owners
from pipeline.store.claims import Claims
from pipeline.store.ledger import Done, Ledger, Staging
from pipeline.store.objects import FolderObjects
from schemas.captions import Cue
from schemas.localize import DubLine
from schemas.media import Asset
from schemas.settings import Settings
from schemas.sound import MixFacts
from schemas.time import Span
from tests.support import clips, playing, titles
from tests.support.fixed_engine import FixedEngines

CUES = (Cue(Span(500, 1_500), ("Hola.",), "es"),)
ENGINE = ModelId("espeak-ng", "1.52")
CODED_MS = 3
"""How far a beep that was coded swells beyond its first and last sample."""


@dataclass(frozen=True)
class Title:
    """A clip, and a library in which it has a dub and captions."""

    source: Path
    asset: Asset
    work: Work
    runs: list[StageRun]
    mixed: Done
    spoken: Done
    captioned: Done

    @property
    def dub(self) -> DubTrack:
        return DubTrack(self.mixed, self.spoken)

    def muxed(self, *, language: str = "en", to: str = "es") -> Done:
        tracks = [CaptionTrack(to, self.captioned)]
        return preview.mux(self.work, self.asset, self.source, language=language, dubs=[self.dub], captions=tracks)


@pytest.fixture
def title(tmp_path: Path) -> Title:
    """4 s of picture; its dub has a beep from 3000 to 3500 ms."""
    source = clips.colours(tmp_path)
    asset = probe(source)
    objects, runs = FolderObjects(tmp_path / "library"), list[StageRun]()
    work = Work(
        objects=objects,
        ledger=Ledger(objects),
        claims=Claims(objects, owner=owners.this_process()),
        engines=FixedEngines(objects),
        settings=Settings(),
        progress=lambda _stage, _done, _total: None,
        runs=runs,
    )
    wav = clips.encode(
        tmp_path / "mix.wav",
        *("-i", str(clips.tone(tmp_path, from_ms=3_000, to_ms=3_500, length_ms=4_000))),
        *("-c:a", "pcm_s24le", "-metadata", "comment=SYNTHETIC SPEECH"),
    )

    def mix(staging: Staging, _progress: Progress) -> Counts:
        staging.add_file("mix", wav, ".wav")
        return Counts(staging.add_rows("facts", [facts()], MixFacts))

    def speak(staging: Staging, _progress: Progress) -> Counts:
        return Counts(staging.add_rows("dub_lines", [line()], DubLine))

    def caption(staging: Staging, _progress: Progress) -> Counts:
        return Counts(staging.add_rows("cues", CUES, Cue))

    return Title(
        source,
        asset,
        work,
        runs,
        mixed=once(work, Step(asset.asset_id, "mix", "1", ()), mix),
        spoken=once(work, Step(asset.asset_id, "speak", "1", (), model=ENGINE), speak),
        captioned=once(work, Step(asset.asset_id, "cues", "1", ()), caption),
    )


def test_a_preview_is_made_once(title: Title) -> None:
    made = preview.preview(title.work, title.asset, title.source)
    assert made.part("preview").name.endswith(".mp4")
    assert playing.cuts_ms(title.work.ledger.path(made, "preview")) == pytest.approx([1_200, 2_800], abs=1)
    count = len(title.runs)
    assert preview.preview(title.work, title.asset, title.source) == made
    assert len(title.runs) == count


def test_a_dub_has_a_preview_that_says_that_it_is_synthetic(title: Title) -> None:
    made = preview.dub_preview(title.work, title.asset, title.mixed, language="es")
    path = title.work.ledger.path(made, "preview")
    assert path.suffix == ".m4a"
    assert playing.beeps_ms(path) == [pytest.approx((3_000, 3_500), abs=CODED_MS)]
    with av.open(str(path)) as container:
        assert container.metadata["comment"] == "SYNTHETIC SPEECH"


def test_a_muxed_file_holds_the_dub_the_captions_and_who_spoke(title: Title) -> None:
    path = title.work.ledger.path(title.muxed(), "mux")
    assert path.suffix == ".mp4"
    with av.open(str(path)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio", "audio", "subtitle"]
        assert container.metadata["comment"].startswith(
            "es dub: SYNTHETIC SPEECH (AI-generated), made by espeak-ng 1.52"
        )
    assert playing.beeps_ms(path, stream=1) == [pytest.approx((3_000, 3_500), abs=CODED_MS)]


def test_a_muxed_file_is_made_anew_when_a_language_changes_and_not_otherwise(title: Title) -> None:
    made = title.muxed()
    count = len(title.runs)
    assert title.muxed() == made
    assert len(title.runs) == count
    assert title.muxed(language="fr").fingerprint != made.fingerprint
    assert title.muxed(to="pt").fingerprint != made.fingerprint
    assert len(title.runs) == count + 2


def test_copies_of_a_title_that_lies_elsewhere_in_time_are_made_anew(title: Title) -> None:
    moved = replace(title, asset=replace(title.asset, zero=title.asset.zero + Fraction(1, 25)))
    made = [preview.preview(one.work, one.asset, one.source).fingerprint for one in (title, moved)]
    assert made[0] != made[1]
    timed = replace(title, asset=replace(title.asset, start_timecode="10:00:00:00"))
    assert title.muxed().fingerprint != timed.muxed().fingerprint


def test_a_source_that_is_gone_is_one_clear_line_and_leaves_nothing(title: Title) -> None:
    title.source.unlink()
    said = r"'colours\.mp4' cannot be read \(No such file or directory\); check"
    with pytest.raises(DecodeFailed, match=said):
        preview.preview(title.work, title.asset, title.source)
    with pytest.raises(DecodeFailed, match=said):
        title.muxed()
    assert {run.step.stage for run in title.runs} == {"mix", "speak", "cues"}


def test_a_source_that_changes_while_it_is_read_is_refused(title: Title, tmp_path: Path) -> None:
    longer = clips.tone(tmp_path, length_ms=200_000)

    def touch(_stage: str, done: int, _total: int) -> None:
        if done:
            os.utime(longer, (0, 0))

    work = replace(title.work, progress=touch)
    with pytest.raises(DecodeFailed, match="changed while it was read; run again when it is complete"):
        preview.preview(work, probe(longer), longer)


def facts() -> MixFacts:
    return replace(made().sound, channels=1, channel_layout="mono", samples=4_000 * 48)


def line() -> DubLine:
    return replace(made().lines[0], slot=Span(3_000, 3_500), placed=Span(3_000, 3_500), natural_ms=500, tempo=1.0)


def made() -> Dub:
    """A dub whose first line is placed."""
    dub = titles.spanish().dub
    assert dub is not None
    return dub
