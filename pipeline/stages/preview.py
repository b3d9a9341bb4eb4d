"""The stages that make files to play: a preview of the title, one of each dub, and everything muxed into one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.contracts import ModelId
from pipeline.media import mux as muxing
from pipeline.media import preview as previewing
from pipeline.mix.marking import Spoken
from pipeline.stages.steady import steady
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store.ledger import Done, Staging
from schemas.captions import Cue
from schemas.localize import DubLine
from schemas.media import Asset
from schemas.sound import MixFacts

PREVIEW_VERSION = "1"
DUB_PREVIEW_VERSION = "1"
MUX_VERSION = "2"


@dataclass(frozen=True, slots=True)
class DubTrack:
    """A dub that goes into a muxed file."""

    mixed: Done
    """Its mix and what was measured of it, which names its language."""

    spoken: Done
    """Its lines, and what spoke them, for the marking."""


@dataclass(frozen=True, slots=True)
class CaptionTrack:
    """Captions that go into a muxed file."""

    language: str
    """BCP 47 tag."""

    captioned: Done
    """Their cues."""


def preview(work: Work, asset: Asset, source: Path) -> Done:
    """``preview``: a small copy of the title, MP4, or M4A without a picture.

    Raises:
        MediaError: It cannot be decoded to its end, or changed meanwhile.

    """

    def make(staging: Staging, progress: Progress) -> Counts:
        with steady(source):
            made = previewing.preview(
                source, asset, staging.folder, on_progress=lambda done_ms: progress(done_ms, asset.length_ms)
            )
        staging.add_file("preview", made, made.suffix)
        return Counts(1)

    return once(work, preview_step(asset), make)


def preview_step(asset: Asset) -> Step:
    """What bears on the preview of a title."""
    return Step(asset.asset_id, "preview", PREVIEW_VERSION, (asset.sha256,), _config(_probed(asset)))


def dub_preview(work: Work, asset: Asset, mixed: Done, *, language: str) -> Done:
    """``preview``: a small copy of the mix of a dub, M4A.

    Raises:
        MediaError: It cannot be made.

    """
    inputs = (mixed.part("mix").sha256,)
    config = _config({"language": language, "length_ms": asset.length_ms})
    step = Step(asset.asset_id, "dub-preview", DUB_PREVIEW_VERSION, inputs, config)

    def make(staging: Staging, progress: Progress) -> Counts:
        (facts,) = work.ledger.read(mixed, "facts", MixFacts)
        made = previewing.dub_preview(
            work.ledger.path(mixed, "mix"),
            staging.folder,
            length_ms=asset.length_ms,
            channels=facts.channels,
            channel_layout=facts.channel_layout,
            on_progress=lambda done_ms: progress(done_ms, asset.length_ms),
        )
        staging.add_file("preview", made, made.suffix)
        return Counts(1)

    return once(work, step, make)


def mux(
    work: Work,
    asset: Asset,
    source: Path,
    *,
    language: str,
    dubs: Sequence[DubTrack],
    captions: Sequence[CaptionTrack],
) -> Done:
    """``mux``: picture and sound of the title, its dubs and captions in one file, MP4 or MKV.

    Args:
        work: What every stage needs.
        asset: What probe found.
        source: The title.
        language: BCP 47 tag of what is spoken.
        dubs: Dubs, in the order of their tracks.
        captions: Captions, in the order of their tracks; those without a cue have none.

    Raises:
        MediaError: It cannot be copied, or changed meanwhile.

    """
    inputs = (
        asset.sha256,
        *(digest for dub in dubs for digest in (dub.mixed.digest, dub.spoken.part("dub_lines").sha256)),
        *(track.captioned.part("cues").sha256 for track in captions),
    )
    config = {
        **_probed(asset),
        "language": language,
        "engines": [_engine(dub.spoken.model) for dub in dubs],
        "captions": [track.language for track in captions],
    }
    step = Step(asset.asset_id, "mux", MUX_VERSION, inputs, _config(config))

    def make(staging: Staging, progress: Progress) -> Counts:
        with steady(source):
            made = muxing.mux(
                source,
                asset,
                staging.folder,
                language=language,
                dubs=[_sound(work, dub) for dub in dubs],
                captions=[_text(work, track) for track in captions],
                on_progress=lambda done_ms: progress(done_ms, asset.length_ms),
            )
        staging.add_file("mux", made, made.suffix)
        return Counts(1)

    return once(work, step, make)


def _probed(asset: Asset) -> dict[str, object]:
    """What a copy takes from probe: its times, and every stream with where it begins."""
    return {
        "length_ms": asset.length_ms,
        "zero": asset.zero,
        "start_timecode": asset.start_timecode,
        "video": None if asset.video is None else asdict(asset.video),
        "audio": [asdict(stream) for stream in asset.audio],
        "choice": asset.audio_choice,
    }


def _config(used: dict[str, object]) -> str:
    return json.dumps(used, sort_keys=True, default=str)  # fractions have no form of their own


def _sound(work: Work, dub: DubTrack) -> muxing.DubSound:
    (facts,) = work.ledger.read(dub.mixed, "facts", MixFacts)
    lines = work.ledger.read(dub.spoken, "dub_lines", DubLine)
    said = Spoken(facts.language, dub.spoken.model, lines)
    return muxing.DubSound(
        facts.language,
        work.ledger.path(dub.mixed, "mix"),
        facts.channels,
        said.sentence,
        is_synthetic=any(line.placed is not None for line in lines),
    )


def _engine(model: ModelId | None) -> list[str]:
    return [] if model is None else [model.name, model.revision]


def _text(work: Work, track: CaptionTrack) -> muxing.CaptionText:
    return muxing.CaptionText(track.language, tuple(work.ledger.read(track.captioned, "cues", Cue)))
