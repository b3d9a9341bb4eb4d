"""The translate stage with a translator that says what the test wants: what is asked, what is kept, what is redone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.captions.profiles import profile
from pipeline.stages.translate import translate
from pipeline.stages.work import Work
from pipeline.store.claims import Claims
from pipeline.store.ledger import Done, Ledger
from pipeline.store.objects import FolderObjects
from schemas.captions import Cue
from schemas.jobs import LineAnswer, SourceLine, TranslateRequest, Translation
from schemas.localize import Line, Term, TranslatedLine
from schemas.media import Asset
from schemas.settings import Settings
from tests.support.lines import cues_of, lines_of
from tests.support.scripted_translator import Reply, ScriptedTranslator, backwards, word_by_word

HOUSE = profile("netflix", "es")
ASSET = Asset(
    asset_id="0123456789abcdef",
    sha256="0123456789abcdef" * 4,
    size_bytes=1,
    container="wav",
    length_ms=60_000,
    zero=Fraction(0),
    declared_length_ms=60_000,
    start_timecode=None,
    video=None,
    audio=(),
    audio_choice=None,
)
SAID = (
    ["The train is late again,", "so we will wait."],
    "My father took me to the old bridge.",
    "♪",
    "Are you coming?",
)


@dataclasses.dataclass
class Desk:
    """A library with one captioned title."""

    objects: FolderObjects
    captioned: Done

    def translate(
        self, reply: Reply = word_by_word, *, glossary: Sequence[Term] = (), shortens: bool = False
    ) -> tuple[list[TranslatedLine], ScriptedTranslator, Work]:
        engines = ScriptedTranslator(self.objects, reply, shortens=shortens)
        work = Work(
            objects=self.objects,
            ledger=Ledger(self.objects),
            claims=Claims(self.objects, owner="test"),
            engines=engines,
            settings=Settings(to=("es",), glossary=tuple(glossary)),
            progress=lambda _stage, _done, _total: None,
        )
        done = translate(work, ASSET, self.captioned, source_language="en", profile=HOUSE)
        return work.ledger.read(done, "translations", TranslatedLine), engines, work


Make = Callable[[list[Line]], Desk]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(lines: list[Line]) -> Desk:
        objects = FolderObjects(tmp_path / "library")
        with Ledger(objects).writing(ASSET.asset_id, "cues", version="1", inputs=()) as staging:
            staging.add_rows("lines", lines, Line)
            staging.add_rows("cues", cues_of(lines), Cue)
        return Desk(objects, staging.done)

    return made


@pytest.fixture
def desk(make: Make) -> Desk:
    return make(lines_of(*SAID))


def answering(reply: Callable[[SourceLine], LineAnswer]) -> Reply:
    return lambda request: Translation(request.request_id, tuple(map(reply, request.lines)), None)


def refusing(word: str) -> Reply:
    """Fails on every request that contains a word."""

    def reply(request: TranslateRequest) -> Translation:
        if any(word in line.text for line in request.lines):
            return Translation(request.request_id, (), "it ran out of memory")
        return word_by_word(request)

    return reply


def test_every_line_has_its_own_translation_in_order(desk: Desk) -> None:
    rows, _, _ = desk.translate()
    lines = lines_of(*SAID)
    assert [(row.line_index, row.cue_index, row.source) for row in rows] == [
        (line.line_index, line.cue_index, line.text) for line in lines
    ]
    assert [row.text for row in rows] == [line.text if line.text == "♪" else backwards(line.text) for line in lines]
    assert all(row.failure is None and row.language == "es" for row in rows)


def test_a_sentence_is_asked_for_as_one_with_what_is_said_around_it(desk: Desk) -> None:
    _, engines, _ = desk.translate()
    first, second, last = engines.asked
    assert [line.text for line in first.lines] == ["The train is late again,", "so we will wait."]
    assert (second.before, second.after) == (
        ("The train is late again,", "so we will wait."),
        ("♪", "Are you coming?"),
    )
    assert last.before == ("so we will wait.", "My father took me to the old bridge.", "♪")


def test_a_second_run_asks_nothing(desk: Desk) -> None:
    rows, _, _ = desk.translate()
    again, engines, work = desk.translate()
    assert again == rows
    assert engines.asked == []
    assert work.runs == []


def test_a_changed_glossary_asks_again_only_for_the_sentences_it_touches(desk: Desk) -> None:
    desk.translate()
    rows, engines, _ = desk.translate(glossary=[Term("old bridge", "puente viejo"), Term("zebra", "cebra")])
    assert [[line.text for line in asked.lines] for asked in engines.asked] == [
        ["My father took me to the old bridge."]
    ]
    assert [row.terms_due for row in rows] == [(), (), ("old bridge",), (), ()]
    assert rows[2].terms_missed == ("old bridge",)
    _, engines, _ = desk.translate(glossary=[Term("old bridge", "puente antiguo"), Term("zebra", "cebra")])
    assert len(engines.asked) == 1


def test_a_glossary_for_another_language_changes_nothing(desk: Desk) -> None:
    desk.translate()
    _, engines, work = desk.translate(glossary=[Term("bridge", "pont", language="fr")])
    assert (engines.asked, work.runs) == ([], [])


def test_a_term_that_moves_to_the_next_line_of_its_sentence_is_used(make: Make) -> None:
    swapped = {"the train of": "el viejo", "the old man": "tren"}
    desk = make(lines_of(list(swapped)))
    rows, _, _ = desk.translate(
        answering(lambda line: LineAnswer(line.id, swapped[line.text], (), ())), glossary=[Term("train", "tren")]
    )
    assert [row.terms_used for row in rows] == [("train",), ()]


def test_lines_of_a_failed_request_say_why_and_are_asked_again_by_the_next_run(desk: Desk) -> None:
    rows, _, work = desk.translate(refusing("bridge"))
    assert [row.text is None for row in rows] == [False, False, True, False, False]
    assert rows[2].failure == "it ran out of memory"
    (run,) = work.runs
    assert run.counts.failures == 1
    mended, engines, _ = desk.translate()
    assert [line.text for asked in engines.asked for line in asked.lines] == ["My father took me to the old bridge."]
    assert all(row.text for row in mended)


def test_a_line_that_got_no_answer_among_others_is_asked_for_alone(desk: Desk) -> None:
    def forgetful(request: TranslateRequest) -> Translation:
        whole = word_by_word(request)
        return dataclasses.replace(whole, lines=whole.lines[:1])

    rows, engines, work = desk.translate(forgetful)
    assert [row.attempts for row in rows] == [1, 2, 1, 0, 1]
    assert rows[1].text == backwards("so we will wait.")
    assert engines.asked[-1].before == ("The train is late again,",)
    assert work.runs[0].counts.failures == 0


def test_a_line_that_never_gets_an_answer_has_a_reason(desk: Desk) -> None:
    rows, _, work = desk.translate(lambda request: Translation(request.request_id, (), None))
    assert [row.text for row in rows] == [None, None, None, "♪", None]
    assert all(row.failure == "the engine did not answer this line" for row in rows if row.text is None)
    assert work.runs[0].counts.failures == 0  # it would say the same again


LONG = "una traducción que nadie puede leer en el tiempo que hay para ello"
SHORT = "una que sí"


def shortening(line: SourceLine) -> LineAnswer:
    return LineAnswer(line.id, LONG if line.previous is None else SHORT, (), ())


def test_what_is_too_long_is_asked_for_once_more_where_the_engine_shortens(desk: Desk) -> None:
    rows, engines, _ = desk.translate(answering(shortening), shortens=True)
    again = [request for request in engines.asked if request.lines[0].previous is not None]
    assert [request.lines[0].previous for request in again] == [LONG] * 4
    assert all(len(request.lines) == 1 for request in again)
    spoken = [row for row in rows if row.source != "♪"]
    assert [(row.text, row.attempts) for row in spoken] == [(SHORT, 2)] * 4
    assert all(request.wordings == 2 for request in engines.asked)


def test_what_is_too_long_stays_where_the_engine_cannot_shorten(desk: Desk) -> None:
    rows, engines, _ = desk.translate(answering(shortening))
    assert len(engines.asked) == 3
    assert all(request.wordings == 0 for request in engines.asked)
    spoken = [row for row in rows if row.source != "♪"]
    assert all((row.text, row.attempts) == (LONG, 1) and row.length > row.budget for row in spoken)


def test_a_shorter_wording_that_fits_is_taken_without_asking_again(make: Make) -> None:
    desk = make(lines_of("My father took me there."))
    rows, engines, _ = desk.translate(
        answering(lambda line: LineAnswer(line.id, LONG, ("una traducción que se lee", SHORT), ())), shortens=True
    )
    (row,) = rows
    assert (row.text, row.shorter) == ("una traducción que se lee", (SHORT,))
    assert len(engines.asked) == 1


def test_an_answer_that_got_worse_when_shortened_is_not_taken(make: Make) -> None:
    desk = make(lines_of("My father took me there in 1984."))
    rows, _, _ = desk.translate(
        answering(lambda line: LineAnswer(line.id, f"{LONG} 1984" if line.previous is None else SHORT, (), ())),
        shortens=True,
    )
    (row,) = rows
    assert (row.text, row.shorter, row.attempts) == (f"{LONG} 1984", (), 2)


def test_a_title_in_which_nobody_speaks_asks_nothing(make: Make) -> None:
    rows, engines, _ = make([]).translate()
    assert (rows, engines.asked) == ([], [])
