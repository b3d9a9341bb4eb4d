"""Reviews as pages on disk, with media beside them, and a browser to open them in."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.review import page
from pipeline.review.model import Review
from tests.support import clips, reviews

MEDIA_S = 36
"""Length of the media: 12 captions."""


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a preview of 25 frames per second and a dub of the same length."""
    folder = tmp_path_factory.mktemp("media")
    picture = ("-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=25:duration={MEDIA_S}")
    hum = ("-f", "lavfi", "-i", f"sine=frequency=220:sample_rate=48000:duration={MEDIA_S}")
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-movflags", "+faststart")
    clips.encode(folder / reviews.PREVIEW, *picture, *hum, *coded)
    clips.encode(
        folder / reviews.DUB_PREVIEW, "-f", "lavfi", "-i", f"sine=frequency=330:sample_rate=48000:duration={MEDIA_S}"
    )
    return folder


def written(folder: Path, review: Review, *, name: str = "review.html") -> Path:
    """The page of a review in ``folder``."""
    file = folder / name
    file.write_bytes(page.compose(review))
    return file
