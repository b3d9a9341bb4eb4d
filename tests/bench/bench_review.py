"""The review page in Chromium: how soon it is there, what it weighs, and whether ten thousand captions scroll.

    python -m tests.bench.bench_review

Two titles are made (``tests.support.reviews``): two hours with 2,400 captions in each of two languages and 200
scenes with thumbnails, and ten thousand captions in each of two languages. A page counts as open when its first
rows and its waveform have been painted: two frames after its script has run, counted from the start of the
navigation, and the benchmark looks whether both are there. The middle of three openings counts. Scrolling
goes a screen further with every frame, faster than anybody reads; a filter is a letter typed into the search.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from pipeline.review import page
from tests.bench.results import EXIT_LEFT_OUT, Result, Target, at_most, note, parser, report
from tests.support import clips, reviews
from tests.support.browser import chromium, launched, opened

COMMAND = "./run bench review"
OPENINGS = 3
SCREENS = 150
"""Screens that are scrolled through: 2.5 s at 60 frames per second."""

ZOOMS = 20
"""Times that the timeline is zoomed between the whole title and half of it."""

OPEN_LIMIT_S = 2.0
"""The project's target for a title of two hours."""

SIZE_LIMIT_MIB = 8.0
"""The project's target for ten thousand captions in two languages, thumbnails apart."""

TASK_LIMIT_MS = 50.0
"""A task that is longer is one that people notice (W3C Long Tasks API)."""

MIB = 2**20

_WHEN_OPEN = """
  addEventListener("DOMContentLoaded", () => {
    window.readAt = performance.now();
    requestAnimationFrame(() => requestAnimationFrame(() => (window.openAt = performance.now())));
  });
"""

_HAS_WAVE = """() => {
  const canvas = document.querySelector("#timeline canvas");
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.some((value) => value > 0) && document.querySelectorAll(".row").length > 0;
}"""

_SCROLL = """async (screens) => {
  const tasks = [];
  const watching = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.duration)));
  watching.observe({ entryTypes: ["longtask"] });
  const grid = document.querySelector("#grid");
  const frames = [];
  let before = performance.now();
  for (let screen = 0; screen < screens; screen += 1) {
    grid.scrollTop += grid.clientHeight;
    await new Promise((done) => requestAnimationFrame(done));
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  await new Promise((done) => setTimeout(done, 100));
  return [tasks.length, frames.sort((one, other) => one - other)];
}"""

_ZOOM = """async (times) => {
  const frames = [];
  let before = performance.now();
  for (let time = 0; time < times; time += 1) {
    document.querySelector(time % 2 ? "#zoom-fit" : "#zoom-in").click();
    await new Promise((done) => requestAnimationFrame(done));
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  return frames;
}"""

_TYPE = """async (text) => {
  const search = document.querySelector("#search");
  search.value = text;
  const before = performance.now();
  search.dispatchEvent(new Event("input"));
  return performance.now() - before;
}"""


@dataclass(frozen=True, slots=True)
class Title:
    """A made title."""

    name: str
    """What it is, for the table."""

    cues: int
    """Captions per language."""

    scenes: int
    """Scenes with thumbnails."""

    open_target: Target | None
    """How soon its page must be there, in seconds."""


TITLES = (
    Title("2 h: 2,400 captions × 2", 2_400, 200, at_most(OPEN_LIMIT_S)),
    Title("10,000 captions × 2", 10_000, 1, None),
)


def main() -> None:
    """Compose the pages, open them."""
    asked = parser(__doc__).parse_args()
    executable = chromium()
    if executable is None:
        note("left out, it needs Chromium")
        sys.exit(EXIT_LEFT_OUT)
    with tempfile.TemporaryDirectory(prefix="reelingua-review-") as folder, launched(executable) as browser:
        clips.colours(Path(folder), name=reviews.PREVIEW)
        report(measure(browser, Path(folder)), records=asked.records)


def measure(browser: BrowserContext, folder: Path) -> Iterator[Result]:
    """Every number, title by title."""
    for title in TITLES:
        review = reviews.review(cues=title.cues, pictures=title.scenes)
        began_s = time.monotonic()
        made = page.compose(review)
        yield Result(f"{title.name}: composed", time.monotonic() - began_s, "s", None, COMMAND)
        file = folder / "review.html"
        file.write_bytes(made)
        size_target = at_most(SIZE_LIMIT_MIB) if title.scenes == 1 else None
        yield Result(f"{title.name}: size of the page", len(made) / MIB, "MiB", size_target, COMMAND)
        times = [opening_s(browser, file) for _ in range(OPENINGS)]
        yield Result(f"{title.name}: open and painted", statistics.median(times), "s", title.open_target, COMMAND)
        with opened(browser, file) as seen:
            yield from smoothness(seen.page, title)


def opening_s(browser: BrowserContext, file: Path) -> float:
    """From the start of the navigation to rows and waveform on the screen."""
    with opened(browser, file, script=_WHEN_OPEN) as seen:
        seen.page.wait_for_function("() => window.openAt")
        if not seen.page.evaluate(_HAS_WAVE) or seen.complaints:
            raise ValueError(f"the page did not come up: {seen.complaints}")
        return float(seen.page.evaluate("window.openAt")) / 1000


def smoothness(seen: Page, title: Title) -> Iterator[Result]:
    """Frames while the table is scrolled, and the time of one letter of a search."""
    tasks, frames = seen.evaluate(_SCROLL, SCREENS)
    yield Result(f"{title.name}: middle frame while scrolling", statistics.median(frames), "ms", None, COMMAND)
    yield Result(
        f"{title.name}: 95 % of frames within", frames[int(0.95 * len(frames))], "ms", at_most(TASK_LIMIT_MS), COMMAND
    )
    yield Result(f"{title.name}: long tasks of {SCREENS} frames", tasks, "", None, COMMAND)
    zoomed = statistics.median(seen.evaluate(_ZOOM, ZOOMS))
    yield Result(f"{title.name}: middle frame while zooming the whole timeline", zoomed, "ms", None, COMMAND)
    seen.evaluate(_TYPE, "s")  # the first letter gathers the text of all rows
    letters = [seen.evaluate(_TYPE, text) for text in ("se", "sen", "sent", "sente")]
    yield Result(f"{title.name}: a letter of a search", statistics.median(letters), "ms", None, COMMAND)


if __name__ == "__main__":
    main()
