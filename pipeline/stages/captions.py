"""The stages that make captions, of what is said and of its translations, and say what is wrong with them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pipeline.captions.cues import Built, compose
from pipeline.captions.labels import Labelled, label
from pipeline.captions.lint import checked_rules, lint
from pipeline.captions.profiles import CaptionProfile
from pipeline.localize import retime
from pipeline.localize.findings import about_translation
from pipeline.stages.media import regions_digest, speech_regions
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store.ledger import Done, Staging
from schemas.captions import Cue, Finding
from schemas.localize import CueLink, Line, TranslatedLine
from schemas.media import Asset, Shot, SpeechRegion
from schemas.scenes import ShotNote
from schemas.speech import Segment

CUES_VERSION = "2"
"""Version of segmentation, timing, profiles' data and lint."""

TRANSLATED_CUES_VERSION = f"2.{CUES_VERSION}"
"""Version of how translations are put on the times of the speech, and of all that makes cues of them."""


def cues(work: Work, asset: Asset, prepared: Done, stitched: Done, described: Done, *, profile: CaptionProfile) -> Done:
    """Captions under a profile; parts ``cues``, ``lines`` and ``findings``.

    Where the profile labels sounds and the describer names them, there are captions of those as well, which have no
    lines.
    """
    inputs: tuple[str, ...] = (stitched.digest, prepared.part("shots").sha256)
    config = _config(asset, profile)
    has_labels = profile.labels is not None and work.engines.abilities().follows
    if has_labels:
        inputs = (*inputs, described.part("notes").sha256, *regions_digest(prepared))
        config = f"{config} {profile.labels}"
    step = Step(asset.asset_id, "cues", CUES_VERSION, inputs, config)

    def make(staging: Staging, progress: Progress) -> Counts:
        segments = work.ledger.read(stitched, "segments", Segment)
        shots = work.ledger.read(prepared, "shots", Shot)
        sounds = None
        if has_labels:
            notes = work.ledger.read(described, "notes", ShotNote)
            sounds = _Sounds(notes, shots, speech_regions(work, prepared))
        made = _captions(asset, segments, _cuts_ms(shots), profile, sounds=sounds)
        staging.add_rows("lines", made.built.lines, Line)
        staging.add_rows("findings", made.findings, Finding)
        progress(1, 1)
        return Counts(staging.add_rows("cues", made.built.cues, Cue))

    return once(work, step, make)


def translated_cues(
    work: Work, asset: Asset, prepared: Done, captioned: Done, translated: Done, *, profile: CaptionProfile
) -> Done:
    """Captions in another language under its profile; parts ``cues``, ``links`` and ``findings``.

    Every line that has a translation is in cues of its own, on the times of its speech; one that has none is in none.
    Findings are those of the profile and those about the translations.
    """
    inputs = (
        captioned.part("lines").sha256,
        translated.part("translations").sha256,
        prepared.part("shots").sha256,
    )
    step = Step(asset.asset_id, "translated-cues", TRANSLATED_CUES_VERSION, inputs, _config(asset, profile))

    def make(staging: Staging, progress: Progress) -> Counts:
        lines = work.ledger.read(captioned, "lines", Line)
        translations = work.ledger.read(translated, "translations", TranslatedLine)
        retimed = retime.segments(lines, translations, language=profile.language)
        cuts_ms = _cuts_ms(work.ledger.read(prepared, "shots", Shot))
        made = _captions(asset, retimed.segments, cuts_ms, profile, groups=retimed.source_cues)
        links = retime.links(made.built.groups)
        findings = [*made.findings, *about_translation(lines, translations, links)]
        staging.add_rows("links", links, CueLink)
        staging.add_rows("findings", findings, Finding)
        progress(1, 1)
        return Counts(staging.add_rows("cues", made.built.cues, Cue))

    return once(work, step, make)


@dataclass(frozen=True, slots=True)
class _Sounds:
    """What sounds in a title besides speech, and where speech is."""

    notes: Sequence[ShotNote]
    shots: Sequence[Shot]
    regions: Sequence[SpeechRegion]


@dataclass(frozen=True, slots=True)
class _Captions:
    """Captions, and what is wrong with them."""

    built: Built
    """Cues and lines."""

    findings: list[Finding]
    """By cue and then by rule."""


def _captions(
    asset: Asset,
    segments: Sequence[Segment],
    cuts_ms: Sequence[int],
    profile: CaptionProfile,
    *,
    groups: Sequence[int] | None = None,
    sounds: _Sounds | None = None,
) -> _Captions:
    """Cues of segments, whose words are in the order of the cues, labels of ``sounds``, and findings about them."""
    rate, first_frame_ms = _frames(asset)
    built = compose(
        segments,
        cuts_ms=cuts_ms,
        rate=rate,
        profile=profile,
        length_ms=asset.length_ms,
        first_frame_ms=first_frame_ms,
        groups=groups,
    )
    labelled = Labelled(built.cues, frozenset(), ())
    if sounds is not None:
        rules = checked_rules(profile, rate=rate, cuts_ms=cuts_ms, first_frame_ms=first_frame_ms)
        labelled = label(built.cues, sounds.notes, sounds.shots, sounds.regions, profile=profile, rules=rules)
    words = [word for segment in segments for word in segment.words]
    findings = lint(
        labelled.cues,
        cuts_ms=cuts_ms,
        rate=rate,
        profile=profile,
        words=words,
        first_frame_ms=first_frame_ms,
        unspoken=labelled.unspoken,
    )
    return _Captions(_among_labels(built, labelled), [*findings, *labelled.findings])


def _among_labels(built: Built, labelled: Labelled) -> Built:
    """What is said, in the cues that have moved on for the labels between them."""
    if not labelled.unspoken:
        return built
    numbers = [index for index in range(len(labelled.cues)) if index not in labelled.unspoken]
    groups = dict(zip(numbers, built.groups, strict=True))
    return Built(
        labelled.cues,
        tuple(replace(line, cue_index=numbers[line.cue_index]) for line in built.lines),
        tuple(groups.get(index, 0) for index in range(len(labelled.cues))),
    )


def _config(asset: Asset, profile: CaptionProfile) -> str:
    """All settings that bear on captions."""
    rate, first_frame_ms = _frames(asset)
    rules = hashlib.sha256(repr(profile).encode()).hexdigest()
    return f"{profile.name} {profile.language} {rules} rate={rate} from={first_frame_ms} length_ms={asset.length_ms}"


def _frames(asset: Asset) -> tuple[Fraction | None, int]:
    """Constant rate of the picture, if it has one, and when it begins."""
    return (asset.video.constant_rate, asset.video.start_ms) if asset.video else (None, 0)


def _cuts_ms(shots: Sequence[Shot]) -> list[int]:
    """First frames of all shots but the first."""
    return [shot.span.start_ms for shot in shots[1:]]
