"""A prepared title that tests of single stages begin with: a minute, three chunks of speech, shots of two seconds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pipeline.contracts import Engines
from pipeline.stages.work import Work
from pipeline.store.claims import Claims
from pipeline.store.ledger import Done, Ledger
from pipeline.store.objects import FolderObjects
from schemas.media import Asset, AudioStream, CutKind, Shot, SpeechRegion
from schemas.plan import Chunk, CutReason, Window
from schemas.settings import Settings
from schemas.speech import Segment, Turn, Word
from schemas.time import Span

LENGTH_MS = 60_000
SHOT_MS = 2_000
WINDOW_MS = 6_000
REGIONS = tuple(SpeechRegion(Span(start_ms, start_ms + 6_000), 0.9) for start_ms in (1_000, 21_000, 41_000))
CHUNKS = tuple(Chunk(index, one.span, CutReason.SILENCE, 6_000, 0, 0) for index, one in enumerate(REGIONS))
WINDOWS = tuple(
    Window(index, Span(start_ms, start_ms + WINDOW_MS), start_ms // SHOT_MS, (start_ms + WINDOW_MS) // SHOT_MS, 6, 500)
    for index, start_ms in enumerate(range(0, LENGTH_MS, WINDOW_MS))
)
SEGMENTS = (
    Segment(
        0,
        Span(4_000, 8_000),
        "en",
        "S1",
        (Word("We", Span(4_000, 5_000), None), Word("left.", Span(5_000, 8_000), None)),
        is_draft=False,
    ),
    Segment(1, Span(21_000, 22_000), "en", None, (Word("Why?", Span(21_000, 22_000), None),), is_draft=False),
)
ASSET = Asset(
    asset_id="0123456789abcdef",
    sha256="0123456789abcdef" * 4,
    size_bytes=1,
    container="wav",
    length_ms=LENGTH_MS,
    zero=Fraction(0),
    declared_length_ms=LENGTH_MS,
    start_timecode=None,
    video=None,
    audio=(AudioStream(0, "pcm_s16le", 48_000, 1, "mono", "en", None, is_default=True, start_ms=0),),
    audio_choice=0,
)


@dataclass(frozen=True, slots=True)
class Hearing:
    """The title's stages before an engine is asked."""

    objects: FolderObjects
    prepared: Done
    planned: Done
    stitched: Done
    told: Done

    def work(self, engines: Engines, settings: Settings | None = None) -> Work:
        """What a stage needs."""
        return Work(
            objects=self.objects,
            ledger=Ledger(self.objects),
            claims=Claims(self.objects, owner="test"),
            engines=engines,
            settings=settings or Settings(engine="embedded"),
            progress=lambda _stage, _done, _total: None,
        )


def prepared(objects: FolderObjects, *, segments: tuple[Segment, ...] = SEGMENTS) -> Hearing:
    """The title, in a library."""
    ledger = Ledger(objects)
    with ledger.writing(ASSET.asset_id, "prepare", version="1", inputs=()) as preparing:
        (preparing.folder / "speech.flac").write_text("stands for the sound")
        preparing.add_file("speech", preparing.folder / "speech.flac", ".flac")
        preparing.add_rows("regions", REGIONS, SpeechRegion)
        preparing.add_rows("shots", [_shot(index) for index in range(LENGTH_MS // SHOT_MS)], Shot)
    with ledger.writing(ASSET.asset_id, "plan", version="1", inputs=()) as planning:
        planning.add_rows("chunks", CHUNKS, Chunk)
        planning.add_rows("windows", WINDOWS, Window)
    with ledger.writing(ASSET.asset_id, "stitch", version="1", inputs=(str(segments),)) as stitching:
        stitching.add_rows("segments", segments, Segment)
    with ledger.writing(ASSET.asset_id, "speakers", version="1", inputs=()) as telling:
        telling.add_rows("turns", [Turn(one.span, "S1", 0.9) for one in REGIONS], Turn)
    return Hearing(objects, preparing.done, planning.done, stitching.done, telling.done)


def _shot(index: int) -> Shot:
    kind = CutKind.CUT if index else CutKind.START
    span = Span(index * SHOT_MS, (index + 1) * SHOT_MS)
    return Shot(index, span, index * 50, (index + 1) * 50, kind, 0.5, 0.01, 0.0, 0.0, ("#808080",))
