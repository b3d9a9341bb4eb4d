"""What is wrong with a mix, and with what went into it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.mix.meter import SILENT_LUFS
from pipeline.mix.render import Rendered
from pipeline.mix.targets import Goal
from schemas.captions import Finding, Severity

HEAVY_LIMITING_DB = 6.0
"""Reduction that is heard as pumping. Ours: a transient of speech stands about so far above its syllable."""

HEAVY_LIMITING_SHARE = 0.05
"""Share of the title in which the limiter works that makes it a compressor. Ours."""

ROUNDING_DB = 0.05
"""A measured value is told to a tenth of a dB; what is nearer to a limit than half of that is on it."""

SAME_LENGTH_MS = 40
"""Difference in length of which nothing is said: a frame of film or television. Ours."""

MOST_DIFFERENCE_MS = 1_000
"""Difference in length from which another version of the title must be feared. Ours: tails of silence and padding
of encoders stay below a second, a cut or added shot does not."""

_LONGER = ("longer", "its end was cut off")
_SHORTER = ("shorter", "silence was added at its end")


def about_source(whose: str, *, assumed_layout: str | None, damaged_packets: int) -> Iterator[Finding]:
    """Findings about a stream that went into a mix.

    Args:
        whose: What it is to the mix, e.g. ``music and effects``.
        assumed_layout: What its channels were taken for; None where it says so itself.
        damaged_packets: Packets for which silence stands.
    """
    if assumed_layout is not None:
        message = f"The {whose}: nothing says which channel is which; {assumed_layout} was assumed. Listen to them."
        yield _finding("layout-assumed", Severity.WARNING, message)
    if damaged_packets:
        message = (
            f"{damaged_packets} packets of the {whose} cannot be decoded: the mix is silent there. Get a whole copy."
        )
        yield _finding("damaged-sound", Severity.ERROR, message, float(damaged_packets), 0.0, "packets")


def about_length(*, length_ms: int, title_ms: int) -> Iterator[Finding]:
    """Findings about the length of music and effects of ``length_ms`` under a title of ``title_ms``."""
    difference_ms = length_ms - title_ms
    if abs(difference_ms) <= SAME_LENGTH_MS:
        return
    compared, became = _LONGER if difference_ms > 0 else _SHORTER
    message = (
        f"Music and effects are {abs(difference_ms)} ms {compared} than the title; {became}. "
        "Check that they belong to this version."
    )
    yield Finding(
        rule="music-and-effects-length",
        severity=Severity.ERROR if abs(difference_ms) > MOST_DIFFERENCE_MS else Severity.WARNING,
        cue_index=None,
        start_ms=min(length_ms, title_ms),
        measured=float(difference_ms),
        limit=float(SAME_LENGTH_MS),
        unit="ms",
        message=message,
    )


def about(made: Rendered, goal: Goal, *, length_ms: int, dubbed: int) -> Iterator[Finding]:
    """Findings about the mix of a title in which ``dubbed`` lines are dubbed.

    That nothing is dubbed is no error by itself: each line that could be is one, and where nobody speaks there is none.
    """
    if not dubbed:
        message = "No line is dubbed: the mix holds the original sound alone."
        yield _finding("nothing-dubbed", Severity.WARNING, message)
    if made.mix.loudness.integrated_lufs <= SILENT_LUFS:
        severity = Severity.ERROR if dubbed else Severity.WARNING
        yield _finding("mix-silent", severity, "The mix is silent: no part of it is loud enough to be measured.")
        return
    yield from _loudness(made, goal)
    yield from _peaks(made, goal)
    yield from _limiting(made, length_ms=length_ms)


def _loudness(made: Rendered, goal: Goal) -> Iterator[Finding]:
    counts, what = (made.dialogue, "dialogue") if goal.is_dialogue_measured else (made.mix, "mix")
    found_lufs = counts.loudness.integrated_lufs
    if abs(found_lufs - goal.lufs) > goal.tolerance_lu + ROUNDING_DB:
        message = (
            f"The {what} is at {found_lufs:.1f} LUFS; {goal.name} asks for {goal.lufs:g} ± {goal.tolerance_lu:g} LU."
        )
        yield _finding("loudness", Severity.ERROR, message, found_lufs, goal.lufs, "LUFS")


def _peaks(made: Rendered, goal: Goal) -> Iterator[Finding]:
    for what, written in (("mix", made.mix), ("dialogue stem", made.dialogue)):
        peak_dbtp = written.loudness.true_peak_dbtp
        if peak_dbtp > goal.true_peak_dbtp + ROUNDING_DB:
            message = f"The {what} has a true peak of {peak_dbtp:.1f} dBTP; {goal.name} allows {goal.true_peak_dbtp:g}."
            yield _finding("true-peak", Severity.ERROR, message, peak_dbtp, goal.true_peak_dbtp, "dBTP")


def _limiting(made: Rendered, *, length_ms: int) -> Iterator[Finding]:
    share = made.mix.limited_ms / length_ms
    if made.mix.limited_db > HEAVY_LIMITING_DB:
        message = f"The limiter took up to {made.mix.limited_db:.1f} dB from the mix: listen to its loudest places."
        yield _finding(
            "heavy-limiting", Severity.WARNING, message, round(made.mix.limited_db, 2), HEAVY_LIMITING_DB, "dB"
        )
    elif share > HEAVY_LIMITING_SHARE:
        message = f"The limiter was at work in {share:.0%} of the mix: listen whether it is heard."
        yield _finding(
            "heavy-limiting", Severity.WARNING, message, round(100 * share, 2), 100 * HEAVY_LIMITING_SHARE, "%"
        )


def _finding(
    rule: str,
    severity: Severity,
    message: str,
    measured: float | None = None,
    limit: float | None = None,
    unit: str = "",
) -> Finding:
    return Finding(rule, severity, None, None, measured, limit, unit, message)
