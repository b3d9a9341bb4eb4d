from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import scenes
from schemas.jobs import Description
from schemas.media import CutKind, Shot, SpeechRegion
from schemas.plan import Window
from schemas.scenes import Scene, ShotNote
from schemas.speech import Turn
from schemas.time import Span

FOREST, SEA, NIGHT = ("#2e8b2e", "#8fbf60"), ("#2060c0", "#e0e8f0"), ("#101018",)
BRIGHTNESS = {FOREST: 0.45, SEA: 0.65, NIGHT: 0.08}


def shot(number: int, span: Span, colours: tuple[str, ...], *, kind: CutKind = CutKind.CUT) -> Shot:
    frames = span.start_ms // 40, span.end_ms // 40
    return Shot(number, span, *frames, kind, BRIGHTNESS.get(colours, 0.5), 0.02, 0.0, 0.0, colours)


def shots(looks: Sequence[tuple[str, ...]], *, length_ms: int = 5_000, fades: Sequence[int] = ()) -> list[Shot]:
    return [
        shot(n, Span(n * length_ms, (n + 1) * length_ms), look, kind=CutKind.FADE if n in fades else CutKind.CUT)
        for n, look in enumerate(looks)
    ]


def notes(made: Sequence[Shot], sound: str = "other") -> list[ShotNote]:
    return [ShotNote(one.shot_index, "…", sound, ()) for one in made]


def grouped(made: Sequence[Shot], regions: Sequence[SpeechRegion] = ()) -> list[tuple[int, int]]:
    """First shot and end shot of each scene."""
    span = Span(made[0].span.start_ms, made[-1].span.end_ms)
    return [(scene.first_shot, scene.end_shot) for scene in scenes.group(span, made, notes(made), regions)]


def test_shots_of_one_place_are_one_scene_and_another_place_is_another() -> None:
    assert grouped(shots([FOREST] * 4 + [SEA] * 4)) == [(0, 4), (4, 8)]


def test_a_dialogue_that_cuts_to_and_fro_is_one_scene() -> None:
    assert grouped(shots([FOREST, NIGHT] * 5)) == [(0, 10)]


def test_a_fade_parts_what_a_cut_would_not() -> None:
    looks = [FOREST] * 4 + [("#3e7b3e", "#9fa050")] * 4
    assert grouped(shots(looks)) == [(0, 8)]
    assert grouped(shots(looks, fades=[4])) == [(0, 4), (4, 8)]


def test_someone_who_speaks_across_the_cut_holds_it_together() -> None:
    looks = [("#404040",)] * 4 + [("#c0a0c0",)] * 4
    made = shots(looks)
    speech = SpeechRegion(Span(18_000, 23_000), 0.9)
    assert grouped(made) == [(0, 4), (4, 8)]
    assert grouped(made, [speech]) == [(0, 8)]


def test_a_long_row_of_like_shots_is_cut_at_the_limit() -> None:
    made = shots([FOREST] * 100)
    found = grouped(made)
    assert len(found) > 1
    assert all((end - first) * 5_000 <= scenes.LONGEST_MS for first, end in found)


@st.composite
def windows_of_shots(draw: st.DrawFn) -> tuple[Span, list[Shot], list[SpeechRegion]]:
    edges = sorted(draw(st.sets(st.integers(0, 900_000), min_size=2, max_size=25)))
    looks = st.sampled_from([FOREST, SEA, NIGHT, ()])
    made = [shot(n, Span(*pair), draw(looks)) for n, pair in enumerate(itertools.pairwise(edges), start=3)]
    speech = [
        SpeechRegion(Span(a, b), 0.9) for a, b in itertools.pairwise(sorted(draw(st.sets(st.integers(0, 900_000)))))
    ]
    return Span(edges[0], edges[-1] + draw(st.integers(0, 500))), made, speech[::2]


@given(windows_of_shots())
def test_scenes_cover_the_window_on_shot_boundaries(made: tuple[Span, list[Shot], list[SpeechRegion]]) -> None:
    span, chosen, regions = made
    found = scenes.group(span, chosen, notes(chosen), regions)
    assert [scene.scene_index for scene in found] == list(range(len(found)))
    assert (found[0].span.start_ms, found[-1].span.end_ms) == (span.start_ms, span.end_ms)
    assert (found[0].first_shot, found[-1].end_shot) == (chosen[0].shot_index, chosen[-1].shot_index + 1)
    starts = {one.shot_index: one.span.start_ms for one in chosen}
    for scene, following in itertools.pairwise(found):
        assert scene.end_shot == following.first_shot
        assert scene.span.end_ms == following.span.start_ms == starts[following.first_shot]


def scene(span: Span, first: int, end: int, title: str = "a", speakers: tuple[str, ...] = ()) -> Scene:
    return Scene(0, span, first, end, title, f"{title}.", "other", speakers)


def window(number: int, span: Span, first: int, end: int) -> Window:
    return Window(number, span, first, end, frames=1, tokens=1)


def test_scenes_of_windows_are_numbered_over_the_asset_and_say_who_speaks() -> None:
    windows = [window(0, Span(0, 10), 0, 2), window(1, Span(10, 20), 2, 4)]
    described = [
        Description("a", (), (scene(Span(0, 4), 0, 1, "x"), scene(Span(4, 10), 1, 2, "y")), None),
        Description("b", (), (scene(Span(10, 20), 2, 4, "z"),), None),
    ]
    turns = [Turn(Span(3, 6), "S2", 1.0), Turn(Span(7, 12), "S1", 1.0), Turn(Span(13, 14), None, 0.2)]
    merged = scenes.merge_windows(windows, described, turns)
    assert [(one.scene_index, one.title, one.speakers) for one in merged] == [
        (0, "x", ("S2",)),
        (1, "y", ("S2", "S1")),
        (2, "z", ("S1",)),
    ]


def test_a_shot_that_two_windows_share_is_in_one_scene() -> None:
    windows = [window(0, Span(0, 10), 0, 1), window(1, Span(10, 20), 0, 2)]
    described = [
        Description("a", (), (scene(Span(0, 10), 0, 1, "x"),), None),
        Description("b", (), (scene(Span(10, 15), 0, 1, "y"), scene(Span(15, 20), 1, 2, "z")), None),
    ]
    merged = scenes.merge_windows(windows, described)
    assert [(one.span, one.first_shot, one.end_shot) for one in merged] == [
        (Span(0, 15), 0, 1),
        (Span(15, 20), 1, 2),
    ]
    assert merged[0].synopsis == "x. y."


def test_a_window_that_failed_is_a_scene_that_says_so() -> None:
    windows = [window(0, Span(0, 10), 0, 1), window(1, Span(10, 20), 1, 2)]
    described = [Description("a", (), (scene(Span(0, 10), 0, 1),), None), Description("b", (), (), "it fell over")]
    merged = scenes.merge_windows(windows, described)
    assert [one.title for one in merged] == ["a", scenes.UNDESCRIBED]
    assert "it fell over" in merged[1].synopsis
    assert merged[1].span == Span(10, 20)


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("#000000", "black"), ("#ffffff", "white"), ("#808080", "grey"), ("#c01010", "red"), ("#ff8000", "orange"),
        ("#6b4423", "brown"), ("#ffe020", "yellow"), ("#30a040", "green"), ("#20c0c0", "cyan"), ("#2050c0", "blue"),
        ("#8030c0", "purple"), ("#ff60b0", "pink"), ("#ffc0c0", "pink"),
    ],
)  # fmt: skip
def test_colours_have_plain_names(colour: str, name: str) -> None:
    assert scenes.colour_name(colour) == name


def test_a_black_shot_is_called_black() -> None:
    black = Shot(0, Span(0, 1_000), 0, 25, CutKind.START, 0.0, 0.0, 1.0, 1.0, ("#000000",))
    assert scenes.look([black]) == "black"
