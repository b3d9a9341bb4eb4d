"""Voices told apart by the shape of their spectra: features, clusters, and a model per voice.

A stretch of speech is a cloud of cepstral frames. Two stretches are of one voice when one Gaussian
describes both clouds nearly as well as two do (Chen and Gopalakrishnan 1998, the Bayesian information
criterion); clusters grow from the most alike. This tells voices that differ in timbre or in
microphone, and recognises nobody: two similar voices in one room may become one.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import kaldi_native_fbank
import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from pipeline.media.speech_file import Samples
from schemas.time import SPEECH_RATE_HZ

Frames = npt.NDArray[np.float64]
"""Shape ``(n, CEPSTRA)``: one row per 10 ms; column 0 is loudness, the others the spectrum's shape."""

FRAME_MS = 10
"""Step of the features: the usual one of speech processing."""

CEPSTRA = 20
"""Cepstral coefficients. Measured: with 13 the spread within one voice came close to that between voices."""

_MEL_BINS = 30
"""Mel bands; 23 to 40 are usual for 20 coefficients."""

_LOUD_RANGE = 30.0
"""Frames more than this below the loud ones are pauses; in units of coefficient 0, which is the mean log
energy of the bands times the root of their number: 24 dB."""

_MERGE_WEIGHT = 2.0
"""Weight of the criterion's penalty while clusters grow: small ones join first. Ours; the classic 1 leaves
single sentences alone (tests/bench/bench_embedded.py)."""

_SPLIT_RATIO = 2.2
"""Clusters are two voices when their difference exceeds the criterion's penalty by this factor. Measured:
1.9 at most within one voice (3.3 for four seconds of something else in its recording), 3.9 at least between
two (see ``_SPLIT_PER_FRAME``)."""

_SPLIT_PER_FRAME = 4.5
"""Clusters are two voices when they also differ by this much per frame, which does not grow with the length of the
recording as the ratio does. Measured: 4.2 at most within one voice, 5.1 at least between two; on the shared
recordings and four Flite voices, joined in twos to fours."""

_FLOOR = 1.0
"""Added to every variance, so that a short stretch has a full covariance; a coefficient varies by 100 or so."""

_COMPONENTS = 8
"""Gaussians in the model of a voice: enough for its vowels and consonants, and trained from five seconds."""

_MODEL_FRAMES = 20_000
"""Frames a model is trained from at most: 200 s, more changes nothing that matters and costs time."""


def frames_of(samples: Samples) -> Frames:
    """Features of a stretch of sound, one row per 10 ms; none when it is shorter than that."""
    options = kaldi_native_fbank.MfccOptions()
    options.frame_opts.samp_freq = SPEECH_RATE_HZ
    options.frame_opts.dither = 0.0  # random noise would make answers differ
    options.frame_opts.snip_edges = False  # one row per 10 ms, whatever the length
    options.mel_opts.num_bins = _MEL_BINS
    options.num_ceps = CEPSTRA
    options.use_energy = False
    mfcc = kaldi_native_fbank.OnlineMfcc(options)
    mfcc.accept_waveform(SPEECH_RATE_HZ, samples.astype(np.float32))
    mfcc.input_finished()
    rows = [mfcc.get_frame(row) for row in range(mfcc.num_frames_ready)]
    return np.array(rows, dtype=np.float64).reshape(len(rows), CEPSTRA)


def loudness_floor(frames: Frames) -> float:
    """Value of coefficient 0 below which a frame is a pause; ``frames`` are a fair sample of the recording."""
    return float(np.percentile(frames[:, 0], 95)) - _LOUD_RANGE


def clusters(stretches: Sequence[Frames]) -> list[list[int]]:
    """Indices of the stretches that are of one voice, the largest cluster first; loudness is left out."""
    tree = _Clusters(stretches)
    while (pair := tree.nearest()) is not None and not tree.are_two_voices(*pair):
        tree.join(*pair)
    return sorted(tree.members(), key=lambda cluster: (-len(cluster), cluster))


@dataclass(frozen=True, slots=True)
class Voice:
    """Model of one voice."""

    mixture: GaussianMixture
    """Density of its frames without loudness."""

    usual: float
    """Mean log density of its own stretches, per frame."""

    spread: float
    """Standard deviation of that mean over its stretches."""


def learn(stretches: Sequence[Frames]) -> Voice:
    """Model of the voice of some stretches; the same stretches make the same model."""
    every = np.concatenate(stretches)[:, 1:]
    step = -(-len(every) // _MODEL_FRAMES)
    mixture = GaussianMixture(
        min(_COMPONENTS, len(every[::step]) // CEPSTRA + 1), covariance_type="diag", reg_covar=_FLOOR, random_state=0
    )
    with warnings.catch_warnings():
        # Digital silence is one point; a model of it is as good as it can be.
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(every[::step])
    means = np.array([mixture.score(stretch[:, 1:]) for stretch in stretches])
    return Voice(mixture, float(means.mean()), float(means.std()))


def densities(voices: Sequence[Voice], frames: Frames) -> npt.NDArray[np.float64]:
    """Log density of each frame under each voice; shape ``(frames, voices)``."""
    return np.stack([voice.mixture.score_samples(frames[:, 1:]) for voice in voices], axis=1)


class _Clusters:
    """Clusters as the sums that their covariances need, and the differences between all pairs."""

    def __init__(self, stretches: Sequence[Frames]) -> None:
        shapes = [stretch[:, 1:] for stretch in stretches]
        self._members = [[index] for index in range(len(shapes))]
        self._counts = np.array([float(len(shape)) for shape in shapes])
        self._sums = np.stack([shape.sum(axis=0) for shape in shapes])
        self._squares = np.stack([shape.T @ shape for shape in shapes])
        self._alive = np.ones(len(shapes), dtype=bool)
        self._cost = self._costs(self._counts, self._sums, self._squares)
        size = len(shapes)
        self._gains = np.full((size, size), np.inf)
        for index in range(size):
            self._measure(index)
        width = shapes[0].shape[1]
        self._parameters = width + width * (width + 1) / 2

    def nearest(self) -> tuple[int, int] | None:
        """The pair whose union costs least against the criterion's penalty; None when one cluster is left."""
        if self._alive.sum() < 2:
            return None
        penalties = _MERGE_WEIGHT * self._penalty(self._counts[:, None] + self._counts[None, :])
        first, second = np.unravel_index(np.argmin(self._gains - penalties), self._gains.shape)
        return int(first), int(second)

    def are_two_voices(self, first: int, second: int) -> bool:
        gain = self._gains[first, second]
        counts = self._counts[first], self._counts[second]
        # What two clusters of one voice differ by for want of frames; neighbours are alike, hence three times.
        by_chance = 1.5 * self._parameters
        per_frame = (gain - by_chance) * sum(counts) / (counts[0] * counts[1])
        return bool(gain > _SPLIT_RATIO * self._penalty(np.array(sum(counts))) and per_frame > _SPLIT_PER_FRAME)

    def join(self, first: int, second: int) -> None:
        self._members[first] += self._members[second]
        self._counts[first] += self._counts[second]
        self._sums[first] += self._sums[second]
        self._squares[first] += self._squares[second]
        self._alive[second] = False
        self._gains[second, :] = self._gains[:, second] = np.inf
        self._cost[first] = self._costs(self._counts[[first]], self._sums[[first]], self._squares[[first]])[0]
        self._measure(first)

    def members(self) -> list[list[int]]:
        return [sorted(members) for members, alive in zip(self._members, self._alive, strict=True) if alive]

    def _measure(self, index: int) -> None:
        """What joining with ``index`` costs, for every other cluster."""
        others = np.flatnonzero(self._alive & (np.arange(len(self._alive)) != index))
        united = self._costs(
            self._counts[others] + self._counts[index],
            self._sums[others] + self._sums[index],
            self._squares[others] + self._squares[index],
        )
        self._gains[index, others] = self._gains[others, index] = united - self._cost[others] - self._cost[index]

    def _penalty(self, counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        penalties: npt.NDArray[np.float64] = 0.5 * self._parameters * np.log(counts)
        return penalties

    @staticmethod
    def _costs(
        counts: npt.NDArray[np.float64], sums: npt.NDArray[np.float64], squares: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Half the frames times the log determinant of the covariance, for many clusters at once."""
        means = sums / counts[:, None]
        covariances = squares / counts[:, None, None] - means[:, :, None] * means[:, None, :]
        covariances += _FLOOR * np.eye(sums.shape[1])
        determinants: npt.NDArray[np.float64] = np.linalg.slogdet(covariances)[1]
        return 0.5 * counts * determinants
