"""Scenes: neighbouring shots that tell one thing, as far as the signal can tell.

Between two shots lies a scene's boundary when none of the last few shots looks like any of the next few
(so that a dialogue that cuts to and fro stays one scene: Yeung and Yeo 1998), the more so after a fade,
the less so when somebody speaks across the cut. Which of the possible boundaries are taken is the best
choice over the whole window (dynamic programming), under soft limits of length.

Describers that understand pictures find their own scenes; ``merge_windows`` puts either kind together.
"""

from __future__ import annotations

import colorsys
import itertools
import math
from collections import Counter
from collections.abc import Sequence

from schemas.jobs import Description
from schemas.media import CutKind, Shot, SpeechRegion
from schemas.plan import Window
from schemas.scenes import Scene, ShotNote
from schemas.speech import Turn
from schemas.time import Span, overlapping

NEIGHBOURS = 2
"""Shots on each side of a cut that are compared: a dialogue returns to a face within two cuts."""

BOUNDARY_COST = 0.25
"""What a boundary must be worth. Ours, to be measured on labelled films: shots of one place and light differ by
0.05 to 0.2, a forest and the sea by 0.35."""

FADE_WORTH = 0.3
"""What a fade adds: it is a mark of punctuation, and enough alone."""

SPEECH_COST = 0.15
"""What is taken off when somebody speaks across the cut."""

ACROSS_MS = 200
"""Speech is across a cut when it lasts so long on both sides; less may be the detector's padding."""

SHORTEST_MS = 8_000
"""A scene shorter than this costs in proportion. Ours; trailers aside, a scene is rarely shorter."""

SHORT_COST = 0.4
"""What a scene of no length at all would cost."""

LONGEST_MS = 240_000
"""A scene is cut at its best place when it would be longer; four minutes is twice the usual scene of a film.
A single shot may be longer."""

MOST_BLACK = 0.9
"""Share of black from which shots are called black; the rest may be a fade. Ours."""

UNDESCRIBED = "Not described"
"""Title of a window that a describer failed on."""


def group(span: Span, shots: Sequence[Shot], notes: Sequence[ShotNote], regions: Sequence[SpeechRegion]) -> list[Scene]:
    """Scenes of a window on shot boundaries, covering it; indices of scenes count from 0, of shots in the asset.

    ``notes`` has one note per shot, in order. A window without shots is one scene.
    """
    if not shots:
        return [_scene(0, span, shots, notes, regions)]
    worths = [_worth(shots, cut, regions) for cut in range(1, len(shots))]
    edges = _best_edges(shots, worths)
    scenes = []
    for index, (first, end) in enumerate(itertools.pairwise(edges)):
        start_ms = span.start_ms if first == 0 else shots[first].span.start_ms
        end_ms = span.end_ms if end == len(shots) else shots[end].span.start_ms
        scenes.append(_scene(index, Span(start_ms, end_ms), shots[first:end], notes[first:end], regions))
    return scenes


def merge_windows(
    windows: Sequence[Window], descriptions: Sequence[Description], turns: Sequence[Turn] = ()
) -> list[Scene]:
    """Scenes of the whole asset from those of its windows, renumbered, with who speaks in each.

    Scenes on both sides of a window's edge become one when they are halves of one shot, or when nothing
    that was said of them differs: a window's edge is no boundary in itself. A window whose description
    failed is a scene that says so.
    """
    merged: list[Scene] = []
    for window, description in zip(windows, descriptions, strict=True):
        scenes = _failed(window, description.failure) if description.failure is not None else description.scenes
        for position, scene in enumerate(scenes):
            if merged and position == 0 and _is_continued(merged[-1], scene):
                merged[-1] = _united(merged[-1], scene)
            else:
                merged.append(scene)
    return [
        Scene(
            scene_index=index,
            span=scene.span,
            first_shot=scene.first_shot,
            end_shot=scene.end_shot,
            title=scene.title,
            synopsis=scene.synopsis,
            sound=scene.sound,
            speakers=_speakers(heard) or scene.speakers,
        )
        for index, (scene, heard) in enumerate(
            zip(merged, overlapping((scene.span for scene in merged), turns), strict=True)
        )
    ]


def look(shots: Sequence[Shot]) -> str:
    """How shots look on the whole, in a few words, e.g. ``dark, blue and grey``."""
    total_ms = sum(shot.span.duration_ms for shot in shots)
    if sum(shot.black_share * shot.span.duration_ms for shot in shots) >= MOST_BLACK * total_ms:
        return "black"
    brightness = sum(shot.brightness * shot.span.duration_ms for shot in shots) / total_ms
    names: Counter[str] = Counter()
    for shot in shots:
        # The most frequent colour of a shot counts for most of it: the prepare stage gives the order, not the share.
        for rank, colour in enumerate(shot.colours):
            names[colour_name(colour)] += shot.span.duration_ms // (rank + 1)
    common = sorted(names, key=lambda name: (-names[name], name))[:2]
    return ", ".join(filter(None, (brightness_name(brightness), " and ".join(common))))


def brightness_name(brightness: float) -> str:
    """A word for a mean luma of 0 to 1; thirds of what pictures usually span (0.1 to 0.7), ours."""
    return "dark" if brightness < 0.25 else "bright" if brightness > 0.55 else "medium bright"


def colour_name(colour: str) -> str:
    """A plain word for ``#rrggbb``: by lightness and saturation where there is little colour, else by hue."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, lightness, _ = colorsys.rgb_to_hls(red, green, blue)
    chroma = max(red, green, blue) - min(red, green, blue)
    if lightness < 0.12:
        return "black"
    if chroma < 0.12:
        return "white" if lightness > 0.85 else "grey"
    degrees = hue * 360
    name = next(name for end_deg, name in _HUES if degrees < end_deg)
    if name in {"orange", "yellow"} and lightness < 0.4:
        return "brown"
    return "pink" if name == "red" and lightness > 0.7 else name


_HUES = (
    (15, "red"), (45, "orange"), (70, "yellow"), (165, "green"), (200, "cyan"), (255, "blue"), (290, "purple"),
    (345, "pink"), (361, "red"),
)  # fmt: skip
"""First degree of the hue circle after each name; the usual sectors of 60 degrees, narrowed where people see more."""


def _worth(shots: Sequence[Shot], cut: int, regions: Sequence[SpeechRegion]) -> float:
    """What a boundary before ``shots[cut]`` is worth, before its cost."""
    before = shots[max(0, cut - NEIGHBOURS) : cut]
    after = shots[cut : cut + NEIGHBOURS]
    worth = min(_difference(one, other) for one in before for other in after)
    at_ms = shots[cut].span.start_ms
    if shots[cut].begins_with is CutKind.FADE:
        worth += FADE_WORTH
    if any(r.span.start_ms <= at_ms - ACROSS_MS and r.span.end_ms >= at_ms + ACROSS_MS for r in regions):
        worth -= SPEECH_COST
    return worth


def _difference(one: Shot, other: Shot) -> float:
    """How unlike two shots look, 0 to 1.2: colours count twice as much as brightness, which they partly state too."""
    brightness = abs(one.brightness - other.brightness)
    if not one.colours or not other.colours:
        return brightness
    mine, theirs = [_rgb(colour) for colour in one.colours], [_rgb(colour) for colour in other.colours]
    there = sum(min(math.dist(a, b) for b in theirs) for a in mine) / len(mine)
    back = sum(min(math.dist(a, b) for a in mine) for b in theirs) / len(theirs)
    return 0.4 * brightness + 0.8 * max(there, back) / math.sqrt(3)


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _best_edges(shots: Sequence[Shot], worths: Sequence[float]) -> list[int]:
    """Shots at which scenes begin, and the end: the choice of the highest sum of worths less costs."""
    best = [0.0] + [-math.inf] * len(shots)
    came_from = [0] * (len(shots) + 1)
    for end in range(1, len(shots) + 1):
        for first in range(end - 1, -1, -1):
            length_ms = shots[end - 1].span.end_ms - shots[first].span.start_ms
            if length_ms > LONGEST_MS and end - first > 1:
                break
            gain = worths[first - 1] - BOUNDARY_COST if first else 0.0
            value = best[first] + gain - SHORT_COST * max(0.0, 1 - length_ms / SHORTEST_MS)
            if value > best[end]:
                best[end], came_from[end] = value, first
    edges = [len(shots)]
    while edges[-1]:
        edges.append(came_from[edges[-1]])
    return edges[::-1]


def _scene(
    index: int, span: Span, shots: Sequence[Shot], notes: Sequence[ShotNote], regions: Sequence[SpeechRegion]
) -> Scene:
    speech_ms = sum(region.span.overlap_ms(span) for region in regions)
    sound = _sound(shots, notes, speech_ms, span)
    seen = look(shots) if shots else "no picture"
    count = f"{len(shots)} shot{'s' if len(shots) != 1 else ''}, " if shots else ""
    spoken = f"speech for {speech_ms / 1000:.1f} s" if speech_ms else f"sound: {sound}"
    return Scene(
        scene_index=index,
        span=span,
        first_shot=shots[0].shot_index if shots else 0,
        end_shot=shots[-1].shot_index + 1 if shots else 0,
        title=f"{seen[0].upper()}{seen[1:]}; {sound}",
        synopsis=f"{span.duration_ms / 1000:.1f} s, {count}{seen}; {spoken}.",
        sound=sound,
        speakers=(),
    )


def _sound(shots: Sequence[Shot], notes: Sequence[ShotNote], speech_ms: int, span: Span) -> str:
    """What is heard most of the time, by the notes of the shots; by speech alone where there are none."""
    heard: Counter[str] = Counter()
    for shot, note in zip(shots, notes, strict=True):
        heard[note.sound] += shot.span.duration_ms
    if not heard:
        return "speech" if speech_ms * 2 >= span.duration_ms else "other"
    return max(sorted(heard), key=lambda sound: heard[sound])


def _failed(window: Window, failure: str) -> tuple[Scene, ...]:
    return (
        Scene(
            0, window.span, window.first_shot, window.end_shot, UNDESCRIBED, f"Not described: {failure}", "other", ()
        ),
    )


def _is_continued(before: Scene, after: Scene) -> bool:
    is_same_shot = before.end_shot > after.first_shot
    return is_same_shot or (before.title, before.sound) == (after.title, after.sound)


def _united(before: Scene, after: Scene) -> Scene:
    """Both as one; what is said of the longer one holds, and both synopses where they differ."""
    longer = max(before, after, key=lambda scene: scene.span.duration_ms)
    synopses = dict.fromkeys((before.synopsis, after.synopsis))
    return Scene(
        scene_index=before.scene_index,
        span=Span(before.span.start_ms, after.span.end_ms),
        first_shot=before.first_shot,
        end_shot=after.end_shot,
        title=longer.title,
        synopsis=" ".join(synopses),
        sound=longer.sound,
        speakers=tuple(dict.fromkeys(before.speakers + after.speakers)),
    )


def _speakers(turns: Sequence[Turn]) -> tuple[str, ...]:
    """Who speaks in ``turns``, in order of appearance."""
    return tuple(dict.fromkeys(turn.speaker for turn in turns if turn.speaker is not None))
