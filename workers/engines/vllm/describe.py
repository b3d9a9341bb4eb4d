"""The describer: a window of a title through the Thinker, asked twice about the same media.

First for a note on each shot, in several answers where there are many; then, with these notes before it, for scenes,
the story so far and the cast. All prompts of a window begin alike, so that its media are read once. What is written
down is in ``prompts``, what is made of the answers in ``notes`` and ``scenes``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from pipeline.sizing.profiles import VideoTokens
from schemas.figures import Usage
from schemas.jobs import DescribeRequest, Description
from schemas.scenes import ShotNote
from workers.engines.vllm import clips, notes, prompts, scenes
from workers.engines.vllm.clips import Clip
from workers.engines.vllm.guarded import Answered, Refused, guarded, total
from workers.engines.vllm.question import Engine, Question, Reply

PROMPTS = (*clips.PROMPTS, *notes.PROMPTS, *scenes.PROMPTS)
"""Files of ``prompts`` that answers depend on."""

TREATMENT = 1
"""Counts changes of what this module and those it uses do with questions and answers, apart from ``PROMPTS``."""

CACHED_PRIORITY = -1
"""Of questions about media that have been asked about already: before new media, while they are cached."""

Accepted = TypeVar("Accepted")
"""What is made of an answer."""


class ThinkerDescriber:
    """Describes with Qwen3-Omni's Thinker; ``video`` is how the model sees, None for one that only hears."""

    def __init__(self, video: VideoTokens | None = None) -> None:
        self._video = video

    async def answer(self, request: DescribeRequest, engine: Engine) -> Description:
        """Notes and scenes of a window.

        A failure keeps the notes that there are: they are true without scenes, and without the notes on other shots.

        Raises:
            EngineCrashed: The engine is gone.

        """
        clip = clips.of(request, self._video)
        if clip is None:
            return Description(request.request_id, (), (), "there is nothing in it that the model could see or hear")
        asking = _Asking(request, clip, engine)
        noted = await asking.notes()
        if noted.failure is not None:
            return Description(request.request_id, noted.notes, (), noted.failure, usage=noted.usage)
        try:
            told = await asking.scenes(noted.notes)
        except Refused as refused:
            usage = total((noted.usage, refused.usage))
            return Description(request.request_id, noted.notes, (), f"{refused}; no scenes", usage=usage)
        return Description(
            request_id=request.request_id,
            shots=noted.notes,
            scenes=told.value.scenes,
            failure=None,
            story=told.value.story,
            cast=told.value.cast,
            usage=total((noted.usage, told.usage)),
        )


@dataclass(frozen=True, slots=True)
class _Noted:
    """What came of the questions for notes."""

    notes: tuple[ShotNote, ...]
    usage: Usage
    failure: str | None


class _Asking:
    """Questions about one window."""

    def __init__(self, request: DescribeRequest, clip: Clip, engine: Engine) -> None:
        self._request = request
        self._clip = clip
        self._engine = engine
        self._about = clips.about(clip, request)
        self._style = clips.style(request)
        self._language = None if self._style else notes.LANGUAGE

    async def notes(self) -> _Noted:
        """A note on each shot; the first group is asked alone, so that the others find the media in the cache."""
        groups = notes.groups(len(self._clip.shots), self._request.detail)
        first = [await self._group(numbers, priority=0) for numbers in groups[:1]]
        rest = await asyncio.gather(*(self._group(numbers, priority=CACHED_PRIORITY) for numbers in groups[1:]))
        found = [*first, *rest]
        return _Noted(
            notes=tuple(note for group in found for note in group.notes),
            usage=total(group.usage for group in found),
            failure="; ".join(group.failure for group in found if group.failure is not None) or None,
        )

    async def scenes(self, noted: Sequence[ShotNote]) -> Answered[scenes.Told]:
        """Scenes, story and cast. Raises Refused when there are none."""
        return await self._ask(
            scenes.instruction(self._clip, noted, style=self._style),
            partial(scenes.accepted, clip=self._clip, cast=self._request.cast, language=self._language),
            schema=scenes.schema(self._clip.count),
            max_tokens=scenes.MAX_TOKENS,
            priority=CACHED_PRIORITY if noted else 0,
        )

    async def _group(self, numbers: range, *, priority: int) -> _Noted:
        detail = self._request.detail
        try:
            answered = await self._ask(
                notes.instruction(self._clip, numbers, detail, style=self._style),
                partial(notes.accepted, clip=self._clip, numbers=numbers, language=self._language),
                schema=notes.schema(numbers),
                max_tokens=notes.max_tokens(numbers, detail),
                priority=priority,
            )
        except Refused as refused:
            shots = self._clip.shots[numbers[0] - 1 : numbers[-1]]
            failure = f"{refused}; no notes on shots {shots[0].shot_index} to {shots[-1].shot_index}"
            return _Noted((), refused.usage, failure)
        return _Noted(answered.value, answered.usage, None)

    async def _ask(
        self,
        instruction: str,
        accept: Callable[[Reply], Accepted],
        *,
        schema: str,
        max_tokens: int,
        priority: int,
    ) -> Answered[Accepted]:
        question = Question(
            text=prompts.conversation(f"{self._about}\n{instruction}", self._clip.media),
            media=self._clip.media,
            max_tokens=max_tokens,
            schema=schema,
            priority=priority,
        )
        return await guarded(self._engine, question, accept)
