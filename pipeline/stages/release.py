"""The last stage: files, manifest and rows of a release, and the mark that makes it the current one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipeline.captions.profiles import CaptionProfile
from pipeline.errors import Missing, StoreError
from pipeline.release import deliverables, rows
from pipeline.release.title import Title
from pipeline.stages.work import StageRun
from pipeline.store import layout, releases, workspace
from pipeline.store.ledger import Done, fingerprint
from pipeline.store.objects import Objects, sha256_of
from pipeline.store.releases import Outgoing, TableRows
from schemas.captions import Severity
from schemas.release import Deliverable, Manifest, StageUsed
from schemas.tables import Published, RunRow

VERSION = "1"
"""Version of the files and rows that are made of the stages' results."""

_MANIFEST = TypeAdapter(Manifest)


def release_id(stages: Sequence[Done]) -> str:
    """Name of the release that these results make: the hash of their fingerprints, in order."""
    return fingerprint("release", VERSION, [done.fingerprint for done in stages], "", None)


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


def publish(
    objects: Objects,
    title: Title,
    profile: CaptionProfile,
    *,
    release: str,
    runs: Sequence[StageRun],
    at: Callable[[str], None] = lambda _point: None,
) -> bool:
    """Write the release and make it the current one; False when it already was.

    ``at`` is called with the name of each point at which a kill leaves another state.
    """
    asset_id = title.asset.asset_id
    with workspace.private_folder(objects.workspace) as folder:
        made = [_written(folder, file) for file in deliverables.compose(title)]
        tables = [
            *rows.all_rows(title, tuple(made), release_id=release, profile=profile),
            TableRows("runs", tuple(_run(run, Published(asset_id, release)) for run in runs)),
        ]
        return releases.publish(
            objects,
            asset_id,
            release,
            deliverables=[Outgoing(one.name, folder / one.name) for one in made],
            manifest=_MANIFEST.dump_json(_manifest(title, tuple(made), release=release), indent=1),
            tables=tables,
            at=at,
        )


def manifest(objects: Objects, asset_id: str, release: str) -> Manifest:
    """What a published release says of itself.

    Raises:
        StoreError: It has no manifest any more, or one that cannot be read.

    """
    key = layout.manifest(asset_id, release)
    try:
        return _MANIFEST.validate_json(objects.get(key))
    except (Missing, ValidationError) as fault:
        remedy = f"delete it and {layout.current_folder(asset_id)}, then run again: the release is written anew"
        raise StoreError(f"{key} has gone or is damaged; {remedy}") from fault


def _written(folder: Path, file: deliverables.File) -> Deliverable:
    path = folder / file.name
    path.write_bytes(file.data)
    return Deliverable(file.name, file.kind, file.language, sha256_of(path), len(file.data))


def _manifest(title: Title, made: tuple[Deliverable, ...], *, release: str) -> Manifest:
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
        stages=title.stages,
        deliverables=made,
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
        tokens_in=0,
        tokens_out=0,
        wall_s=run.wall_s,
        gpu_s=0.0,
        started_at=run.started_at,
    )
