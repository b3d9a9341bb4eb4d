"""Chromium plays a preview from disk, and a seek shows the frame that is presented at that time."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import BrowserContext

from pipeline.media.preview import preview
from pipeline.media.probe import probe
from tests.support import browser as browsers
from tests.support import clips

SEEK = """at_s => new Promise(done => {
    const film = document.querySelector('video');
    film.onseeked = () => requestAnimationFrame(() => requestAnimationFrame(() => done(film.currentTime)));
    film.currentTime = at_s;
})"""

LOADED = """() => new Promise(done => {
    const film = document.querySelector('video');
    const tell = () => done([film.duration, film.videoWidth, film.videoHeight]);
    if (film.readyState >= film.HAVE_CURRENT_DATA) tell(); else film.onloadeddata = tell;
})"""

FRAME_S = 0.04
"""A frame of the clip."""

CODED_COLOUR = 12
"""How far a colour is off after coding, of 255."""


@pytest.mark.services
def test_a_seek_shows_the_frame_of_that_time(tmp_path: Path, browser: BrowserContext) -> None:
    clip = clips.late_audio(tmp_path)
    film = preview(clip, probe(clip), tmp_path)
    page = tmp_path / "page.html"
    page.write_text(f"<body style='margin:0'><video src='{film.name}' preload=auto muted></video>")
    first, second, third = clips.PALETTE[:3]
    with browsers.opened(browser, page) as opened:
        assert opened.page.evaluate(LOADED) == [4, 160, 90]
        for cut_s, before, after in ((1.2, first, second), (2.8, second, third)):
            for at_s, colour in ((cut_s - FRAME_S / 2, before), (cut_s + FRAME_S / 2, after)):
                assert opened.page.evaluate(SEEK, at_s) == pytest.approx(at_s)
                assert shown(opened) == pytest.approx(colour, abs=CODED_COLOUR), f"at {at_s} s"
        assert opened.complaints == []


def shown(opened: browsers.Opened) -> tuple[int, ...]:
    """Median colour of the film on the page, RGB."""
    png = np.frombuffer(opened.page.locator("video").screenshot(), np.uint8)
    pixels = np.asarray(cv2.imdecode(png, cv2.IMREAD_COLOR)).reshape(-1, 3)
    return tuple(int(value) for value in np.median(pixels, axis=0)[::-1])
