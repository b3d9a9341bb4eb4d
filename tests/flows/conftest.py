"""A captioned library that the tests of a session share, made once by the real engines, as a person would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.store import workspace
from tests.support.captioned import Captioned, captioned

MAKING_LIMIT_S = 280
"""How long the other test process may take to make it: recognition costs about 20 s of a quiet core."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Captioned:
    """The demo clip, captioned with default settings. Nobody writes into its library."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base  # of all processes of pytest-xdist
    with workspace.exclusive(shared / "demo.lock", timeout_s=MAKING_LIMIT_S):
        return captioned(shared / "demo")


@pytest.fixture
def own_demo(demo: Captioned, tmp_path: Path) -> Captioned:
    """A copy to write into; the source is the same file."""
    shutil.copytree(demo.library, tmp_path / "library")
    return Captioned(demo.source, tmp_path / "library", demo.ended)
