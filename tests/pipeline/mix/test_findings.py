from __future__ import annotations

import pytest

from pipeline.mix import findings
from pipeline.mix.render import Rendered, Written
from pipeline.mix.targets import goal
from schemas.captions import Severity
from schemas.sound import Loudness

LENGTH_MS = 60_000


def made(
    *,
    mix_lufs: float = -23.0,
    peak_dbtp: float = -3.0,
    dialogue_lufs: float = -24.0,
    dialogue_dbtp: float = -5.0,
    limited_ms: int = 0,
    limited_db: float = 0.0,
) -> Rendered:
    mix = Written(Loudness(mix_lufs, peak_dbtp, 8.0), limited_ms, limited_db)
    return Rendered(0.0, mix, Written(Loudness(dialogue_lufs, dialogue_dbtp, 8.0), 0, 0.0))


def found(rendered: Rendered, *, target: str = "ebu-r128", dubbed: int = 3) -> list[tuple[str, Severity]]:
    about = findings.about(rendered, goal(target, dialogue_share=1.0), length_ms=LENGTH_MS, dubbed=dubbed)
    return [(finding.rule, finding.severity) for finding in about]


@pytest.mark.parametrize(
    ("rendered", "target", "wanted"),
    [
        (made(), "ebu-r128", []),
        (made(mix_lufs=-22.5), "ebu-r128", []),
        (made(mix_lufs=-22.4), "ebu-r128", [("loudness", Severity.ERROR)]),
        (made(mix_lufs=-23.6), "ebu-r128", [("loudness", Severity.ERROR)]),
        (made(mix_lufs=-16, dialogue_lufs=-27), "netflix", []),
        (made(mix_lufs=-27, dialogue_lufs=-24), "netflix", [("loudness", Severity.ERROR)]),
        (made(peak_dbtp=-0.9), "ebu-r128", [("true-peak", Severity.ERROR)]),
        (made(dialogue_dbtp=-0.9), "ebu-r128", [("true-peak", Severity.ERROR)]),
        (made(limited_ms=100, limited_db=6.1), "ebu-r128", [("heavy-limiting", Severity.WARNING)]),
        (made(limited_ms=3_100, limited_db=1), "ebu-r128", [("heavy-limiting", Severity.WARNING)]),
        (made(limited_ms=2_900, limited_db=5.9), "ebu-r128", []),
        (made(mix_lufs=-70), "ebu-r128", [("mix-silent", Severity.ERROR)]),
    ],
)
def test_what_is_wrong_is_told(rendered: Rendered, target: str, wanted: list[tuple[str, Severity]]) -> None:
    assert found(rendered, target=target) == wanted


def test_a_title_without_a_dubbed_line_says_so() -> None:
    assert found(made(), dubbed=0) == [("nothing-dubbed", Severity.WARNING)]


def test_a_source_that_is_whole_and_says_what_it_is_needs_no_word() -> None:
    assert list(findings.about_source("source", assumed_layout=None, damaged_packets=0)) == []


def test_what_was_assumed_or_lost_is_told() -> None:
    about = list(findings.about_source("music and effects", assumed_layout="5.1(side)", damaged_packets=3))
    assert [finding.rule for finding in about] == ["layout-assumed", "damaged-sound"]
    assert all("music and effects" in finding.message for finding in about)


def test_messages_are_sentences_with_numbers() -> None:
    (about,) = findings.about(made(mix_lufs=-20), goal("ebu-r128", dialogue_share=1.0), length_ms=LENGTH_MS, dubbed=1)
    assert about.message == "The mix is at -20.0 LUFS; ebu-r128 asks for -23 ± 0.5 LU."


@pytest.mark.parametrize(
    ("length_ms", "severities"),
    [
        (60_000, []),
        (60_040, []),
        (59_960, []),
        (60_041, [Severity.WARNING]),
        (59_000, [Severity.WARNING]),
        (61_001, [Severity.ERROR]),
        (1, [Severity.ERROR]),
    ],
)
def test_another_length_of_music_and_effects_is_told_as_bad_as_it_is(
    length_ms: int, severities: list[Severity]
) -> None:
    found = list(findings.about_length(length_ms=length_ms, title_ms=60_000))
    assert [finding.severity for finding in found] == severities
    assert all(finding.measured == length_ms - 60_000 for finding in found)


def test_a_message_about_another_length_says_what_was_done() -> None:
    (longer,) = findings.about_length(length_ms=61_500, title_ms=60_000)
    (shorter,) = findings.about_length(length_ms=58_500, title_ms=60_000)
    assert "1500 ms longer than the title; its end was cut off" in longer.message
    assert "1500 ms shorter than the title; silence was added" in shorter.message
