from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.review import page
from pipeline.review.model import Review
from tests.support import reviews

MIB = 2**20
SIZE_LIMIT_MIB = 8
"""What a page of 10,000 captions in two languages may weigh without thumbnails: the project's target."""


def island_of(html: str) -> str:
    found = re.search(r'<script type="application/json" id="title-data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return found[1]


def read(review: Review) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(island_of(page.compose(review).decode()))
    return data


def test_the_same_review_makes_the_same_bytes() -> None:
    assert page.compose(reviews.review()) == page.compose(reviews.review())


@given(st.text(min_size=1).filter(lambda text: text.strip() and not set(text) & set("\n\r")))
def test_any_text_of_a_caption_comes_back_out_of_the_island(text: str) -> None:
    data = read(reviews.renamed(reviews.review(cues=1), 0, text))
    assert data["source"]["cues"][0][2] == text


@pytest.mark.parametrize(
    "text", ["</script><img src=x onerror=alert(1)>", "<!-- <script>", "]]>", "a\u2028b\u2029c", "&lt;"]
)
def test_text_cannot_leave_the_island(text: str) -> None:
    island = island_of(page.compose(reviews.renamed(reviews.review(), 2, text)).decode())
    assert not set(island) & set("<>&\u2028\u2029")
    assert json.loads(island)["source"]["cues"][2][2] == text


def test_a_name_with_bytes_that_are_no_text_makes_a_page_all_the_same() -> None:
    broken = "film-\udcff.mp4"
    made = dataclasses.replace(reviews.renamed(reviews.review(), 0, "so \udcff"), name=broken)
    assert read(made)["title"]["name"] == r"film-\xff.mp4"


def test_a_name_cannot_turn_its_direction() -> None:
    assert read(reviews.review(name="film\u202e4pm.exe"))["title"]["name"] == r"film\u202e4pm.exe"


def test_the_policy_names_the_script_and_style_that_the_page_holds() -> None:
    html = page.compose(reviews.review()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    for kind, pattern in (("script-src", r"<script>(.*?)</script>"), ("style-src", r"<style>(.*?)</style>")):
        (inside,) = re.findall(pattern, html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy[1]


def test_the_page_names_no_place_on_the_network() -> None:
    html = page.compose(reviews.review()).decode()
    addresses = set(
        re.findall(r"""(?:https?:)?//[\w.-]+\.\w+[^\s"']*""", re.sub(r"^\s*//.*$", "", html, flags=re.MULTILINE))
    )
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name of SVG, which nobody asks for


def test_every_part_of_the_page_is_joined() -> None:
    folder = resources.files("pipeline.review").joinpath("web")
    assert {one.name for one in folder.iterdir()} == {"page.html", *page.SCRIPTS, *page.STYLES}


def test_a_page_of_ten_thousand_captions_in_two_languages_stays_small() -> None:
    made = page.compose(dataclasses.replace(reviews.review(cues=10_000), thumbnails=()))
    assert len(made) < SIZE_LIMIT_MIB * MIB
