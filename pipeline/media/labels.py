"""What a container says about itself in words: languages and start timecodes. Pure."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import langcodes

from schemas.languages import UNDETERMINED, primary

_TIMECODE = re.compile(r"^([0-9]{1,2}):([0-5][0-9]):([0-5][0-9])([:;.])([0-9]{1,3})$")
_CLOCK = re.compile(r"^([0-9]{2}):([0-5][0-9]):([0-5][0-9])\.([0-9]{3})$")
_SAMPLES = re.compile(r"^[0-9]{1,20}$")  # 64 bits
_DAY_HOURS = 24


def language(stated: str) -> str | None:
    """BCP 47 tag of a container's language, e.g. ``eng`` to ``en``; None for none, ``und`` and nonsense."""
    text = stated.strip()
    if not text or not langcodes.tag_is_valid(text):
        return None
    tag = langcodes.standardize_tag(text)
    return None if primary(tag) in (UNDETERMINED, "mis", "mul", "zxx", "qaa") else tag


def timecode(stated: str) -> str | None:
    """``HH:MM:SS:FF``, with ``;`` before the frames where it drops frames; None when it is not a timecode."""
    found = _TIMECODE.match(stated.strip())
    if found is None or int(found[1]) >= _DAY_HOURS:
        return None
    mark = ":" if found[4] == ":" else ";"
    return f"{int(found[1]):02}:{found[2]}:{found[3]}{mark}{int(found[5]):02}"


def timecode_of_samples(time_reference: str, *, sample_rate_hz: int, frame_rate: Fraction | None) -> str | None:
    """Timecode of a broadcast WAV, which counts samples since midnight; no drop frames.

    Without a picture there are no frames to count, so that it ends in milliseconds: ``HH:MM:SS.mmm``.
    """
    if _SAMPLES.match(time_reference.strip()) is None or sample_rate_hz <= 0:
        return None
    since = Fraction(int(time_reference), sample_rate_hz)
    seconds = int(since)
    if seconds >= _DAY_HOURS * 3600:
        return None
    rest = since - seconds
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}.{int(rest * 1000):03}" if frame_rate is None else f"{clock}:{int(rest * frame_rate):02}"


def since_midnight_s(stated: str, *, frame_rate: Fraction | None) -> Fraction | None:
    """Seconds from midnight to a start timecode as ``timecode`` and ``timecode_of_samples`` write them.

    Frames are counted at the next whole rate (24 for 24000/1001), and each lasts as long as it really does. Drop
    frames leave out the first numbers of each minute but every tenth: 2 at 30, 4 at 60 (SMPTE ST 12-1). None when
    it is no timecode, or one with frames and no rate.
    """
    written = stated.strip()
    if (by_clock := _CLOCK.match(written)) is not None:
        hours, minutes, seconds, ms = (int(part) for part in by_clock.groups())
        return Fraction(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms, 1000)
    found = _TIMECODE.match(written)
    if found is None or not frame_rate:
        return None
    whole = math.ceil(frame_rate)
    minutes = int(found[1]) * 60 + int(found[2])
    frames = (minutes * 60 + int(found[3])) * whole + int(found[5])
    if found[4] != ":":
        frames -= round(whole / 15) * (minutes - minutes // 10)
    return frames / frame_rate
