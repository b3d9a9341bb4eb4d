"""Notes on shots: how they are asked for, and what is made of the answer.

An answer is an object with a key for each shot, which its schema demands in order, so that no shot is left out, noted
twice, or taken for another.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field, RootModel

from pipeline.sizing.tokens import ANSWER_TOKENS
from schemas.media import Shot
from schemas.scenes import Detail, ShotNote
from workers.engines.vllm import guards, prompts
from workers.engines.vllm.answers import phrase, phrases, prose
from workers.engines.vllm.clips import Clip
from workers.engines.vllm.guards import JsonAnswer, Reason, Unacceptable
from workers.engines.vllm.question import Reply

PROMPTS = ("notes", "notes-brief", "notes-script", "notes-standard", "notes-unshown")
"""Files of ``prompts`` that this module uses."""

LANGUAGE = "en"
"""What descriptions are written in, unless a style says otherwise."""

SPARE_TOKENS = 512
"""On top of what the notes of an answer usually take: a shot of rolling credits alone fills it. Ours."""

NOTE_TOKENS = {Detail.BRIEF: 72, Detail.STANDARD: 112, Detail.SCRIPT: 192}
"""What a note takes at most on the average: 35 for its keys and marks, 20 for names and labels, and a sentence of 17
tokens, two of 28, or a paragraph of five. Ours, of no model yet."""

SILENT = "silent"
"""Sound of a shot of a film without sound, as the embedded describer has it."""

UNNAMED_SOUND = "other"
"""Sound of a shot of which the model said nothing, as the embedded describer has it."""


class _Note(JsonAnswer):
    who: Annotated[tuple[str, ...], Field(max_length=8)]
    what: str
    written: Annotated[tuple[str, ...], Field(max_length=8)]
    sound: str
    cues: Annotated[tuple[str, ...], Field(max_length=4)]
    mood: str
    tags: Annotated[tuple[str, ...], Field(max_length=4)]


class _Notes(RootModel[dict[str, _Note]]):
    """By number of the shot."""


def groups(shots: int, detail: Detail) -> list[range]:
    """Numbers of the shots, from 1, in groups of about the same size whose notes fit one answer each."""
    most = (ANSWER_TOKENS - SPARE_TOKENS) // NOTE_TOKENS[detail]
    count = -(-shots // most)
    edges = [1 + shots * number // count for number in range(count + 1)] if count else [1]
    return [range(first, end) for first, end in itertools.pairwise(edges)]


def instruction(clip: Clip, numbers: range, detail: Detail, *, style: str) -> str:
    """What is asked about shots of a clip, after what is told about it."""
    hidden = [str(number) for number in clip.unshown if number in numbers]
    unshown = prompts.rendered("notes-unshown", units=clip.units, numbers=", ".join(hidden)) if hidden else ""
    return prompts.rendered(
        "notes",
        unit=clip.unit,
        first=numbers[0],
        last=numbers[-1],
        detail=prompts.rendered(f"notes-{detail}"),
        unshown=unshown,
        style=style,
    )


def schema(numbers: range) -> str:
    """JSON schema of the answer; the order of the keys is that of the answer."""
    keys = [str(number) for number in numbers]
    return json.dumps(
        {
            "type": "object",
            "properties": {key: {"$ref": "#/$defs/note"} for key in keys},
            "required": keys,
            "additionalProperties": False,
            "$defs": {"note": _Note.model_json_schema()},
        }
    )


def max_tokens(numbers: range, detail: Detail) -> int:
    """Tokens after which an answer has run away."""
    return SPARE_TOKENS + len(numbers) * NOTE_TOKENS[detail]


def accepted(reply: Reply, clip: Clip, numbers: range, *, language: str | None) -> tuple[ShotNote, ...]:
    """One note per shot, in order; ``language`` is what they must be written in, if that is known.

    Raises:
        Unacceptable: It is not that.

    """
    found = guards.parsed(reply.text, _Notes).root
    if list(found) != [str(number) for number in numbers]:
        raise Unacceptable(Reason.IDS, f"notes on {', '.join(found)[:40]} for shots {numbers[0]} to {numbers[-1]}")
    notes = tuple(_notes(clip.shots[numbers[0] - 1 : numbers[-1]], tuple(found.values()), has_sound=clip.has_sound))
    if language is not None:
        guards.in_language(" ".join(note.description for note in notes), language)
    return notes


def _notes(shots: Sequence[Shot], found: Sequence[_Note], *, has_sound: bool) -> Iterator[ShotNote]:
    for shot, note in zip(shots, found, strict=True):
        yield ShotNote(
            shot_index=shot.shot_index,
            description=prose(note.what, name=f"the note on shot {shot.shot_index}"),
            sound=phrase(note.sound) or UNNAMED_SOUND if has_sound else SILENT,
            tags=tuple(dict.fromkeys(tag.lower() for tag in phrases(note.tags))),
            who=phrases(note.who),
            on_screen=phrases(note.written),
            mood=phrase(note.mood),
            sound_cues=phrases(note.cues) if has_sound else (),
        )
