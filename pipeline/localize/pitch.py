"""Pitch of a voice: the fundamental frequency of its voiced sounds, by Praat's autocorrelation tracker.

Praat follows the pitch as a path through candidates and pays for every jump of an octave (Boersma 1993,
"Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
sound"), so that a missing fundamental or a strong overtone does not halve or double what it finds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import parselmouth

FLOOR_HZ = 60.0
"""Lowest pitch that is looked for: below it is creak, and the hum of the mains at 50 Hz."""

CEILING_HZ = 600.0
"""Highest pitch that is looked for, Praat's default. Measured: with 400 a child's 450 Hz became 225."""

STEP_MS = 10
"""One pitch per step; a syllable has ten or more."""

LEAST_VOICED_MS = 300
"""With less voiced sound there is no median worth the name: two syllables. Ours."""

_LEAST_S = 6 / FLOOR_HZ
"""Praat's window is three periods of the floor; what is shorter than two of them is not analysed."""


def median_hz(samples: npt.NDArray[np.float32], rate_hz: int) -> float | None:
    """Median pitch of speech; None when too little of it is voiced.

    Args:
        samples: Mono, shape ``(n,)``, in [-1, 1].
        rate_hz: Samples per second, 8,000 or more.
    """
    return median_of(voiced_hz(samples, rate_hz))


def voiced_hz(samples: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float64]:
    """Pitch of every voiced step, shape ``(voiced steps,)``, each in [60, 600]; none in silence and noise."""
    return tracked(samples, rate_hz)[1]


def tracked(samples: npt.NDArray[np.float32], rate_hz: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Where the voiced steps are, in seconds from the first sample, and their pitch in Hz; both ``(voiced steps,)``."""
    if samples.size < _LEAST_S * rate_hz:
        return np.empty(0), np.empty(0)
    sound = parselmouth.Sound(samples.astype(np.float64), sampling_frequency=rate_hz)
    path = sound.to_pitch_ac(time_step=STEP_MS / 1000, pitch_floor=FLOOR_HZ, pitch_ceiling=CEILING_HZ)
    steps: npt.NDArray[np.float64] = path.selected_array["frequency"]
    is_voiced = steps > 0
    return path.xs()[is_voiced], steps[is_voiced]


def median_of(voiced: npt.NDArray[np.float64]) -> float | None:
    """Median of the pitches of voiced steps; None when there are too few."""
    if voiced.size * STEP_MS < LEAST_VOICED_MS:
        return None
    return float(np.median(voiced))
