"""The dub of a title: every rung of the ladder with takes of chosen lengths, and nothing is asked twice."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from pipeline.localize.level import DIALOGUE_LUFS, loudness_lufs
from pipeline.localize.translated_pace import translated_pace
from pipeline.stages import booth
from pipeline.stages.dub import speak
from pipeline.stages.work import Work
from pipeline.store import owners
from pipeline.store.claims import Claims
from pipeline.store.ledger import Done, Ledger
from pipeline.store.objects import FolderObjects
from schemas.captions import Finding
from schemas.jobs import SynthesizeRequest
from schemas.localize import DubLine, DubOutcome, PlacedSpeech, Voice, VoiceKind
from schemas.settings import Settings
from schemas.time import Span
from tests.support.dub_script import ASSET, CLONED, MATCHED, NOBODY, Said, before
from tests.support.tone_engine import VOICE, ToneEngines

SLOT = Span(1_000, 2_000)


def stated(request: SynthesizeRequest) -> int | str:
    """A text says how long it is spoken: ``"900 ms"``; anything else cannot be spoken."""
    number, _, unit = request.text.partition(" ")
    return int(number) if unit == "ms" else f"cannot say {request.text}"


class Dubbing:
    """A library, an engine, and a title that is dubbed with them."""

    def __init__(self, folder: Path, *, varies: bool = False) -> None:
        self.objects = FolderObjects(folder / "library")
        self.engines = ToneEngines(self.objects, stated, varies=varies)
        self.told: list[tuple[str, int, int]] = []
        self.work = self.working()

    def working(self, at: Callable[[str], None] = lambda _point: None) -> Work:
        """A new process's work on the same library."""
        return Work(
            objects=self.objects,
            ledger=Ledger(self.objects, at=at),
            claims=Claims(self.objects, owner=owners.this_process()),
            engines=self.engines,
            settings=Settings(),
            progress=lambda stage, done, total: self.told.append((stage, done, total)),
            at=at,
        )

    def dub(self, *said: Said, work: Work | None = None, voices: Sequence[Voice] = (NOBODY, MATCHED, CLONED)) -> Done:
        using = work or self.work
        made = before(using, said, voices)
        return speak(
            using,
            ASSET,
            made.prepared,
            made.captioned,
            made.translated,
            made.localized,
            made.voiced,
            source_language="en",
            language="es",
        )

    def lines(self, *said: Said) -> list[DubLine]:
        return self.work.ledger.read(self.dub(*said), "dub_lines", DubLine)

    def line(self, *wordings: str, span: Span = SLOT, speaker: str | None = "S1") -> DubLine:
        (line,) = self.lines(Said(span, wordings, speaker))
        return line

    @property
    def texts(self) -> list[str]:
        return [request.text for request in self.engines.asked]


@pytest.fixture
def dubbing(tmp_path: Path) -> Dubbing:
    return Dubbing(tmp_path)


@pytest.mark.parametrize(
    ("wordings", "outcome", "wording", "placed", "attempts"),
    [
        (("900 ms", "500 ms"), DubOutcome.NATURAL, 0, Span(1_000, 1_900), 1),
        (("1100 ms", "500 ms"), DubOutcome.NATURAL, 0, Span(1_000, 2_000), 1),
        (("1250 ms", "500 ms"), DubOutcome.ACCEPTED, 0, Span(1_000, 2_000), 1),
        (("1300 ms", "1200 ms", "500 ms"), DubOutcome.SHORTER, 1, Span(1_000, 2_000), 2),
        (("1300 ms", "1260 ms", "500 ms"), DubOutcome.SHORTER, 2, Span(1_000, 1_500), 3),
        (("1760 ms", "1650 ms"), DubOutcome.BORROWED, 1, Span(1_000, 2_500), 2),
    ],
)
def test_every_rung_of_the_ladder_is_reached(
    dubbing: Dubbing, wordings: tuple[str, ...], outcome: DubOutcome, wording: int, placed: Span, attempts: int
) -> None:
    line = dubbing.line(*wordings)
    assert (line.outcome, line.wording, line.placed, line.attempts) == (outcome, wording, placed, attempts)
    assert line.text == wordings[wording]
    assert f"{line.natural_ms} ms" == line.text
    assert line.tempo == line.natural_ms / placed.duration_ms
    assert line.borrowed_ms == max(0, placed.end_ms - SLOT.end_ms)
    assert (line.voice, line.voice_kind, line.reason) == (VOICE, VoiceKind.MATCHED, None)


def test_what_never_fits_is_flagged_and_its_original_stays(dubbing: Dubbing) -> None:
    done = dubbing.dub(Said(SLOT, ("9000 ms", "8000 ms")))
    (line,) = dubbing.work.ledger.read(done, "dub_lines", DubLine)
    assert (line.outcome, line.placed, line.tempo, line.attempts) == (DubOutcome.FLAGGED, None, None, 2)
    assert line.reason == "it lasts 8000 ms, 6400 ms at 1.25 times its tempo, and there are 2500 ms for it"
    assert dubbing.work.ledger.read(done, "speech", PlacedSpeech) == []
    (found,) = dubbing.work.ledger.read(done, "findings", Finding)
    assert (found.rule, found.cue_index) == ("dub-flagged", 0)


def test_speech_is_exactly_as_long_as_its_place_and_as_loud_as_all_other(dubbing: Dubbing) -> None:
    done = dubbing.dub(Said(SLOT, ("1234 ms",)), Said(Span(4_000, 4_100), ("70 ms",)))
    for speech in dubbing.work.ledger.read(done, "speech", PlacedSpeech):
        samples, rate_hz = soundfile.read(io.BytesIO(speech.flac), dtype="float32")
        assert (len(samples), rate_hz) == (48 * speech.placed.duration_ms, 48_000)
        assert loudness_lufs(samples, rate_hz) == pytest.approx(DIALOGUE_LUFS, abs=0.2)


def test_lines_and_speech_are_in_order_of_time_and_speech_names_its_line(dubbing: Dubbing) -> None:
    said = [Said(Span(at, at + 900), ("800 ms",)) for at in (9_000, 1_000, 5_000)]
    done = dubbing.dub(*said, Said(Span(3_000, 3_900)))
    lines = dubbing.work.ledger.read(done, "dub_lines", DubLine)
    assert [(line.dub_index, line.slot.start_ms) for line in lines] == [(0, 1_000), (1, 3_000), (2, 5_000), (3, 9_000)]
    speech = dubbing.work.ledger.read(done, "speech", PlacedSpeech)
    assert [(one.dub_index, one.placed) for one in speech] == [
        (line.dub_index, line.placed) for line in lines if line.placed
    ]


def test_a_line_without_a_translation_is_flagged_and_never_spoken(dubbing: Dubbing) -> None:
    (line,) = dubbing.lines(Said(SLOT))
    assert (line.outcome, line.text, line.voice, line.attempts) == (DubOutcome.FLAGGED, None, None, 0)
    assert line.reason == "“line 0” has no translation: the engine fell over"
    assert dubbing.engines.asked == []


def test_a_title_in_which_nobody_speaks_has_an_empty_dub(dubbing: Dubbing) -> None:
    done = dubbing.dub()
    assert [done.part(role).rows for role in ("dub_lines", "speech", "findings")] == [0, 0, 0]


def test_a_matched_voice_has_the_pitch_and_the_translated_pace_of_its_speaker(dubbing: Dubbing) -> None:
    dubbing.line("900 ms")
    (request,) = dubbing.engines.asked
    assert MATCHED.syllables_per_s is not None
    pace = translated_pace(MATCHED.syllables_per_s, spoken="en", wanted="es")
    assert (request.pitch_hz, request.syllables_per_s) == (MATCHED.pitch_hz, pace)
    assert (request.reference_key, request.reference, request.language) == (None, None, "es")


def test_a_line_of_nobody_knows_whom_has_a_stock_voice_and_a_finding(dubbing: Dubbing) -> None:
    done = dubbing.dub(Said(SLOT, ("900 ms",), speaker=None))
    (request,) = dubbing.engines.asked
    assert (request.pitch_hz, request.syllables_per_s, NOBODY.kind) == (None, None, VoiceKind.STOCK)
    assert [found.rule for found in dubbing.work.ledger.read(done, "findings", Finding)] == ["speaker-unsure"]


def test_a_speaker_without_a_voice_record_has_the_voice_of_nobody(dubbing: Dubbing) -> None:
    assert dubbing.line("900 ms", speaker="S9").voice_kind is VoiceKind.STOCK


def test_a_cloned_voice_names_its_clip_and_its_consent(dubbing: Dubbing) -> None:
    lines = dubbing.lines(Said(SLOT, ("900 ms",)), Said(Span(3_000, 4_000), ("800 ms",), speaker="S2"))
    assert [(line.voice_kind, line.consent_id) for line in lines] == [
        (VoiceKind.MATCHED, None),
        (VoiceKind.CLONED, "consent-7"),
    ]
    request = next(asked for asked in dubbing.engines.asked if asked.reference_key)
    assert CLONED.reference is not None
    assert (request.text, request.reference, request.reference_text) == (
        "800 ms", CLONED.reference.span, CLONED.reference.text,
    )  # fmt: skip
    assert (request.pitch_hz, request.syllables_per_s) == (None, None)


def test_no_voice_is_cloned_without_consent(dubbing: Dubbing) -> None:
    voices = (NOBODY, replace(CLONED, consent_id=None))
    with pytest.raises(ValueError, match="consent"):
        dubbing.dub(Said(SLOT, ("900 ms",), speaker="S2"), voices=voices)
    assert dubbing.engines.asked == []


def test_a_take_that_fails_flags_its_line_and_the_next_run_asks_for_it_again(dubbing: Dubbing) -> None:
    said = (Said(SLOT, ("nothing",)), Said(Span(3_000, 4_000), ("900 ms",)))
    flagged, placed = dubbing.lines(*said)
    assert flagged.reason == "no speech could be made of it: cannot say nothing"
    assert placed.outcome is DubOutcome.NATURAL
    (run,) = dubbing.work.runs
    assert run.counts.failures == 1
    dubbing.engines.length_ms = lambda _request: 700
    mended, _ = dubbing.lines(*said)
    assert (mended.outcome, mended.natural_ms) == (DubOutcome.NATURAL, 700)
    assert dubbing.texts == ["nothing", "900 ms", "nothing"]


def test_a_wording_that_cannot_be_spoken_gives_way_to_the_next(dubbing: Dubbing) -> None:
    line = dubbing.line("nothing", "900 ms")
    assert (line.outcome, line.wording, line.attempts) == (DubOutcome.SHORTER, 1, 2)
    assert dubbing.work.runs[0].counts.failures == 1


def test_an_engine_that_varies_gets_two_more_tries(tmp_path: Path) -> None:
    dubbing = Dubbing(tmp_path, varies=True)
    dubbing.engines.length_ms = lambda request: 900 if request.seed == 2 else "no luck"
    line = dubbing.line("text")
    assert (line.outcome, line.attempts) == (DubOutcome.NATURAL, 3)
    assert [request.seed for request in dubbing.engines.asked] == [0, 1, 2]
    assert dubbing.work.runs[0].counts.failures == 0


def test_it_does_not_try_for_ever(tmp_path: Path) -> None:
    dubbing = Dubbing(tmp_path, varies=True)
    line = dubbing.line("nothing")
    assert (line.outcome, line.attempts) == (DubOutcome.FLAGGED, booth.SEEDS)
    assert dubbing.work.runs[0].counts.failures == booth.SEEDS


def test_another_translation_of_one_line_speaks_only_that_line_again(dubbing: Dubbing) -> None:
    others = [Said(Span(at, at + 1_000), (f"{800 + at // 1_000} ms",)) for at in (4_000, 7_000)]
    dubbing.dub(Said(SLOT, ("900 ms",)), *others)
    dubbing.engines.asked.clear()
    dubbing.dub(Said(SLOT, ("950 ms",)), *others)
    assert dubbing.texts == ["950 ms"]
    assert dubbing.work.runs[-1].counts.reused == 2


def test_the_same_again_is_found_and_nothing_is_run(dubbing: Dubbing) -> None:
    first = dubbing.dub(Said(SLOT, ("900 ms",)))
    assert dubbing.dub(Said(SLOT, ("900 ms",))) == first
    assert len(dubbing.work.runs) == 1


def test_many_lines_are_spoken_in_batches(dubbing: Dubbing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booth, "BATCH", 4)
    said = [Said(Span(1_000 * at, 1_000 * at + 800), (f"{1_100 + at} ms", f"{700 + at} ms")) for at in range(10)]
    assert {line.outcome for line in dubbing.lines(*said)} == {DubOutcome.SHORTER}
    assert dubbing.engines.batches == [4, 4, 2, 4, 4, 2]


def test_progress_grows_to_its_end(dubbing: Dubbing) -> None:
    dubbing.dub(Said(SLOT, ("1300 ms", "800 ms")), Said(Span(4_000, 5_000), ("900 ms",)))
    told = [(done, total) for stage, done, total in dubbing.told if stage == "speak"][1:]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (5, 5)  # three takes, two lines


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("point", ["speak:before-parts", "speak:after-part", "speak:before-done", "speak:after-done"])
def test_killed_while_publishing_it_is_finished_without_asking_again(dubbing: Dubbing, point: str) -> None:
    said = (Said(SLOT, ("1300 ms", "800 ms")), Said(Span(4_000, 5_000), ("900 ms",)))

    def kill(reached: str) -> None:
        if reached == point:
            raise Killed

    with pytest.raises(Killed):
        dubbing.dub(*said, work=dubbing.working(at=kill))
    asked = len(dubbing.engines.asked)
    finished = dubbing.dub(*said)
    assert len(dubbing.engines.asked) == asked == 3
    assert finished.part("speech").rows == 2


def test_killed_between_two_takes_the_ones_that_came_are_kept(dubbing: Dubbing) -> None:
    said = tuple(Said(Span(at, at + 1_000), (f"{800 + at // 1_000} ms",)) for at in (1_000, 4_000, 7_000))

    def dies(request: SynthesizeRequest) -> int | str:
        if request.text == "804 ms":
            raise Killed
        return stated(request)

    dubbing.engines.length_ms = dies
    with pytest.raises(Killed):
        dubbing.dub(*said)
    dubbing.engines.length_ms = stated
    undisturbed = Dubbing(dubbing.objects.root.parent / "undisturbed")
    assert dubbing.dub(*said).digest == undisturbed.dub(*said).digest
    assert dubbing.texts == ["801 ms", "804 ms", "804 ms", "807 ms"]


def test_a_take_without_sound_is_flagged(dubbing: Dubbing) -> None:
    dubbing.engines.length_ms = lambda _request: 0
    assert dubbing.line("text").reason == "no speech could be made of it: the sound that came cannot be read"


def test_speech_that_overlaps_in_the_source_never_does_in_the_dub(dubbing: Dubbing) -> None:
    lines = dubbing.lines(Said(Span(1_000, 3_000), ("1900 ms",)), Said(Span(2_500, 5_000), ("2000 ms",), speaker="S2"))
    assert [line.placed for line in lines] == [Span(1_000, 2_900), Span(2_900, 4_900)]
