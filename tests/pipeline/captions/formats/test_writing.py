"""Which format a file name asks for, and what that format cannot carry."""

from __future__ import annotations

import pytest

from pipeline.captions.formats.detect import Format
from pipeline.captions.formats.reading import read
from pipeline.captions.formats.writing import format_for, lost_in, write
from pipeline.errors import UsageError
from schemas.captions import Cue
from schemas.time import Span

SPOKEN = [Cue(Span(1_000, 2_000), ("Come in.",), "en", ("ANNA",))]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.srt", Format.SRT), ("A.VTT", Format.VTT), ("b.en.ttml", Format.TTML), ("c.dfxp", Format.TTML)],
)
def test_the_suffix_names_the_format(name: str, kind: Format) -> None:
    assert format_for(name) is kind


@pytest.mark.parametrize("name", ["captions", "a.txt", "a.ass"])
def test_a_suffix_that_is_not_written_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(UsageError, match=r"one of the suffixes \.srt, \.vtt"):
        format_for(name)


@pytest.mark.parametrize("kind", list(Format))
def test_what_is_written_is_read_as_that_format(kind: Format) -> None:
    text = write(SPOKEN, kind, language="en", rate=None)
    file = read(text.encode(), language="en", name="nameless")
    assert (file.format, [cue.lines for cue in file.cues]) == (kind, [("Come in.",)])


@pytest.mark.parametrize("kind", list(Format))
def test_speakers_that_are_lost_are_named_and_kept_ones_are_not(kind: Format) -> None:
    (cue,) = read(write(SPOKEN, kind, language="en", rate=None).encode(), language="en", name="nameless").cues
    assert bool(lost_in(SPOKEN, kind)) == (not cue.speakers)
