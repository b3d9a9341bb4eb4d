"""The stages that make files to play: a preview of the title, one of each dub, and everything muxed into one file."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts import ModelId
from pipeline.errors import DecodeFailed
from pipeline.media import mux as muxing
from pipeline.media import preview as previewing
from pipeline.mix.marking import Spoken
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store.file_version import FileVersion
from pipeline.store.ledger import Done, Staging
from schemas.captions import Cue
from schemas.localize import DubLine
from schemas.media import Asset
from schemas.sound import MixFacts

PREVIEW_VERSION = "1"
DUB_PREVIEW_VERSION = "1"
MUX_VERSION = "1"


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
    step = Step(asset.asset_id, "preview", PREVIEW_VERSION, (asset.sha256,), f"audio={asset.audio_choice}")

    def make(staging: Staging, progress: Progress) -> Counts:
        with _unchanged(source):
            made = previewing.preview(
                source, asset, staging.folder, on_progress=lambda done_ms: progress(done_ms, asset.length_ms)
            )
        staging.add_file("preview", made, made.suffix)
        return Counts(1)

    return once(work, step, make)


def dub_preview(work: Work, asset: Asset, mixed: Done, *, language: str) -> Done:
    """``preview``: a small copy of the mix of a dub, M4A.

    Raises:
        MediaError: It cannot be made.

    """
    inputs = (mixed.part("mix").sha256,)
    step = Step(asset.asset_id, "dub-preview", DUB_PREVIEW_VERSION, inputs, f"language={language}")

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
        "audio": asset.audio_choice,
        "language": language,
        "engines": [_engine(dub.spoken.model) for dub in dubs],
        "captions": [track.language for track in captions],
    }
    step = Step(asset.asset_id, "mux", MUX_VERSION, inputs, json.dumps(config, sort_keys=True))

    def make(staging: Staging, progress: Progress) -> Counts:
        with _unchanged(source):
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


def _sound(work: Work, dub: DubTrack) -> muxing.DubSound:
    (facts,) = work.ledger.read(dub.mixed, "facts", MixFacts)
    lines = work.ledger.read(dub.spoken, "dub_lines", DubLine)
    said = Spoken(facts.language, dub.spoken.model, lines)
    return muxing.DubSound(facts.language, work.ledger.path(dub.mixed, "mix"), facts.channels, said.sentence)


def _engine(model: ModelId | None) -> list[str]:
    return [] if model is None else [model.name, model.revision]


def _text(work: Work, track: CaptionTrack) -> muxing.CaptionText:
    return muxing.CaptionText(track.language, tuple(work.ledger.read(track.captioned, "cues", Cue)))


@contextlib.contextmanager
def _unchanged(source: Path) -> Iterator[None]:
    """Raise when the source is not the same file after it was read as before."""
    before = _version(source)
    yield
    if _version(source) != before:
        raise DecodeFailed(f"{source.name!r} changed while it was read", "run again when it is complete")


def _version(source: Path) -> FileVersion:
    try:
        return FileVersion.of(source.stat())
    except OSError as error:
        raise DecodeFailed(
            f"{source.name!r} cannot be read ({error.strerror})", "check the path and the disk"
        ) from error
