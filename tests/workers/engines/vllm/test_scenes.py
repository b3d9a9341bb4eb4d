"""Scenes of a window: whatever a model says of their edges, they cover the window on the edges of its shots."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.time import Span
from tests.support.scripted_engine import said
from tests.support.windows_asked import shots, thinker_video, window
from workers.engines.vllm import clips, scenes
from workers.engines.vllm.clips import Clip
from workers.engines.vllm.guards import Reason, Unacceptable
from workers.engines.vllm.scenes import Told, firsts, known

EDGES_MS = (8_000, 20_000, 30_000, 40_000, 52_000)
WINDOW = Span(10_000, 50_000)
"""It begins and ends inside of a shot."""


def clip() -> Clip:
    made = clips.of(window(WINDOW, shots(*EDGES_MS, first=7)), thinker_video())
    assert made is not None
    return made


def scene(first: int, last: int, **fields: str) -> dict[str, object]:
    return {"first": first, "last": last, "title": "A street", "synopsis": "Cars pass.", "sound": "traffic", **fields}


def answer(*found: dict[str, object], story: str = "Cars pass.", cast: Sequence[str] = ()) -> dict[str, object]:
    return {"scenes": list(found), "story": story, "cast": list(cast)}


def accepted(told: object, *, of: Clip | None = None, cast: Sequence[str] = (), language: str | None = "en") -> Told:
    return scenes.accepted(said(json.dumps(told)), of or clip(), cast, language=language)


def refused(told: object) -> Reason:
    with pytest.raises(Unacceptable) as caught:
        accepted(told)
    return caught.value.reason


def test_scenes_lie_on_the_edges_of_shots_and_cover_the_window() -> None:
    told = accepted(answer(scene(1, 2, title="Out"), scene(3, 4, title="In")))
    assert [(one.scene_index, one.title, one.span, one.first_shot, one.end_shot) for one in told.scenes] == [
        (0, "Out", Span(10_000, 30_000), 7, 9),
        (1, "In", Span(30_000, 50_000), 9, 11),
    ]


def test_scenes_of_a_window_without_picture_lie_on_the_edges_of_passages() -> None:
    heard = clips.of(window(WINDOW, regions=[Span(12_000, 20_000), Span(30_000, 40_000)]), None)
    assert heard is not None
    told = accepted(answer(scene(1, 1), scene(2, 2)), of=heard)
    assert [(one.span, one.first_shot, one.end_shot) for one in told.scenes] == [
        (Span(10_000, 25_000), 0, 0),
        (Span(25_000, 50_000), 0, 0),
    ]


@pytest.mark.parametrize(
    ("found", "begins"),
    [
        ([(1, 4)], [1]),
        ([(3, 4), (1, 2)], [1, 3]),
        ([(2, 2), (4, 4)], [1, 4]),
        ([(1, 3), (2, 4)], [1, 2]),
        ([(1, 9)], [1]),
    ],
    ids=["as it should be", "out of order", "with gaps", "overlapping", "beyond the end"],
)
def test_what_can_be_mended_is_mended(found: list[tuple[int, int]], begins: list[int]) -> None:
    assert firsts(found, 4) == begins


@pytest.mark.parametrize("found", [[(0, 2)], [(5, 5)], [(3, 2)], [(1, 2), (1, 4)], [(2, 2), (2, 3)]])
def test_what_cannot_be_mended_is_refused(found: list[tuple[int, int]]) -> None:
    assert refused(answer(*(scene(*span) for span in found))) is Reason.IDS


@given(st.lists(st.tuples(st.integers(-1, 6), st.integers(-1, 6)), min_size=1, max_size=5))
def test_any_scenes_are_refused_or_cover_the_window_without_gaps(found: list[tuple[int, int]]) -> None:
    begins = [first for first, _ in found]
    is_mendable = all(1 <= first <= 4 and first <= last for first, last in found) and len({*begins}) == len(begins)
    made = answer(*(scene(first, last) for first, last in found))
    if not is_mendable:
        assert refused(made) is Reason.IDS
        return
    told = accepted(made)
    edges = [WINDOW.start_ms, *(one.span.end_ms for one in told.scenes)]
    assert [one.span.start_ms for one in told.scenes] == edges[:-1]
    assert edges[-1] == WINDOW.end_ms
    assert {*edges} <= {WINDOW.start_ms, *EDGES_MS[1:-1], WINDOW.end_ms}
    assert len(told.scenes) == len(found)
    assert all(one.end_shot == other.first_shot for one, other in itertools.pairwise(told.scenes))


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"scenes": []}, Reason.UNPARSABLE),
        (answer(), Reason.UNPARSABLE),
        (answer(*(scene(1, 1) for _ in range(scenes.MOST_SCENES + 1))), Reason.UNPARSABLE),
        (answer(scene(1, 4, title=" ")), Reason.EMPTY),
        (answer(scene(1, 4, synopsis="")), Reason.EMPTY),
        (answer(scene(1, 4), story=""), Reason.EMPTY),
        (answer(scene(1, 4, synopsis="一个女人走在街上，手里拿着一把红色的雨伞。" * 2)), Reason.WRONG_LANGUAGE),
    ],
)
def test_an_answer_that_leaves_out_what_was_asked_is_refused(told: object, reason: Reason) -> None:
    assert refused(told) is reason


def test_the_schema_names_shots_that_there_are_and_limits_no_string() -> None:
    text = scenes.schema(17)
    schema = json.loads(text)
    (found,) = (one["properties"] for one in schema["$defs"].values())
    assert list(found)[:2] == ["first", "last"]
    assert {(found[name]["minimum"], found[name]["maximum"]) for name in ("first", "last")} == {(1, 17)}
    assert list(schema["properties"]) == ["scenes", "story", "cast"]
    assert schema["properties"]["scenes"]["maxItems"] == scenes.MOST_SCENES
    assert json.loads(scenes.schema(2))["properties"]["scenes"]["maxItems"] == 2
    assert "Length" not in text


def test_a_sound_that_is_not_named_is_another() -> None:
    assert accepted(answer(scene(1, 4, sound=""))).scenes[0].sound == "other"


def test_the_story_is_passed_on_and_so_is_everybody_of_the_cast() -> None:
    told = accepted(
        answer(scene(1, 4), story="Anna\nleft.", cast=["anna: in a red coat, wounded", "Bo: a dog"]),
        cast=["Anna: in a red coat", "the ship: a steamer"],
    )
    assert told.story == "Anna left."
    assert told.cast == ("the ship: a steamer", "anna: in a red coat, wounded", "Bo: a dog")


@given(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abcdef"), max_size=9))
def test_of_the_cast_nobody_is_known_twice_and_nobody_is_lost(before: list[str], now: list[str]) -> None:
    names = [one.partition(":")[0] for one in known([f"{name}: old" for name in before], [f"{n}: new" for n in now])]
    assert sorted(names) == sorted({*before, *now})


def test_a_cast_that_grows_loses_those_not_named_for_longest() -> None:
    many = [f"{number}: a man" for number in range(clips.MOST_CAST)]
    assert known(many, ["0: a man, again", "Bo: a dog"]) == (*many[2:], "0: a man, again", "Bo: a dog")
