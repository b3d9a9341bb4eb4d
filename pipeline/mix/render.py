"""The passes over a title: how loud its speech is, how loud the mix would be, then the files and what they measure.

A pass goes through the sound a second at a time, so that ten hours need no more memory than a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.localize.level import DIALOGUE_LUFS
from pipeline.media.sound import RawSound
from pipeline.media.wav import Pcm, Shape, WavWriter, Words, floats, quantized
from pipeline.mix import limiter
from pipeline.mix.bed import Bed
from pipeline.mix.decibels import amplitude
from pipeline.mix.dialogue import Mono, stem, weights
from pipeline.mix.meter import SILENT_LUFS, LevelMeter, Meter
from pipeline.mix.targets import Goal
from schemas.localize import PlacedSpeech
from schemas.sound import MIX_RATE_HZ, MIX_SAMPLES_PER_MS, Loudness
from schemas.time import Span, merged

BLOCK = MIX_RATE_HZ
"""Samples of a block: a second, large enough that Python's own work is small beside that of NumPy."""

MOST_GAIN_DB = 30.0
"""Most that a mix is turned up. Ours: what is softer than -53 LUFS is noise, and stays it."""

CORRECTED_LU = 0.2
"""Departure from the target, left by the limiter, from which the mix is made once more: the tolerance that EBU R 128
grants to meters."""

SILENT_SPEECH_LUFS = -60.0
"""Speech of the original that is softer is none to go by. Ours: 37 LU below EBU R 128's programme level."""

Told = Callable[[int], None]
"""Told how many more milliseconds of a pass are done."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a mix is made of."""

    channels: tuple[str, ...]
    """Channels of the title."""

    length_ms: int
    """Its length."""

    bed: Bed
    """What the dub lies on."""

    speech: Callable[[], Iterable[PlacedSpeech]]
    """The dub, in order of time; asked for once per pass."""

    @property
    def frames(self) -> int:
        """Samples per channel."""
        return self.length_ms * MIX_SAMPLES_PER_MS

    def dialogue(self) -> Iterator[Mono]:
        """The dub at the level in which it is placed, a block at a time."""
        return stem(self.speech(), frames=self.frames, block=BLOCK)


@dataclass(frozen=True, slots=True)
class Levels:
    """What a mix would measure without any gain."""

    dialogue_db: float
    """Gain of the dub, which makes it as loud as the original's speech."""

    lufs: float
    """Programme loudness of what the goal measures: of the dub, or of dub and bed together."""


@dataclass(frozen=True, slots=True)
class Output:
    """One file that is made."""

    path: Path
    """Where it goes."""

    words: Words
    """What it says about itself."""

    time_reference: int
    """Samples from midnight to its first."""


@dataclass(frozen=True, slots=True)
class Written:
    """One finished file."""

    loudness: Loudness
    """What it measures."""

    limited_ms: int
    """How long the limiter was at work on it."""

    limited_db: float
    """The most that the limiter took away."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Both files."""

    gain_db: float
    """Gain of everything."""

    mix: Written
    """The mix."""

    dialogue: Written
    """The dialogue stem."""


def speech_lufs(original: RawSound, channels: Sequence[str], dubbed: Iterable[Span], *, told: Told) -> float:
    """Loudness of the original where it is dubbed: that of its speech. ``SILENT_LUFS`` where there is none."""
    meter = LevelMeter(channels)
    for span in merged(dubbed):
        end = span.end_ms * MIX_SAMPLES_PER_MS
        for first in range(span.start_ms * MIX_SAMPLES_PER_MS, end, BLOCK):
            count = min(BLOCK, end - first)
            meter.add(original.read(first, count))
            told(count // MIX_SAMPLES_PER_MS)
    return meter.lufs


def dialogue_gain_db(original_lufs: float) -> float:
    """Gain that makes the dub, which comes at ``DIALOGUE_LUFS``, as loud as the speech that it covers."""
    return 0.0 if original_lufs < SILENT_SPEECH_LUFS else original_lufs - DIALOGUE_LUFS


def measured(parts: Parts, goal: Goal, *, dialogue_db: float, told: Told) -> Levels:
    """What the mix, or its dialogue, measures before any gain; one pass."""
    if goal.is_dialogue_measured:
        meter = LevelMeter(("FC",))
        gain = np.float32(amplitude(dialogue_db))
        blocks: Iterator[npt.NDArray[np.float32]] = (line * gain for line in parts.dialogue())
    else:
        meter = LevelMeter(parts.channels)
        blocks = _mixed(parts, dialogue_db=dialogue_db, gain_db=0.0)
    for block in blocks:
        meter.add(block)
        told(len(block) // MIX_SAMPLES_PER_MS)
    return Levels(dialogue_db, meter.lufs)


def rendered(parts: Parts, levels: Levels, goal: Goal, mix: Output, dialogue: Output, *, told: Told) -> Rendered:
    """Write both files at the loudness of the goal, and once more where the limiter moved it from there."""
    gain_db = 0.0 if levels.lufs <= SILENT_LUFS else min(goal.lufs - levels.lufs, MOST_GAIN_DB)
    made = _both(parts, levels, goal, mix, dialogue, gain_db=gain_db, told=told)
    counts = made.dialogue if goal.is_dialogue_measured else made.mix
    away_lu = goal.lufs - counts.loudness.integrated_lufs
    if counts.limited_ms and abs(away_lu) > CORRECTED_LU and gain_db < MOST_GAIN_DB:
        gain_db = min(gain_db + away_lu, MOST_GAIN_DB)
        made = _both(parts, levels, goal, mix, dialogue, gain_db=gain_db, told=told)
    return made


def _both(
    parts: Parts, levels: Levels, goal: Goal, mix: Output, dialogue: Output, *, gain_db: float, told: Told
) -> Rendered:
    mixed = _mixed(parts, dialogue_db=levels.dialogue_db, gain_db=gain_db)
    written_mix = _written(parts, mixed, goal, mix, Meter(parts.channels), np.ones(len(parts.channels), np.int32), told)
    shares = weights(parts.channels)
    carriers = (shares > 0).astype(np.int32)
    gain = np.float32(amplitude(gain_db + levels.dialogue_db)) * shares.max()
    spoken = ((line * gain)[:, np.newaxis] for line in parts.dialogue())
    meter = Meter(("FC",), is_dual=int(carriers.sum()) > 1)
    return Rendered(gain_db, written_mix, _written(parts, spoken, goal, dialogue, meter, carriers, told))


def _written(
    parts: Parts,
    blocks: Iterable[npt.NDArray[np.float32]],
    goal: Goal,
    output: Output,
    meter: Meter,
    carriers: Pcm,
    told: Told,
) -> Written:
    """One file of ``blocks``, limited, measured as it is written: sample by sample what is in the file.

    ``carriers`` has 1 for each channel that gets the samples; blocks of one channel go to all of those.
    """
    done = limiter.Limiting()
    shape = Shape(parts.channels, parts.frames, output.time_reference)
    with WavWriter(output.path, shape, output.words) as file:
        for block in limiter.limited(blocks, limit_dbtp=goal.true_peak_dbtp, work=done):
            pcm = quantized(block)
            file.write(pcm * carriers)
            meter.add(floats(pcm))
            told(len(block) // MIX_SAMPLES_PER_MS)
        file.finish(meter.loudness)
    return Written(meter.loudness, done.samples // MIX_SAMPLES_PER_MS, done.deepest_db)


def _mixed(parts: Parts, *, dialogue_db: float, gain_db: float) -> Iterator[npt.NDArray[np.float32]]:
    """The mix: bed and dub at a gain, in blocks ``(n, channels)``."""
    shares = weights(parts.channels)
    carriers = np.flatnonzero(shares)
    gain, speech_gain = (np.float32(amplitude(db)) for db in (gain_db, gain_db + dialogue_db))
    first = 0
    for line in parts.dialogue():
        block = parts.bed.read(first, len(line)) * gain
        if line.any():
            for number in carriers:
                block[:, number] += line * (speech_gain * shares[number])
        first += len(line)
        yield block
