"""Chromium for tests of pages: found on the machine, without a window, with what it complains about kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""Commands that it goes by."""

VIEWPORT = (1440, 900)
"""Pixels of the window; also the size of the README's picture."""


def chromium() -> str | None:
    """Path of the browser; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


PATIENCE_MS = 30_000
"""How long a page may take to do what it should: a machine under load gets more than it needs."""


@contextmanager
def launched(executable: str) -> Iterator[BrowserContext]:
    """A browser without a window. The sandbox of Chromium does not start as root, and the pages are our own."""
    width, height = VIEWPORT
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(PATIENCE_MS)
        yield context
        browser.close()


@dataclass(frozen=True, slots=True)
class Opened:
    """A page that is open."""

    page: Page
    """The page."""

    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of its console, and exceptions of its script."""

    requests: list[str] = field(default_factory=list)
    """What it loaded, data URIs apart."""


@contextmanager
def opened(
    browser: BrowserContext,
    file: Path,
    *,
    fragment: str = "",
    scheme: Literal["light", "dark"] = "light",
    script: str = "",
) -> Iterator[Opened]:
    """The page of a file, once it has loaded; ``fragment`` comes behind the ``#`` of its address, and ``script`` runs
    before the page's own.
    """
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)
    made = Opened(page)
    page.on("console", lambda said: made.complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith("data:") else made.requests.append(asked.url))
    page.add_init_script(script)
    page.goto(file.as_uri() + (f"#{fragment}" if fragment else ""))
    yield made
    page.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserContext]:
    """One browser for all tests; they are skipped where there is none."""
    executable = chromium()
    if executable is None:
        pytest.skip(f"needs a browser: none of {', '.join(NAMES)} is installed")
    expect.set_options(timeout=PATIENCE_MS)
    with launched(executable) as started:
        yield started
