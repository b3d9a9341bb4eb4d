"""The player in a real browser, with real media beside the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from schemas.scenes import ShotNote
from tests.pipeline.review.conftest import written
from tests.support import reviews
from tests.support.browser import Opened, opened

pytestmark = pytest.mark.services

FRAME_S = 0.04
SYNC_S = 0.1
"""How far a dub may be from the picture: the project's target."""

PLAYED = "() => document.querySelector('#video').currentTime"
DRIFT = """() => {
  const [video, dub] = [document.querySelector('#video'), window.dubElement];
  return dub.currentTime - video.currentTime;
}"""
IS_AT = """at => {
  const video = document.querySelector('#video');
  return !video.seeking && Math.abs(video.currentTime - at) < 0.05;
}"""
PLAYS_PAST = """at => {
  const video = document.querySelector('#video');
  return !video.seeking && video.currentTime > at && video.currentTime < at + 9;
}"""
KEEP_AUDIO = """
  const made = document.createElement.bind(document);
  document.createElement = (tag, ...rest) => {
    const element = made(tag, ...rest);
    if (tag === 'audio') window.dubElement = element;
    return element;
  };
"""
"""The page's audio element is not in the document; this keeps hold of it when it is made."""


@pytest.fixture
def shown(browser: BrowserContext, media: Path) -> Iterator[Opened]:
    """A page of 12 captions with its media, ready to play."""
    with opened(browser, written(media, reviews.review()), script=KEEP_AUDIO) as seen:
        seen.page.wait_for_function("() => document.querySelector('#video').readyState >= 2")
        yield seen


def settled(page: Page, at_s: float) -> None:
    """Wait until the player has jumped to a place."""
    page.wait_for_function(IS_AT, arg=at_s)


def test_a_click_on_a_caption_seeks_the_player_to_its_first_frame(shown: Opened) -> None:
    shown.page.locator("#row-6").click()
    starts_s = (5 * reviews.CUE_EVERY_MS + 200) / 1000
    settled(shown.page, starts_s)
    assert starts_s <= shown.page.evaluate(PLAYED) < starts_s + FRAME_S
    expect(shown.page.locator("#timecode")).to_have_text("10:00:15:05")
    expect(shown.page.locator("#clock")).to_contain_text("frame 380")
    assert shown.complaints == []


def test_media_beside_the_page_are_all_that_it_asks_for(shown: Opened) -> None:
    shown.page.locator("#sound-choice").select_option("es")
    shown.page.wait_for_function("() => window.dubElement.readyState >= 2")
    assert {Path(url).name for url in shown.requests} == {"review.html", reviews.PREVIEW, reviews.DUB_PREVIEW}
    assert shown.complaints == []


def test_captions_stand_over_the_picture_in_the_language_that_is_chosen(shown: Opened) -> None:
    shown.page.locator("#row-3").click()
    overlay = shown.page.locator("#overlay .area.bottom .line")
    expect(overlay).to_have_text(["Esta es la oración 2,", "dicha en es."])
    shown.page.locator("#caption-choice").select_option("en")
    expect(overlay).to_have_text(["This is sentence number 2,", "said by one of the two."])
    shown.page.locator("#caption-choice").select_option("")
    expect(overlay).to_have_count(0)


def test_single_frames_can_be_stepped(shown: Opened) -> None:
    shown.page.locator("#row-2").click()
    settled(shown.page, 3.2)
    for key, frame in ((".", 81), (".", 82), (",", 81), (",", 80), (",", 79)):
        shown.page.keyboard.press(key)
        settled(shown.page, (frame + 0.5) * FRAME_S)
        expect(shown.page.locator("#clock")).to_contain_text(f"frame {frame}")


def test_space_plays_and_pauses(shown: Opened) -> None:
    shown.page.keyboard.press("Space")
    shown.page.wait_for_function("() => document.querySelector('#video').currentTime > 0.3")
    expect(shown.page.locator("#play")).to_have_attribute("aria-label", "Pause")
    shown.page.keyboard.press("Space")
    expect(shown.page.locator("#play")).to_have_attribute("aria-label", "Play")
    assert shown.page.evaluate("() => document.querySelector('#video').paused")


def test_the_keyboard_goes_on_after_a_choice_with_the_pointer(shown: Opened) -> None:
    shown.page.locator("#human").click()
    shown.page.keyboard.press("Space")
    expect(shown.page.locator("#play")).to_have_attribute("aria-label", "Pause")
    expect(shown.page.locator("#human")).to_have_attribute("aria-pressed", "true")


def test_mute_holds_for_the_original_and_for_a_dub(shown: Opened) -> None:
    shown.page.keyboard.press("m")
    assert shown.page.evaluate("() => document.querySelector('#video').muted")
    shown.page.locator("#sound-choice").select_option("es")
    assert shown.page.evaluate("() => window.dubElement.muted")
    shown.page.locator("#mute").click()
    assert shown.page.evaluate("() => !window.dubElement.muted && document.querySelector('#video').muted")


def test_a_single_caption_can_be_played(shown: Opened) -> None:
    shown.page.locator("#row-2").click()
    shown.page.keyboard.press("r")
    shown.page.wait_for_function(
        "() => document.querySelector('#video').paused && document.querySelector('#video').currentTime > 5"
    )
    ends_s = (reviews.CUE_EVERY_MS + 200 + reviews.CUE_LENGTH_MS) / 1000
    assert ends_s <= shown.page.evaluate(PLAYED) < ends_s + 0.5


def test_a_dub_is_heard_instead_of_the_original_and_keeps_with_the_picture_after_a_jump(shown: Opened) -> None:
    shown.page.locator("#sound-choice").select_option("es")
    assert shown.page.evaluate("() => document.querySelector('#video').muted")
    shown.page.keyboard.press("Space")
    shown.page.wait_for_function("() => !window.dubElement.paused && window.dubElement.currentTime > 0.2")
    for row in (8, 2):
        shown.page.locator(f"#row-{row}").click()
        at_s = ((row - 1) * reviews.CUE_EVERY_MS + 200) / 1000
        shown.page.wait_for_function(PLAYS_PAST, arg=at_s + 1)
        assert abs(shown.page.evaluate(DRIFT)) <= SYNC_S
    shown.page.keyboard.press("Space")
    shown.page.wait_for_function("() => window.dubElement.paused")
    shown.page.locator("#sound-choice").select_option("")
    assert not shown.page.evaluate("() => document.querySelector('#video').muted")


def test_a_dub_that_fell_behind_catches_up(shown: Opened) -> None:
    shown.page.locator("#sound-choice").select_option("es")
    shown.page.keyboard.press("Space")
    shown.page.wait_for_function("() => !window.dubElement.paused && window.dubElement.currentTime > 0.5")
    shown.page.evaluate("() => { window.dubElement.currentTime -= 0.4; }")
    shown.page.wait_for_function(
        "() => Math.abs(window.dubElement.currentTime - document.querySelector('#video').currentTime) < 0.05"
    )


def test_a_click_on_the_waveform_seeks(shown: Opened) -> None:
    box = shown.page.locator("#timeline").bounding_box()
    assert box is not None
    shown.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 40)
    settled(shown.page, 18.0)


def test_a_scene_seeks_to_its_start_and_is_marked(shown: Opened) -> None:
    shown.page.locator(".scene").nth(1).click()
    settled(shown.page, 18.0)
    expect(shown.page.locator(".scene").nth(1)).to_have_attribute("aria-current", "true")
    expect(shown.page.locator(".scene").nth(0)).not_to_have_attribute("aria-current", "true")


def test_a_scene_tells_who_is_in_it_and_what_sounds_where_somebody_knows(
    browser: BrowserContext, tmp_path: Path
) -> None:
    note = ShotNote(0, "", "", (), who=("Anna",), mood="tense", sound_cues=("door <b>slams</b>",), on_screen=("EXIT",))
    made = reviews.review(pictures=2)
    other = replace(made.scenes[1], first_shot=1, end_shot=2)
    told = replace(made, scenes=(made.scenes[0], other), notes=(note,))
    with opened(browser, written(tmp_path, told)) as seen:
        first, second = seen.page.locator(".scene").all()
        expect(first.locator(".scene-facts")).to_have_text("Anna · tense · door <b>slams</b> · EXIT")
        assert "Mood: tense" in (first.get_attribute("title") or "")
        expect(second.locator(".scene-facts")).to_have_count(0)


def test_missing_media_are_told_and_the_rest_works(browser: BrowserContext, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, reviews.review())) as seen:
        expect(seen.page.locator("#stage-message")).to_contain_text("preview.mp4 is not beside this page")
        seen.page.locator("#row-4").click()
        expect(seen.page.locator("#timecode")).to_have_text("10:00:09:05")
