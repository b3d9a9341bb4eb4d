"""Voices of a title with two known speakers and a stranger, spoken by Flite."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.localize.references import LONGEST_MS, SHORTEST_MS
from pipeline.stages import media
from pipeline.stages.voices import voices
from pipeline.stages.work import StageRun, Work
from pipeline.store import owners
from pipeline.store.claims import Claims
from pipeline.store.ledger import Done, Ledger
from pipeline.store.objects import FolderObjects
from schemas.captions import Finding
from schemas.localize import Line, Voice, VoiceKind
from schemas.media import Asset
from schemas.settings import Settings
from schemas.speech import Coverage, Segment, Turn, Word
from schemas.time import Span
from tests.support.known_words import KnownWords
from tests.support.spoken import Utterance, speech

TODAY = date(2026, 11, 20)
PITCH_TOLERANCE = 0.1  # of the frequency: voices are measured in a room, and one sentence is not another
RMS_HZ, SLT_HZ = 100, 170  # medians of Flite's voices: tests/pipeline/localize/test_pitch.py

SCRIPT = (
    Utterance(500, "rms", "We should leave for the station in about twenty minutes."),
    Utterance(4_500, "rms", "I would rather take the train than drive all the way."),
    Utterance(9_500, "slt", "My sister called and she wants to meet us at the lake."),
    Utterance(14_000, "slt", "There was a long line in front of the bakery this morning."),
    Utterance(19_500, "awb", "Nobody knows who I am."),
)
NAMES = {"rms": "S1", "slt": "S2", "awb": None}
LENGTH_MS = 23_000


@dataclass(frozen=True, slots=True)
class Title:
    """A title up to its captions, in a library that may be copied."""

    source: Path
    segments: tuple[Segment, ...]
    turns: tuple[Turn, ...]

    @property
    def words(self) -> list[Word]:
        return [word for segment in self.segments for word in segment.words]


@dataclass(frozen=True, slots=True)
class Made:
    """What the stage made of it."""

    done: Done
    voices: list[Voice]
    findings: list[Finding]
    engine: KnownWords
    runs: list[StageRun]

    def voice(self, speaker: str | None) -> Voice:
        (only,) = [voice for voice in self.voices if voice.speaker == speaker]
        return only

    @property
    def rules(self) -> list[str]:
        return [one.rule for one in self.findings]


@pytest.fixture(scope="module")
def title(tmp_path_factory: pytest.TempPathFactory) -> Title:
    clip = speech(tmp_path_factory.mktemp("spoken"), SCRIPT, length_ms=LENGTH_MS)
    turns = tuple(replace(turn, speaker=NAMES[turn.speaker or ""]) for turn in clip.turns)
    segments = tuple(
        Segment(
            index, turn.span, "en", turn.speaker, tuple(w for w in clip.words if turn.span.overlap_ms(w.span)), True
        )
        for index, turn in enumerate(turns)
    )
    return Title(clip.path, segments, turns)


@pytest.fixture(scope="module")
def prepared(title: Title, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library in which the title is prepared."""
    library = tmp_path_factory.mktemp("prepared") / "library"
    work = working(FolderObjects(library), KnownWords(FolderObjects(library), []))
    media.prepare(work, media.probe(work, title.source), title.source)
    return library


@pytest.fixture
def objects(prepared: Path, tmp_path: Path) -> FolderObjects:
    shutil.copytree(prepared, tmp_path / "library")
    return FolderObjects(tmp_path / "library")


def working(objects: FolderObjects, engine: KnownWords) -> Work:
    return Work(
        objects=objects,
        ledger=Ledger(objects),
        claims=Claims(objects, owner=owners.this_process()),
        engines=engine,
        settings=Settings(),
        progress=lambda _stage, _done, _total: None,
    )


def made(
    objects: FolderObjects,
    title: Title,
    *,
    engine: KnownWords | None = None,
    clones: bool = False,
    language: str = "es",
    on: date = TODAY,
) -> Made:
    hearing = engine or KnownWords(objects, title.words, clones=clones)
    work = working(objects, hearing)
    asset = media.probe(work, title.source)
    stitched = written(work, asset, "stitch", ("segments", title.segments, Segment), ("coverage", (), Coverage))
    told = written(work, asset, "speakers", ("turns", title.turns, Turn))
    lines = [Line(n, n, n, one.span, one.speaker, one.text) for n, one in enumerate(title.segments)]
    captioned = written(work, asset, "cues", ("lines", lines, Line))
    ready = media.prepare(work, asset, title.source)
    work.runs.clear()
    done = voices(work, asset, ready, stitched, told, captioned, language=language, on=on)
    return Made(
        done,
        work.ledger.read(done, "voices", Voice),
        work.ledger.read(done, "findings", Finding),
        hearing,
        work.runs,
    )


def written(work: Work, asset: Asset, stage: str, *parts: tuple[str, Sequence[object], type]) -> Done:
    """A stage's result, as that stage would have written it."""
    inputs = [repr(rows) for _, rows, _ in parts]
    with work.ledger.writing(asset.asset_id, stage, version="1", inputs=inputs) as staging:
        for role, rows, record in parts:
            staging.add_rows(role, rows, record)
    return staging.done


def consent(
    objects: FolderObjects, title: Title, *, speaker: str = "S2", heard_at: str = "0:00:10.5", until: str = "2027-01-01"
) -> None:
    asset = media.probe(working(objects, KnownWords(objects, [])), title.source)
    objects.put(
        "consents/jane-doe.toml",
        f"""
        person = "Jane Doe"
        languages = ["es"]
        uses = ["dub"]
        valid_until = {until}
        recorded_by = "the rights desk"
        recorded_on = 2026-01-01
        [[voices]]
        asset = "{asset.asset_id}"
        speaker = "{speaker}"
        heard_at = "{heard_at}"
        """.encode(),
    )


def test_every_speaker_has_a_voice_of_the_own_pitch_and_pace_and_nobody_a_stock_voice(
    objects: FolderObjects, title: Title
) -> None:
    result = made(objects, title)
    assert [(voice.speaker, voice.kind) for voice in result.voices] == [
        ("S1", VoiceKind.MATCHED),
        ("S2", VoiceKind.MATCHED),
        (None, VoiceKind.STOCK),
    ]
    low, high = result.voice("S1"), result.voice("S2")
    assert low.pitch_hz == pytest.approx(RMS_HZ, rel=PITCH_TOLERANCE)
    assert high.pitch_hz == pytest.approx(SLT_HZ, rel=PITCH_TOLERANCE)
    assert (low.tract_cm or 0) > (high.tract_cm or 0)
    assert all(3 < (voice.syllables_per_s or 0) < 7 for voice in (low, high))


def test_a_reference_is_of_its_speaker_alone_and_was_recognised_again(objects: FolderObjects, title: Title) -> None:
    result = made(objects, title)
    for speaker in ("S1", "S2"):
        reference = result.voice(speaker).reference
        assert reference is not None
        assert SHORTEST_MS <= reference.span.duration_ms <= LONGEST_MS
        assert not any(reference.span.overlap_ms(turn.span) for turn in title.turns if turn.speaker != speaker)
        assert reference.word_error_rate == 0
    assert len(result.engine.heard) == 2


def test_a_clip_in_which_other_words_are_heard_is_not_used(objects: FolderObjects, title: Title) -> None:
    others = [replace(word, text="something") for word in title.words]
    result = made(objects, title, engine=KnownWords(objects, others, clones=True))
    assert [voice.reference for voice in result.voices] == [None, None, None]
    told = [one for one in result.findings if one.rule == "no-reference"]
    assert [one.start_ms for one in told] == [title.segments[0].span.start_ms, title.segments[2].span.start_ms]
    assert all("other words" in one.message for one in told)


def test_an_engine_that_cannot_hear_a_clip_is_asked_again_by_the_next_run(objects: FolderObjects, title: Title) -> None:
    deaf = made(objects, title, engine=KnownWords(objects, [], failure="it fell over"))
    assert deaf.voice("S1").reference is None
    assert deaf.runs[0].counts.failures > 0
    again = made(objects, title)
    assert again.voice("S1").reference is not None
    assert again.done.fingerprint != deaf.done.fingerprint


def test_without_a_record_no_voice_is_cloned(objects: FolderObjects, title: Title) -> None:
    result = made(objects, title, clones=True)
    assert VoiceKind.CLONED not in {voice.kind for voice in result.voices}
    assert "no consent record" in result.voice("S2").reason


def test_under_a_record_the_voice_that_it_names_is_cloned_and_no_other(objects: FolderObjects, title: Title) -> None:
    consent(objects, title)
    result = made(objects, title, clones=True)
    assert (result.voice("S2").kind, result.voice("S2").consent_id) == (VoiceKind.CLONED, "jane-doe")
    assert (result.voice("S1").kind, result.voice("S1").consent_id) == (VoiceKind.MATCHED, None)


def test_a_record_does_not_make_an_engine_clone_that_cannot(objects: FolderObjects, title: Title) -> None:
    consent(objects, title)
    assert made(objects, title, clones=False).voice("S2").kind is VoiceKind.MATCHED


def test_a_record_that_is_over_a_day_ago_allows_nothing_and_is_told(objects: FolderObjects, title: Title) -> None:
    consent(objects, title, until="2026-11-19")
    result = made(objects, title, clones=True)
    assert result.voice("S2").kind is VoiceKind.MATCHED
    assert "consent-expired" in result.rules


def test_a_record_for_another_language_allows_nothing(objects: FolderObjects, title: Title) -> None:
    consent(objects, title)
    assert made(objects, title, clones=True, language="fr").voice("S2").kind is VoiceKind.MATCHED


def test_a_record_that_names_the_wrong_speaker_allows_nothing_and_is_told(objects: FolderObjects, title: Title) -> None:
    consent(objects, title, speaker="S1")
    result = made(objects, title, clones=True)
    assert VoiceKind.CLONED not in {voice.kind for voice in result.voices}
    assert "consent-mismatch" in result.rules


def test_a_record_that_is_broken_allows_nothing_and_is_told(objects: FolderObjects, title: Title) -> None:
    consent(objects, title, heard_at="soon")
    result = made(objects, title, clones=True)
    assert VoiceKind.CLONED not in {voice.kind for voice in result.voices}
    (told,) = [one for one in result.findings if one.rule == "consent-broken"]
    assert "consents/jane-doe.toml" in told.message


def test_nothing_is_done_again_until_a_record_changes_what_may_be_done(objects: FolderObjects, title: Title) -> None:
    consent(objects, title)
    first = made(objects, title, clones=True)
    objects.put("consents/of-another-title.toml", b'person = "broken')
    assert made(objects, title, clones=True, on=date(2026, 12, 31)).runs == []
    over = made(objects, title, clones=True, on=date(2027, 1, 2))
    assert over.voice("S2").kind is VoiceKind.MATCHED
    objects.delete("consents/jane-doe.toml")
    gone = made(objects, title, clones=True)
    assert gone.voice("S2").kind is VoiceKind.MATCHED
    assert len({first.done.fingerprint, over.done.fingerprint, gone.done.fingerprint}) == 3


def test_a_title_in_which_nobody_speaks_has_the_voice_of_nobody(objects: FolderObjects, title: Title) -> None:
    silent = Title(title.source, (), ())
    result = made(objects, silent)
    assert [(voice.speaker, voice.kind) for voice in result.voices] == [(None, VoiceKind.STOCK)]
    assert result.findings == []
    assert result.engine.heard == []


def test_a_speaker_of_one_short_word_has_a_stock_voice(objects: FolderObjects, title: Title) -> None:
    word = Word("Yes.", Span(21_800, 22_000), None)
    brief = Segment(len(title.segments), word.span, "en", "S3", (word,), is_draft=True)
    result = made(objects, replace(title, segments=(*title.segments, brief)))
    assert result.voice("S3").kind is VoiceKind.STOCK
    assert "stock-voice" in result.rules
