"""The demo clip captioned by ``reelingua run`` with the real embedded engines, and how that ended."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.store import layout, releases
from pipeline.store.objects import FolderObjects
from tests.support.command import Ended, reelingua
from tests.support.demo_clip import DEMO
from tests.support.excerpt import LONG_AGO_S


@dataclass(frozen=True, slots=True)
class Captioned:
    """A title in a library."""

    source: Path
    """The title."""

    library: Path
    """Its library; it holds no other title."""

    ended: Ended
    """How the command that captioned it ended."""

    @property
    def release(self) -> Path:
        """Folder of its current release."""
        objects = FolderObjects(self.library)
        (marked,) = {mark.asset_id for stored in objects.list(layout.RELEASES) if (mark := _mark(stored.key))}
        current = releases.current(objects, marked)
        assert current is not None
        return self.library / layout.release_folder(marked, current)


def captioned(folder: Path) -> Captioned:
    """The title in ``folder``, captioned there unless it is already."""
    made, source, library = folder / "ended.json", folder / "demo.mp4", folder / "library"
    if not made.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copyfile(DEMO, source)
        os.utime(source, (LONG_AGO_S, LONG_AGO_S))
        _keep(made, reelingua("run", source, "--library", library))
    return Captioned(source, library, _kept(made))


def dubbed(folder: Path, demo: Captioned) -> Captioned:
    """The title of ``demo`` with Spanish captions and a Spanish dub, made in ``folder`` unless it is there already."""
    made, library = folder / "ended.json", folder / "library"
    if not made.exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(demo.library, library)
        _keep(made, reelingua("run", demo.source, "--library", library, "--to", "es", "--dub", "es", "--mux"))
    return Captioned(demo.source, library, _kept(made))


def _keep(made: Path, ended: Ended) -> None:
    made.write_text(json.dumps({**dataclasses.asdict(ended), "raw": ""}))


def _kept(made: Path) -> Ended:
    read = json.loads(made.read_text())
    return Ended(read["code"], read["out"], read["err"], read["out"].encode())


def _mark(key: str) -> layout.ReleaseMark | None:
    return layout.parse_current(key)
