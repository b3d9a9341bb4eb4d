"""A window as the Thinker is asked about it: what it watches or hears, and what it is told beforehand.

The model says nothing about time. It is given numbered units with the second at which each begins, and answers by
their numbers. Units are the window's shots; in a window without shots they are passages, which long pauses of the
speech divide, so that scenes of a radio play begin where nobody is cut short.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.sizing.profiles import VideoTokens
from pipeline.sizing.tokens import shown_per_s
from schemas.jobs import DescribeRequest, Utterance
from schemas.media import Shot, SpeechRegion
from schemas.time import Span, merged
from workers.engines.vllm import prompts
from workers.engines.vllm.question import Film, Media, Sound

PROMPTS = ("about", "style")
"""Files of ``prompts`` that this module uses."""

PAUSE_MS = 1_000
"""A pause of the speech that is as long divides passages. Ours, from the shared recordings: in ``interview.flac`` the
speakers part by 1.1 s, and the longest pause inside of a sentence, which is Kennedy's, is 0.9 s."""

MOST_PASSAGES = 40
"""Passages of a window; the longest pauses count. Ours: four minutes are one scene as often as not."""

SAID_CHARACTERS = 8_000
"""So much of what is said is told: two minutes of the fastest talker (51 letters a second, ``pipeline.speech.screen``),
with the marks around it. The model hears the rest, as it hears all of it."""

ENTRY_CHARACTERS = 32
"""The marks around one line of what is said: ``{"at": 12.3, "by": "S1", "text": ""}, ``."""

STORY_CHARACTERS = 1_200
"""So much of an earlier story is told: twice what is asked for (``scenes``)."""

MOST_CAST = 24
"""People and things that are passed on: more than a person follows."""

NAME_CHARACTERS = 160
"""So much of each of them is told, and of the name of whoever speaks. Ours: a name and how to recognise them."""

LINE_CHARACTERS = 1_600
"""So much of each line of what is said is told. Ours: half a minute of the fastest talker."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What a question about a window is about."""

    media: Media
    """What the model watches or hears."""

    span: Span
    """The window."""

    shots: tuple[Shot, ...]
    """Its shots; none where passages are its units."""

    starts_ms: tuple[int, ...]
    """Where each unit begins, on the asset's timeline; the first at the window's start."""

    unshown: tuple[int, ...]
    """Numbers of the shots, from 1, that are so short that the model may be shown no picture of them."""

    @property
    def count(self) -> int:
        """How many units there are."""
        return len(self.starts_ms)

    @property
    def unit(self) -> str:
        """What a prompt calls one of them."""
        return "shot" if self.shots else "passage"

    @property
    def units(self) -> str:
        """What a prompt calls several of them."""
        return f"{self.unit}s"

    @property
    def has_sound(self) -> bool:
        """Whether anything is heard."""
        return isinstance(self.media, Sound) or self.media.sound_key is not None

    def boundary_ms(self, number: int) -> int:
        """Where unit ``number``, counted from 1, begins; of the one after the last, where the window ends."""
        return self.span.end_ms if number > self.count else self.starts_ms[number - 1]


def of(request: DescribeRequest, video: VideoTokens | None) -> Clip | None:
    """The window of a request for a model that sees as ``video`` says; None when there is nothing to see or hear."""
    media = _media(request, video)
    if media is None:
        return None
    frame_ms = 1000 / media.frames_per_s if isinstance(media, Film) else 0.0
    return Clip(
        media=media,
        span=request.span,
        shots=request.shots,
        starts_ms=tuple(_starts_ms(request.span, request.shots) or passages(request.span, request.regions)),
        unshown=tuple(number for number, shot in enumerate(request.shots, start=1) if shot.span.duration_ms < frame_ms),
    )


def passages(span: Span, regions: Sequence[SpeechRegion]) -> list[int]:
    """Where passages of a window begin: at its start, and in the middle of long pauses between speech."""
    speech = list(merged(inside for region in regions if (inside := region.span.clipped(span)) is not None))
    pauses = [Span(one.end_ms, other.start_ms) for one, other in itertools.pairwise(speech)]
    long = sorted((pause for pause in pauses if pause.duration_ms >= PAUSE_MS), key=lambda pause: -pause.duration_ms)
    return [span.start_ms, *sorted((pause.start_ms + pause.end_ms) // 2 for pause in long[: MOST_PASSAGES - 1])]


def about(clip: Clip, request: DescribeRequest) -> str:
    """The beginning of every question about a clip, the same for each, so that it stays in the prefix cache."""
    facts: dict[str, object] = {
        clip.units: {
            str(number): _seconds(start_ms, clip.span) for number, start_ms in enumerate(clip.starts_ms, start=1)
        }
    }
    if request.story:
        facts["story"] = prompts.clipped(request.story, STORY_CHARACTERS)
    if request.cast:
        facts["cast"] = [prompts.clipped(one, NAME_CHARACTERS) for one in request.cast[-MOST_CAST:]]
    if request.said:
        facts["said"] = list(_said(request.said, clip.span))
    return prompts.rendered(
        "about",
        clip=_name(clip.media),
        length=str(_seconds(clip.span.end_ms, clip.span)),
        unit=clip.unit,
        units=clip.units,
        facts=prompts.data(facts),
    )


def style(request: DescribeRequest) -> str:
    """The end of an instruction where the user wants a style; empty where not."""
    wanted = request.style.strip()
    return prompts.rendered("style", style=prompts.data(wanted)) if wanted else ""


def _media(request: DescribeRequest, video: VideoTokens | None) -> Media | None:
    if request.frames_key is not None and video is not None:
        return Film(request.frames_key, request.media_key, request.span, shown_per_s(video))
    return None if request.media_key is None else Sound(request.media_key, request.span)


def _starts_ms(span: Span, shots: Sequence[Shot]) -> list[int]:
    """Where shots begin; the first at the window's start, which may be in its middle or before it."""
    return [max(span.start_ms, shot.span.start_ms) if number else span.start_ms for number, shot in enumerate(shots)]


def _said(said: Sequence[Utterance], span: Span) -> Iterator[dict[str, object]]:
    left = SAID_CHARACTERS
    for utterance in said:
        text = prompts.clipped(utterance.text, LINE_CHARACTERS)
        speaker = prompts.clipped(utterance.speaker or "", NAME_CHARACTERS)
        left -= len(text) + len(speaker) + ENTRY_CHARACTERS
        if left < 0:
            return
        by = {"by": speaker} if speaker else {}
        yield {"at": _seconds(utterance.span.start_ms, span), **by, "text": text}


def _name(media: Media) -> str:
    match media:
        case Sound():
            return "a sound recording"
        case Film(sound_key=None):
            return "a film without sound"
        case Film():
            return "a film with its sound"


def _seconds(at_ms: int, span: Span) -> float:
    """Seconds since the window's start, to a tenth: finer than what the model is shown."""
    return round(max(0, at_ms - span.start_ms) / 1000, 1)
