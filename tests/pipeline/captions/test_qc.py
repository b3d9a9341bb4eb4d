"""Caption files of anybody, checked without a GUI."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from pipeline.captions import qc
from pipeline.errors import CaptionFileError, UsageError
from schemas.captions import Severity

GOOD = "1\n00:00:01,000 --> 00:00:03,000\nThis is calm and short.\n"
HASTY = (
    "1\n00:00:01.000 --> 00:00:02.000\nNobody on this earth could ever read so much in a second.\n\n"
    "2\n00:00:04.000 --> 00:00:06.000\nThis is calm.\n"
)
PROFILE = "netflix"


def check(text: str, *, name: str = "a.srt", rate: Fraction | None = Fraction(25)) -> qc.QcReport:
    return qc.check(text.encode(), name=name, language="en", profile=PROFILE, rate=rate, cuts_ms=[])


def test_a_good_file_has_no_errors() -> None:
    report = check(GOOD)
    assert (report.cues, report.has_errors, report.count(Severity.WARNING)) == (1, False, 0)


def test_a_cue_too_fast_to_read_is_reported_with_its_number_time_and_measure() -> None:
    row = next(row for row in check(HASTY).rows() if row.rule == "reading-speed")
    assert (row.cue, row.time) == ("1", "0:00:01.000")
    assert row.measured.endswith("characters/s")
    assert float(row.measured.split()[0]) > float(row.limit.split()[0])


def test_a_line_that_no_delivery_allows_is_an_error() -> None:
    report = check(HASTY)
    assert report.has_errors
    assert "line-length" in {row.rule for row in report.rows() if row.severity == "error"}


def test_the_report_as_json_holds_what_the_report_holds() -> None:
    report = check(HASTY)
    content = json.loads(report.to_json())
    assert (content["name"], content["format"], content["encoding"], content["cues"]) == ("a.srt", "srt", "utf-8", 2)
    assert content["notes"] == ["line 2 and 1 more: milliseconds not set off by ','"]
    assert len(content["findings"]) == len(report.findings) == sum(content["counts"].values())
    assert content["counts"]["error"] == report.count(Severity.ERROR) > 0


def test_without_a_frame_rate_the_rules_in_frames_are_said_to_be_unchecked() -> None:
    assert any("not checked" in row.message and row.cue == "" for row in check(GOOD, rate=None).rows())


def test_webvtt_and_ttml_are_checked_too() -> None:
    body = "00:00:01.000 --> 00:00:03.000\nThis is calm and short.\n"
    assert check(f"WEBVTT\n\n{body}", name="a.vtt").cues == 1
    tree = '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="3s">Calm.</p></div></body></tt>'
    assert check(tree, name="a.ttml").cues == 1


def test_what_cannot_be_read_or_is_not_known_says_so() -> None:
    with pytest.raises(CaptionFileError):
        check("1\n00:00:01,000 --> soon\nx\n")
    with pytest.raises(UsageError):
        qc.check(GOOD.encode(), name="a.srt", language="en", profile="no-such-house", rate=None, cuts_ms=None)
