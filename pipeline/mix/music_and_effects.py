"""Music and effects: which stream of a source they are in. Pure."""

from __future__ import annotations

import re

from schemas.media import Asset, AudioStream

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
