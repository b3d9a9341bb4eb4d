"""One loudness for all dubbed speech, so that the mix has an even voice whoever speaks and however short."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pyebur128

DIALOGUE_LUFS = -23.0
"""Loudness of every line before the mix sets its own: EBU R128, whose recommendations leave speech 20 dB of room."""

PEAK_DBFS = -1.0
"""Highest sample of a line. As EBU R128 has it for true peaks; a line with higher peaks stays that much quieter."""

_GATED_S = 3
"""Sound is repeated up to this length before it is measured: EBU Tech 3341's short-term window. BS.1770 weighs
blocks of 400 ms and leaves out what does not fill the last one; of a shorter sound it would say nothing."""


def loudness_lufs(samples: npt.NDArray[np.float32], rate_hz: int) -> float:
    """Gated loudness (ITU-R BS.1770) of mono ``samples`` of shape ``(n,)``; minus infinity when nothing is heard.

    A short sound is measured as if it were said again and again.
    """
    if not len(samples):
        return -math.inf
    times = math.ceil(_GATED_S * rate_hz / len(samples))
    measured = np.ascontiguousarray(np.tile(samples, times))
    meter = pyebur128.R128State(1, rate_hz, pyebur128.MeasurementMode.MODE_I)
    meter.add_frames(measured, len(measured))
    return float(pyebur128.get_loudness_global(meter))


def is_silent(samples: npt.NDArray[np.float32], rate_hz: int) -> bool:
    """Whether nothing in ``samples`` passes the gate of BS.1770 at -70 LUFS."""
    return loudness_lufs(samples, rate_hz) == -math.inf


def levelled(samples: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float32]:
    """``samples`` at ``DIALOGUE_LUFS``, or below it as far as their peak asks for. What is silent stays silent."""
    found_lufs = loudness_lufs(samples, rate_hz)
    if found_lufs == -math.inf:
        return samples
    peak = float(np.abs(samples).max())
    gain = min(_ratio(DIALOGUE_LUFS - found_lufs), _ratio(PEAK_DBFS) / peak)
    return samples * np.float32(gain)


def _ratio(level_db: float) -> float:
    """A level in dB as a factor of amplitudes."""
    return float(10 ** (level_db / 20))
