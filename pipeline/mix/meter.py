"""Loudness and true peak of blocks of samples (ITU-R BS.1770, EBU Tech 3342), by libebur128."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyebur128
from pyebur128 import ChannelType, MeasurementMode

from schemas.sound import MIX_RATE_HZ, Loudness

SILENT_LUFS = -70.0
"""What is told when nothing passes the gate: the absolute gate of ITU-R BS.1770."""

SILENT_DBTP = -120.0
"""What is told of digital silence, and of what is softer."""

_LEVEL = MeasurementMode.MODE_I
_ALL = MeasurementMode.MODE_I | MeasurementMode.MODE_LRA

_PLACES = {
    "FL": ChannelType.LEFT,
    "FR": ChannelType.RIGHT,
    "FC": ChannelType.CENTER,
    "LFE": ChannelType.UNUSED,
    "FLC": ChannelType.M_PLUS_SC,
    "FRC": ChannelType.M_MINUS_SC,
    "SL": ChannelType.LEFT_SURROUND,
    "SR": ChannelType.RIGHT_SURROUND,
    "BL": ChannelType.M_PLUS_135,
    "BR": ChannelType.M_MINUS_135,
    "BC": ChannelType.M_PLUS_180,
}
"""Surrounds at the sides weigh 1.5 dB more, those behind do not (BS.1770-4, table 4)."""


class LevelMeter:
    """Programme loudness of what it is given."""

    def __init__(self, channels: Sequence[str]) -> None:
        self._state = _state(channels, _LEVEL)

    def add(self, samples: npt.NDArray[np.float32]) -> None:
        """The samples that follow: ``(n, channels)``, or ``(n,)`` of one channel, float32."""
        _add(self._state, samples)

    @property
    def lufs(self) -> float:
        """Programme loudness so far; ``SILENT_LUFS`` when nothing passed the gate."""
        return _lufs(self._state)


class Meter:
    """Loudness, range and true peak of what it is given.

    Args:
        channels: All channels.
        is_dual: Whether the samples are of one channel that is heard from two alike.
    """

    def __init__(self, channels: Sequence[str], *, is_dual: bool = False) -> None:
        self._channels = len(channels)
        self._state = _state(channels, _ALL)
        if is_dual:
            self._state.set_channel(0, ChannelType.DUAL_MONO)
        self._peaks = _state(channels, MeasurementMode.MODE_TRUE_PEAK)

    def add(self, samples: npt.NDArray[np.float32]) -> None:
        """The samples that follow: ``(n, channels)``, or ``(n,)`` of one channel, float32."""
        _add(self._state, samples)
        _add(self._peaks, samples)

    @property
    def loudness(self) -> Loudness:
        """What was measured so far."""
        highest = max(pyebur128.get_true_peak(self._peaks, channel) for channel in range(self._channels))
        return Loudness(
            integrated_lufs=_lufs(self._state),
            true_peak_dbtp=max(SILENT_DBTP, 20 * math.log10(highest)) if highest > 0 else SILENT_DBTP,
            range_lu=max(0.0, float(pyebur128.get_loudness_range(self._state))),
        )


def _state(channels: Sequence[str], mode: int) -> pyebur128.R128State:
    state = pyebur128.R128State(len(channels), MIX_RATE_HZ, mode)
    if len(channels) > 1:
        is_behind = "SL" in channels
        for number, name in enumerate(channels):
            at_the_side = name if is_behind else {"BL": "SL", "BR": "SR"}.get(name, name)
            state.set_channel(number, _PLACES[at_the_side])
    return state


def _add(state: pyebur128.R128State, samples: npt.NDArray[np.float32]) -> None:
    state.add_frames(samples.reshape(-1), len(samples))


def _lufs(state: pyebur128.R128State) -> float:
    return max(SILENT_LUFS, float(pyebur128.get_loudness_global(state)))
