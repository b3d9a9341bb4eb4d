"""The last stage: files, manifest and rows of a release, and the mark that makes it the current one."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import Missing
from pipeline.hashing import sha256_of
from pipeline.release import deliverables, review, rows
from pipeline.release.deliverables import File, Finished
from pipeline.release.title import Dub, Title
from pipeline.stages.work import StageRun, Work
from pipeline.store import layout, releases, workspace
from pipeline.store.ledger import Done, fingerprint
from pipeline.store.objects import Objects
from pipeline.store.releases import Outgoing, TableRows
from schemas.captions import Finding, Severity
from schemas.release import Deliverable, Dubbed, Manifest, StageUsed
from schemas.tables import Published, RunRow

VERSION = "3"
"""Version of the files and rows that are made of the stages' results."""

_MANIFEST = TypeAdapter(Manifest)


def release_id(stages: Sequence[Done], *, is_language_assumed: bool, left_out: Sequence[Finding] = ()) -> str:
    """Name of the release that these results make: the hash of their fingerprints, in order, and of what else
    its findings depend on.
    """
    config = f"language assumed={is_language_assumed} left out={[one.message for one in left_out]}"
    return fingerprint("release", VERSION, [done.fingerprint for done in stages], config, None)


def used(done: Done) -> StageUsed:
    """What a manifest says of a stage."""
    model = done.model
    return StageUsed(
        stage=done.stage,
        version=done.version,
        fingerprint=done.fingerprint,
        engine=model.name if model else None,
        revision=model.revision if model else None,
        rows=sum(part.rows or 0 for part in done.parts),
    )


def publish(work: Work, title: Title, finished: Sequence[Finished], *, release: str) -> bool:
    """Write what is missing of the release and make it the current one; False when it already was.

    ``finished`` are the files that stages made: sound and pictures.
    """
    asset_id = title.asset.asset_id
    found = _manifest_of(work.objects, asset_id, release)
    intact = frozenset() if found is None else _intact(work.objects, found)
    with workspace.private_folder(work.objects.workspace) as folder:
        files = [*(_written(folder, text) for text in deliverables.compose(title)), *finished]
        beside = [file.deliverable for file in files]
        files.append(_written(folder, review.file(title, beside, release_id=release)))
        made = tuple(file.deliverable for file in files)
        tables = [
            *rows.all_rows(title, made, release_id=release),
            TableRows("runs", tuple(_run(run, Published(asset_id, release)) for run in work.runs)),
        ]
        return releases.publish(
            work.objects,
            asset_id,
            release,
            deliverables=[
                Outgoing(file.deliverable.name, file.path) for file in files if file.deliverable.name not in intact
            ],
            manifest=_MANIFEST.dump_json(_manifest(title, made, tables, release), indent=1) if not found else None,
            tables=tables,
            at=work.at,
        )


def whole(objects: Objects, asset_id: str, release: str) -> Manifest | None:
    """The manifest of a release that is current and has all its files and rows; None when anything is missing."""
    if releases.current(objects, asset_id) != release:
        return None
    found = _manifest_of(objects, asset_id, release)
    if found is None or _intact(objects, found) != {made.name for made in found.deliverables}:
        return None
    has_rows = all(objects.exists(layout.table_part(table, asset_id, release)) for table in found.tables)
    return found if has_rows else None


def _manifest_of(objects: Objects, asset_id: str, release: str) -> Manifest | None:
    """What a release says of itself; None when it has no manifest, or one that cannot be read."""
    try:
        return _MANIFEST.validate_json(objects.get(layout.manifest(asset_id, release)))
    except (Missing, ValidationError):
        return None


def _intact(objects: Objects, found: Manifest) -> frozenset[str]:
    """Names of the deliverables that are there with the size that the manifest states."""
    folder = layout.release_folder(found.asset_id, found.release_id)
    sizes = {stored.key: stored.size_bytes for stored in objects.list(folder)}
    return frozenset(made.name for made in found.deliverables if sizes.get(folder + made.name) == made.size_bytes)


def _written(folder: Path, file: File) -> Finished:
    path = folder / file.name
    path.write_bytes(file.data)
    made = Deliverable(file.name, file.kind, file.language, sha256_of(path), len(file.data), is_synthetic=False)
    return Finished(made, path)


def _manifest(title: Title, made: tuple[Deliverable, ...], tables: Sequence[TableRows], release: str) -> Manifest:
    return Manifest(
        asset_id=title.asset.asset_id,
        release_id=release,
        source_sha256=title.asset.sha256,
        length_ms=title.asset.length_ms,
        code_version=metadata.version("reelingua"),
        language=title.language if title.segments else None,
        profile=title.profile,
        is_draft=title.is_draft,
        cues=len(title.cues),
        scenes=len(title.scenes),
        speakers=len({turn.speaker for turn in title.turns if turn.speaker}),
        errors=title.count(Severity.ERROR),
        warnings=title.count(Severity.WARNING),
        translations=tuple(one.language for one in title.localized),
        dubs=tuple(_dubbed(one.language, one.dub) for one in title.localized if one.dub is not None),
        stages=title.stages,
        deliverables=made,
        tables=tuple(part.table for part in tables if part.rows and part.table != "runs"),
    )


def _dubbed(language: str, dub: Dub) -> Dubbed:
    return Dubbed(
        language=language,
        disclosure=dub.disclosure,
        engine=dub.engine.engine or "",
        revision=dub.engine.revision or "",
        lines=len(dub.lines),
        flagged=dub.flagged,
        voices=dub.voices,
        sound=dub.sound,
    )


def _run(run: StageRun, published: Published) -> RunRow:
    model = run.step.model
    return RunRow(
        published,
        stage=run.step.stage,
        engine=model.name if model else None,
        revision=model.revision if model else None,
        rows=run.counts.rows,
        failures=run.counts.failures,
        reused=run.counts.reused,
        spent=run.counts.spent,
        wall_s=run.wall_s,
        started_at=run.started_at,
    )
