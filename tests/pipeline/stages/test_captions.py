"""The stages of captions with their parts, from results that are written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.captions.lint import NOT_CHECKED
from pipeline.captions.profiles import CaptionProfile, profile
from pipeline.stages.captions import cues, translated_cues
from pipeline.stages.work import Work
from pipeline.store import owners
from pipeline.store.claims import Claims
from pipeline.store.ledger import Done, Ledger
from pipeline.store.objects import FolderObjects
from schemas.captions import Cue, Finding
from schemas.localize import CueLink, Line, TranslatedLine
from schemas.media import CutKind, Shot
from schemas.scenes import ShotNote
from schemas.settings import Settings
from schemas.speech import Segment, Word
from schemas.time import Span
from tests.support import titles
from tests.support.fixed_engine import FixedEngines
from tests.support.reading_engine import ReadingEngines

ASSET = titles.asset()
HOUSE = profile("netflix", "en")
SPANISH = profile("netflix", "es")
SHOTS = [
    Shot(0, Span(0, 9_000), 0, 225, CutKind.START, 0.5, 0.01, 0.0, 0.0, ("#808080",)),
    Shot(1, Span(9_000, 20_000), 225, 500, CutKind.CUT, 0.5, 0.01, 0.0, 0.0, ("#808080",)),
]
SPOKEN = (("S1", 1_000, "Good morning, everybody."), ("S2", 4_000, "Is it?"), ("S1", 8_900, "We shall see."))


def work(folder: Path) -> Work:
    objects = FolderObjects(folder / "library")
    return Work(
        objects=objects,
        ledger=Ledger(objects),
        claims=Claims(objects, owner=owners.this_process()),
        engines=FixedEngines(objects),
        settings=Settings(),
        progress=lambda _stage, _done, _total: None,
    )


def stored(work: Work, stage: str, role: str, rows: Sequence[object], record: type) -> Done:
    """The result of another stage, as if it had been run."""
    with work.ledger.writing(ASSET.asset_id, stage, version="1", inputs=(), config=repr(rows)) as staging:
        staging.add_rows(role, rows, record)
    return staging.done


def segments() -> list[Segment]:
    found = []
    for number, (speaker, start_ms, text) in enumerate(SPOKEN):
        words = tuple(
            Word(word, Span(start_ms + 400 * n, start_ms + 400 * (n + 1)), None) for n, word in enumerate(text.split())
        )
        found.append(Segment(number, Span(start_ms, words[-1].span.end_ms), "en", speaker, words, False))
    return found


def captioned(work: Work, *, house: CaptionProfile = HOUSE, sounds: tuple[str, ...] = ()) -> tuple[Done, Done]:
    prepared = stored(work, "prepare", "shots", SHOTS, Shot)
    stitched = stored(work, "stitch", "segments", segments(), Segment)
    notes = [ShotNote(0, "A kitchen.", "speech", (), sound_cues=sounds)]
    described = stored(work, "describe", "notes", notes, ShotNote)
    return prepared, cues(work, ASSET, prepared, stitched, described, profile=house)


def test_a_sound_is_a_caption_of_its_own_that_has_no_line_and_moves_the_others_on(tmp_path: Path) -> None:
    at_work = work(tmp_path)
    at_work = replace(at_work, engines=ReadingEngines(at_work.objects))
    made = captioned(at_work, house=profile("netflix-sdh", "en"), sounds=("door slams",))[1]
    shown = at_work.ledger.read(made, "cues", Cue)
    (number,) = (index for index, cue in enumerate(shown) if cue.text == "[door slams]")
    assert number < len(shown) - 1, "else nothing has moved"
    said = {line.cue_index: line.text for line in at_work.ledger.read(made, "lines", Line)}
    assert said == {index: cue.text for index, cue in enumerate(shown) if index != number}
    assert not [one for one in at_work.ledger.read(made, "findings", Finding) if one.rule == NOT_CHECKED]


@pytest.mark.parametrize(("name", "is_reading"), [("netflix", True), ("netflix-sdh", False)])
def test_sounds_bear_on_nothing_where_nobody_names_or_labels_them(tmp_path: Path, name: str, is_reading: bool) -> None:
    at_work = work(tmp_path)
    if is_reading:
        at_work = replace(at_work, engines=ReadingEngines(at_work.objects))
    quiet = captioned(at_work, house=profile(name, "en"))[1]
    assert captioned(at_work, house=profile(name, "en"), sounds=("door slams",))[1] == quiet


def answers(work: Work, lines: Done, texts: list[str | None]) -> Done:
    rows = [
        TranslatedLine(
            line.line_index,
            line.cue_index,
            "es",
            line.text,
            text,
            (),
            40.0,
            0.0 if text is None else float(len(text)),
            (),
            (),
            (),
            (),
            1,
            "the engine fell over" if text is None else None,
        )
        for line, text in zip(work.ledger.read(lines, "lines", Line), texts, strict=True)
    ]
    return stored(work, "translate", "translations", rows, TranslatedLine)


def texts(work: Work, made: Done) -> list[str]:
    return [cue.text for cue in work.ledger.read(made, "cues", Cue)]


def test_captions_come_with_what_is_said_in_each(tmp_path: Path) -> None:
    at_work = work(tmp_path)
    _, made = captioned(at_work)
    assert texts(at_work, made) == [text for _, _, text in SPOKEN]
    lines = at_work.ledger.read(made, "lines", Line)
    assert [(line.cue_index, line.speaker, line.text) for line in lines] == [
        (number, speaker, text) for number, (speaker, _, text) in enumerate(SPOKEN)
    ]


def test_a_translation_is_captioned_on_the_times_of_its_speech(tmp_path: Path) -> None:
    at_work = work(tmp_path)
    prepared, source = captioned(at_work)
    translated = answers(at_work, source, ["Buenos días a todos.", "¿Seguro?", "Ya veremos."])
    made = translated_cues(at_work, ASSET, prepared, source, translated, profile=SPANISH)
    assert texts(at_work, made) == ["Buenos días a todos.", "¿Seguro?", "Ya veremos."]
    own = at_work.ledger.read(source, "cues", Cue)
    found = at_work.ledger.read(made, "cues", Cue)
    assert [cue.span.start_ms for cue in found] == [cue.span.start_ms for cue in own]
    assert {cue.language for cue in found} == {"es"}
    assert at_work.ledger.read(made, "links", CueLink) == [CueLink(0, 0), CueLink(1, 1), CueLink(2, 2)]
    assert found[2].span.start_ms == 9_000  # on the cut that its speech just misses


def test_a_line_that_was_not_translated_has_no_cue_and_moves_no_other(tmp_path: Path) -> None:
    at_work = work(tmp_path)
    prepared, source = captioned(at_work)
    translated = answers(at_work, source, ["Buenos días a todos.", None, "Ya veremos."])
    made = translated_cues(at_work, ASSET, prepared, source, translated, profile=SPANISH)
    assert texts(at_work, made) == ["Buenos días a todos.", "Ya veremos."]
    assert at_work.ledger.read(made, "links", CueLink) == [CueLink(0, 0), CueLink(1, 2)]
    (finding,) = at_work.ledger.read(made, "findings", Finding)
    assert (finding.rule, finding.cue_index, finding.start_ms) == ("translation-failed", None, 4_000)


def test_what_cannot_be_read_in_its_time_is_found_under_the_target_profile(tmp_path: Path) -> None:
    at_work = work(tmp_path)
    prepared, source = captioned(at_work)
    long = "Deberíamos preguntarnos detenidamente si realmente lo es o no."
    translated = answers(at_work, source, ["Buenos días a todos.", long, "Ya veremos."])
    made = translated_cues(at_work, ASSET, prepared, source, translated, profile=SPANISH)
    findings = at_work.ledger.read(made, "findings", Finding)
    assert [(one.rule, one.cue_index, one.limit) for one in findings] == [
        ("reading-speed", 1, 17.0),
        ("translation-too-long", 1, 40.0),
    ]


def test_translations_into_nothing_give_empty_captions(tmp_path: Path) -> None:
    at_work = work(tmp_path)
    prepared, source = captioned(at_work)
    made = translated_cues(
        at_work, ASSET, prepared, source, answers(at_work, source, [None, None, None]), profile=SPANISH
    )
    assert texts(at_work, made) == []
    assert at_work.ledger.read(made, "links", CueLink) == []


@pytest.mark.parametrize(
    ("reply", "house", "stages"),
    [
        ("¿Seguro?", SPANISH, []),
        ("¿De verdad?", SPANISH, ["translated-cues"]),
        ("¿Seguro?", profile("web", "es"), ["translated-cues"]),
    ],
)
def test_captions_are_made_again_when_what_they_depend_on_has_changed(
    tmp_path: Path, reply: str, house: CaptionProfile, stages: list[str]
) -> None:
    at_work = work(tmp_path)
    prepared, source = captioned(at_work)
    translated = answers(at_work, source, ["Buenos días a todos.", "¿Seguro?", "Ya veremos."])
    translated_cues(at_work, ASSET, prepared, source, translated, profile=SPANISH)
    at_work.runs.clear()
    changed = answers(at_work, source, ["Buenos días a todos.", reply, "Ya veremos."])
    translated_cues(at_work, ASSET, prepared, source, changed, profile=house)
    assert [run.step.stage for run in at_work.runs] == stages
