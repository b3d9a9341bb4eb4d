"""A captioned library that the tests of a session share, made once by the real engines, as a person would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.store import workspace
from tests.support.captioned import Captioned, captioned
from tests.support.captioned import dubbed as made_dubbed

MAKING_LIMIT_S = 280
"""How long the other test process may take to make it: recognition costs about 20 s of a quiet core."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Captioned:
    """The demo clip, captioned with default settings. Nobody writes into its library."""
    shared = _shared(tmp_path_factory)
    with workspace.exclusive(shared / "demo.lock", timeout_s=MAKING_LIMIT_S):
        return captioned(shared / "demo")


@pytest.fixture(scope="session")
def dubbed(demo: Captioned, tmp_path_factory: pytest.TempPathFactory) -> Captioned:
    """The demo clip with Spanish captions and a Spanish dub. Nobody writes into its library."""
    if shutil.which("apertium") is None:
        pytest.skip("needs Apertium: apt-get install apertium-eng-spa")
    shared = _shared(tmp_path_factory)
    with workspace.exclusive(shared / "dubbed.lock", timeout_s=MAKING_LIMIT_S):
        return made_dubbed(shared / "dubbed", demo)


@pytest.fixture
def own_demo(demo: Captioned, tmp_path: Path) -> Captioned:
    """A copy to write into; the source is the same file."""
    shutil.copytree(demo.library, tmp_path / "library")
    return Captioned(demo.source, tmp_path / "library", demo.ended)


@pytest.fixture
def own_dubbed(dubbed: Captioned, tmp_path: Path) -> Captioned:
    """A copy to write into; the source is the same file."""
    shutil.copytree(dubbed.library, tmp_path / "library")
    return Captioned(dubbed.source, tmp_path / "library", dubbed.ended)


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all processes of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base
