"""A process of its own that does a stage or publishes a release, and kills itself at a named point.

Run as ``python -m tests.pipeline.store.killed {stage|release} LIBRARY POINT``; POINT ``never`` lets it end well.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.contracts import ModelId
from pipeline.store import releases, workspace
from pipeline.store.ledger import Done, Ledger
from pipeline.store.objects import FolderObjects
from pipeline.store.releases import Outgoing, TableRows
from schemas.media import SpeechRegion
from schemas.time import Span
from tests.pipeline.store import records

ASSET, OLD, NEW = records.hex16(1), records.hex16(2), records.hex16(3)

STAGE_POINTS = (
    "prepare:inside",
    "prepare:before-parts",
    "prepare:after-part",
    "prepare:before-done",
    "prepare:after-done",
)
RELEASE_POINTS = (
    "publish:before-files",
    "publish:after-file",
    "publish:before-manifest",
    "publish:before-tables",
    "publish:after-table",
    "publish:before-current",
    "publish:after-current",
)


def prepare(objects: FolderObjects, at: Callable[[str], None]) -> Done:
    """A stage with a table and a file, and a tool's left-overs in its scratch folder."""

    def regions() -> Iterator[SpeechRegion]:
        for number in range(2000):
            yield SpeechRegion(Span(number, number + 1), 0.5)
        at("prepare:inside")

    with Ledger(objects, at=at).writing(
        ASSET, "prepare", version="1", inputs=["source"], config="{}", model=ModelId("vad", "1")
    ) as staging:
        sound = staging.folder / "sound.flac"
        sound.write_bytes(b"fLaC" * 10_000)
        (staging.folder / "log.txt").write_text("of a tool")
        staging.add_rows("regions", regions(), SpeechRegion)
        staging.add_file("sound", sound, ".flac")
    return staging.done


def release(objects: FolderObjects, at: Callable[[str], None]) -> bool:
    """A release that takes the place of an older one."""
    with workspace.private_folder(objects.workspace) as folder:
        for name in ("captions.en.srt", "captions.en.vtt"):
            (folder / name).write_text(name * 100)
        return releases.publish(
            objects,
            ASSET,
            NEW,
            deliverables=[Outgoing(name, folder / name) for name in ("captions.en.srt", "captions.en.vtt")],
            manifest=b"{}",
            tables=[
                TableRows("assets", [records.asset_row(ASSET, NEW, "a.wav")]),
                TableRows("cues", records.cue_rows(ASSET, NEW, ["new one", "new two"])),
            ],
            at=at,
        )


def main() -> None:
    """Do the work and die where told."""
    work, library, point = sys.argv[1:]

    def at(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    (prepare if work == "stage" else release)(FolderObjects(Path(library)), at)


if __name__ == "__main__":
    main()
