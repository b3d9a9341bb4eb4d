from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EngineUnavailable
from workers.engines.embedded import apertium, pairs
from workers.engines.embedded.apertium import Pipeline, PipelineFailed, Raw

LIMIT_S = 60.0
SIGNS = "\\[]{}^$/<>@*#+~"

needs_apertium = pytest.mark.skipif(
    pairs.pair_failure("en", "es") is not None, reason=pairs.pair_failure("en", "es") or ""
)


@pytest.fixture(scope="module")
def english_to_spanish() -> Iterator[Pipeline]:
    mode = pairs.mode_for("en", "es")
    assert mode is not None
    pipeline = Pipeline(mode.path)
    yield pipeline
    pipeline.close()


@pytest.fixture
def piped(tmp_path: Path) -> Iterator[list[Pipeline]]:
    """Pipelines that a test opens; they are closed after it."""
    made: list[Pipeline] = []
    yield made
    for pipeline in made:
        pipeline.close()


def children() -> set[int]:
    """Processes that this one has started and not yet seen the end of."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return {int(child) for child in path.read_text().split()}


@needs_apertium
class TestEnglishToSpanish:
    def test_sentences_are_translated_one_after_the_other(self, english_to_spanish: Pipeline) -> None:
        assert english_to_spanish.translate("The house is big.") == Raw("La casa es grande.", ())
        assert english_to_spanish.translate("The cat eats") == Raw("El gato come", ())
        assert english_to_spanish.translate("I see the house... Is it big?").text == "Veo la casa... Es grande?"

    def test_words_that_it_does_not_know_are_told_and_not_marked(self, english_to_spanish: Pipeline) -> None:
        raw = english_to_spanish.translate("The Kubernetes house and *the* zzyzx.")
        assert "Kubernetes" in raw.text
        assert raw.unknown == ("Kubernetes", "zzyzx")
        assert raw.text.count("*") == 2  # those that were written

    @pytest.mark.parametrize("sign", SIGNS)
    def test_a_sign_of_the_stream_comes_back_as_it_was(self, english_to_spanish: Pipeline, sign: str) -> None:
        raw = english_to_spanish.translate(f"The house {sign}{sign} is big {sign}")
        assert raw.text.count(sign) == 3
        assert "casa" in raw.text

    def test_superblanks_and_commands_of_the_stream_are_text(self, english_to_spanish: Pipeline) -> None:
        text = "[<STREAMCMD:SETVAR:x>] ^house/casa<n>$ [[t:b:1]]house[[/]] \\[ house"
        raw = english_to_spanish.translate(text)
        assert raw.text.count("casa") >= 3
        assert raw.text.startswith("[<STREAMCMD:SETVAR:x>]")

    @given(text=st.text(st.one_of(st.sampled_from(SIGNS + "\0\n\t .,'-the"), st.characters()), max_size=60))
    def test_no_text_stops_it_or_shows_in_the_next_answer(self, english_to_spanish: Pipeline, text: str) -> None:
        raw = english_to_spanish.translate(text, limit_s=LIMIT_S)
        assert len(raw.text.splitlines()) <= 1
        for sign in SIGNS:
            assert raw.text.count(sign) == text.count(sign)
        assert english_to_spanish.translate("The house is big.") == Raw("La casa es grande.", ())

    def test_text_without_words_stays(self, english_to_spanish: Pipeline) -> None:
        assert english_to_spanish.translate("").text == ""
        assert english_to_spanish.translate("... !?").text == "... !?"
        assert english_to_spanish.translate("日本語 😀").text == "日本語 😀"

    def test_a_program_that_dies_is_one_failure_and_the_next_text_is_translated(
        self, english_to_spanish: Pipeline
    ) -> None:
        for place in (0, 5, -1):
            english_to_spanish.close()
            before = children()
            english_to_spanish.translate("The house.")
            os.kill(sorted(children() - before)[place], signal.SIGKILL)
            with pytest.raises(PipelineFailed, match="ended"):
                english_to_spanish.translate("The house is big.")
            assert english_to_spanish.translate("The house is big.").text == "La casa es grande."

    def test_a_text_beyond_the_limit_is_refused_and_one_at_the_limit_is_not(self, english_to_spanish: Pipeline) -> None:
        longest = ("the house " * apertium.MOST_CHARACTERS)[: apertium.MOST_CHARACTERS]
        assert english_to_spanish.translate(longest, limit_s=LIMIT_S).text.count("casa") > 1_000
        with pytest.raises(PipelineFailed, match="20000 is the limit"):
            english_to_spanish.translate(longest + "x")


@needs_apertium
def test_a_pipeline_that_does_not_answer_is_stopped(tmp_path: Path, piped: list[Pipeline]) -> None:
    mode = tmp_path / "slow.mode"
    hangs = tmp_path / "hangs"
    hangs.write_text("#!/bin/sh\nexec sleep 60\n")
    hangs.chmod(0o755)
    mode.write_text(f"'{hangs}' | '{hangs}'\n")
    pipeline = Pipeline(mode)
    piped.append(pipeline)
    began = time.monotonic()
    before = children()
    with pytest.raises(PipelineFailed, match="did not answer in time"):
        pipeline.translate("The house.", limit_s=0.3)
    assert time.monotonic() - began < LIMIT_S
    assert children() == before


@needs_apertium
def test_programs_that_are_not_installed_are_a_failure(tmp_path: Path, piped: list[Pipeline]) -> None:
    mode = tmp_path / "odd.mode"
    mode.write_text("cat | no-such-program-of-ours\n")
    pipeline = Pipeline(mode)
    piped.append(pipeline)
    with pytest.raises(PipelineFailed, match="no-such-program-of-ours cannot be started"):
        pipeline.translate("The house.")


@needs_apertium
def test_closing_ends_every_program() -> None:
    mode = pairs.mode_for("en", "es")
    assert mode is not None
    before = children()
    pipeline = Pipeline(mode.path)
    pipeline.translate("The house.")
    assert len(children() - before) > 5
    pipeline.close()
    assert children() == before


@needs_apertium
def test_every_program_flushes_at_a_nul_and_no_shell_is_between() -> None:
    mode = pairs.mode_for("en", "es")
    assert mode is not None
    found = apertium.commands(mode.path)
    assert [argv[1] for argv in found] == ["-z"] * len(found)
    assert not any("$" in argument or "'" in argument or "|" in argument for argv in found for argument in argv)


def test_a_mode_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="install"):
        apertium.commands(tmp_path / "none.mode")


@given(st.text(max_size=80))
def test_what_is_sent_holds_one_text_and_no_sign_that_is_not_ours(text: str) -> None:
    sent = apertium.encoded(text, 7)
    body = sent.decode().removesuffix(".[][\n7]\0")
    assert sent.count(b"\0") == 1
    assert not set(body) & set(SIGNS + "\n\r")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Co", "Zl", "Zp", "Zs"]), max_size=80))
def test_a_text_that_passes_unchanged_comes_back_unchanged(text: str) -> None:
    assert apertium.decoded(apertium.encoded(text, 12).decode().removesuffix("\0"), 12) == Raw(text, ())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("El *Kubernetes es.[][\n3]", Raw("El Kubernetes es", ("Kubernetes",))),
        ("El  *foo-bar's  y *foo-bar's.[][\n3]", Raw("El foo-bar's y foo-bar's", ("foo-bar's",))),
        ("Es @cluster y #ser..[][\n3]", Raw("Es cluster y ser.", ("cluster", "ser"))),
        ("El #21 de mayo.[][\n3]", Raw("El 21 de mayo", ())),
        ("0*QXBC dijo.[][\n3]", Raw("0QXBC dijo", ("QXBC",))),
        (".[][\n3]", Raw("", ())),
    ],
)
def test_marks_are_taken_out_and_told(answer: str, expected: Raw) -> None:
    assert apertium.decoded(answer, 3) == expected


@pytest.mark.parametrize("answer", ["", "El gato.", "El gato.[][\n2]", "El gato.[][", "\0El gato.[][\n3]", "[][\n33]"])
def test_what_is_not_the_whole_answer_to_this_text_is_none(answer: str) -> None:
    assert apertium.decoded(answer, 3) is None
