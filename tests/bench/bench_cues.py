"""Cues of one, ten and thirty hours of speech: seconds per hour of speech must stay the same.

Run: ``python -m tests.bench.bench_cues [HOURS…]``; with ``REELINGUA_MEDIA`` set it also prints what the
profiles find in the cues of the shared narration.

Speech is made: sentences of everyday words at 2.8 words a second with pauses, by two speakers, a cut
every five seconds. What is measured is the ratio between lengths within one run, not the seconds.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

from pipeline.captions.cues import build
from pipeline.captions.fix import fix
from pipeline.captions.lint import lint
from pipeline.captions.profiles import CaptionProfile, profile
from schemas.speech import Segment, Word
from schemas.time import Span

RATE = Fraction(24000, 1001)
SPACED = (
    "the old house on the hill was empty when they came back from town and nobody knew why he had left it to "
    "his brother before the war ended because she never wanted to talk about what happened that night"
).split()
UNSPACED = (
    "今日は とても 天気が いいので 公園 まで 散歩に 行き ましょう 明日は 雨が 降る でしょう 彼は 学校へ 行った".split()
)


def spoken(hours: float, vocabulary: list[str], language: str, *, words_per_s: float) -> tuple[list[Segment], int]:
    """Sentences of 2 to 18 words until the time is up, always the same ones, and the length in ms."""
    rng = random.Random(7)
    at_ms, segments, length_ms = 500, list[Segment](), round(hours * 3_600_000)
    while at_ms < length_ms - 10_000:
        words = []
        count = rng.randint(2, 18)
        for number in range(count):
            text = rng.choice(vocabulary) + ("." if number + 1 == count else "," if rng.random() < 0.08 else "")
            end_ms = at_ms + round(rng.uniform(0.5, 1.5) * 900 / words_per_s)
            words.append(Word(text, Span(at_ms, end_ms), None))
            at_ms = end_ms + rng.choice([0, 0, 0, 20, 150])
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        segments.append(Segment(len(segments), span, language, rng.choice(["S1", "S1", "S2"]), tuple(words), False))
        at_ms += rng.choice([100, 300, 600, 1_500, 4_000])
    return segments, length_ms


def measure(hours: float, vocabulary: list[str], house: CaptionProfile, *, words_per_s: float) -> None:
    """Build, lint and fix; print what it took."""
    segments, length_ms = spoken(hours, vocabulary, house.language, words_per_s=words_per_s)
    cuts_ms = list(range(5_000, length_ms, 5_000))
    times = [time.perf_counter()]
    cues = build(segments, cuts_ms=cuts_ms, rate=RATE, profile=house, length_ms=length_ms)
    times.append(time.perf_counter())
    words = [word for segment in segments for word in segment.words]
    found = Counter(
        f"{finding.severity}:{finding.rule}"
        for finding in lint(cues, cuts_ms=cuts_ms, rate=RATE, profile=house, words=words)
    )
    times.append(time.perf_counter())
    fix(cues, cuts_ms=cuts_ms, rate=RATE, profile=house)
    times.append(time.perf_counter())
    built, linted, fixed = (later - before for before, later in itertools.pairwise(times))
    print(
        f"{house.name} {house.language} {hours:g} h, {len(words)} words, {len(cues)} cues: "
        f"build {built:.2f} s, lint {linted:.2f} s, fix {fixed:.2f} s; build {built / hours:.3f} s per hour"
    )
    print("  " + (", ".join(f"{name} {count}" for name, count in sorted(found.items())) or "no findings"))


def narration(folder: Path) -> None:
    """Findings in the cues of the shared narration under every English profile."""
    heard = json.loads((folder / "chemicals.words.json").read_text(encoding="utf-8"))["words"]
    words = [Word(w["word"].strip(), Span(w["start_ms"], w["end_ms"]), None) for w in heard]
    ends = [0, *(n + 1 for n, word in enumerate(words) if word.text[-1] in ".?!")]
    segments = [
        Segment(n, Span(words[a].span.start_ms, words[b - 1].span.end_ms), "en", None, tuple(words[a:b]), False)
        for n, (a, b) in enumerate(itertools.pairwise(ends))
    ]
    for name in ("netflix", "netflix-kids", "bbc", "web"):
        house = profile(name, "en")
        cues = build(segments, cuts_ms=[], rate=RATE, profile=house, length_ms=words[-1].span.end_ms + 1_000)
        found = lint(cues, cuts_ms=[], rate=RATE, profile=house, words=words)
        print(f"narration under {name}: {len(cues)} cues,", Counter(f"{f.severity}:{f.rule}" for f in found) or "clean")


def main() -> None:
    """Measure each length."""
    for hours in [float(argument) for argument in sys.argv[1:]] or [1.0, 10.0, 30.0]:
        measure(hours, SPACED, profile("netflix", "en"), words_per_s=2.8)
        measure(hours, UNSPACED, profile("netflix", "ja"), words_per_s=2.2)
    if media := os.environ.get("REELINGUA_MEDIA"):
        narration(Path(media))


if __name__ == "__main__":
    main()
