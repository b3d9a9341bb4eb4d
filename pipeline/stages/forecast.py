"""What production's models and the embedded engines would be asked about a prepared title."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.media.windows import plan_windows
from pipeline.sizing import estimate
from pipeline.sizing.estimate import Workload
from pipeline.sizing.profiles import ModelProfile, SizedJob, catalogue
from pipeline.stages.media import pictures_for
from pipeline.stages.work import Work
from pipeline.store.ledger import Done
from schemas.media import Asset, Shot
from schemas.plan import Chunk


def workloads(work: Work, asset: Asset, prepared: Done, planned: Done) -> Iterator[Workload]:
    """One per model and job that captioning takes; models whose weights are not published come too, marked so."""
    chunks = work.ledger.read(planned, "chunks", Chunk)
    shots = work.ledger.read(prepared, "shots", Shot)
    for model in catalogue().models:
        yield from _of_speech(model, chunks)
        if model.window_ms.value is not None:
            windows = plan_windows(
                shots,
                length_ms=asset.length_ms,
                profile=model,
                pictures=pictures_for(asset, model),
                has_audio=bool(asset.audio),
            )
            yield estimate.description(model, windows)


def _of_speech(model: ModelProfile, chunks: list[Chunk]) -> Iterator[Workload]:
    if model.yardstick(SizedJob.ALIGN) is not None:
        yield estimate.alignment(model, chunks)
    if model.yardstick(SizedJob.TRANSCRIBE) is not None:
        yield estimate.transcription(model, chunks)
