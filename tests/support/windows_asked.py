"""Windows and lines as jobs of sense are asked about them, with what matters to a test given and the rest made up."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

from pipeline.sizing.profiles import VideoTokens, catalogue
from schemas.jobs import DescribeRequest, SourceLine, TranslateRequest, Utterance
from schemas.localize import Term
from schemas.media import CutKind, Shot, SpeechRegion
from schemas.scenes import Detail
from schemas.time import Span
from workers.engines.vllm.question import Question

ASSET = "0123456789abcdef"


def thinker_video() -> VideoTokens:
    """How Qwen3-Omni sees."""
    video = next(model.video for model in catalogue().models if model.name == "Qwen3-Omni-30B-A3B")
    assert video is not None
    return video


def shots(*edges_ms: int, first: int = 0) -> tuple[Shot, ...]:
    """Shots between edges, numbered from ``first``."""
    return tuple(
        Shot(number, Span(start_ms, end_ms), start_ms // 40, end_ms // 40, CutKind.CUT, 0.4, 0.02, 0.0, 0.0, ())
        for number, (start_ms, end_ms) in enumerate(itertools.pairwise(edges_ms), start=first)
    )


def window(
    span: Span,
    shots: Sequence[Shot] = (),
    *,
    sound: str | None = "sound",
    frames: str | None = "frames",
    regions: Sequence[Span] = (),
    said: Sequence[Utterance] = (),
    story: str = "",
    cast: Sequence[str] = (),
    detail: Detail = Detail.STANDARD,
    style: str = "",
) -> DescribeRequest:
    """A window; one without shots has no picture either."""
    return DescribeRequest(
        request_id="00ff",
        asset_id=ASSET,
        media_key=sound,
        frames_key=frames if shots else None,
        span=span,
        shots=tuple(shots),
        regions=tuple(SpeechRegion(region, 0.9) for region in regions),
        said=tuple(said),
        story=story,
        cast=tuple(cast),
        detail=detail,
        style=style,
    )


def translation(
    *texts: str,
    source: str = "en",
    target: str = "es-419",
    budget: float = 42.0,
    terms: Sequence[Term] = (),
    previous: str | None = None,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    wordings: int = 2,
) -> TranslateRequest:
    """Lines to be translated; ``terms``, ``budget`` and ``previous`` are those of each."""
    lines = tuple(SourceLine(number, text, budget, tuple(terms), previous) for number, text in enumerate(texts))
    return TranslateRequest("00ff", ASSET, source, target, lines, tuple(before), tuple(after), wordings)


def is_about_scenes(question: Question) -> bool:
    """Whether a question of the describer is its last one; the others ask for notes."""
    assert question.schema is not None
    return "scenes" in json.loads(question.schema)["properties"]


def numbers_asked(question: Question) -> list[int]:
    """Numbers of the shots that a question for notes is about."""
    assert question.schema is not None
    return [int(key) for key in json.loads(question.schema)["required"]]
