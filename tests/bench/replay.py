"""A library in which titles are probed and prepared already, and engines whose answers are known.

What is seeded is written through the ledger as the stages would have written it, so that the real stages
find it and go on from there. The sources are hollow: a file of the right size with nothing in it. Whoever
reads one finds no media and rejects it, so that a title that comes through was not read.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import scenes
from pipeline.contracts import Abilities, ModelId
from pipeline.stages.media import PREPARE_VERSION, PROBE_VERSION
from pipeline.stages.preview import preview_step
from pipeline.store import sources
from pipeline.store.answers import Answers
from pipeline.store.ledger import Ledger
from pipeline.store.objects import Objects
from schemas import columns
from schemas.figures import Figures
from schemas.jobs import (
    DescribeRequest,
    Description,
    Diarization,
    DiarizeRequest,
    Job,
    Request,
    Result,
    SynthesizeRequest,
    TranscribeRequest,
    Transcript,
    TranslateRequest,
)
from schemas.media import Asset, AudioStream, Level, Prepared, SampledFrame, Shot, SpeechRegion, VideoStream
from schemas.scenes import ShotNote
from tests.bench import dubbed
from tests.bench.dialogue import FRAME_MS, LOUD_DBFS, RATE, SILENT_DBFS, Dialogue
from workers.client import WorkerEngines
from workers.jobs import RESULTS

ENGINE = "embedded"
"""Family whose models the kept answers are by."""

_SOURCE_BYTES = 4096
_AGE_S = 3600
_ANSWERS_PER_PART = 8
"""About what a worker keeps at a time: one answer per process and second or two."""


def seed(objects: Objects, source: Path, dialogue: Dialogue, *, has_picture: bool, has_sound: bool = False) -> Asset:
    """Make ``source``, what probe and prepare know of it, and its preview.

    ``has_sound`` gives it a sound that can be decoded and listened to, which a dub needs, and not a title that is
    only captioned; it takes a minute per ten hours.
    """
    if has_sound:
        dubbed.write_source(source, dialogue.length_ms)
    else:
        source.write_bytes(b"\0" * _SOURCE_BYTES)
    long_ago_s = time.time() - _AGE_S
    os.utime(source, (long_ago_s, long_ago_s))
    asset = _asset(dialogue, size_bytes=source.stat().st_size, has_picture=has_picture)
    ledger = Ledger(objects)
    with ledger.writing(
        asset.asset_id, "probe", version=PROBE_VERSION, inputs=(asset.asset_id,), config="audio=None"
    ) as staging:
        staging.add_record("asset", asset)
    with ledger.writing(
        asset.asset_id,
        "prepare",
        version=PREPARE_VERSION,
        inputs=(asset.sha256,),
        config=f"audio={asset.audio_choice}",
    ) as staging:
        speech, levels = staging.folder / "speech.flac", staging.folder / "levels.parquet"
        if has_sound:
            dubbed.write_speech(speech, dialogue.length_ms)
        else:
            speech.write_text(f"stands for the sound of dialogue {dialogue.seed}")
        staging.add_file("speech", speech, ".flac")
        _write_levels(levels, dialogue)
        staging.add_file("levels", levels, ".parquet")
        regions = (region for block in dialogue.blocks() for region in block.regions)
        spoken = staging.add_rows("regions", regions, SpeechRegion)
        shots = staging.add_rows("shots", dialogue.shots() if has_picture else (), Shot)
        if has_picture:
            staging.add_rows("frames", (), SampledFrame)
        staging.add_rows("facts", [_facts(asset, shots=shots, regions=spoken)], Prepared)
    step = preview_step(asset)
    with ledger.writing(
        asset.asset_id, step.stage, version=step.version, inputs=step.inputs, config=step.config
    ) as staging:
        preview = staging.folder / "preview.mp4"
        preview.write_text("stands for a small copy of the title")
        staging.add_file("preview", preview, preview.suffix)
    sources.remember(objects, source, source.stat(), asset.asset_id, hashed_from_ns=time.time_ns())
    return asset


@dataclass(slots=True)
class Spent:
    """Processor time that is not the stages' own."""

    answering_s: float = 0.0
    """For making answers and keeping them."""


class ReplayedEngines:
    """The real client of the engines, with every answer among the kept ones just before it is asked for.

    Fulfils ``pipeline.contracts.Engines``. No worker is ever started.
    """

    def __init__(self, objects: Objects, dialogue_of: Callable[[str], Dialogue]) -> None:
        """``dialogue_of`` gives the dialogue of an asset."""
        self._engines = WorkerEngines(objects.uri, ENGINE)
        self._answers = Answers(objects)
        self._dialogue_of = dialogue_of
        self.spent = Spent()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engines.close()

    def model(self, job: Job) -> ModelId:
        """The real family's."""
        return self._engines.model(job)

    def require_language(self, job: Job, language: str) -> None:
        """As the real family."""
        self._engines.require_language(job, language)

    def require_pair(self, source: str, target: str) -> None:
        """As the real family."""
        self._engines.require_pair(source, target)

    def figures(self, job: Job) -> Figures | None:
        """It says nothing of itself."""
        return None

    def abilities(self) -> Abilities:
        """The real family's."""
        return self._engines.abilities()

    def answer(self, job: Job, requests: Sequence[Request], on_answered: Callable[[int], None]) -> list[Result]:
        """What is known, through the kept answers, which are then folded together as after a real recognition."""
        began_s = time.process_time()
        for first in range(0, len(requests), _ANSWERS_PER_PART):
            several = [self._answer(request) for request in requests[first : first + _ANSWERS_PER_PART]]
            self._answers.keep(requests[first].asset_id, job, several, RESULTS[job])
        self.spent.answering_s += time.process_time() - began_s
        results = self._engines.answer(job, requests, on_answered)
        for asset_id in {request.asset_id for request in requests}:
            self._answers.compact(asset_id, job, RESULTS[job])
        return results

    def _answer(self, request: Request) -> Result:
        dialogue = self._dialogue_of(request.asset_id)
        match request:
            case TranscribeRequest():
                return Transcript(request.request_id, "en", dialogue.heard(request.span), is_draft=True, failure=None)
            case DiarizeRequest():
                turns = tuple(turn for block in dialogue.blocks() for turn in block.turns)
                return Diarization(request.request_id, turns, failure=None)
            case DescribeRequest():
                notes = tuple(ShotNote(shot.shot_index, "a shot", "speech", ("dark",)) for shot in request.shots)
                found = tuple(scenes.group(request.span, request.shots, notes, request.regions))
                return Description(request.request_id, notes, found, failure=None)
            case TranslateRequest():
                return dubbed.translated(request)
            case SynthesizeRequest():
                return dubbed.spoken(request)
            case _:
                raise ValueError(f"nothing is known that answers {request}")


def _asset(dialogue: Dialogue, *, size_bytes: int, has_picture: bool) -> Asset:
    sha256 = hashlib.sha256(f"dialogue {dialogue.seed} of {dialogue.length_ms} ms".encode()).hexdigest()
    video = VideoStream(
        stream_index=0,
        codec="h264",
        width=1280,
        height=720,
        frame_rate=RATE,
        is_variable_rate=False,
        rotation_deg=0,
        pixel_aspect=Fraction(1),
        frame_count=dialogue.length_ms // FRAME_MS,
        start_ms=0,
    )
    audio = AudioStream(1 if has_picture else 0, "aac", 48_000, 1, "mono", "en", None, is_default=True, start_ms=0)
    return Asset(
        asset_id=sha256[:16],
        sha256=sha256,
        size_bytes=size_bytes,
        container="mov,mp4,m4a,3gp,3g2,mj2",
        length_ms=dialogue.length_ms,
        zero=Fraction(0),
        declared_length_ms=dialogue.length_ms,
        start_timecode=None,
        video=video if has_picture else None,
        audio=(audio,),
        audio_choice=audio.stream_index,
    )


def _facts(asset: Asset, *, shots: int, regions: int) -> Prepared:
    frames = asset.video.frame_count if asset.video else 0
    return Prepared(
        has_speech_audio=True,
        decoded_ms=asset.length_ms,
        shortfall_ms=0,
        damaged_packets=0,
        frames_presented=frames,
        frames_decoded=frames,
        shots=shots,
        sampled_frames=0,
        speech_regions=regions,
    )


def _write_levels(path: Path, dialogue: Dialogue) -> None:
    """Eleven million rows for a hundred hours: written by column, not by record."""
    level_dbfs = dialogue.level_dbfs()
    is_speech = level_dbfs > (LOUD_DBFS + SILENT_DBFS) / 2
    made = {"level_dbfs": pa.array(level_dbfs), "speech_probability": pa.array(is_speech.astype(np.float64))}
    schema = columns.schema(Level)
    pq.write_table(pa.Table.from_arrays([made[name] for name in schema.names], schema=schema), path)
