"""Length of a speaker's vocal tract, from the resonances of voiced speech: what makes a voice sound large or small.

Pitch does not tell a man from a woman: an orator of 1961 speaks at 236 Hz, a reader of the shared recordings
at 220. The third and fourth formants do: they depend little on the vowel and mostly on the length of the tube
(Lammert and Narayanan 2015, "On Short-Time Estimation of Vocal Tract Length from Formant Frequencies"). It is
an estimate from ordinary speech of adults: good to about a centimetre, where men and women differ by two or
three. A tract much shorter than 15 cm, a child's, may be taken for a long one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import parselmouth

from pipeline.localize.pitch import LEAST_VOICED_MS, STEP_MS, tracked

SOUND_CM_PER_S = 35_000
"""Speed of sound in warm, moist air (Stevens 1998, "Acoustic Phonetics", section 1.2.1: 354 m/s)."""

_CEILING_HZ = 5_250
"""Five formants are looked for below it: Praat's manual has 5,000 Hz for men and 5,500 Hz for women. Measured: with
5,500 Flite's rms, a man, came close to a woman; with 5,250 men have 17.1 to 18.5 cm and women 14.5 to 15.7."""

_FORMANTS = ((3, 5), (4, 7))
"""Number of a formant, and how many quarter waves of it a tube closed at one end holds."""


def lengths_cm(samples: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float64]:
    """Estimate for every voiced step in which the formants are found, shape ``(steps,)``.

    Args:
        samples: Mono, shape ``(n,)``, in [-1, 1].
        rate_hz: Samples per second, 11,000 or more: the fourth formant is near 4,000 Hz.
    """
    at_s, _ = tracked(samples, rate_hz)
    if not at_s.size:
        return np.empty(0)
    sound = parselmouth.Sound(samples.astype(np.float64), sampling_frequency=rate_hz)
    formants = sound.to_formant_burg(time_step=STEP_MS / 1000, maximum_formant=_CEILING_HZ)
    found = [[formants.get_value_at_time(number, at) / quarters for number, quarters in _FORMANTS] for at in at_s]
    lowest_hz = np.mean(found, axis=1)  # a step that lacks one has no mean
    lengths: npt.NDArray[np.float64] = SOUND_CM_PER_S / (4 * lowest_hz[np.isfinite(lowest_hz)])
    return lengths


def median_of(lengths: npt.NDArray[np.float64]) -> float | None:
    """Median of the estimates of voiced steps, in cm; None when there are too few."""
    if lengths.size * STEP_MS < LEAST_VOICED_MS:
        return None
    return float(np.median(lengths))
