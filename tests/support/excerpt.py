"""The shortest clip that has everything: nine seconds of the demo clip, small."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support import clips
from tests.support.demo_clip import DEMO

FROM_S = 2.5
LENGTH_S = 9

LONG_AGO_S = 1_600_000_000
"""Time that the file claims to be from: what was written a moment ago is hashed again (``store.sources``)."""


def excerpt(folder: Path, *, name: str = "excerpt.mp4") -> Path:
    """9 s from 2.5 s of the demo clip at 160x90: three lines of dialogue by two speakers, cuts inside."""
    window = ["-ss", str(FROM_S), "-t", str(LENGTH_S), "-i", f"file:{DEMO}"]
    small = ["-vf", "scale=160:90", "-c:v", "libx264", "-preset", "ultrafast"]
    made = clips.encode(folder / name, *window, *small)
    os.utime(made, (LONG_AGO_S, LONG_AGO_S))
    return made


def long_talk(folder: Path, *, name: str = "talk.wav") -> Path:
    """Sound of the demo clip three times over, 123 s: six chunks of speech or more, no picture."""
    made = clips.encode(folder / name, "-stream_loop", "2", "-i", f"file:{DEMO}", "-vn", "-ac", "1", "-ar", "16000")
    os.utime(made, (LONG_AGO_S, LONG_AGO_S))
    return made
