"""What is seen and heard: descriptions of shots, and scenes on shot boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemas.time import Span


class Detail(StrEnum):
    """How much a description says."""

    BRIEF = "brief"
    """A sentence per shot."""

    STANDARD = "standard"
    """What an editor needs to find a shot: who, what, where, mood."""

    SCRIPT = "script"
    """As a shooting script: everything that is seen and heard."""


@dataclass(frozen=True, slots=True)
class ShotNote:
    """What the describer says about one shot."""

    shot_index: int
    """The shot."""

    description: str
    """What is seen and heard, a sentence or two."""

    sound: str
    """What is heard: ``speech``, ``music-like``, ``silent``, ``other``, or a describer's own words."""

    tags: tuple[str, ...]
    """Short labels, lower case, e.g. ``black``, ``freeze``, ``bright``, ``high-motion``."""

    who: tuple[str, ...] = ()
    """People that are seen or heard, as the describer calls them; none from an engine that recognises nobody."""

    on_screen: tuple[str, ...] = ()
    """Text that is written in the picture, as it is written, one per place."""

    mood: str = ""
    """A word or two, e.g. ``tense``; empty from an engine that feels none."""

    sound_cues: tuple[str, ...] = ()
    """Sounds that a viewer who does not hear must know of, as an SDH label names them, e.g. ``door slams``."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Neighbouring shots that tell one thing."""

    scene_index: int
    """Position in the asset, from 0."""

    span: Span
    """From the start of its first shot to the end of its last; scenes cover the title without gaps."""

    first_shot: int
    """``shot_index`` of its first shot; 0 in a title without picture."""

    end_shot: int
    """``shot_index`` after its last shot; 0 in a title without picture."""

    title: str
    """A few words."""

    synopsis: str
    """A sentence or more: what happens."""

    sound: str
    """What is heard most of the time."""

    speakers: tuple[str, ...]
    """Who speaks in it, in order of appearance."""
