"""Two processes that run the same title at the same time: one result, and nothing half published."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.store import layout, releases
from pipeline.store.objects import FolderObjects
from tests.support import contents, killed_title
from tests.support.excerpt import excerpt


def test_two_processes_make_one_result_and_share_the_work(tmp_path: Path) -> None:
    source = excerpt(tmp_path)
    alone = killed_title.caption(source, tmp_path / "alone")
    library = tmp_path / "library"
    reports = [tmp_path / "one.json", tmp_path / "other.json"]
    processes = [killed_title.start(source, library, report=report) for report in reports]
    while any(process.is_alive() for process in processes):
        assert_that_what_is_current_is_complete(library)
        processes[0].join(0.02)
    assert [killed_title.ended(process) for process in processes] == [0, 0]
    assert_that_what_is_current_is_complete(library)
    assert contents.differences(contents.results(library), contents.results(tmp_path / "alone")) == []
    assert len(list(library.glob("releases/*/current/*.json"))) == 1
    traces = [json.loads(report.read_text()) for report in reports]
    assert sorted(trace["status"] for trace in traces) == ["made", "unchanged"]
    assert sorted(stage for trace in traces for stage in trace["stages"]) == sorted(alone.stages)


def assert_that_what_is_current_is_complete(library: Path) -> None:
    """Whoever follows the mark finds every file with its size, and the rows that tell of it."""
    objects = FolderObjects(library)
    for stored in objects.list(layout.RELEASES):
        mark = layout.parse_current(stored.key)
        if mark is None:
            continue
        release_id = releases.current(objects, mark.asset_id)
        assert release_id is not None
        manifest = json.loads(objects.get(layout.manifest(mark.asset_id, release_id)))
        for made in manifest["deliverables"]:
            assert len(objects.get(layout.release_file(mark.asset_id, release_id, made["name"]))) == made["size_bytes"]
        assert objects.exists(layout.table_part("assets", mark.asset_id, release_id))
        assert objects.exists(layout.table_part("deliverables", mark.asset_id, release_id))
