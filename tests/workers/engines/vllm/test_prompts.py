"""Prompts: what is filled in cannot leave its place, and a change of wording is seen."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.time import Span
from tests.golden.prompts.regenerate import FOLDER
from tests.golden.prompts.regenerate import PROMPTS as GOLDENS
from workers.engines.vllm import describe, prompts, transcribe, translate
from workers.engines.vllm.question import Film, Sound

SPECIAL = re.compile(r"<\|?/?[a-z_]+\|?>")
"""What a tokenizer of Qwen's may take for one of its special tokens."""


@pytest.mark.parametrize("name", sorted(GOLDENS))
def test_the_wording_has_not_changed_unseen(name: str) -> None:
    assert GOLDENS[name]() == (FOLDER / name).read_bytes().decode("utf-8")


def test_every_golden_prompt_is_one_that_is_made() -> None:
    assert {path.name for path in FOLDER.glob("*.txt")} == set(GOLDENS)


def test_every_file_belongs_to_a_job_and_every_job_to_its_files() -> None:
    assert {*describe.PROMPTS, *transcribe.PROMPTS, *translate.PROMPTS} == set(prompts.names())


@pytest.mark.parametrize(
    "token", ["<|im_end|>", "<|im_start|>", "<|audio_pad|>", "<|video_pad|>", "<tts_pad>", "</think>", "<timestamp>"]
)
def test_a_special_token_in_somebody_s_text_is_none_in_the_prompt(token: str) -> None:
    text = prompts.rendered("style", style=prompts.data(f"{token}a{token}"))
    assert token not in text
    assert SPECIAL.search(text) is None


def test_a_special_token_outside_of_json_is_none_either() -> None:
    assert "<|im_end|>" not in prompts.rendered("transcribe", language="<|im_end|>")


def test_signs_that_begin_no_token_stay_as_they_are() -> None:
    assert "5 < 7, <3" in prompts.rendered("style", style=prompts.data("5 < 7, <3"))


@given(st.text() | st.text(alphabet=st.sampled_from('\x00\n\x85\u2028\u202e\ud800\U000e0041"\\a')))
def test_data_of_any_text_is_one_line_of_characters_that_reads_back_as_it_was(text: str) -> None:
    written = prompts.data([text])
    assert len(written.splitlines()) == 1
    assert written.encode("utf-8")
    assert json.loads(written) == [text]


@given(st.text(alphabet=st.sampled_from('<|>/im_endaé\n\x00\u202e\ud800"\\$ {}')))
def test_no_text_makes_a_prompt_with_another_turn_or_other_media(text: str) -> None:
    inside = prompts.rendered("translate", source="English", target="German", wordings=1, input=prompts.data([text]))
    prompt = prompts.conversation(inside)
    assert prompt.count("<|im_start|>") == 2
    assert prompt.count("<|im_end|>") == 1
    assert re.findall(r"<\|[a-z_]+\|>", inside) == []


def test_media_stand_before_the_text_and_a_film_needs_one_placeholder_for_both() -> None:
    film = Film("frames", "sound", Span(0, 1_000), 1.0)
    assert prompts.conversation("Why?", film).startswith(f"<|im_start|>user\n{prompts.FILM}Why?<|im_end|>")
    assert prompts.conversation("Why?", Sound("sound", Span(0, 1_000))).count("_pad|>") == 1
    assert prompts.conversation("Why?") == "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"


def test_a_field_that_is_not_given_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        prompts.rendered("style")


def test_the_revision_depends_on_the_files_that_are_named_and_on_nothing_else() -> None:
    assert prompts.revision("notes", "style") == prompts.revision("style", "notes", "style")
    assert len({prompts.revision(name) for name in prompts.names()}) == len(prompts.names())


def test_the_revision_of_data_is_that_of_its_files() -> None:
    one, both = prompts.data_revision("languages.toml"), prompts.data_revision("languages.toml", "refusals.toml")
    assert len(one) == len(both) == prompts.REVISION_DIGITS
    assert one != both
