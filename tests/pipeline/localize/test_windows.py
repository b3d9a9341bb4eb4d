"""Lines become requests by sentence, with context and a budget, and nothing that says where they stand."""

from __future__ import annotations

import dataclasses
import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.profiles import profile
from pipeline.contracts import ModelId
from pipeline.localize import windows
from pipeline.localize.budgets import budgets
from pipeline.localize.windows import CONTEXT_LINES, CONTEXT_PAUSE_MS, Briefing, Window
from pipeline.store.answers import request_id
from schemas.jobs import Job, TranslateRequest
from schemas.localize import Line, Term
from schemas.time import Span
from tests.support.lines import cues_of, dialogues, lines_of

HOUSE = profile("netflix", "es")
MODEL = ModelId("scripted", "1")


def briefing(lines: list[Line]) -> Briefing:
    return Briefing("en", "es", budgets(lines, cues_of(lines), HOUSE), {}, wordings=0)


def request(window: Window, lines: list[Line]) -> TranslateRequest:
    return windows.request("0123456789abcdef", window, briefing(lines))


@given(dialogues(), st.integers(1, 5))
def test_windows_partition_the_lines_that_say_something(lines: list[Line], most_lines: int) -> None:
    found = windows.windows(lines, most_lines=most_lines)
    asked = sorted(line.line_index for window in found for line in window.lines)
    assert asked == [line.line_index for line in lines if windows.is_spoken(line.text)]
    assert all(len(window.lines) <= most_lines for window in found)
    assert all(len({line.utterance for line in window.lines}) == 1 for window in found)


@given(dialogues())
def test_a_sentence_that_is_not_too_long_is_never_parted(lines: list[Line]) -> None:
    utterances = [window.lines[0].utterance for window in windows.windows(lines, most_lines=len(lines) + 1)]
    assert len(set(utterances)) == len(utterances)


@given(dialogues())
def test_context_is_what_is_said_around_and_not_across_a_long_pause(lines: list[Line]) -> None:
    for window in windows.windows(lines):
        first, last = window.lines[0].line_index, window.lines[-1].line_index
        assert len(window.before) <= CONTEXT_LINES
        assert window.before == tuple(line.text for line in lines[first - len(window.before) : first])
        assert window.after == tuple(line.text for line in lines[last + 1 : last + 1 + len(window.after)])
        shown = lines[first - len(window.before) : last + 1 + len(window.after)]
        pauses = [later.span.start_ms - earlier.span.end_ms for earlier, later in itertools.pairwise(shown)]
        assert all(pause <= CONTEXT_PAUSE_MS for pause in pauses[: len(window.before)])


def test_sentences_of_two_who_talk_at_once_are_both_whole() -> None:
    lines = [
        dataclasses.replace(line, utterance=utterance)
        for line, utterance in zip(lines_of("I was going", "Wait!", "to say it."), (0, 1, 0), strict=True)
    ]
    assert [[line.text for line in window.lines] for window in windows.windows(lines)] == [
        ["I was going", "to say it."],
        ["Wait!"],
    ]


def test_the_same_words_later_in_the_title_are_the_same_request() -> None:
    early, later = (
        [
            dataclasses.replace(
                line,
                line_index=line.line_index + number,
                utterance=line.utterance + number,
                span=Span(line.span.start_ms + number * 1_000, line.span.end_ms + number * 1_000),
            )
            for line in lines_of("Hello there.", "Who are you?")
        ]
        for number in (1, 7)
    )
    ids = [
        [
            request_id(request(window, said), job=Job.TRANSLATE, media=(), model=MODEL)
            for window in windows.windows(said)
        ]
        for said in (early, later)
    ]
    assert ids[0] == ids[1]


def test_the_lines_of_a_request_are_named_by_their_position_in_it() -> None:
    lines = lines_of("Yes.", ["We went", "to the bridge."])
    asked = request(windows.windows(lines)[1], lines)
    assert [(line.id, line.text, line.previous) for line in asked.lines] == [
        (0, "We went", None),
        (1, "to the bridge.", None),
    ]


def test_a_term_is_due_in_the_line_where_it_begins() -> None:
    lines = lines_of(["We saw the old", "bridge there."], "The bridge.", "The old", "bridge.")
    bridge, old = Term("bridge", "puente"), Term("old bridge", "puente viejo")
    assert windows.due(lines, [bridge, old], "en") == {0: (old,), 2: (bridge,), 4: (bridge,)}


def test_a_term_that_is_said_twice_is_due_once() -> None:
    (line,) = lines_of("Bridge after bridge.")
    bridge = Term("bridge", "puente")
    assert windows.due([line], [bridge], "en") == {0: (bridge,)}


def test_lines_in_a_language_without_spaces_are_searched_as_it_is_written() -> None:
    tower = Term("東京タワー", "Tokyo Tower")
    assert windows.due(lines_of(["これは東京", "タワーです"]), [tower], "ja") == {0: (tower,)}


def test_the_context_of_a_line_that_is_asked_alone_is_its_own_sentence() -> None:
    lines = lines_of(["We went", "to the bridge", "and back."])
    window = windows.alone(lines, 1)
    assert (window.before, window.after) == (("We went",), ("and back.",))
