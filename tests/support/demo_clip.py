"""The demo clip of the repository and its truth, for tests and benchmarks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from schemas.speech import Turn, Word
from schemas.time import Span

DEMO = Path(__file__).parents[2] / "infra" / "demo" / "demo.mp4"
"""The clip; ``infra/demo/make_demo.py`` makes it."""


@dataclass(frozen=True, slots=True)
class Fade:
    """A fade to black, and from it where the clip goes on."""

    out_frame: int
    """First frame that is darker than the picture alone."""

    black_frame: int
    """First frame that is all black."""

    in_frame: int
    """First frame that is not all black any more; the number of frames where the clip ends black."""

    full_frame: int
    """First frame that is the picture alone again; as ``in_frame`` where the clip ends black."""


@dataclass(frozen=True, slots=True)
class DemoTruth:
    """What is in the demo clip, as its maker put it there."""

    frame_rate: Fraction
    """Frames per second."""

    frames: int
    """Number of frames."""

    length_ms: int
    """End of the last frame."""

    cuts: tuple[int, ...]
    """First frames of the shots that begin with a hard cut."""

    fades: tuple[Fade, ...]
    """Fades, in order."""

    silences: tuple[Span, ...]
    """Digital silence, but for what the audio coding leaves."""

    music: tuple[Span, ...]
    """Tones like music, without speech."""

    texts: tuple[str, ...]
    """Lines of dialogue with case and punctuation, in order."""

    turns: tuple[Turn, ...]
    """Who says each line, and when; as long as ``texts``."""

    words: tuple[Word, ...]
    """Every word, lower case without punctuation, with the synthesiser's own times."""


def demo_truth() -> DemoTruth:
    """Read ``demo.truth.json``, which lies beside the clip."""
    read = json.loads(DEMO.with_suffix(".truth.json").read_text(encoding="utf-8"))
    sounds = [(sound["kind"], Span(sound["start_ms"], sound["end_ms"])) for sound in read["sounds"]]
    return DemoTruth(
        frame_rate=Fraction(read["frame_rate"]),
        frames=read["frames"],
        length_ms=read["length_ms"],
        cuts=tuple(read["cuts"]),
        fades=tuple(Fade(**fade) for fade in read["fades"]),
        silences=tuple(span for kind, span in sounds if kind == "silent"),
        music=tuple(span for kind, span in sounds if kind == "music-like"),
        texts=tuple(line["text"] for line in read["lines"]),
        turns=tuple(Turn(Span(line["start_ms"], line["end_ms"]), line["speaker"], 1.0) for line in read["lines"]),
        words=tuple(
            Word(word["text"], Span(word["start_ms"], word["end_ms"]), None)
            for line in read["lines"]
            for word in line["words"]
        ),
    )
