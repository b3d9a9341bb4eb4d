"""Makers of transport streams as broadcast recorders leave them: pieces put behind each other, without asking.

As ``tests.support.clips``, from which they are made; times are those of the presentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.clips import encode


def changing_channels(folder: Path) -> Path:
    """6 s of AC-3: 3 s mono, then 3 s in 5.1 with all in the centre; a beep from 1000 to 2000 and 4000 to 5000 ms."""
    return _joined(folder, "changing_channels.ts", ((_beep("mono"), 0), (_beep("5.1"), 3)))


def with_a_hole(folder: Path) -> Path:
    """8 s of mono AC-3 with nothing from 3000 to 5000 ms; a beep from 1000 to 2000 and 6000 to 7000 ms."""
    return _joined(folder, "with_a_hole.ts", ((_beep("mono"), 0), (_beep("mono"), 5)))


def changing_size(folder: Path) -> Path:
    """4 s of H.264, 25 frames per second: 2 s of 160x90 in red, then 2 s of 320x240 in blue; no sound."""
    red, blue = (
        ["-f", "lavfi", "-i", f"color=c={colour}:s={size}:r=25:d=2", "-c:v", "libx264", "-preset", "ultrafast"]
        for colour, size in (("red", "160x90"), ("blue", "320x240"))
    )
    return _joined(folder, "changing_size.ts", ((red, 0), (blue, 2)))


def _beep(layout: str) -> list[str]:
    """3 s with a beep of 1 kHz, -6 dBFS, from 1000 to 2000 ms, in the centre."""
    beep = "0.5*sin(2*PI*1000*t)*gte(t,1)*lt(t,2)"
    channels = beep if layout == "mono" else f"0|0|{beep}|0|0|0"
    return ["-f", "lavfi", "-i", f"aevalsrc='{channels}':c={layout}:s=48000:d=3", "-c:a", "ac3"]


def _joined(folder: Path, name: str, pieces: Sequence[tuple[list[str], int]]) -> Path:
    """One stream of pieces, each with the second at which it begins."""
    joined = folder / name
    with joined.open("wb") as stream:
        for arguments, start_s in pieces:
            timing = ("-output_ts_offset", str(start_s), "-f", "mpegts")
            piece = encode(folder / f"piece-{start_s}", *arguments, *timing)
            stream.write(piece.read_bytes())
            piece.unlink()
    return joined
