"""The stage that makes captions of what is said, and says what is wrong with them."""

from __future__ import annotations

import hashlib

from pipeline.captions.cues import build
from pipeline.captions.lint import lint
from pipeline.captions.profiles import CaptionProfile
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store.ledger import Done, Staging
from schemas.captions import Cue, Finding
from schemas.media import Asset, Shot
from schemas.speech import Segment

CUES_VERSION = "1"
"""Version of segmentation, timing, profiles' data and lint."""


def cues(work: Work, asset: Asset, prepared: Done, stitched: Done, *, profile: CaptionProfile) -> Done:
    """Captions under a profile; parts ``cues`` and ``findings``."""
    rate = asset.video.constant_rate if asset.video else None
    first_frame_ms = asset.video.start_ms if asset.video else 0
    inputs = (stitched.digest, prepared.part("shots").sha256)
    rules = hashlib.sha256(repr(profile).encode()).hexdigest()
    config = f"{profile.name} {profile.language} {rules} rate={rate} from={first_frame_ms} length_ms={asset.length_ms}"
    step = Step(asset.asset_id, "cues", CUES_VERSION, inputs, config)

    def make(staging: Staging, progress: Progress) -> Counts:
        shots = work.ledger.read(prepared, "shots", Shot)
        cuts_ms = [shot.span.start_ms for shot in shots[1:]]
        segments = work.ledger.read(stitched, "segments", Segment)
        made = build(
            segments,
            cuts_ms=cuts_ms,
            rate=rate,
            profile=profile,
            length_ms=asset.length_ms,
            first_frame_ms=first_frame_ms,
        )
        words = [word for segment in segments for word in segment.words]
        findings = lint(made, cuts_ms=cuts_ms, rate=rate, profile=profile, words=words, first_frame_ms=first_frame_ms)
        staging.add_rows("findings", findings, Finding)
        progress(1, 1)
        return Counts(staging.add_rows("cues", made, Cue))

    return once(work, step, make)
