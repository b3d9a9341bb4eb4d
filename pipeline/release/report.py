"""The quality report of a release: what it holds, what made it, and every line that needs a human."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pipeline.release.title import Title
from schemas.captions import Finding, Severity
from schemas.speech import CoverageLabel
from schemas.time import clock

_MARK = {Severity.ERROR: "**error**", Severity.WARNING: "warning", Severity.INFO: "info"}


def compose(title: Title) -> str:
    """The report as Markdown."""
    parts = (_summary(title), _origin(title), _coverage(title), _rules(title), _lines(title), _scenes(title))
    return "\n".join(line for part in parts for line in (*part, ""))


def _summary(title: Title) -> Iterator[str]:
    asset = title.asset
    yield f"# Quality report of {asset.asset_id}"
    yield ""
    if title.is_draft:
        yield "**Draft.** The engine hears neither case nor punctuation: both were restored by rule."
        yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| length | {clock(asset.length_ms)} |"
    if asset.video:
        yield f"| picture | {asset.video.width}×{asset.video.height}, {_rate(title)} |"
    if asset.start_timecode:
        yield f"| start timecode of the source | {asset.start_timecode} (times here count from 0) |"
    yield f"| language | {title.language} |"
    yield f"| caption profile | {title.profile} |"
    yield f"| captions | {len(title.cues)} |"
    yield f"| shots, scenes | {len(title.shots)}, {len(title.scenes)} |"
    yield f"| speakers | {len({turn.speaker for turn in title.turns if turn.speaker})} |"
    yield f"| errors, warnings | {title.count(Severity.ERROR)}, {title.count(Severity.WARNING)} |"


def _rate(title: Title) -> str:
    video = title.asset.video
    if video is None:
        return "no picture"
    varies = ", varies" if video.is_variable_rate else ""
    return f"{float(video.frame_rate):.3f} frames/s ({video.frame_rate}{varies})"


def _origin(title: Title) -> Iterator[str]:
    yield "## Where it comes from"
    yield ""
    yield "| stage | engine | version |"
    yield "|---|---|---|"
    for stage in title.stages:
        yield f"| {stage.stage} | {stage.engine or '–'} | {stage.revision or stage.version} |"


def _coverage(title: Title) -> Iterator[str]:
    total_ms: Counter[str] = Counter()
    for part in title.coverage:
        label = part.label if part.reason is None else f"{part.label}: {part.reason}"
        total_ms[label] += part.span.duration_ms
    yield "## What became of every second"
    yield ""
    yield "| | time | share |"
    yield "|---|---|---|"
    for label, duration_ms in total_ms.most_common():
        yield f"| {label} | {clock(duration_ms)} | {duration_ms / title.asset.length_ms:.1%} |"
    dropped = [part for part in title.coverage if part.label is CoverageLabel.DROPPED]
    for part in dropped:
        yield f"- dropped {clock(part.span.start_ms)} – {clock(part.span.end_ms)}: {part.reason}"


def _rules(title: Title) -> Iterator[str]:
    found = Counter((finding.rule, finding.severity) for finding in title.findings)
    yield "## Findings by rule"
    yield ""
    if not found:
        yield "None."
        return
    yield "| rule | severity | times |"
    yield "|---|---|---|"
    for (rule, severity), count in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        yield f"| {rule} | {_MARK[severity]} | {count} |"


def _lines(title: Title) -> Iterator[str]:
    """Findings that are more than good to know: those about the title, then caption by caption with its text."""
    serious = [finding for finding in title.findings if finding.severity is not Severity.INFO]
    yield "## What needs a human"
    yield ""
    if not serious:
        yield "Nothing."
        return
    yield from (f"- {_MARK[one.severity]} {_plain(one.message)}" for one in serious if one.cue_index is None)
    by_cue: dict[int, list[Finding]] = {}
    for finding in serious:
        if finding.cue_index is not None:
            by_cue.setdefault(finding.cue_index, []).append(finding)
    for index, findings in sorted(by_cue.items()):
        cue = title.cues[index]
        yield f"- {index + 1}. {clock(cue.span.start_ms)} “{_plain(' / '.join(cue.lines))}”"
        yield from (f"  - {_MARK[finding.severity]} {_plain(finding.message)}" for finding in findings)


def _scenes(title: Title) -> Iterator[str]:
    yield "## Scenes"
    yield ""
    for scene in title.scenes:
        told = f"**{_plain(scene.title)}** – {_plain(scene.synopsis)}"
        yield f"{scene.scene_index + 1}. {clock(scene.span.start_ms)} {told}"


def _plain(text: str) -> str:
    """Text that is not ours, so that Markdown shows it as it is and HTML is not taken for any."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))
