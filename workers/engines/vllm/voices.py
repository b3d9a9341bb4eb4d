"""Voices found among the speaker embeddings of one recording: how many there are, and what each is like.

Cosine means nothing by itself: how alike two windows of one voice are differs from encoder to encoder, and that of
Qwen3-TTS was trained to clone and not to tell apart. So the recording itself says what is far: windows that overlap
are of one voice nearly always, and the distance between two that do not is in proportion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.cluster import AgglomerativeClustering

Embeddings = npt.NDArray[np.float32]
"""Shape ``(windows, dim)``, every row of length 1, so that a product of two is their cosine."""

_SPLIT_RATIO = 2.0
"""Two clusters are two voices when their windows are on average this much further apart than those of one voice are.
Ours. Measured with the taught encoder (tests/support/taught_speaker): up to 1.8 within one voice alone (2.5 in 67 s of
narration with noises), 3.1 and more between any two of six voices of eSpeak NG, 2.1 between those of the interview; it
has never heard natural speech."""

_SPLIT_SHARE = 0.3
"""And when that is at least this share of the greatest distances in the recording: one voice may vary more than the
others in it, which set the measure. Measured as above: 0.35 at most within a voice beside others of eSpeak NG, mostly
0.15 to 0.28; 0.45 and more between two."""

_GREATEST = 95
"""Percentile of the distances that counts as the greatest."""

_LEAST_APART = 1e-3
"""Smallest distance of two voices: neighbours in a tone are the same vector, and everything would be two."""

_LEAST_VOICE_MS = 3_000
"""A cluster with less sound is no speaker of its own: a laugh, a jingle. As the embedded diarizer has it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Windows of one stretch of speech."""

    vectors: Embeddings
    """Its windows, in order of time."""

    starts_ms: tuple[int, ...]
    """Where each window begins."""

    sound_ms: int
    """Speech behind all of them together."""


@dataclass(frozen=True, slots=True)
class Voices:
    """The voices of one recording, the most heard one first."""

    axes: npt.NDArray[np.float64]
    """Mean direction of each, of length 1; shape ``(voices, dim)``."""

    usual: npt.NDArray[np.float64]
    """Mean cosine of a voice's windows with its axis; shape ``(voices,)``."""

    spread: npt.NDArray[np.float64]
    """Standard deviation of that cosine; shape ``(voices,)``."""

    apart: float
    """Cosine distance from which on two are two voices."""

    def only(self, chosen: Sequence[int]) -> Voices:
        """Some of them, in the order of ``chosen``."""
        return Voices(self.axes[chosen], self.usual[chosen], self.spread[chosen], self.apart)


def find(samples: Sequence[Sample], *, window_ms: int) -> Voices | None:
    """The voices that are heard long enough; the most heard one when none is; None without any sound."""
    samples = [sample for sample in samples if len(sample.vectors)]
    if not samples:
        return None
    vectors = np.concatenate([sample.vectors for sample in samples]).astype(np.float64)
    sound_ms = np.concatenate(
        [np.full(len(sample.vectors), sample.sound_ms / len(sample.vectors)) for sample in samples]
    )
    apart = _apart(samples, vectors, window_ms)
    labels = _clustered(vectors, apart)
    heard_ms = np.bincount(labels, weights=sound_ms)
    order = np.argsort(-heard_ms, kind="stable")
    long = [label for label in order if heard_ms[label] >= _LEAST_VOICE_MS]
    members = [vectors[labels == label] for label in long or order[:1]]
    axes = np.stack([_direction(rows) for rows in members])
    cosines = [rows @ axis for rows, axis in zip(members, axes, strict=True)]
    return Voices(axes, np.array([own.mean() for own in cosines]), np.array([own.std() for own in cosines]), apart)


def _apart(samples: Sequence[Sample], vectors: npt.NDArray[np.float64], window_ms: int) -> float:
    if len(vectors) == 1:
        return 1.0
    distances = 1 - vectors @ vectors.T
    # Of two windows that share half their sound, half the noise is the same: their distance grows with what they
    # do not share.
    near = [
        (1 - float(first @ second)) * window_ms / step_ms
        for sample in samples
        for first, second, step_ms in zip(
            sample.vectors, sample.vectors[1:], np.diff(sample.starts_ms).tolist(), strict=False
        )
        if step_ms < window_ms
    ]
    if not near:  # nothing but short stretches: the window most like a window is of its voice
        np.fill_diagonal(distances, np.inf)
        near = list(distances.min(axis=1))
    greatest = float(np.percentile(distances[np.triu_indices(len(distances), 1)], _GREATEST))
    return max(_LEAST_APART, _SPLIT_RATIO * float(np.median(near)), _SPLIT_SHARE * greatest)


def _clustered(vectors: npt.NDArray[np.float64], threshold: float) -> npt.NDArray[np.int64]:
    """Number of the cluster of each row: average linkage over cosine distances, until none is under the threshold."""
    if len(vectors) == 1:
        return np.zeros(1, np.int64)
    tree = AgglomerativeClustering(n_clusters=None, metric="cosine", linkage="average", distance_threshold=threshold)
    labels: npt.NDArray[np.int64] = tree.fit_predict(vectors)
    return labels


def _direction(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    mean = rows.mean(axis=0)
    direction: npt.NDArray[np.float64] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return direction
