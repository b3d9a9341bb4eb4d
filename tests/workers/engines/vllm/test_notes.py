"""Notes on shots: groups that fit an answer, a schema that leaves no shot out, and what becomes of the answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sizing.tokens import ANSWER_TOKENS
from schemas.scenes import Detail, ShotNote
from schemas.time import Span
from tests.support.scripted_engine import said
from tests.support.windows_asked import shots, thinker_video, window
from workers.engines.vllm import clips, notes
from workers.engines.vllm.clips import Clip
from workers.engines.vllm.guards import Reason, Unacceptable

EMPTY = {"who": [], "what": "A street.", "written": [], "sound": "", "cues": [], "mood": "", "tags": []}


def clip(*edges_ms: int, sound: str | None = "sound") -> Clip:
    made = clips.of(window(Span(edges_ms[0], edges_ms[-1]), shots(*edges_ms, first=7), sound=sound), thinker_video())
    assert made is not None
    return made


THREE = clip(0, 2_000, 4_000, 6_000)


def accepted(answer: object, numbers: range = range(1, 4), *, of: Clip = THREE) -> tuple[ShotNote, ...]:
    return notes.accepted(said(json.dumps(answer)), of, numbers, language="en")


def refused(answer: object) -> Reason:
    with pytest.raises(Unacceptable) as caught:
        accepted(answer)
    return caught.value.reason


@given(st.integers(0, 400), st.sampled_from(Detail))
def test_every_shot_is_in_one_group_and_every_group_fits_an_answer(count: int, detail: Detail) -> None:
    groups = notes.groups(count, detail)
    assert [number for group in groups for number in group] == list(range(1, count + 1))
    assert all(len(group) > 0 and notes.max_tokens(group, detail) <= ANSWER_TOKENS for group in groups)
    assert not groups or max(map(len, groups)) - min(map(len, groups)) <= 1


def test_more_detail_has_more_room() -> None:
    brief, standard, script = (notes.max_tokens(range(1, 11), detail) for detail in Detail)
    assert brief < standard < script


def test_the_schema_asks_for_each_shot_once_in_order_and_for_nothing_else() -> None:
    schema = json.loads(notes.schema(range(9, 12)))
    assert list(schema["properties"]) == schema["required"] == ["9", "10", "11"]
    assert schema["additionalProperties"] is False
    note = schema["$defs"]["note"]
    assert list(note["properties"]) == note["required"]
    assert note["additionalProperties"] is False


def test_no_string_has_a_limit_in_the_schema_since_it_could_hold_no_quotation_mark_then() -> None:
    assert "Length" not in notes.schema(range(1, 2))


def test_an_answer_becomes_notes_on_the_shots_of_the_asset() -> None:
    full = {
        "who": ["Anna", "Anna", "a man"],
        "what": 'Anna reads\n"Emma" aloud.',
        "written": ["東京", "EXIT"],
        "sound": "speech over music",
        "cues": ["door slams", ""],
        "mood": "calm",
        "tags": ["Close-up", "night"],
    }
    assert accepted({"2": full, "3": EMPTY}, range(2, 4)) == (
        ShotNote(
            shot_index=8,
            description='Anna reads "Emma" aloud.',
            sound="speech over music",
            tags=("close-up", "night"),
            who=("Anna", "a man"),
            on_screen=("東京", "EXIT"),
            mood="calm",
            sound_cues=("door slams",),
        ),
        ShotNote(shot_index=9, description="A street.", sound="other", tags=()),
    )


def test_nothing_is_heard_in_a_film_without_sound() -> None:
    invented = {**EMPTY, "sound": "music", "cues": ["door slams"]}
    (note,) = accepted({"1": invented}, range(1, 2), of=clip(0, 1_000, sound=None))
    assert (note.sound, note.sound_cues) == ("silent", ())


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"1": EMPTY, "2": EMPTY},
        {"1": EMPTY, "2": EMPTY, "3": EMPTY, "4": EMPTY},
        {"2": EMPTY, "1": EMPTY, "3": EMPTY},
    ],
)
def test_notes_on_other_shots_than_those_asked_about_are_refused(answer: object) -> None:
    assert refused(answer) is Reason.IDS


@pytest.mark.parametrize(
    "note",
    [
        "A street.",
        {**EMPTY, "what": 7},
        {**EMPTY, "more": ""},
        {**EMPTY, "cues": ["x"] * 5},
        {key: value for key, value in EMPTY.items() if key != "mood"},
    ],
)
def test_a_note_that_is_not_what_the_schema_says_is_refused(note: object) -> None:
    assert refused({"1": EMPTY, "2": note, "3": EMPTY}) is Reason.UNPARSABLE


def test_a_note_that_says_nothing_is_refused() -> None:
    assert refused({"1": EMPTY, "2": {**EMPTY, "what": " "}, "3": EMPTY}) is Reason.EMPTY


def test_notes_in_another_script_than_asked_for_are_refused_unless_a_style_may_ask_for_it() -> None:
    answer = {str(number): {**EMPTY, "what": "一个女人走在街上，手里拿着一把红色的雨伞。"} for number in (1, 2, 3)}
    assert refused(answer) is Reason.WRONG_LANGUAGE
    assert len(notes.accepted(said(json.dumps(answer)), THREE, range(1, 4), language=None)) == 3
