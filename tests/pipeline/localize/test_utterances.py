"""Lines become what is spoken in one breath; every wording of a sentence is made of those of its lines."""

from __future__ import annotations

import pytest

from pipeline.localize.utterances import Utterance, utterances
from schemas.localize import Line, TranslatedLine
from schemas.time import Span


def line(
    index: int, utterance: int, start_ms: int, end_ms: int, *, cue: int | None = None, speaker: str = "S1"
) -> Line:
    return Line(index, index if cue is None else cue, utterance, Span(start_ms, end_ms), speaker, f"line {index}")


def answer(index: int, text: str | None, *shorter: str, failure: str | None = None) -> TranslatedLine:
    return TranslatedLine(
        line_index=index,
        cue_index=index,
        language="es",
        source=f"line {index}",
        text=text,
        shorter=shorter,
        budget=40.0,
        length=0.0,
        terms_due=(),
        terms_used=(),
        terms_missed=(),
        unknown=(),
        attempts=1,
        failure=failure,
    )


def only(lines: list[Line], answers: list[TranslatedLine], language: str = "es") -> Utterance:
    (utterance,) = utterances(lines, answers, language=language)
    return utterance


TWO_LINES = [line(3, 7, 1_000, 2_000), line(4, 7, 2_500, 4_000)]


def test_lines_of_one_sentence_are_one_utterance_from_the_first_to_the_last() -> None:
    assert only(TWO_LINES, [answer(3, "Hola,"), answer(4, "mundo.")]) == Utterance(
        utterance=7,
        first_line=3,
        lines=2,
        cues=(3, 4),
        speaker="S1",
        slot=Span(1_000, 4_000),
        wordings=("Hola, mundo.",),
        failure=None,
    )


def test_a_language_without_spaces_gets_none() -> None:
    assert only(TWO_LINES, [answer(3, "こんにちは、"), answer(4, "世界。")], "ja").wordings == ("こんにちは、世界。",)


def test_the_nth_wording_has_the_nth_of_each_line_or_its_shortest() -> None:
    answers = [answer(3, "aaaa", "aaa", "aa"), answer(4, "bbbb", "bbb")]
    assert only(TWO_LINES, answers).wordings == ("aaaa bbbb", "aaa bbb", "aa bbb")


def test_a_wording_that_repeats_the_one_before_it_is_left_out() -> None:
    assert only(TWO_LINES, [answer(3, "aa", "aa", "a"), answer(4, "b")]).wordings == ("aa b", "a b")


def test_a_line_that_translates_to_nothing_leaves_the_rest_of_its_sentence() -> None:
    assert only(TWO_LINES, [answer(3, " "), answer(4, "mundo")]).wordings == ("mundo",)


@pytest.mark.parametrize("text", ["", "  ", "…", "♪ ♪"])
def test_a_sentence_without_a_word_is_not_spoken(text: str) -> None:
    utterance = only([TWO_LINES[0]], [answer(3, text, "x")])
    assert (utterance.wordings, utterance.failure) == ((), "its translation has nothing to say")


def test_a_sentence_of_which_a_line_failed_is_not_spoken_in_part() -> None:
    utterance = only(TWO_LINES, [answer(3, "Hola,"), answer(4, None, failure="the engine fell over")])
    assert utterance.wordings == ()
    assert utterance.failure == "“line 4” has no translation: the engine fell over"


def test_a_long_line_is_quoted_by_its_beginning() -> None:
    failed = answer(3, None, failure="it failed")
    long = TranslatedLine(**{name: getattr(failed, name) for name in failed.__slots__} | {"source": "word " * 30})
    failure = only([TWO_LINES[0]], [long]).failure
    assert failure is not None
    assert len(failure) < 100
    assert "…” has no translation" in failure


def test_two_speakers_in_one_cue_are_two_utterances_in_order_of_time() -> None:
    lines = [line(0, 0, 2_000, 3_000, cue=0), line(1, 1, 1_000, 1_900, cue=0, speaker="S2")]
    found = utterances(lines, [answer(0, "Sí."), answer(1, "¿Sí?")], language="es")
    assert [(one.speaker, one.cues, one.slot.start_ms) for one in found] == [("S2", (0,), 1_000), ("S1", (0,), 2_000)]


def test_a_title_in_which_nobody_speaks_has_none() -> None:
    assert utterances([], [], language="es") == []


def test_translations_of_other_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="not those"):
        utterances(TWO_LINES, [answer(4, "mundo"), answer(3, "Hola")], language="es")
