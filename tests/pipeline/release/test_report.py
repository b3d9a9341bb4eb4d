"""The quality report, as an editor reads it."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.release import report
from schemas.speech import Estimate
from tests.support.titles import title


def sections(text: str) -> dict[str, str]:
    """Text under each heading."""
    parts = re.split(r"^#+ (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_what_needs_a_human_is_what_is_more_than_good_to_know_with_its_text() -> None:
    lines = sections(report.compose(title()))["What needs a human"]
    assert "The request 1 failed." in lines
    assert "2. 0:00:03.000 “Ready, / are you?”" in lines
    assert "It is too fast." in lines
    assert "Nobody is sure." not in lines


def test_what_needs_a_human_in_another_language_is_shown_with_the_text_in_that_language() -> None:
    lines = sections(report.compose(title()))["Lines in Spanish (es)"]
    assert "2. 0:00:03.000 “¿Está usted preparado?”" in lines
    assert "It misses “ready”." in lines
    assert "It keeps the original." in lines


def test_a_dub_says_that_it_is_synthetic_how_loud_it_is_and_what_was_left_as_it_was() -> None:
    spanish = sections(report.compose(title()))["In Spanish (es)"]
    said = "SYNTHETIC SPEECH (AI-generated), made by espeak-ng 1.52; voices: matched; no voice was cloned."
    assert f"**{said}**" in spanish
    assert "| loudness of the mix, of its dialogue | -23.1, -24.0 LUFS |" in spanish
    assert "| dubbed lines, of which keep the original speech | 2, 1 |" in spanish


def test_a_dub_in_which_no_line_is_placed_does_not_say_that_speech_is_synthetic() -> None:
    whole = title()
    (spanish,) = whole.localized
    assert spanish.dub is not None
    flagged = tuple(line for line in spanish.dub.lines if line.placed is None)
    told = report.compose(replace(whole, localized=(replace(spanish, dub=replace(spanish.dub, lines=flagged)),)))
    assert "**No line could be dubbed: all speech is the original.**" in told
    assert "SYNTHETIC" not in told


def test_estimated_times_are_told_among_the_first_things_and_not_where_there_are_none() -> None:
    told = report.compose(replace(title(), estimates=(Estimate(1, "no aligner knows Sami"),)))
    assert "| chunks of speech, of which with estimated times | 2, 1 |" in told
    assert "estimated times" not in report.compose(title())


def test_every_rule_is_counted_with_its_severity() -> None:
    rules = sections(report.compose(title()))["Findings by rule"]
    assert re.findall(r"^\| ([a-z-]+) \| \W*(error|warning|info)\W* \| (\d+) \|$", rules, re.MULTILINE) == [
        ("dub-flagged", "error", "1"),
        ("engine-failure", "error", "1"),
        ("reading-speed", "warning", "1"),
        ("speaker-unsure", "info", "1"),
        ("term-missed", "error", "1"),
    ]


def test_what_became_of_every_second_adds_up_to_the_whole() -> None:
    coverage = sections(report.compose(title()))["What became of every second"]
    shares = [float(share) for share in re.findall(r"([\d.]+)%", coverage)]
    assert abs(sum(shares) - 100) < 0.2
    assert "dropped 0:00:08.000 – 0:00:12.000: engine: it fell over" in coverage


def test_a_draft_says_so_first_and_names_its_engine() -> None:
    text = report.compose(title())
    assert "**Draft.**" in text.partition("##")[0]
    assert "pocketsphinx/en-us" in sections(text)["Where it comes from"]


def test_a_title_with_nothing_wrong_needs_nobody() -> None:
    told = sections(report.compose(replace(title(), findings=(), segments=(), localized=())))
    assert told["What needs a human"].strip() == "Nothing."
    assert told["Findings by rule"].strip() == "None."


def test_a_title_without_picture_has_no_rate() -> None:
    silent = title()
    text = report.compose(replace(silent, asset=replace(silent.asset, video=None), shots=(), notes=()))
    assert "frames/s" not in text
