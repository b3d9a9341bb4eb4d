"""Hypothesis strategies for every record that is stored, and small releases to publish."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from hypothesis import strategies as st

from pipeline.store import releases
from pipeline.store.objects import Objects
from pipeline.store.releases import Outgoing, TableRows
from schemas.captions import Cue, Finding, Severity, Variant
from schemas.localize import DubLine, DubOutcome
from schemas.media import Asset, VideoStream
from schemas.speech import Coverage, CoverageLabel
from schemas.tables import AssetRow, CoverageRow, CueRow, FindingRow, Published, ShotRow
from schemas.time import Span

INT64 = st.integers(-(2**63), 2**63 - 1)
HEX = "0123456789abcdef"


def of(record: type) -> st.SearchStrategy[object]:
    """Records of a type, with every field of it built at random, and what the record demands of itself kept."""
    _teach()
    return st.from_type(record)


@functools.cache
def _teach() -> None:
    """Tell hypothesis how to make the records that check themselves."""
    st.register_type_strategy(int, INT64)
    st.register_type_strategy(float, st.floats(allow_nan=False))  # NaN does not equal itself
    st.register_type_strategy(Fraction, st.fractions(min_value=Fraction(1, 1000), max_denominator=90_000))
    st.register_type_strategy(Span, _spans())
    st.register_type_strategy(
        Cue, st.builds(Cue, span=_spans(), lines=_lines(), language=st.text(), speakers=_nobody())
    )
    st.register_type_strategy(Asset, st.text(HEX, min_size=64, max_size=64).flatmap(_asset))
    st.register_type_strategy(VideoStream, st.builds(VideoStream, frame_count=st.integers(1, 2**62)))
    st.register_type_strategy(Coverage, st.sampled_from(CoverageLabel).flatmap(_coverage))
    st.register_type_strategy(DubLine, st.sampled_from(DubOutcome).flatmap(_dub_line))


def _spans() -> st.SearchStrategy[Span]:
    return st.builds(lambda start, length: Span(start, start + length), st.integers(0, 2**61), st.integers(1, 2**61))


def _lines() -> st.SearchStrategy[tuple[str, ...]]:
    line = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1)
    return st.lists(line, min_size=1, max_size=3).map(tuple)


def _nobody() -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.text(), max_size=1).map(tuple)


def _asset(sha256: str) -> st.SearchStrategy[Asset]:
    return st.builds(Asset, sha256=st.just(sha256), asset_id=st.just(sha256[:16]), length_ms=st.integers(1, 2**62))


def _dub_line(outcome: DubOutcome) -> st.SearchStrategy[DubLine]:
    if outcome is DubOutcome.FLAGGED:
        return st.builds(DubLine, outcome=st.just(outcome), placed=st.none(), reason=st.text(min_size=1))
    return st.builds(DubLine, outcome=st.just(outcome), placed=_spans(), reason=st.none())


def _coverage(label: CoverageLabel) -> st.SearchStrategy[Coverage]:
    reason = st.text() if label is CoverageLabel.DROPPED else st.none()
    return st.builds(Coverage, label=st.just(label), reason=reason)


def hex16(number: int) -> str:
    """An id for a test."""
    return f"{number:016x}"


def cue_rows(asset_id: str, release_id: str, texts: Sequence[str]) -> tuple[CueRow, ...]:
    """Cues of one second each, one after the other."""
    return tuple(
        CueRow(
            published=Published(asset_id, release_id),
            cue_id=f"{asset_id}/en/subtitle/{index}",
            cue_index=index,
            variant=Variant.SUBTITLE,
            profile="web",
            cue=Cue(Span(index * 1000, index * 1000 + 1000), (text,), "en", speakers=("S1",)),
            text=text,
            reading_speed_cps=float(len(text)),
            longest_line=float(len(text)),
        )
        for index, text in enumerate(texts)
    )


def asset_row(asset_id: str, release_id: str, name: str) -> AssetRow:
    """An asset of ten seconds without audio or picture."""
    asset = Asset(
        asset_id=asset_id,
        sha256=asset_id + "0" * 48,
        size_bytes=1,
        container="wav",
        length_ms=10_000,
        zero=Fraction(7, 5),
        declared_length_ms=None,
        start_timecode=None,
        video=None,
        audio=(),
        audio_choice=None,
    )
    return AssetRow(release_id=release_id, name=name, asset=asset)


def publish(objects: Objects, folder: Path, asset_id: str, release_id: str, texts: Sequence[str]) -> bool:
    """Publish a release with these captions, one finding each, and full coverage."""
    captions = folder / f"{release_id}.srt"
    captions.write_text("\n".join(texts))
    published = Published(asset_id, release_id)
    finding = Finding("reading-speed", Severity.ERROR, 0, 0, 25.0, 20.0, "characters/s", "Too fast.")
    return releases.publish(
        objects,
        asset_id,
        release_id,
        deliverables=[Outgoing("captions.en.srt", captions)],
        manifest=b'{"release": "%s"}' % release_id.encode(),
        tables=[
            TableRows("assets", [asset_row(asset_id, release_id, "a.wav")]),
            TableRows("cues", cue_rows(asset_id, release_id, texts)),
            TableRows("findings", [FindingRow(published, f"{asset_id}/en/subtitle/0", "en", finding)]),
            TableRows("coverage", [CoverageRow(published, Coverage(Span(0, 10_000), CoverageLabel.SPEECH, None))]),
            TableRows("shots", list[ShotRow]()),
        ],
    )
