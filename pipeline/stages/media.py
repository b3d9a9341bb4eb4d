"""The stages that look at the source itself: probe, prepare, plan."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.media import files
from pipeline.media import prepare as decoding
from pipeline.media import probe as probing
from pipeline.media.chunks import CHUNK_LIMIT_MS, plan_chunks
from pipeline.media.picture_size import sampled_size
from pipeline.media.windows import Pictures, plan_windows
from pipeline.sizing.profiles import ModelProfile, catalogue
from pipeline.sizing.tokens import SAMPLED_PER_S, shown_per_s
from pipeline.stages.steady import steady
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store import parquet, sources
from pipeline.store.ledger import Done, Staging
from schemas.media import Asset, Prepared, Shot, SpeechRegion
from schemas.plan import Chunk, Window

PROBE_VERSION = "2"
PREPARE_VERSION = "1"
PLAN_VERSION = "1"

_FILES = {
    "speech": files.SPEECH,
    "levels": files.LEVELS,
    "regions": files.REGIONS,
    "shots": files.SHOTS,
    "frames": files.FRAMES,
}


def probe(work: Work, source: Path) -> Asset:
    """What the source is. A file that was seen before and has not changed is not read again."""
    asked = work.settings.audio_stream
    stat, hashed_from_ns = _stat(source), time.time_ns()
    known = sources.recall(work.objects, source, stat) if stat is not None else None
    if known is not None and (done := work.ledger.done(known, "probe", _probe_step(known, asked).fingerprint)):
        return work.ledger.record(done, "asset", Asset)
    work.progress("probe", 0, 1)
    asset = probing.probe(source, audio_stream=asked)

    def make(staging: Staging, progress: Progress) -> Counts:
        progress(1, 1)
        staging.add_record("asset", asset)
        return Counts(1)

    once(work, _probe_step(asset.asset_id, asked), make)
    if stat is not None:
        sources.remember(work.objects, source, stat, asset.asset_id, hashed_from_ns=hashed_from_ns)
    return asset


def prepare(work: Work, asset: Asset, source: Path) -> Done:
    """Everything that one decode pass gives: ``speech``, ``levels``, ``regions`` with audio, ``frames`` with picture,
    and ``shots``.
    """
    step = Step(asset.asset_id, "prepare", PREPARE_VERSION, (asset.sha256,), f"audio={asset.audio_choice}")

    def make(staging: Staging, progress: Progress) -> Counts:
        with steady(source):
            made = decoding.prepare(
                source, asset, staging.folder, on_progress=lambda done_ms: progress(done_ms, asset.length_ms)
            )
        for role, name in _FILES.items():
            path = staging.folder / name
            if path.exists():
                staging.add_file(role, path, path.suffix)
        staging.add_rows("facts", [made], Prepared)
        return Counts(made.shots)

    return once(work, step, make)


def plan(work: Work, asset: Asset, prepared: Done) -> Done:
    """What engines will be asked: ``chunks`` of speech and ``windows`` of the title."""
    model = describing_model(work.settings.engine)
    pictures = pictures_for(asset, model)
    config = json.dumps([model.name, str(pictures), CHUNK_LIMIT_MS])
    step = Step(asset.asset_id, "plan", PLAN_VERSION, (prepared.digest,), config)

    def make(staging: Staging, progress: Progress) -> Counts:
        chunks = plan_chunks(speech_regions(work, prepared), levels(work, prepared), length_ms=asset.length_ms)
        windows = plan_windows(
            work.ledger.read(prepared, "shots", Shot),
            length_ms=asset.length_ms,
            profile=model,
            pictures=pictures,
            has_audio=bool(asset.audio),
        )
        progress(1, 1)
        return Counts(staging.add_rows("chunks", chunks, Chunk) + staging.add_rows("windows", windows, Window))

    return once(work, step, make)


def speech_regions(work: Work, prepared: Done) -> list[SpeechRegion]:
    """Where speech is; nowhere in a title without audio."""
    return work.ledger.read(prepared, "regions", SpeechRegion) if prepared.has("regions") else []


def speech_digest(prepared: Done) -> tuple[str, ...]:
    """Digest of the speech audio, as requests about it need it; none in a title without audio."""
    return (prepared.part("speech").sha256,) if prepared.has("speech") else ()


def regions_digest(prepared: Done) -> tuple[str, ...]:
    """Digest of where speech is; none in a title without audio."""
    return (prepared.part("regions").sha256,) if prepared.has("regions") else ()


def describing_model(engine: str) -> ModelProfile:
    """The profile of the model that describes windows in an engine family."""
    return next(
        model
        for model in catalogue().models
        if model.family == engine and model.window_ms.value is not None and model.weights_published
    )


def pictures_for(asset: Asset, model: ModelProfile) -> Pictures | None:
    """What a model is shown of a title: its sampled frames, at the model's own rate at most; None without a picture."""
    if asset.video is None:
        return None
    size = sampled_size(asset.video)
    return Pictures(size.width, size.height, shown_per_s(model.video) if model.video else SAMPLED_PER_S)


def levels(work: Work, prepared: Done) -> npt.NDArray[np.float32]:
    """Level of each ``LEVEL_STEP_MS`` in dBFS, shape ``(n,)``; none in a title without audio."""
    if not prepared.has("levels"):
        return np.empty(0, np.float32)
    table = parquet.read_columns(work.ledger.path(prepared, "levels"), ["level_dbfs"])
    found: npt.NDArray[np.float32] = table.column("level_dbfs").to_numpy().astype(np.float32)
    return found


def _probe_step(asset_id: str, audio_stream: int | None) -> Step:
    return Step(asset_id, "probe", PROBE_VERSION, (asset_id,), f"audio={audio_stream}")


def _stat(source: Path) -> os.stat_result | None:
    """State of a file before it is read; None when it cannot be read, which probe explains."""
    try:
        return source.stat()
    except OSError:
        return None
