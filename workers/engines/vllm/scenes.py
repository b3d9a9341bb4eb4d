"""Scenes of a window, and what the next window must know: how they are asked for, and what is made of the answer.

A model draws the line between scenes one shot early, late, or twice. What it says of where scenes begin is kept;
where they end follows from it, so that scenes always cover the window without gaps.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from schemas.scenes import Scene, ShotNote
from schemas.time import Span
from workers.engines.vllm import guards, prompts
from workers.engines.vllm.answers import phrase, phrases, prose
from workers.engines.vllm.clips import MOST_CAST, Clip
from workers.engines.vllm.guards import JsonAnswer, Reason, Unacceptable
from workers.engines.vllm.notes import SILENT, UNNAMED_SOUND
from workers.engines.vllm.question import Reply

PROMPTS = ("scenes", "scenes-noted")
"""Files of ``prompts`` that this module uses."""

MOST_SCENES = 16
"""Scenes of a window. Ours: in two minutes, one every eight seconds."""

NOTED_CHARACTERS = 160
"""So much of each note is told again when scenes are asked for: a sentence, enough to know a shot by."""

MAX_TOKENS = 3_072
"""Tokens after which an answer has run away: eight scenes of 200, story, cast, and half as much again. Ours."""


class _Scene(JsonAnswer):
    first: int
    last: int
    title: str
    synopsis: str
    sound: str


class _Scenes(JsonAnswer):
    scenes: Annotated[tuple[_Scene, ...], Field(min_length=1, max_length=MOST_SCENES)]
    story: str
    cast: Annotated[tuple[str, ...], Field(max_length=MOST_CAST)]


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a whole window."""

    scenes: tuple[Scene, ...]
    """They cover it, on boundaries of its units; indices count from 0."""

    story: str
    """What happened up to its end."""

    cast: tuple[str, ...]
    """People and things that are known by then."""


def instruction(clip: Clip, notes: Sequence[ShotNote], *, style: str) -> str:
    """What is asked about a clip, after what is told about it; ``notes`` are those on its shots, in order."""
    return prompts.rendered(
        "scenes",
        notes=_noted(clip, notes),
        unit=clip.unit,
        units=clip.units,
        last=clip.count,
        style=style,
    )


def schema(units: int) -> str:
    """JSON schema of the answer about so many units; the order of the keys is that of the answer."""
    answer: dict[str, Any] = _Scenes.model_json_schema()
    answer["properties"]["scenes"]["maxItems"] = min(units, MOST_SCENES)
    for number in ("first", "last"):
        answer["$defs"][_Scene.__name__]["properties"][number] |= {"minimum": 1, "maximum": units}
    return json.dumps(answer)


def accepted(reply: Reply, clip: Clip, cast: Sequence[str], *, language: str | None) -> Told:
    """What is told of a clip; ``cast`` is known already, ``language`` is what it must be written in, if that is known.

    Raises:
        Unacceptable: It is not that.

    """
    found = guards.parsed(reply.text, _Scenes)
    story = prose(found.story, name="the story")
    scenes = _on_units(found.scenes, clip)
    if language is not None:
        guards.in_language(" ".join([story, *(f"{scene.title} {scene.synopsis}" for scene in scenes)]), language)
    return Told(scenes, story, known(cast, phrases(found.cast)))


def firsts(spans: Sequence[tuple[int, int]], units: int) -> list[int]:
    """Numbers of the units at which scenes begin, from scenes as a model gives them: first and last unit, from 1.

    The first scene begins at 1. What no scene claims belongs to the one before it, what two claim to the later one.

    Raises:
        Unacceptable: A scene ends before it begins, lies outside of the clip, or begins where another does.

    """
    for first, last in spans:
        if not 1 <= first <= units or last < first:
            raise Unacceptable(Reason.IDS, f"a scene from {first} to {last} of {units}")
    begins = [first for first, _ in spans]
    if len(set(begins)) < len(begins):
        raise Unacceptable(Reason.IDS, f"two scenes begin at {max(begins, key=begins.count)}")
    return [1, *sorted(begins)[1:]]


def known(before: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """People and things, each as ``name: how to know it``, with what was said of them last; the oldest go first."""
    by_name: dict[str, str] = {}
    for one in (*before, *now):
        name = one.partition(":")[0].strip().casefold()
        by_name.pop(name, None)
        by_name[name] = one
    return tuple(by_name.values())[-MOST_CAST:]


def _noted(clip: Clip, notes: Sequence[ShotNote]) -> str:
    if not notes:
        return ""
    told = {
        str(number): prompts.clipped(note.description, NOTED_CHARACTERS) for number, note in enumerate(notes, start=1)
    }
    return prompts.rendered("scenes-noted", units=clip.units, noted=prompts.data(told)) + "\n"


def _on_units(found: Sequence[_Scene], clip: Clip) -> tuple[Scene, ...]:
    ordered = sorted(found, key=lambda scene: scene.first)
    edges = [*firsts([(scene.first, scene.last) for scene in ordered], clip.count), clip.count + 1]
    return tuple(
        _scene(index, one, first, end, clip)
        for index, (one, (first, end)) in enumerate(zip(ordered, itertools.pairwise(edges), strict=True))
    )


def _scene(index: int, found: _Scene, first: int, end: int, clip: Clip) -> Scene:
    """A scene of the units from ``first`` up to ``end``, which are numbers from 1."""
    return Scene(
        scene_index=index,
        span=Span(clip.boundary_ms(first), clip.boundary_ms(end)),
        first_shot=clip.shots[first - 1].shot_index if clip.shots else 0,
        end_shot=clip.shots[end - 2].shot_index + 1 if clip.shots else 0,
        title=_title(found.title),
        synopsis=prose(found.synopsis, name=f"the synopsis of scene {index + 1}"),
        sound=(phrase(found.sound) or UNNAMED_SOUND) if clip.has_sound else SILENT,
        speakers=(),
    )


def _title(text: str) -> str:
    title = phrase(text)
    if not title:
        raise Unacceptable(Reason.EMPTY, "the title of a scene")
    return title
