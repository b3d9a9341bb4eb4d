"""The picture of a review page for the README: ``python -m tests.support.review_picture PAGE PICTURE``.

Always of one size, light, and at the first caption that needs a human, or the first of all.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.support.browser import chromium, launched, opened

_IS_PAINTED = """async () => {
  const video = document.querySelector("#video");
  await Promise.all([...document.images].map((image) => image.decode()));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return video.error !== null || !video.src || (video.readyState >= 2 && !video.seeking);
}"""


def main() -> int:
    """Take the picture; exit code 1 without a browser."""
    asking = argparse.ArgumentParser(prog="python -m tests.support.review_picture", description=__doc__)
    asking.add_argument("page", type=Path, metavar="PAGE", help="review.html of a release, with its media beside it")
    asking.add_argument("picture", type=Path, metavar="PICTURE", help="PNG to write")
    asked = asking.parse_args()
    executable = chromium()
    if executable is None:
        print("no Chromium is installed; apt-get install chromium", file=sys.stderr)
        return 1
    with launched(executable) as browser:
        asked.picture.write_bytes(picture(browser, asked.page.resolve()))
    return 0


def picture(browser: BrowserContext, file: Path) -> bytes:
    """PNG of a page, ``tests.support.browser.VIEWPORT`` large."""
    with opened(browser, file) as seen:
        seen.page.keyboard.press("n")
        if seen.page.locator(".row[aria-selected=true]").count() == 0:
            seen.page.keyboard.press("ArrowDown")
        seen.page.wait_for_function(_IS_PAINTED)
        return seen.page.screenshot()


if __name__ == "__main__":
    sys.exit(main())
