"""How the page lies on screens and on paper, and its picture for the README."""

from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pipeline.review.model import Review
from schemas.captions import Cue
from schemas.speech import Coverage, CoverageLabel
from schemas.time import Span, frame_to_ms
from tests.pipeline.review.conftest import written
from tests.support import review_picture, reviews
from tests.support.browser import VIEWPORT, opened

pytestmark = pytest.mark.services

NTSC = Fraction(30_000, 1001)
FILM = Fraction(24_000, 1001)


@pytest.mark.parametrize(("width", "height"), [(800, 1000), (1280, 720), (1920, 1080)])
def test_nothing_sticks_out_of_the_window(browser: BrowserContext, tmp_path: Path, width: int, height: int) -> None:
    long = "a-very-long-name-of-a-film-" * 8
    with opened(browser, written(tmp_path, reviews.review(cues=40, pictures=20, name=long))) as seen:
        seen.page.set_viewport_size({"width": width, "height": height})
        assert seen.page.evaluate("document.documentElement.scrollWidth") == width
        for name in (".player", ".details", ".cues", ".dock"):
            box = seen.page.locator(name).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["height"] > 90


def test_rows_do_not_overlap_however_their_text_wraps(browser: BrowserContext, tmp_path: Path) -> None:
    made = reviews.renamed(reviews.review(cues=40), 3, "long words " * 30)
    with opened(browser, written(tmp_path, made)) as seen:
        for width in (1440, 900, 1920):
            seen.page.set_viewport_size({"width": width, "height": 900})
            seen.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            boxes = sorted(
                (box["y"], box["height"]) for row in seen.page.locator(".row").all() if (box := row.bounding_box())
            )
            for (top, row_height), (following, _) in itertools.pairwise(boxes):
                assert top + row_height == pytest.approx(following, abs=1)


LONGEST = ("Then both of them walked to the old house,", "¿Quiénes vieron a mamá en la ventana azul?")
"""Lines of 42 characters, the most that a profile for letters allows."""


def with_longest_lines() -> Review:
    """Two languages and a dub, and captions as wide as they may be."""
    made = reviews.review(cues=4)
    source, target = (
        dataclasses.replace(track, cues=tuple(dataclasses.replace(cue, lines=(line, line)) for cue in track.cues))
        for track, line in zip((made.source, *made.targets), LONGEST, strict=True)
    )
    return dataclasses.replace(made, source=source, targets=(target,))


@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_the_table_breaks_no_line_that_the_caption_does_not(
    browser: BrowserContext, tmp_path: Path, width: int
) -> None:
    with opened(browser, written(tmp_path, with_longest_lines())) as seen:
        seen.page.set_viewport_size({"width": width, "height": 900})
        assert {len(starts) for starts in line_starts(seen.page)} == {1}


def test_where_the_table_must_break_a_line_the_rest_is_set_in(browser: BrowserContext, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, reviews.renamed(with_longest_lines(), 0, "long words " * 8))) as seen:
        first, *rest = next(iter(line_starts(seen.page)))
        assert rest
        assert all(left > first + 10 for left in rest)


def line_starts(page: Page) -> list[list[float]]:
    """Left edge of each row of letters of each caption line in the table, in pixels."""
    found: list[list[float]] = page.locator(".row .line").evaluate_all(
        """lines => lines.map(line => {
            const range = document.createRange();
            range.selectNodeContents(line);
            const byTop = new Map();
            for (const box of range.getClientRects()) {
                const top = Math.round(box.top);
                byTop.set(top, Math.min(box.left, byTop.get(top) ?? Infinity));
            }
            return [...byTop.values()];
        })"""
    )
    assert found
    return found


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1440, 900)])
def test_text_and_translation_of_the_selected_caption_are_seen_whatever_is_wrong_with_it(
    browser: BrowserContext, tmp_path: Path, width: int, height: int
) -> None:
    made = reviews.review()
    wrong = tuple(dataclasses.replace(made.source.findings[0], rule=f"rule-{number}") for number in range(6))
    made = dataclasses.replace(made, source=dataclasses.replace(made.source, findings=wrong))
    with opened(browser, written(tmp_path, made), fragment="cue=4") as seen:
        seen.page.set_viewport_size({"width": width, "height": height})
        for line in seen.page.locator("#panel .line").all()[:4]:
            expect(line).to_be_in_viewport(ratio=1)
        expect(seen.page.locator("#panel .line")).to_have_count(4)


def test_why_speech_was_dropped_is_not_painted_over(browser: BrowserContext, tmp_path: Path) -> None:
    made = reviews.without_captions(reviews.review(cues=4))
    assert made.levels_dbfs is not None
    dropped = Coverage(Span(0, made.asset.length_ms), CoverageLabel.DROPPED, "engine: no answer")
    made = dataclasses.replace(made, coverage=(dropped,), levels_dbfs=np.zeros_like(made.levels_dbfs))
    with opened(browser, written(tmp_path, made)) as seen:
        label = pixels_of(seen.page.locator("#timeline").screenshot())[24:34, 8:90]
    wave, ink = (np.array([int(colour[at : at + 2], 16) for at in (5, 3, 1)]) for colour in ("#a9b6c8", "#8a5a00"))
    assert not (np.abs(label - wave).max(axis=2) < 4).any()
    assert (np.abs(label - ink).max(axis=2) < 40).sum() > 50, "there is a label"


def pixels_of(png: bytes) -> npt.NDArray[np.int64]:
    """Pixels of a picture, shape ``(height, width, 3)``: blue, green, red."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels.astype(np.int64)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(
    browser: BrowserContext, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, written(tmp_path, reviews.review()), scheme=scheme) as seen:
        style = "name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim()"
        on_panels = itertools.product(("text", "muted", "error", "warning", "accent", "dub"), ("panel", "raised"))
        on_marks = ((name, f"{name}-soft") for name in ("error", "warning", "info", "dub"))
        on_selection = ((ink, "accent-soft") for ink in ("text", "muted", "warning", "error"))
        weak = {
            (ink, behind): round(found, 2)
            for ink, behind in (*on_panels, *on_marks, *on_selection, ("on-accent", "accent"))
            if (found := contrast(seen.page.evaluate(style, ink), seen.page.evaluate(style, behind))) < READABLE
        }
        assert weak == {}


READABLE = 4.5
"""WCAG 2.2, success criterion 1.4.3."""


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, ``#rrggbb``, as WCAG 2.2 counts it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    ("rate", "starts", "frame", "shown"),
    [
        (NTSC, None, 1_799, "00:00:59;29"),
        (NTSC, None, 1_800, "00:01:00;02"),
        (NTSC, None, 17_981, "00:09:59;29"),
        (NTSC, None, 17_982, "00:10:00;00"),
        (NTSC, "00:59:58;00", 60, "01:00:00;00"),
        (NTSC, "01:00:00:00", 1_800, "01:01:00:00"),
        (FILM, None, 1_440, "00:01:00:00"),
        (Fraction(25), "10:00:00:00", 1_500, "10:01:00:00"),
        (Fraction(50), None, 3_049, "00:01:00:49"),
    ],
)
def test_timecode_counts_frames_as_the_source_does(
    browser: BrowserContext, tmp_path: Path, rate: Fraction, starts: str | None, frame: int, shown: str
) -> None:
    with opened(browser, written(tmp_path, at_frame(rate, starts, frame)), fragment="cue=1") as seen:
        expect(seen.page.locator("#timecode")).to_have_text(shown)
        expect(seen.page.locator("#clock")).to_contain_text(f"frame {frame}")


def test_a_rate_that_varies_has_clock_times_and_no_frames(browser: BrowserContext, tmp_path: Path) -> None:
    made = at_frame(Fraction(25), None, 100)
    assert made.asset.video is not None
    video = dataclasses.replace(made.asset.video, is_variable_rate=True)
    made = dataclasses.replace(made, asset=dataclasses.replace(made.asset, video=video))
    with opened(browser, written(tmp_path, made), fragment="cue=1") as seen:
        expect(seen.page.locator("#timecode")).to_have_text("0:00:04.000")
        expect(seen.page.locator("#clock")).not_to_contain_text("frame")


def at_frame(rate: Fraction, starts: str | None, frame: int) -> Review:
    """A title with one caption, which begins with a frame."""
    start_ms = frame_to_ms(frame, rate)
    made = reviews.review(cues=1)
    asset = reviews.asset(start_ms + 10_000)
    assert asset.video is not None
    video = dataclasses.replace(asset.video, frame_rate=rate)
    cue = Cue(Span(start_ms, start_ms + 2_000), ("Here.",), "en")
    return dataclasses.replace(
        made,
        asset=dataclasses.replace(asset, video=video, start_timecode=starts),
        source=dataclasses.replace(made.source, cues=(cue,)),
        targets=(),
        dubs=(),
        preview=None,
    )


def test_paper_has_the_captions_and_not_the_player(browser: BrowserContext, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, reviews.review())) as seen:
        seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        seen.page.emulate_media(media="print")
        expect(seen.page.locator("#print table")).to_be_visible()
        expect(seen.page.locator(".player")).to_be_hidden()
        expect(seen.page.locator("#print")).to_contain_text("It needs twice the time there is.")
        expect(seen.page.locator("#print")).to_contain_text("speech-dropped")


def test_the_picture_for_the_readme_is_of_one_size_and_shows_the_page(browser: BrowserContext, media: Path) -> None:
    taken = review_picture.picture(browser, written(media, reviews.review(), name="pictured.html"))
    pixels = cv2.imdecode(np.frombuffer(taken, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert (pixels.shape[1], pixels.shape[0]) == VIEWPORT
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 1_000  # the test card plays; an empty page has a few dozen
