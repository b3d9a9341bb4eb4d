"""The picture in the README is of the page that the demo makes. ``pytest --write-pictures`` takes it anew."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import BrowserContext

from tests.support.captioned import Captioned
from tests.support.review_picture import picture

README_PICTURE = Path("infra/demo/review.png")

DIFFERENCE_TOLERANCE = 12.0
"""Mean difference of the pixels, of 255. Other fonts make some; a page that is laid out in another way, or shows
another title, is beyond 25."""


@pytest.mark.services
def test_the_picture_in_the_readme_is_of_the_page_that_the_demo_makes(
    browser: BrowserContext, dubbed: Captioned, request: pytest.FixtureRequest
) -> None:
    taken = picture(browser, dubbed.release / "review.html")
    if request.config.getoption("--write-pictures"):
        README_PICTURE.write_bytes(taken)
    now, kept = (
        cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR) for png in (taken, README_PICTURE.read_bytes())
    )
    assert now is not None
    assert kept is not None
    assert now.shape == kept.shape == (900, 1440, 3)
    assert float(np.abs(now.astype(float) - kept.astype(float)).mean()) <= DIFFERENCE_TOLERANCE
