"""Caption files of anybody, checked without a GUI."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from pipeline.captions import qc
from pipeline.captions.formats import srt
from pipeline.errors import TextFileError, UsageError
from schemas.captions import Severity

GOOD = "1\n00:00:01,000 --> 00:00:03,000\nThis is calm and short.\n"
HASTY = (
    "1\n00:00:01.000 --> 00:00:02.000\nNobody on this earth could ever read so much in a second.\n\n"
    "2\n00:00:04.000 --> 00:00:06.000\nThis is calm.\n"
)
PROFILE = "netflix"


def check(text: str, *, name: str = "a.srt", rate: Fraction | None = Fraction(25)) -> qc.QcReport:
    return qc.check(text.encode(), name=name, language="en", profile=PROFILE, picture=qc.Picture(rate, []))


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
    with pytest.raises(TextFileError):
        check("1\n00:00:01,000 --> soon\nx\n")
    with pytest.raises(UsageError):
        qc.check(GOOD.encode(), name="a.srt", language="en", profile="no-such-house", picture=qc.Picture(None, None))


MENDABLE = (
    "1\n00:00:01,000 --> 00:00:03,040\nThis  line ends...\n\n"
    "2\n00:00:03,080 --> 00:00:05,000\nThis one comes too soon after it.\n"
)


def mend(text: str, *, into: str = "b.srt", name: str = "a.srt", length_ms: int | None = None) -> qc.Mended:
    picture = qc.Picture(Fraction(25), [], length_ms=length_ms)
    return qc.mend(text.encode(), name=name, into=into, language="en", profile=PROFILE, picture=picture)


def test_what_can_be_mended_is_mended_and_no_longer_reported() -> None:
    assert {"white-space", "ellipsis", "gap"} <= {row.rule for row in check(MENDABLE).rows()}
    mended = mend(MENDABLE)
    assert "This line ends…" in mended.text
    assert {row.rule for row in mended.report.rows()} == {"not-checked"}  # the times of words, which nobody gave
    assert (mended.report.name, mended.report.mended_cues) == ("b.srt", 1)


def test_what_cannot_be_mended_remains_in_the_report() -> None:
    rules = {row.rule for row in mend(HASTY).report.rows()}
    assert "reading-speed" in rules


def test_the_report_is_on_the_file_that_was_made() -> None:
    mended = mend(MENDABLE, into="b.vtt")
    again = check(mended.text, name="b.vtt")
    assert (again.format, again.findings) == (mended.report.format, mended.report.findings)


def test_mending_again_changes_nothing() -> None:
    once = mend(HASTY + "\n" + MENDABLE.replace("00:00:0", "00:01:0"))
    twice = mend(once.text)
    assert (twice.text, twice.report.mended_cues) == (once.text, 0)


def test_what_was_left_out_on_the_way_is_said() -> None:
    spoken = "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\n<v Anna><b>This</b> is calm and short.\n"
    notes = mend(spoken, name="a.vtt").report.notes
    assert any("bold" in note for note in notes)
    assert "SRT carries no speakers, left out" in notes


def test_a_cue_is_not_extended_past_the_title() -> None:
    late = "1\n00:00:01,000 --> 00:00:01,200\nToo short.\n"
    (cue,) = srt.parse(mend(late, length_ms=1_400).text, "en")
    assert cue.span.end_ms <= 1_400
    assert "min-duration" not in {row.rule for row in mend(late, length_ms=10_000).report.rows()}


def test_a_target_of_no_format_is_refused() -> None:
    with pytest.raises(UsageError, match="does not say its format"):
        mend(GOOD, into="b.txt")


def test_a_file_without_captions_is_worth_a_look() -> None:
    report = qc.check(b"WEBVTT\n", name="a.vtt", language="en", profile="netflix", picture=qc.Picture(None, None))
    assert [finding.rule for finding in report.findings if finding.severity is Severity.WARNING] == ["no-cues"]
    assert not report.has_errors
