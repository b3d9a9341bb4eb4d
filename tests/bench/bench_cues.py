"""Cues of one, ten and thirty hours of speech: seconds per hour of speech must stay the same.

    python -m tests.bench.bench_cues [--hours 1 10 30]

Speech is made: sentences of everyday words at 2.8 words a second with pauses, by two speakers, a cut
every five seconds. Processor time is compared, within one run. With ``REELINGUA_MEDIA`` set, what the profiles
find in the cues of the shared narration is counted too; nothing of it may be of severity error.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from flows.working import few_collections
from pipeline.captions.cues import build
from pipeline.captions.fix import fix
from pipeline.captions.lint import lint
from pipeline.captions.profiles import CaptionProfile, profile
from schemas.captions import Finding, Severity
from schemas.speech import Segment, Word
from schemas.time import Span
from tests.bench.results import Result, at_most, note, parser, report

COMMAND = "./run bench cues"
HOURS = (1.0, 10.0, 30.0)

MEASURED_H = 5.0
"""A shorter title is measured so many times that it comes to this; the mean counts."""

MOST_GROWTH = 1.10
"""The project's target: constant within 10 %."""

NARRATION = "chemicals.words.json"
RATE = Fraction(24000, 1001)
SPACED = (
    "the old house on the hill was empty when they came back from town and nobody knew why he had left it to "
    "his brother before the war ended because she never wanted to talk about what happened that night"
).split()
UNSPACED = (
    "今日は とても 天気が いいので 公園 まで 散歩に 行き ましょう 明日は 雨が 降る でしょう 彼は 学校へ 行った".split()
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds per hour of speech."""

    build_s: float
    """To segment and time."""

    lint_s: float
    """To find what is wrong."""

    fix_s: float
    """To mend what can be."""


def main() -> None:
    """Measure each length, then the narration."""
    asking = parser(__doc__)
    asking.add_argument("--hours", type=float, nargs="+", default=HOURS, help="lengths, the shortest first")
    asked = asking.parse_args()
    report(measured(asked.hours), records=asked.records)


def measured(hours: Sequence[float]) -> Iterator[Result]:
    """Costs of each length against those of the shortest, and findings."""
    yield from growth(hours, SPACED, profile("netflix", "en"), words_per_s=2.8)
    yield from growth(hours, UNSPACED, profile("netflix", "ja"), words_per_s=2.2)
    if media := os.environ.get("REELINGUA_MEDIA"):
        yield from narration(Path(media))
    else:
        note("the narration is left out: set REELINGUA_MEDIA to the folder of the shared media")


def growth(
    hours: Sequence[float], vocabulary: list[str], house: CaptionProfile, *, words_per_s: float
) -> Iterator[Result]:
    """Costs of the shortest length, and how much more an hour costs in longer ones."""
    cost(0.1, vocabulary, house, words_per_s=words_per_s)  # loads what knows the words of the language
    costs = [
        mean(
            [
                cost(length, vocabulary, house, words_per_s=words_per_s)
                for _ in range(max(1, round(MEASURED_H / length)))
            ]
        )
        for length in hours
    ]
    first = costs[0]
    of = f"{house.name} {house.language}"
    for name, cost_s in (("build", first.build_s), ("lint", first.lint_s), ("fix", first.fix_s)):
        yield Result(f"{name}, {of}, {hours[0]:g} h", cost_s, "CPU s per h", None, COMMAND)
    for length, later in zip(hours[1:], costs[1:], strict=True):
        against = f"{of}, {length:g} h against {hours[0]:g} h, per hour"
        for name, ratio in (
            ("build", later.build_s / first.build_s),
            ("lint", later.lint_s / first.lint_s),
            ("fix", later.fix_s / first.fix_s),
        ):
            yield Result(f"{name}, {against}", ratio, "×", at_most(MOST_GROWTH), COMMAND)


def cost(hours: float, vocabulary: list[str], house: CaptionProfile, *, words_per_s: float) -> Cost:
    """What it takes to build cues, to lint them, and to fix them."""
    segments, length_ms = spoken(hours, vocabulary, house.language, words_per_s=words_per_s)
    cuts_ms = list(range(5_000, length_ms, 5_000))
    words = [word for segment in segments for word in segment.words]
    with few_collections():  # as every run of titles has it
        times_s = [time.process_time()]
        cues = build(segments, cuts_ms=cuts_ms, rate=RATE, profile=house, length_ms=length_ms)
        times_s.append(time.process_time())
        lint(cues, cuts_ms=cuts_ms, rate=RATE, profile=house, words=words)
        times_s.append(time.process_time())
        fix(cues, cuts_ms=cuts_ms, rate=RATE, profile=house)
        times_s.append(time.process_time())
    built_s, linted_s, fixed_s = (later - before for before, later in itertools.pairwise(times_s))
    return Cost(built_s / hours, linted_s / hours, fixed_s / hours)


def mean(costs: Sequence[Cost]) -> Cost:
    """What it takes on the average."""
    return Cost(
        statistics.fmean(cost.build_s for cost in costs),
        statistics.fmean(cost.lint_s for cost in costs),
        statistics.fmean(cost.fix_s for cost in costs),
    )


def narration(folder: Path) -> Iterator[Result]:
    """Errors in the cues of the shared narration under every English profile."""
    heard = json.loads((folder / NARRATION).read_text(encoding="utf-8"))["words"]
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
        note(f"narration under {name}: {len(cues)} cues, {counted(found)}")
        errors = sum(finding.severity is Severity.ERROR for finding in found)
        target = at_most(0) if name == "netflix" else None
        yield Result(f"errors in {len(cues)} cues of the narration, {name}", errors, "", target, COMMAND)


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


def counted(found: Sequence[Finding]) -> str:
    """Findings by rule, on one line."""
    counts = Counter(f"{finding.severity}:{finding.rule}" for finding in found)
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "no findings"


if __name__ == "__main__":
    main()
