"""Music and effects: which stream of a source they are in, and whether they are as long as the title. Pure."""

from __future__ import annotations

import re

from schemas.captions import Finding, Severity
from schemas.media import Asset, AudioStream

SAME_LENGTH_MS = 40
"""Difference in length of which nothing is said: a frame of film or television. Ours."""

MOST_DIFFERENCE_MS = 1_000
"""Difference in length from which another version of the title must be feared. Ours: tails of silence and padding
of encoders stay below a second, a cut or added shot does not."""

_LABELS = re.compile(
    r"""(?x) (?<![a-z])(
        m \s* (&|\+|and|und|et|y|e|/) \s* e        # M&E, M and E, M/E
      | mx \s* [/&+]? \s* (fx|sfx|efx)             # MX/FX
      | music (\s|-)* (&|\+|and) (\s|-)* (effects|fx|sfx)
      | (?:international|int'?l|intl) \s+ (sound|track|tape|audio|version)
      | it[\s-]?(ton|band)                         # German: internationaler Ton, I.T.-Band
      | version \s+ internationale               # French
      | banda \s+ internacional                    # Spanish and Portuguese
    )(?![a-z])"""
)
"""What such streams are called, in lower case. Ours, from the labels that delivery guides of broadcasters use: there
is no standard for them."""


def labelled(asset: Asset) -> AudioStream | None:
    """The first stream of the source that is labelled as music and effects; never the one with the speech."""
    for stream in asset.audio:
        is_other = stream.stream_index != asset.audio_choice
        if is_other and stream.title is not None and _LABELS.search(stream.title.lower()):
            return stream
    return None


def length_findings(*, length_ms: int, title_ms: int) -> list[Finding]:
    """What is wrong with the length of music and effects of ``length_ms`` under a title of ``title_ms``."""
    difference_ms = length_ms - title_ms
    if abs(difference_ms) <= SAME_LENGTH_MS:
        return []
    is_far = abs(difference_ms) > MOST_DIFFERENCE_MS
    became = "its end was cut off" if difference_ms > 0 else "silence was added at its end"
    return [
        Finding(
            rule="music-and-effects-length",
            severity=Severity.ERROR if is_far else Severity.WARNING,
            cue_index=None,
            start_ms=min(length_ms, title_ms),
            measured=float(difference_ms),
            limit=float(SAME_LENGTH_MS),
            unit="ms",
            message=(
                f"Music and effects are {abs(difference_ms)} ms {'longer' if difference_ms > 0 else 'shorter'} "
                f"than the title; {became}. Check that they belong to this version."
            ),
        )
    ]
