"""The embedded describer: what can honestly be told of a shot from its signal.

How long it is, how bright, in which colours, how much moves, whether it is black or frozen; and
whether somebody speaks, something like music plays, or nothing is heard. What the picture shows it
cannot know, and does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import scenes
from pipeline.errors import ReelinguaError
from schemas.jobs import DescribeRequest, Description
from schemas.media import Shot, SpeechRegion
from schemas.scenes import Scene, ShotNote
from schemas.time import Span
from workers.engines.embedded import sounds
from workers.engines.seats import Seats, TaskFailed

_SPEECH_SHARE = 0.3
"""A shot sounds like speech when so much of it is; a third of a shot is a line of dialogue in most."""

_LEAST_SPEECH_MS = 200
"""Less speech than this in a shot is the padding of a neighbour's and is not mentioned."""

_MOST_FROZEN = 0.9
"""Share of frames from which a shot is called frozen; the rest may be a fade."""

_HARDLY_MOVES = 0.002
_MOVES_MUCH = 0.02
"""Mean luma differences between neighbouring frames. Ours, from the shared clips: a slow flight over a
landscape has 0.0025 (``nature.mp4``), pictures that fade in and out 0.024 (``fades.mp4``)."""


@dataclass(frozen=True, slots=True)
class Looking:
    """One task of a process."""

    flac: Path | None
    """16 kHz mono FLAC; None without audio."""

    span: Span
    """The window."""

    shots: tuple[Shot, ...]
    """Its shots."""

    regions: tuple[SpeechRegion, ...]
    """Speech inside the window."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of it."""

    notes: tuple[ShotNote, ...]
    """One per shot."""

    scenes: tuple[Scene, ...]
    """Scenes of the window."""


class SignalDescriber:
    """A ``pipeline.contracts.Describer``; called from as many threads as there are ``seats``, as the transcriber is."""

    def __init__(self, media: Callable[[str], Path], seats: Seats[Looking, Seen]) -> None:
        self._media = media
        self._seats = seats

    def describe(self, requests: Sequence[DescribeRequest]) -> list[Description]:
        """A note per shot and the scenes of each window."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: DescribeRequest) -> Description:
        try:
            flac = None if request.media_key is None else self._media(request.media_key)
            task = Looking(flac, request.span, request.shots, request.regions)
            # Ours: a shot costs a hundredth of a second, ten seconds of its sound are looked at.
            seen = self._seats.ask(task, limit_s=60 + 2 * len(request.shots))
        except (ReelinguaError, TaskFailed) as error:
            return Description(request.request_id, (), (), str(error))
        return Description(request.request_id, seen.notes, seen.scenes, None)


def load() -> Callable[[Looking], Seen]:
    """What answers one task; there is no model to load."""
    return see


def see(task: Looking) -> Seen:
    """Notes and scenes of one window.

    Raises:
        DecodeFailed: The audio is broken.

    """
    notes = tuple(_note(task, shot) for shot in task.shots)
    return Seen(notes, tuple(scenes.group(task.span, task.shots, notes, task.regions)))


def _note(task: Looking, shot: Shot) -> ShotNote:
    heard = shot.span.clipped(task.span) or shot.span
    speech_ms = sum(region.span.overlap_ms(heard) for region in task.regions)
    if speech_ms >= _SPEECH_SHARE * heard.duration_ms:
        sound = "speech"
    elif task.flac is None:
        sound = "silent"
    else:
        sound = sounds.kind(task.flac, heard, [region.span for region in task.regions])
    seen = scenes.look([shot])
    movement = _movement(shot)
    spoken = " with some speech" if sound != "speech" and speech_ms >= _LEAST_SPEECH_MS else ""
    sentence = f"{shot.span.duration_ms / 1000:.1f} s, {seen}, {movement}; {sound}{spoken}."
    tags = [seen] if seen == "black" else [scenes.brightness_name(shot.brightness).replace(" ", "-")]
    if shot.freeze_share >= _MOST_FROZEN:
        tags.append("freeze")
    elif shot.motion > _MOVES_MUCH:
        tags.append("high-motion")
    if speech_ms >= _LEAST_SPEECH_MS:
        tags.append("speech")
    if sound not in tags:
        tags.append(sound)
    return ShotNote(shot.shot_index, sentence, sound, tuple(tags))


def _movement(shot: Shot) -> str:
    if shot.freeze_share >= _MOST_FROZEN:
        return "a still picture"
    if shot.motion < _HARDLY_MOVES:
        return "hardly any motion"
    return "much motion" if shot.motion > _MOVES_MUCH else "some motion"
