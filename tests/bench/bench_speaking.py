"""The embedded translator and synthesizer: what a standing pipeline saves, and how fast lines are spoken.

    python -m tests.bench.bench_speaking

Each translation is one sentence of ten to twenty words, asked one after the other of one pipeline; the same
sentences are given to ``apertium``, started anew for each, as it is used from a shell. Takes are spoken one
after the other by one process, in a fresh copy of the library each.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.bench.calibrate_espeak import SENTENCES
from tests.bench.results import EXIT_LEFT_OUT, Result, at_least, note, parser, report
from workers.engines.embedded import pairs, synthesize, tuning
from workers.engines.embedded.apertium import Pipeline
from workers.engines.embedded.synthesize import Speaking

COMMAND = "./run bench speaking"
STANDING = 500
ANEW = 10
TAKES = 50

LEAST_GAIN = 20.0
"""Ours: below that a pipeline that stays would not be worth its care."""

LEAST_SPEED = 10.0
"""Times real time. Ours: the dub of a two-hour film in minutes, on a shared core."""


def main() -> None:
    """Measure and report."""
    asked = parser(__doc__).parse_args()
    failure = pairs.pair_failure("en", "es")
    if failure is not None:
        note(f"left out: {failure}")
        sys.exit(EXIT_LEFT_OUT)
    report(itertools.chain(_translating(), _speaking()), records=asked.records)


def _translating() -> Iterator[Result]:
    mode = pairs.mode_for("en", "es")
    assert mode is not None
    sentences = itertools.cycle(SENTENCES["en"])
    pipeline = Pipeline(mode.path)
    began = time.perf_counter()
    pipeline.translate("Hello.")
    yield Result("start of a pipeline, to its first answer", 1000 * (time.perf_counter() - began), "ms", None, COMMAND)
    began = time.perf_counter()
    for sentence in itertools.islice(sentences, STANDING):
        pipeline.translate(sentence)
    standing_s = (time.perf_counter() - began) / STANDING
    pipeline.close()
    yield Result(f"a sentence, standing pipeline, {STANDING} of them", 1000 * standing_s, "ms", None, COMMAND)
    began = time.perf_counter()
    for sentence in itertools.islice(sentences, ANEW):
        subprocess.run(["apertium", mode.path.stem], input=sentence.encode(), capture_output=True, check=True)
    gain = (time.perf_counter() - began) / ANEW / standing_s
    yield Result("time of a start per sentence over that", gain, "×", at_least(LEAST_GAIN), COMMAND)


def _speaking() -> Iterator[Result]:
    speak = synthesize.load()
    chosen = tuning.tuned("es", pitch_hz=120.0, syllables_per_s=6.0)
    spoken_s = 0.0
    began = time.perf_counter()
    for sentence in itertools.islice(itertools.cycle(SENTENCES["es"]), TAKES):
        spoken = speak(Speaking(sentence, chosen))
        spoken_s += spoken.samples / spoken.rate_hz
    wall_s = time.perf_counter() - began
    yield Result(f"a take, {TAKES} of them", 1000 * wall_s / TAKES, "ms", None, COMMAND)
    yield Result("speech over the time to speak it", spoken_s / wall_s, "×", at_least(LEAST_SPEED), COMMAND)


if __name__ == "__main__":
    main()
