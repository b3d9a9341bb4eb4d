"""The table of captions in a real browser: what it shows, filters, and finds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pipeline.review.model import Review
from schemas.speech import Coverage, CoverageLabel
from schemas.time import Span
from tests.pipeline.review.conftest import written
from tests.support import reviews
from tests.support.browser import Opened, opened

pytestmark = pytest.mark.services

CUES = 60
"""More than fit the window, fewer than take long."""

HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"><b>bold</b>"


def numbers(page: Page) -> list[int]:
    """Captions of the table that are drawn, from the top, counted from 0."""
    shown = page.locator(".row").evaluate_all(
        "rows => rows.map(row => [row.getBoundingClientRect().top, Number(row.dataset.row)])"
    )
    return [row for _, row in sorted(shown)]


def all_numbers(page: Page) -> list[int]:
    """Captions that the filters let through, drawn or not, in the order of the table."""
    seen: list[int] = []
    grid = page.locator("#grid")
    grid.evaluate("grid => (grid.scrollTop = 0)")
    while True:
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen += [number for number in numbers(page) if number not in seen]
        before = grid.evaluate("grid => grid.scrollTop")
        if grid.evaluate("grid => (grid.scrollTop += grid.clientHeight / 2, grid.scrollTop)") == before:
            return seen


@pytest.fixture
def shown(browser: BrowserContext, tmp_path: Path) -> Iterator[Opened]:
    """A page of ``CUES`` captions, translated into Spanish and French."""
    with opened(browser, written(tmp_path, silent(reviews.review(cues=CUES, languages=("es", "fr"))))) as seen:
        yield seen


def silent(review: Review) -> Review:
    """Without media, which lie beside the page only where a test plays them."""
    dubs = tuple(dataclasses.replace(dub, preview=None) for dub in review.dubs)
    return dataclasses.replace(review, preview=None, dubs=dubs)


def test_a_page_opens_from_disk_with_no_complaint_and_no_request(shown: Opened) -> None:
    expect(shown.page.locator("h1")).to_have_text("film.mp4")
    assert numbers(shown.page)[:3] == [0, 1, 2]
    assert shown.complaints == []
    assert shown.requests == [shown.page.url]


def test_a_row_shows_both_languages_their_speed_and_the_dub(shown: Opened) -> None:
    row = shown.page.locator("#row-1")
    expect(row.locator(".original .line")).to_have_text(["This is sentence number 0,", "said by one of the two."])
    expect(row.locator(".translation .line")).to_have_text(["Esta es la oración 0,", "dicha en es."])
    expect(row.locator(".speed")).to_have_count(2)
    expect(row.locator(".dub")).to_have_text("×1.00 natural")


def test_the_filter_shows_exactly_the_captions_that_need_a_human(shown: Opened) -> None:
    shown.page.locator("#human").click()
    assert all_numbers(shown.page) == reviews.needing_a_human(CUES)
    expect(shown.page.locator("#human-count")).to_have_text(str(len(reviews.needing_a_human(CUES))))
    shown.page.keyboard.press("f")
    assert all_numbers(shown.page) == list(range(CUES))


def test_another_translation_has_its_own_captions_that_need_a_human(shown: Opened) -> None:
    shown.page.locator("#target-choice").select_option("fr")
    expect(shown.page.locator("#row-1 .translation .line").nth(1)).to_have_text("dicha en fr.")
    shown.page.locator("#human").click()
    undubbed = [number for number in reviews.needing_a_human(CUES) if number % reviews.FLAGGED_EVERY != 6]
    assert all_numbers(shown.page) == undubbed


@pytest.mark.parametrize(
    ("choice", "value", "first", "every"),
    [
        ("severity", "error", 4, reviews.BROKEN_EVERY),
        ("severity", "info", 2, reviews.NOTED_EVERY),
        ("rule", "reading-speed", 3, reviews.WARNED_EVERY),
        ("speaker", "S2", 1, 2),
    ],
)
def test_a_choice_shows_exactly_its_captions(shown: Opened, choice: str, value: str, first: int, every: int) -> None:
    shown.page.locator(f"#{choice}").select_option(value)
    wanted = list(range(first, CUES, every))
    assert all_numbers(shown.page) == wanted
    expect(shown.page.locator("#shown")).to_have_text(f"{len(wanted)} of {CUES}")


def test_search_finds_text_of_either_language_without_case_and_accents(shown: Opened) -> None:
    shown.page.keyboard.press("/")
    shown.page.keyboard.type("ORACION 42")
    assert all_numbers(shown.page) == [42]
    shown.page.keyboard.press("Escape")
    assert len(all_numbers(shown.page)) == CUES
    shown.page.locator("#search").fill("nothing of the kind")
    expect(shown.page.locator("#empty")).to_be_visible()


def test_what_was_searched_for_is_marked(shown: Opened) -> None:
    shown.page.locator("#search").fill("oracion 42")
    expect(shown.page.locator(".row")).to_have_count(1)
    marked = "() => [...(CSS.highlights.get('found') ?? [])].map(String).sort()"
    shown.page.wait_for_function("() => CSS.highlights.get('found')?.size === 3")
    assert shown.page.evaluate(marked) == ["42", "42", "oración"]


def test_the_worst_come_first_when_asked(shown: Opened) -> None:
    shown.page.locator("#sort").select_option("severity")
    assert all_numbers(shown.page)[: CUES // reviews.BROKEN_EVERY + 1] == [4, 29, 54]


def test_arrows_go_to_the_caption_before_and_after(shown: Opened) -> None:
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"):
        shown.page.keyboard.press(key)
    expect(shown.page.locator(".row[aria-selected=true]")).to_have_id("row-2")
    assert shown.page.url.endswith("#cue=2")


def test_n_and_p_go_to_the_next_and_last_that_needs_a_human(shown: Opened) -> None:
    visited = []
    for key in "nnnnp":
        shown.page.keyboard.press(key)
        visited.append(int(shown.page.locator(".row[aria-selected=true]").get_attribute("data-row") or -1))
    first = reviews.needing_a_human(CUES)[:4]
    assert visited == [*first, first[2]]


def test_a_link_opens_the_page_at_a_caption(browser: BrowserContext, tmp_path: Path) -> None:
    file = written(tmp_path, silent(reviews.review(cues=CUES)))
    with opened(browser, file, fragment="cue=47") as seen:
        expect(seen.page.locator("#row-47")).to_be_in_viewport()
        expect(seen.page.locator("#row-47")).to_have_attribute("aria-selected", "true")
        expect(seen.page.locator("#panel h2")).to_have_text("Caption 47")
        seen.page.evaluate("location.hash = 'cue=3'")
        expect(seen.page.locator("#row-3")).to_have_attribute("aria-selected", "true")


def test_a_selected_caption_tells_all_that_is_wrong_with_it(shown: Opened) -> None:
    shown.page.locator("#row-7").click()
    panel = shown.page.locator("#panel")
    expect(panel).to_contain_text("not dubbed: the original speech stays")
    expect(panel).to_contain_text("It needs twice the time there is.")
    shown.page.locator("#tab-title").click()
    expect(panel).to_contain_text("speech-dropped")
    expect(panel).to_contain_text(reviews.SHA256[:16])
    shown.page.locator("#tab-voices").click()
    expect(panel).to_contain_text("−23.0 LUFS")
    expect(panel).to_contain_text("Nobody consents to a clone.")


def test_a_click_on_a_block_of_the_timeline_selects_its_caption(shown: Opened) -> None:
    box = shown.page.locator("#timeline").bounding_box()
    assert box is not None
    at_s = (4 * reviews.CUE_EVERY_MS + 1_000) / 1000  # in the fifth caption; the timeline begins with a minute
    shown.page.mouse.click(box["x"] + box["width"] * at_s / 60, box["y"] + box["height"] - 50)
    expect(shown.page.locator(".row[aria-selected=true]")).to_have_id("row-5")


def test_hostile_text_is_inert(browser: BrowserContext, tmp_path: Path) -> None:
    made = silent(reviews.renamed(reviews.review(), 0, HOSTILE))
    speaker = dataclasses.replace(made.source.cues[1], speakers=("<i>S\u202e1</i>",))
    cues = (made.source.cues[0], speaker, *made.source.cues[2:])
    scenes = tuple(dataclasses.replace(scene, title=HOSTILE, synopsis=HOSTILE) for scene in made.scenes)
    made = dataclasses.replace(made, name=HOSTILE, scenes=scenes, source=dataclasses.replace(made.source, cues=cues))
    with opened(browser, written(tmp_path, made)) as seen:
        seen.page.locator("#row-1").click()
        expect(seen.page.locator("#row-1 .original .line")).to_have_text(HOSTILE)
        expect(seen.page.locator("#row-2 .who")).to_have_text("<i>S\u202e1</i>")
        assert seen.page.locator("img[src=x], #rows b:text('bold'), .who i").count() == 0
        assert seen.page.title() == f"{HOSTILE} – review"
        assert seen.complaints == []
        assert seen.requests == [seen.page.url.partition("#")[0]]


def places(browser: BrowserContext, file: Path) -> list[object]:
    """Where the cells of the first row stand, and what number and times say."""
    with opened(browser, file) as seen:
        cells = [seen.page.locator(f"#row-1 {name}").first for name in (".number", ".times", ".speeds", ".translation")]
        return [*(cell.bounding_box() for cell in cells), *(cell.inner_text() for cell in cells[:2])]


def test_text_that_turns_its_direction_leaves_its_neighbours_where_they_are(
    browser: BrowserContext, tmp_path: Path
) -> None:
    made = silent(reviews.review(cues=3))
    plain = written(tmp_path, made, name="plain.html")
    turned = written(tmp_path, reviews.renamed(made, 0, "\u202eThis is turned\n\u2067and never ends"))
    assert places(browser, turned) == places(browser, plain)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([CoverageLabel.NON_SPEECH], "This title has no captions: nobody was heard to speak."),
        (
            [CoverageLabel.DROPPED, CoverageLabel.NON_SPEECH, CoverageLabel.DROPPED],
            "This title has no captions: 2.00 s of speech were heard and dropped (engine: no answer).",
        ),
    ],
)
def test_a_title_without_captions_says_whether_speech_was_heard(
    browser: BrowserContext, tmp_path: Path, parts: list[CoverageLabel], told: str
) -> None:
    reasons = {CoverageLabel.DROPPED: "engine: no answer"}
    coverage = tuple(
        Coverage(Span(1_000 * at, 1_000 * (at + 1)), label, reasons.get(label)) for at, label in enumerate(parts)
    )
    made = dataclasses.replace(reviews.without_captions(silent(reviews.review(cues=1))), coverage=coverage)
    with opened(browser, written(tmp_path, made)) as seen:
        expect(seen.page.locator("#empty")).to_have_text(told)
        assert seen.complaints == []


def test_a_title_without_sound_says_so(browser: BrowserContext, tmp_path: Path) -> None:
    made = reviews.without_captions(silent(reviews.review(cues=1)))
    made = dataclasses.replace(made, asset=dataclasses.replace(made.asset, audio=(), audio_choice=None), coverage=())
    with opened(browser, written(tmp_path, made)) as seen:
        expect(seen.page.locator("#empty")).to_have_text("This title has no captions: it has no sound.")


def test_a_dub_without_a_line_is_not_called_synthetic(browser: BrowserContext, tmp_path: Path) -> None:
    made = silent(reviews.review(cues=8))
    (dub,) = made.dubs
    flagged = dataclasses.replace(dub, lines=(dub.lines[6],))
    with opened(browser, written(tmp_path, dataclasses.replace(made, dubs=(flagged,)))) as seen:
        expect(seen.page.locator("#marks")).to_contain_text("Spanish dub: no line could be dubbed")
        expect(seen.page.locator("#marks")).not_to_contain_text("synthetic")
        seen.page.locator("#tab-voices").click()
        expect(seen.page.locator("#panel")).to_contain_text("No synthetic speech.")


def test_ten_thousand_captions_keep_few_rows_in_the_document(browser: BrowserContext, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, silent(reviews.review(cues=10_000)))) as seen:
        seen.page.keyboard.press("ArrowUp")  # the last one
        expect(seen.page.locator("#row-10000")).to_be_in_viewport()
        assert seen.page.locator(".row").count() < 80
        seen.page.locator("#human").click()
        expect(seen.page.locator("#shown")).to_have_text(f"{len(reviews.needing_a_human(10_000))} of 10000")
        assert seen.complaints == []


def test_paper_holds_every_caption_that_the_filters_show(shown: Opened) -> None:
    shown.page.locator("#human").click()
    shown.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(shown.page.locator("#print tbody tr")).to_have_count(len(reviews.needing_a_human(CUES)))


def test_the_keyboard_is_explained(shown: Opened) -> None:
    shown.page.keyboard.press("?")
    expect(shown.page.locator("#help")).to_be_visible()
    shown.page.keyboard.press("Escape")
    expect(shown.page.locator("#help")).to_be_hidden()
