"""Files of anybody: read, or refused with a line, in bounded time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.formats import srt, ttml, vtt
from pipeline.captions.formats.detect import Format
from pipeline.captions.formats.limits import MAX_CUES, MAX_FILE_BYTES
from pipeline.captions.formats.reading import read
from pipeline.errors import TextFileError
from schemas.captions import Cue
from schemas.time import Span
from tests.support.cue_strategies import captions

NAMES = st.sampled_from(["a.srt", "a.vtt", "a.ttml", "a"])


@given(captions(with_speakers=False).filter(bool), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]))
def test_what_we_write_is_read_whatever_it_is_saved_as(written: list[Cue], encoding: str) -> None:
    composed = {
        Format.SRT: srt.compose(written),
        Format.VTT: vtt.compose(written),
        Format.TTML: ttml.compose(written, language="en"),
    }
    for kind, text in composed.items():
        saved = text.replace("\n", "\r\n").encode("utf-8" if encoding == "gb18030" else encoding)
        read_back = read(saved, language="en", name="unknown")
        assert (read_back.format, list(read_back.cues)) == (kind, written)


def test_notes_tell_of_encoding_and_leniency() -> None:
    data = "1\r\n00:00:01.000-->00:00:02.000\r\nC’est l’été…\r\n".encode("cp1252")
    found = read(data, language="fr", name="film.srt")
    assert found.cues == (Cue(Span(1_000, 2_000), ("C’est l’été…",), "fr"),)
    assert (found.format, found.encoding) == (Format.SRT, "cp1252")
    assert [note.split(":")[0] for note in found.notes] == ["read as cp1252", "line 2", "line 2"]


@pytest.mark.parametrize("name", ["a.srt", "a.vtt", "a.ttml"])
def test_captions_of_a_silent_title_are_read(name: str) -> None:
    empty = {"a.srt": srt.compose([]), "a.vtt": vtt.compose([]), "a.ttml": ttml.compose([], language="en")}
    found = read(empty[name].encode(), language="en", name=name)
    assert (found.cues, found.notes) == ((), ("the file has no cues",))


@given(st.binary(max_size=400), NAMES)
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    read_or_refused(data, name)


FRAGMENTS = st.sampled_from(
    [
        "\n", "\n\n", "\r\n", "1\n", "x", "é", "日", "\u2028", "\x85", "\x00", "\ufeff",
        "00:00:01,000 --> 00:00:02,000", "00:01.5 --> 00:02", " --> ", "-->", "<i>", "</i>", "<", ">", "{\\an8}", "{\\",
        "WEBVTT", "NOTE ", "<v A>", "&amp;", "&#", "line:-1", "align:start",
        "<tt xmlns='http://www.w3.org/ns/ttml'>", "</tt>", "<body>", "</body>", "<div timeContainer='seq'>", "</div>",
        "<p begin='1s' end='2s'>", "<p>", "</p>", "<span begin='1f'>", "</span>", "<br/>", "<!DOCTYPE a [", "<?xml ?>",
        "]]>", " begin='99999:00:00.0'",
    ]
)  # fmt: skip


@given(st.lists(FRAGMENTS | st.text(max_size=3), max_size=40).map("".join), NAMES)
def test_any_mixture_of_the_formats_is_read_or_refused(text: str, name: str) -> None:
    read_or_refused(text.encode("utf-8", "surrogatepass"), name)


@given(captions().filter(bool), st.data())
def test_any_damage_to_a_good_file_is_read_or_refused(written: list[Cue], data: st.DataObject) -> None:
    good = data.draw(
        st.sampled_from(
            [srt.compose(written), vtt.compose(written), ttml.compose(written, language="en", rate=Fraction(25))]
        )
    ).encode()
    at = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 30))
    read_or_refused(good[:at] + data.draw(st.binary(max_size=8)) + good[at + cut :], "a")


def read_or_refused(data: bytes, name: str) -> None:
    refusal: TextFileError | None = None
    try:
        starts = [cue.span.start_ms for cue in read(data, language="en", name=name).cues]
    except TextFileError as error:
        refusal, starts = error, []
    assert starts == sorted(starts)
    assert refusal is None or (refusal.line >= 1 and "\n" not in str(refusal))


MEGABYTE = 2**20


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\n" * MEGABYTE, id="nothing but line ends"),
        pytest.param(b"1" * MEGABYTE, id="one number"),
        pytest.param(b"-->" * (MEGABYTE // 3), id="arrows"),
        pytest.param(b"00:00:01,000 --> 00:00:02,000\n" + b"<" * MEGABYTE, id="open tags"),
        pytest.param(b"00:00:01,000 --> 00:00:02,000\n" + (b"<i" + b" " * 4_000 + b"\n") * 200, id="torn tags"),
        pytest.param(b"00:00:01,000 --> 00:00:02,000\n" + b"<i>\xcc\x81" * 800, id="slanted accents"),
        pytest.param(b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"<v " * 1_600, id="open voices"),
        pytest.param(b"WEBVTT\n\n00:01.000 --> 00:02.000" + b" line:1" * (MEGABYTE // 7) + b"\nx", id="settings"),
        pytest.param(b"<a " + b"b='' " * (MEGABYTE // 8), id="attributes"),
        pytest.param(b"<tt>" + b"&#65;" * (MEGABYTE // 5) + b"</tt>", id="references"),
        pytest.param(b"\xe9" * MEGABYTE, id="one letter that is not UTF-8"),
        pytest.param(bytes(range(1, 256)) * (MEGABYTE // 255), id="every byte"),
    ],
)
def test_hostile_files_end_soon(data: bytes) -> None:
    read_or_refused(data, "a")


def test_a_web_of_style_references_ends_soon() -> None:
    styles = "".join(
        f'<style xml:id="s{n}" style="{" ".join(f"s{m}" for m in range(40) if m != n)}"/>' for n in range(40)
    )
    file = (
        f'<tt xmlns="http://www.w3.org/ns/ttml"><head>{styles}</head><body><div>'
        '<p begin="0s" end="1s" style="s0">x</p></div></body></tt>'
    )
    assert [cue.lines for cue in ttml.parse(file, "en")] == [("x",)]


def test_a_chain_of_style_references_ends_soon() -> None:
    styles = "".join(f'<style xml:id="s{n}" style="s{n + 1}"/>' for n in range(5_000))
    file = (
        f'<tt xmlns="http://www.w3.org/ns/ttml"><head>{styles}</head><body><div>'
        '<p begin="0s" end="1s" style="s0">x</p></div></body></tt>'
    )
    assert [cue.lines for cue in ttml.parse(file, "en")] == [("x",)]


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(TextFileError, match="at most"):
        read(b" " * (MAX_FILE_BYTES + 1), language="en", name="a.srt")


def test_too_many_cues_are_refused() -> None:
    cue = "0:0:1,0 --> 0:0:2,0\nx\n"
    with pytest.raises(TextFileError, match=f"more than {MAX_CUES} cues"):
        read((cue * (MAX_CUES + 1)).encode(), language="en", name="a.srt")
