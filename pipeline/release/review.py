"""The review page of a release, made of what is known of its title."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.release.deliverables import File
from pipeline.release.title import Localized, Title
from pipeline.review import page
from pipeline.review.model import Dub, Review, Track
from schemas.release import Deliverable

NAME = "review.html"
"""The page lies beside the files that it plays and links to."""


def file(title: Title, others: Sequence[Deliverable], *, release_id: str) -> File:
    """The page; ``others`` are the files that lie beside it."""
    return File(NAME, "review", None, page.compose(_review(title, others, release_id)))


def _review(title: Title, others: Sequence[Deliverable], release_id: str) -> Review:
    return Review(
        asset=title.asset,
        name=title.name,
        release_id=release_id,
        is_draft=title.is_draft,
        stages=title.stages,
        preview=_name(others, "preview", None),
        source=Track(
            title.language,
            title.house,
            title.cues,
            tuple(finding for finding in title.findings if finding.cue_index is not None),
            _captions(others, title.language),
        ),
        targets=tuple(_track(one, others) for one in title.localized),
        dubs=tuple(_dubs(title, others)),
        lines=title.lines,
        scenes=title.scenes,
        thumbnails=title.thumbnails,
        shots=title.shots,
        notes=title.notes,
        levels_dbfs=title.levels_dbfs if title.asset.audio else None,
        coverage=title.coverage,
        findings=tuple(finding for finding in title.findings if finding.cue_index is None),
    )


def _track(one: Localized, others: Sequence[Deliverable]) -> Track:
    files = _captions(others, one.language)
    return Track(one.language, one.profile, one.cues, one.findings, files, one.links, one.translations)


def _dubs(title: Title, others: Sequence[Deliverable]) -> Iterator[Dub]:
    for one in title.localized:
        if one.dub is not None:
            preview = _name(others, "preview", one.language)
            yield Dub(one.language, preview, one.dub.lines, one.dub.findings, one.dub.sound, one.dub.voices)


def _captions(others: Sequence[Deliverable], language: str) -> tuple[str, ...]:
    return tuple(other.name for other in others if other.kind == "captions" and other.language == language)


def _name(others: Sequence[Deliverable], kind: str, language: str | None) -> str | None:
    return next((other.name for other in others if other.kind == kind and other.language == language), None)
