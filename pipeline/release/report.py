"""The quality report of a release: what it holds, what made it, and every line that needs a human."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import langcodes

from pipeline.release.title import Localized, Title
from schemas.captions import Cue, Finding, Severity
from schemas.speech import CoverageLabel
from schemas.time import clock

_MARK = {Severity.ERROR: "**error**", Severity.WARNING: "warning", Severity.INFO: "info"}


def compose(title: Title) -> str:
    """The report as Markdown."""
    parts = (
        _summary(title),
        *(_localized(one) for one in title.localized),
        _origin(title),
        _coverage(title),
        _rules(title),
        _lines(title),
        _scenes(title),
    )
    return "\n".join(line for part in parts for line in (*part, ""))


def _summary(title: Title) -> Iterator[str]:
    asset = title.asset
    yield f"# Quality report of {asset.asset_id}"
    yield ""
    if title.is_transcript_draft:
        yield "**Draft.** The engine hears neither case nor punctuation: both were restored by rule."
        yield ""
    if title.localized and title.are_translations_drafts:
        yield "**Draft.** The engine translates sentence by sentence, by rules: every translation needs an editor."
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
    yield f"| captions | {_captions(title)} |"
    if title.estimates:
        yield f"| chunks of speech, of which with estimated times | {len(title.chunks)}, {len(title.estimates)} |"
    yield f"| shots, scenes | {len(title.shots)}, {len(title.scenes)} |"
    yield f"| speakers | {len({turn.speaker for turn in title.turns if turn.speaker})} |"
    yield f"| errors, warnings | {title.count(Severity.ERROR)}, {title.count(Severity.WARNING)} |"


def _captions(title: Title) -> str:
    counts = [(title.language, len(title.cues)), *((one.language, len(one.cues)) for one in title.localized)]
    return ", ".join(f"{count} ({language})" for language, count in counts)


def _localized(one: Localized) -> Iterator[str]:
    """What was made in one target language."""
    failed = sum(line.text is None for line in one.translations)
    due = sum(len(line.terms_due) for line in one.translations)
    missed = sum(len(line.terms_missed) for line in one.translations)
    yield f"## In {_language(one.language)}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| captions | {len(one.cues)} |"
    yield f"| lines translated, without translation | {len(one.translations) - failed}, {failed} |"
    if due:
        yield f"| glossary terms due, missed | {due}, {missed} |"
    if one.dub is None:
        return
    sound = one.dub.sound
    measured = "dialogue" if sound.is_dialogue_measured else "mix"
    yield f"| dubbed lines, of which keep the original speech | {len(one.dub.lines)}, {one.dub.flagged} |"
    yield f"| mix | {sound.mix}, {sound.channel_layout} |"
    loudness = f"{sound.measured.integrated_lufs:.1f}, {sound.dialogue_lufs:.1f} LUFS"
    yield f"| loudness of the mix, of its dialogue | {loudness} |"
    yield f"| loudness target | {sound.target}: {sound.target_lufs:.1f} LUFS, of the {measured} |"
    yield f"| true peak, allowed | {sound.measured.true_peak_dbtp:.1f}, {sound.limit_dbtp:.1f} dBTP |"
    yield ""
    yield f"**{_plain(one.dub.disclosure)}**"
    yield ""
    yield "| speaker | voice | why |"
    yield "|---|---|---|"
    for voice in one.dub.voices:
        yield f"| {_plain(voice.speaker or 'unsure')} | {voice.kind} | {_plain(voice.reason)} |"


def _language(tag: str) -> str:
    """Name of a language in English, and its tag."""
    return f"{langcodes.get(tag).display_name()} ({tag})"


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
    found = Counter((finding.rule, finding.severity) for finding in title.all_findings)
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
    """Findings that are more than good to know: those about the title, then language by language, cue by cue."""
    yield "## What needs a human"
    yield ""
    if all(finding.severity is Severity.INFO for finding in title.all_findings):
        yield "Nothing."
        return
    yield from _needs(title.findings, title.cues)
    for one in title.localized:
        needs = list(_needs(one.all_findings, one.cues))
        if needs:
            yield from ("", f"### Lines in {_language(one.language)}", "", *needs)


def _needs(findings: Sequence[Finding], cues: Sequence[Cue]) -> Iterator[str]:
    serious = [finding for finding in findings if finding.severity is not Severity.INFO]
    yield from (f"- {_MARK[one.severity]} {_plain(one.message)}" for one in serious if one.cue_index is None)
    by_cue: dict[int, list[Finding]] = {}
    for finding in serious:
        if finding.cue_index is not None:
            by_cue.setdefault(finding.cue_index, []).append(finding)
    for index, own in sorted(by_cue.items()):
        cue = cues[index]
        yield f"- {index + 1}. {clock(cue.span.start_ms)} “{_plain(' / '.join(cue.lines))}”"
        yield from (f"  - {_MARK[finding.severity]} {_plain(finding.message)}" for finding in own)


def _scenes(title: Title) -> Iterator[str]:
    yield "## Scenes"
    yield ""
    for scene in title.scenes:
        told = f"**{_plain(scene.title)}** – {_plain(scene.synopsis)}"
        yield f"{scene.scene_index + 1}. {clock(scene.span.start_ms)} {told}"


def _plain(text: str) -> str:
    """Text that is not ours, so that Markdown shows it as it is and HTML is not taken for any."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))
