"""What holds for every test: a clean environment, no unexpected ERROR in the log, repeatable properties."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.browser import browser as browser  # noqa: PLC0414 - one for all tests: two in a process do not start
from tests.support.vllm_here import cpu_vllm as cpu_vllm  # noqa: PLC0414 - a fixture of many tests
from tests.support.vllm_here import on_cpu_vllm as on_cpu_vllm  # noqa: PLC0414 - a fixture of many tests

MEDIA_VARIABLE = "REELINGUA_MEDIA"
"""Names the folder with real recordings."""

FOREIGN_SETTINGS = ("REELINGUA_", "AWS_", "PREFECT_")
"""What a developer's shell may set and no test may see."""

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # says something about the machine, which is shared
)
settings.register_profile("deep", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")  # another one: pytest --hypothesis-profile deep


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-pictures`` makes the README's pictures anew instead of comparing them."""
    parser.addoption("--write-pictures", action="store_true", help="write the README's pictures")


def pytest_configure() -> None:
    """Forget the shell's settings before a test module is imported: Prefect reads its own at import."""
    for name in list(os.environ):
        if name.startswith(FOREIGN_SETTINGS) and name != MEDIA_VARIABLE:
            del os.environ[name]


@pytest.fixture(autouse=True)
def no_unexpected_errors(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that logs an ERROR, unless it is marked ``expects_errors``; and a marked one that logs none."""
    kept = _Errors()
    root = logging.getLogger()
    root.addHandler(kept)
    yield
    root.removeHandler(kept)
    is_expected = request.node.get_closest_marker("expects_errors") is not None
    if kept.messages and not is_expected:
        pytest.fail("logged an error that it did not expect:\n" + "\n".join(kept.messages))
    if is_expected and not kept.messages:
        pytest.fail("is marked expects_errors, but logged none")


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """The folder with real recordings; the test is skipped where there is none."""
    named = os.environ.get(MEDIA_VARIABLE)
    if not named:
        pytest.skip(f"needs real recordings: set {MEDIA_VARIABLE} to their folder")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"{MEDIA_VARIABLE} names {named}, which is not a folder")
    return folder


class _Errors(logging.Handler):
    """Keeps what is logged as ERROR or worse."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {record.getMessage()}")
