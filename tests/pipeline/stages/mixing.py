"""Mixing a clip through the front door, and looking at what came of it.

Run as ``python -m tests.pipeline.stages.mixing SOURCE LIBRARY SHARE`` it kills itself when that share of the mix is
done, 0 to 1.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from pipeline.stages import media, mix
from pipeline.stages.work import StageRun
from pipeline.store.ledger import Done
from schemas.captions import Finding
from schemas.media import Asset
from schemas.settings import Settings
from schemas.sound import MixFacts
from schemas.time import Span
from tests.support.dubs import Said, spoken, working

LINES = (Said(Span(1_000, 1_900)), Said(Span(2_200, 2_700), is_flagged=True))
"""Of a clip of 3 s or more."""


@dataclass(frozen=True)
class Mixed:
    """What the stage made of a clip."""

    asset: Asset
    done: Done
    facts: MixFacts
    findings: list[Finding]
    dialogue_path: Path
    mix_path: Path
    runs: list[StageRun]

    @property
    def mix(self) -> npt.NDArray[np.float32]:
        """Samples of the mix: ``(n, channels)``."""
        return _samples(self.mix_path)

    @property
    def dialogue(self) -> npt.NDArray[np.float32]:
        """Samples of the stem: ``(n, channels)``."""
        return _samples(self.dialogue_path)

    @property
    def gain(self) -> float:
        """Gain of everything, as a factor."""
        return float(10 ** (self.facts.gain_db / 20))

    @property
    def rules(self) -> list[str]:
        """Rules of its findings."""
        return [finding.rule for finding in self.findings]


def mixed(library: Path, source: Path, lines: Sequence[Said] = LINES, settings: Settings | None = None) -> Mixed:
    """The mix of a clip with lines at those places."""
    work = working(library, settings or Settings())
    asset = media.probe(work, source)
    dubbed = spoken(work, asset.asset_id, lines)
    work.runs.clear()
    done = mix.mix(work, asset, source, dubbed, language="es")
    (facts,) = work.ledger.read(done, "facts", MixFacts)
    found = work.ledger.read(done, "findings", Finding)
    paths = work.ledger.path(done, "dialogue"), work.ledger.path(done, "mix")
    return Mixed(asset, done, facts, found, *paths, work.runs)


def _samples(path: Path) -> npt.NDArray[np.float32]:
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate_hz == 48_000
    assert soundfile.info(path).subtype == "PCM_24"
    made: npt.NDArray[np.float32] = samples
    return made


def _die(source: Path, library: Path, share: float) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        if stage == "mix" and done >= share * total > 0:
            os.kill(os.getpid(), signal.SIGKILL)

    work = replace(working(library, Settings()), progress=progress)
    asset = media.probe(work, source)
    mix.mix(work, asset, source, spoken(work, asset.asset_id, LINES), language="es")


if __name__ == "__main__":
    _die(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
