"""Channel layouts: which channels a stream has, how one layout becomes another, and what a WAV says of them. Pure.

Only layouts that a WAV can name are taken, up to 8 channels, without heights: what dubs are delivered in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MAX_CHANNELS = 8
"""Most channels of a mix: 7.1, the largest layout that we know a delivery guide of television or streaming to ask
for as channels. What has more is object audio or 22.2, which is delivered in other formats."""

WAV_ORDER = ("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR")
"""Channels by their bit in a WAV's channel mask (Microsoft, "WAVEFORMATEXTENSIBLE", dwChannelMask), which is also
the order of libavutil's native layouts; the heights that follow are not taken."""

HALF = 0.5**0.5
"""-3 dB: the share of a channel that goes to each of two neighbours at equal power (ITU-R BS.775-4, table 2)."""

_NAMED = {
    "mono": "FC",
    "stereo": "FL FR",
    "downmix": "FL FR",
    "2.1": "FL FR LFE",
    "3.0": "FL FR FC",
    "3.0(back)": "FL FR BC",
    "3.1": "FL FR FC LFE",
    "4.0": "FL FR FC BC",
    "4.1": "FL FR FC LFE BC",
    "quad": "FL FR BL BR",
    "quad(side)": "FL FR SL SR",
    "5.0": "FL FR FC BL BR",
    "5.0(side)": "FL FR FC SL SR",
    "5.1": "FL FR FC LFE BL BR",
    "5.1(side)": "FL FR FC LFE SL SR",
    "6.0": "FL FR FC BC SL SR",
    "6.0(front)": "FL FR FLC FRC SL SR",
    "hexagonal": "FL FR FC BL BR BC",
    "6.1": "FL FR FC LFE BC SL SR",
    "6.1(back)": "FL FR FC LFE BL BR BC",
    "6.1(front)": "FL FR LFE FLC FRC SL SR",
    "7.0": "FL FR FC BL BR SL SR",
    "7.0(front)": "FL FR FC FLC FRC SL SR",
    "7.1": "FL FR FC LFE BL BR SL SR",
    "7.1(wide)": "FL FR FC LFE BL BR FLC FRC",
    "7.1(wide-side)": "FL FR FC LFE FLC FRC SL SR",
    "octagonal": "FL FR FC BL BR BC SL SR",
}
"""Layouts as libavutil names them (``ffmpeg -layouts``, 8.0), without those above ``MAX_CHANNELS`` or with heights.
A stereo downmix is stereo."""

_ASSUMED = {1: "mono", 2: "stereo", 6: "5.1(side)", 8: "7.1"}
"""What so many channels are when the source does not say: the order of SMPTE ST 2067-8 and of ITU-R BS.775, in
which masters without labels are delivered. For 3, 4, 5 and 7 channels there is no such custom."""

_NOT_NAMED = re.compile(r"^([0-9]{1,3}) channels(?: \(([A-Z0-9+]{1,100})\))?$")
"""A layout of libavutil's that has no name, with its channels where it knows them."""

_NEIGHBOURS: dict[str, tuple[tuple[str, ...], ...]] = {
    "FL": (("FC",),),
    "FR": (("FC",),),
    "FC": (("FL", "FR"),),
    "FLC": (("FL", "FC"), ("FL",), ("FC",)),
    "FRC": (("FR", "FC"), ("FR",), ("FC",)),
    "SL": (("BL",), ("BC",), ("FL",), ("FC",)),
    "SR": (("BR",), ("BC",), ("FR",), ("FC",)),
    "BL": (("SL",), ("BC",), ("FL",), ("FC",)),
    "BR": (("SR",), ("BC",), ("FR",), ("FC",)),
    "BC": (("BL", "BR"), ("SL", "SR"), ("FL", "FR"), ("FC",)),
    "LFE": (),
}
"""Where a channel goes that the other layout lacks: the first of these that is there. A low-frequency effect is left
out of downmixes (ITU-R BS.775-4, annex 4)."""


def channels_of(layout: str, count: int) -> tuple[str, ...] | None:
    """Names of the channels of a stream in their order; None when they are unknown, too many, or no WAV names them.

    Args:
        layout: The layout as libavutil describes it, e.g. ``5.1(side)``, ``2 channels``, ``1 channels (FL)``.
        count: Number of channels.
    """
    found = _NAMED.get(layout)
    names = tuple(found.split()) if found is not None else _not_named(layout, count)
    return names if names is not None and len(names) == count else None


def channels_named(names: Sequence[str]) -> tuple[str, ...] | None:
    """As ``channels_of``, for a decoded frame, of which libavutil names each channel; ``NONE`` where it cannot."""
    if set(names) == {"NONE"}:
        return channels_of(f"{len(names)} channels", len(names))
    if tuple(names) == ("DL", "DR"):
        return channels_of("downmix", 2)
    return channels_of(f"{len(names)} channels ({'+'.join(names)})", len(names))


def is_assumed(layout: str) -> bool:
    """Whether a source does not say which channels it has, so that ``channels_of`` goes by their number."""
    found = _NOT_NAMED.match(layout)
    return found is not None and found[2] is None


def name_of(channels: Sequence[str]) -> str:
    """The layout with these channels as libavutil names it."""
    wanted = " ".join(channels)
    return next((name for name, names in _NAMED.items() if names == wanted), f"{len(channels)} channels")


def mask_of(channels: Sequence[str]) -> int:
    """Channel mask of a WAV."""
    return sum(1 << WAV_ORDER.index(name) for name in channels)


def matrix(heard: Sequence[str], wanted: Sequence[str]) -> npt.NDArray[np.float32]:
    """Weights that bring samples ``(n, heard)`` to ``(n, wanted)``: shape ``(heard, wanted)``.

    A channel that both have stays as it is; one that ``wanted`` lacks goes to its neighbours at -3 dB each, or
    whole to the one that takes its place (a side for a back). None that ``heard`` lacks is made up.
    """
    weights = np.zeros((len(heard), len(wanted)), np.float32)
    for row, name in enumerate(heard):
        if name in wanted:
            weights[row, wanted.index(name)] = 1.0
            continue
        goes_to = next((targets for targets in _NEIGHBOURS[name] if set(targets) <= set(wanted)), ())
        takes_place = len(goes_to) == 1 and goes_to[0] not in heard and goes_to[0][1:] == name[1:]
        for target in goes_to:
            weights[row, wanted.index(target)] = 1.0 if takes_place else HALF
    return weights


def _not_named(layout: str, count: int) -> tuple[str, ...] | None:
    found = _NOT_NAMED.match(layout)
    if found is None or int(found[1]) != count:
        return None
    if count == 1:
        return ("FC",)  # a track of one channel, whatever loudspeaker it is for
    if found[2] is None:
        return tuple(_NAMED[_ASSUMED[count]].split()) if count in _ASSUMED else None
    names = tuple(found[2].split("+"))
    is_known = set(names) <= set(WAV_ORDER) and len(names) <= MAX_CHANNELS
    return names if is_known and list(names) == sorted(set(names), key=WAV_ORDER.index) else None
