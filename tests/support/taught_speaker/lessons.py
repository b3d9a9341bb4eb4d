"""What the tiny speaker encoder is taught with: spectra of many voices, roughened as recordings are.

Everything happens to mel bands, which are computed once per line: two slow cores see four times as many windows as
they would if every window's sound were roughened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
import torch

from schemas.time import SPEECH_RATE_HZ
from tests.support.taught_speaker.voices import LINES, TAUGHT_VARIANTS, Voice, say
from workers.engines.vllm.speaker import RATE_HZ, Mels

PITCHES = (25, 70)
"""Of each variant; two of one variant are two voices."""

SAYINGS = 8
"""Lines that each voice says, two to four seconds each."""


@dataclass(frozen=True, slots=True)
class Pupil:
    """A voice of the lessons; its place among them is its class."""

    voice: Voice
    lines: tuple[torch.Tensor, ...]
    """Log mel bands of what it says, ``(frames, bands)``."""


def pupils(rng: np.random.Generator) -> list[Pupil]:
    """Every voice of the lessons with its lines, in changing languages at changing pace."""
    mels = Mels(torch.device("cpu"))
    return [
        Pupil(voice, tuple(_line(voice, mels, rng) for _ in range(SAYINGS)))
        for voice in (Voice(variant, pitch) for variant in TAUGHT_VARIANTS for pitch in PITCHES)
    ]


def windows(chosen: list[Pupil], frames: int, rng: np.random.Generator) -> torch.Tensor:
    """A window of each, as recordings may have it: pauses, noise, microphones; ``(n, frames, bands)``."""
    cuts = torch.stack([_cut(pupil.lines[int(rng.integers(len(pupil.lines)))], frames, rng) for pupil in chosen])
    count, _, bands = cuts.shape
    paused = _random(rng, count, frames, 1, spread=0.0)
    for row in range(count):
        if rng.random() < 0.5:
            at, length = int(rng.integers(frames)), int(rng.integers(frames // 2))
            paused[row, at : at + length] = -5.0
    gain = _random(rng, count, 1, 1, spread=0.3)
    across = torch.linspace(-0.5, 0.5, bands)
    tilt = _random(rng, count, 1, 1, spread=0.7) * across
    bumps = _random(rng, count, 1, 1, spread=0.25) * torch.sin(_random(rng, count, 1, 1, spread=6.0) * across)
    # Noise lies from 4 to 40 dB under the mean band, falls with frequency or not, and is what pauses consist of.
    floor = cuts.mean(dim=(1, 2), keepdim=True) - torch.from_numpy(rng.uniform(0.0, 4.0, (count, 1, 1))).float()
    noise = floor + _random(rng, count, 1, 1, spread=1.0) * across + _random(rng, count, frames, bands, spread=0.4)
    return torch.logaddexp(2 * (cuts + paused + tilt + bumps), 2 * noise) / 2 + gain


def _line(voice: Voice, mels: Mels, rng: np.random.Generator) -> torch.Tensor:
    language = str(rng.choice(list(LINES)))
    near = Voice(voice.variant, voice.pitch + int(rng.integers(-6, 7)))
    sound = say(str(rng.choice(LINES[language])), near, language=language, words_per_minute=int(rng.integers(120, 200)))
    return mels(torch.from_numpy(soxr.resample(sound, SPEECH_RATE_HZ, RATE_HZ)).float()[None])[0]


def _cut(line: torch.Tensor, frames: int, rng: np.random.Generator) -> torch.Tensor:
    first = int(rng.integers(max(1, len(line) - frames)))
    cut = line[first : first + frames]
    return torch.cat([cut] * -(-frames // len(cut)))[:frames]


def _random(rng: np.random.Generator, *shape: int, spread: float) -> torch.Tensor:
    return torch.from_numpy(rng.standard_normal(shape) * spread).float()
