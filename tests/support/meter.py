"""An independent loudness meter: ffmpeg's ``ebur128`` filter, which shares no code with ours."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg


@dataclass(frozen=True, slots=True)
class Metered:
    """What the meter says."""

    integrated_lufs: float
    true_peak_dbtp: float


def metered(path: Path) -> Metered:
    """Programme loudness and true peak of a sound file."""
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-i", str(path)]
    argv += ["-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stderr.rpartition("Summary:")[2]
    integrated = re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", said)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", said)
    assert integrated is not None, said
    assert peak is not None, said
    return Metered(float(integrated[1]), float(peak[1]))
