"""Time expressions of TTML (https://www.w3.org/TR/ttml2/, §12.3) in exact seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions.formats.notes import quoted
from pipeline.errors import TextFileError

_DEFAULT_FRAME_RATE = 30
"""Frames per second where a document states none (TTML2 §7.2.5)."""

# Digits are bounded, so that no number is absurd; the longest in use are ticks of ten million a second.
_CLOCK = re.compile(
    r"(?P<h>\d{1,4}):(?P<m>\d{2}):(?P<s>\d{2})(?:[.,](?P<fraction>\d{1,18})|:(?P<f>\d{1,4})(?:\.(?P<sub>\d{1,4}))?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"(?P<count>\d{1,15})(?:\.(?P<fraction>\d{1,18}))?(?P<unit>h|ms|m|s|f|t)", re.ASCII)
_SECONDS = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}
_MULTIPLIER = re.compile(r"(\d{1,6})(?:[ :](\d{1,6}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Clock:
    """What the root of a document says about its times."""

    nominal_rate: int = _DEFAULT_FRAME_RATE
    """Frames that a second's label counts: ``ttp:frameRate``."""

    rate: Fraction = Fraction(_DEFAULT_FRAME_RATE)
    """Frames per second of media: the nominal rate times ``ttp:frameRateMultiplier``."""

    sub_frames: int = 1
    """Parts of a frame: ``ttp:subFrameRate``."""

    tick_rate: Fraction = Fraction(1)
    """Ticks per second: ``ttp:tickRate``."""

    counts_labels: bool = False
    """Whether times are SMPTE labels, which at 30000/1001 are not seconds: ``ttp:timeBase="smpte"``."""

    drops_frames: bool = False
    """Whether labels skip numbers to keep up with the clock: ``ttp:dropMode="dropNTSC"``."""

    def seconds(self, expression: str, line: int) -> Fraction:
        """Seconds of a clock time or an offset time.

        Raises:
            TextFileError: It is neither, or a minute, second or frame is beyond its range.

        """
        expression = expression.strip()
        if match := _OFFSET.fullmatch(expression):
            count = _decimal(match["count"], match["fraction"])
            if match["unit"] == "f":
                return count / self.rate
            if match["unit"] == "t":
                return count / self.tick_rate
            return count * _SECONDS[match["unit"]]
        if match := _CLOCK.fullmatch(expression):
            return self._clock_time(match, line)
        raise _unreadable(expression, line)

    def _clock_time(self, match: re.Match[str], line: int) -> Fraction:
        hours, minutes, seconds, frame = (int(match[part] or 0) for part in ("h", "m", "s", "f"))
        if minutes > 59 or seconds > 60 or (match["f"] is not None and frame >= self.nominal_rate):
            raise _unreadable(match[0], line)
        whole = hours * 3600 + minutes * 60 + seconds
        frames = Fraction(frame) + Fraction(int(match["sub"] or 0), self.sub_frames)
        if not self.counts_labels:
            return whole + _decimal("0", match["fraction"]) + frames / self.rate
        labels = whole * self.nominal_rate + frames + _decimal("0", match["fraction"]) * self.nominal_rate
        return (labels - self._dropped(hours * 60 + minutes)) / self.rate

    def _dropped(self, minutes: int) -> int:
        """Labels that were skipped in so many minutes: two for each thirty, but not in every tenth minute."""
        if not self.drops_frames:
            return 0
        return self.nominal_rate // 15 * (minutes - minutes // 10)


def clock_of(attributes: Mapping[str, str], line: int) -> Clock:
    """The clock of a document whose root has these attributes.

    Raises:
        TextFileError: A parameter cannot be read, or times are of the day and not of the media.

    """
    base = attributes.get("ttp:timeBase", "media")
    if base not in ("media", "smpte"):
        raise TextFileError(
            f"times count on the time base {quoted(base)}", "export the file with ttp:timeBase media or smpte", line
        )
    nominal = _positive(attributes, "ttp:frameRate", _DEFAULT_FRAME_RATE, line)
    rate = nominal * _multiplier(attributes, line)
    sub_frames = _positive(attributes, "ttp:subFrameRate", 1, line)
    # TTML2 §7.2.13: without a tick rate a tick is a sub-frame, and without a frame rate either a second.
    ticks = rate * sub_frames if "ttp:frameRate" in attributes else 1
    drop_mode = attributes.get("ttp:dropMode", "nonDrop")
    if drop_mode not in ("nonDrop", "dropNTSC"):
        raise TextFileError(f"the drop mode {quoted(drop_mode)} is not read", "export the file in media time", line)
    return Clock(
        nominal_rate=nominal,
        rate=rate,
        sub_frames=sub_frames,
        tick_rate=Fraction(_positive(attributes, "ttp:tickRate", 0, line) or ticks),
        counts_labels=base == "smpte",
        drops_frames=base == "smpte" and drop_mode == "dropNTSC",
    )


def _multiplier(attributes: Mapping[str, str], line: int) -> Fraction:
    """``1000 1001`` as TTML has it, ``1000:1001`` as its drafts had."""
    stated = attributes.get("ttp:frameRateMultiplier", "1 1").strip()
    match = _MULTIPLIER.fullmatch(stated)
    if match is None or not int(match[1]) or not int(match[2] or 1):
        raise TextFileError(f"ttp:frameRateMultiplier {quoted(stated)} is no ratio", "write it as 1000 1001", line)
    return Fraction(int(match[1]), int(match[2] or 1))


def _positive(attributes: Mapping[str, str], name: str, default: int, line: int) -> int:
    if name not in attributes:
        return default
    stated = attributes[name].strip()
    if not (stated.isascii() and stated.isdigit() and len(stated) <= 12 and int(stated)):
        raise TextFileError(
            f"{name} {quoted(stated)} is no positive number", "correct it and read the file again", line
        )
    return int(stated)


def _decimal(whole: str, fraction: str | None) -> Fraction:
    return Fraction(int(whole)) + Fraction(int(fraction or 0), 10 ** len(fraction or ""))


def _unreadable(expression: str, line: int) -> TextFileError:
    return TextFileError(
        f"{quoted(expression)} is not a time", "write it as 00:00:01.000 or 1.0s and read the file again", line
    )
