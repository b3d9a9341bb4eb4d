"""Audio-visual windows: neighbouring shots that one description request answers for.

Windows begin and end on shot boundaries, rather on fades than on hard cuts, and cover the title
without gaps. A shot that alone exceeds the budget is split into equal parts.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.media.partition import GROUP_COST, cheapest_groups
from pipeline.sizing.profiles import ModelProfile
from pipeline.sizing.tokens import ANSWER_TOKENS, audio_tokens, video_tokens
from schemas.media import CutKind, Shot
from schemas.plan import Window
from schemas.time import Span

_HARD_CUT_COST = GROUP_COST // 2  # a fade ends a scene more often than a hard cut does
_SHORTEST_MS = 1_000  # a budget that holds less is a mistake


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the describer is shown of a title with a picture."""

    width: int
    """Width of the pictures in pixels."""

    height: int
    """Height of the pictures in pixels."""

    frames_per_s: float
    """How many per second."""

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or not 0 < self.frames_per_s < math.inf:
            raise ValueError(f"no pictures: {self}")


def plan_windows(
    shots: Sequence[Shot],
    *,
    length_ms: int,
    profile: ModelProfile,
    pictures: Pictures | None,
    has_audio: bool = True,
    budget_tokens: int | None = None,
) -> list[Window]:
    """Windows in order of time that cover ``[0, length_ms)`` without gaps.

    Args:
        shots: The title's shots, in order; none where it has no picture.
        length_ms: Length of the asset.
        profile: The model that will describe; an engine that counts no tokens is bound by time only.
        pictures: What the model is shown; None for a title without picture.
        has_audio: Whether the model also hears the title.
        budget_tokens: Most tokens of media in one window; by default the context less prompt and answer.

    Raises:
        ValueError: The profile has no window, the budget does not hold a second of the title, or a shot lies
            outside the title.
    """
    if shots and shots[-1].span.start_ms >= length_ms:
        raise ValueError(f"shot {shots[-1].shot_index} begins beyond the title's {length_ms} ms")
    prompt = _Prompt(profile, pictures if shots else None, has_audio)
    limit_ms = min(length_ms, _limit_ms(prompt, budget_tokens))
    parts = list(_parts(shots, length_ms, limit_ms))
    firsts = cheapest_groups(
        np.array([part.start_ms for part in parts], dtype=np.int64),
        np.array([part.end_ms for part in parts], dtype=np.int64),
        np.array([part.cut_cost for part in parts], dtype=np.int64),
        limit=limit_ms,
    )
    return [
        prompt.window(number, parts[first], parts[end - 1])
        for number, (first, end) in enumerate(zip(firsts, [*firsts[1:], len(parts)], strict=True))
    ]


@dataclass(frozen=True, slots=True)
class _Part:
    """A shot, or a part of one that is too long."""

    start_ms: int
    end_ms: int
    first_shot: int
    end_shot: int
    cut_cost: int
    """Cost of a cut before it."""


@dataclass(frozen=True, slots=True)
class _Prompt:
    """What the media of a window cost."""

    profile: ModelProfile
    pictures: Pictures | None
    has_audio: bool

    def frames(self, duration_ms: int) -> int:
        return math.ceil(duration_ms * self.pictures.frames_per_s / 1000) if self.pictures else 0

    def tokens(self, duration_ms: int) -> int:
        heard = audio_tokens(duration_ms, self.profile.audio) if self.has_audio and self.profile.audio else 0
        if self.pictures is None or self.profile.video is None:
            return heard
        frames = self.frames(duration_ms)
        return heard + video_tokens(frames, self.pictures.width, self.pictures.height, self.profile.video)

    def window(self, number: int, first: _Part, last: _Part) -> Window:
        duration_ms = last.end_ms - first.start_ms
        return Window(
            window_index=number,
            span=Span(first.start_ms, last.end_ms),
            first_shot=first.first_shot,
            end_shot=last.end_shot,
            frames=self.frames(duration_ms),
            tokens=self.tokens(duration_ms),
        )


def _limit_ms(prompt: _Prompt, budget_tokens: int | None) -> int:
    """Longest window that the profile's time, pictures and tokens allow."""
    profile = prompt.profile
    if profile.window_ms.value is None:
        raise ValueError(f"{profile.name} cannot describe: {profile.window_ms.source}")
    longest_ms = int(profile.window_ms.value)
    if prompt.pictures and profile.video:
        longest_ms = min(longest_ms, int(profile.video.max_frames * 1000 / prompt.pictures.frames_per_s))
    if budget_tokens is None and profile.context_tokens.value is not None:
        budget_tokens = int(profile.context_tokens.value - (profile.prompt_tokens.value or 0)) - ANSWER_TOKENS
    if budget_tokens is None:
        return longest_ms
    fitting_ms = bisect_right(range(longest_ms + 1), budget_tokens, key=prompt.tokens) - 1
    if fitting_ms < _SHORTEST_MS:
        raise ValueError(f"{budget_tokens} tokens hold {max(0, fitting_ms)} ms for {profile.name}")
    return fitting_ms


def _parts(shots: Sequence[Shot], length_ms: int, limit_ms: int) -> Iterator[_Part]:
    """Shots as parts of the title; the first begins at 0 and the last ends with the title.

    A cut inside a shot needs no price: two of its parts never fit into one window.
    """
    starts_ms = [0, *(shot.span.start_ms for shot in shots[1:])]
    for index, (start_ms, end_ms) in enumerate(zip(starts_ms, [*starts_ms[1:], length_ms], strict=True)):
        shot = shots[index] if shots else None
        first_shot, end_shot = (shot.shot_index, shot.shot_index + 1) if shot else (0, 0)
        cost = _HARD_CUT_COST if shot and shot.begins_with is CutKind.CUT else 0
        count = -(-(end_ms - start_ms) // limit_ms)
        for number in range(count):
            yield _Part(
                start_ms + (end_ms - start_ms) * number // count,
                start_ms + (end_ms - start_ms) * (number + 1) // count,
                first_shot,
                end_shot,
                0 if number else cost,
            )
