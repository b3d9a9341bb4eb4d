from __future__ import annotations

import asyncio
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EngineCrashed
from schemas.figures import Usage
from schemas.jobs import TranscribeRequest, Transcript
from schemas.time import Span
from tests.support.scripted_engine import Answer, ScriptedEngine, in_turn, said
from workers.engines.vllm import transcribe
from workers.engines.vllm.guarded import ATTEMPTS
from workers.engines.vllm.question import Finish, QuestionFailed, Sound
from workers.engines.vllm.transcribe import AsrTranscriber, ThinkerTranscriber

SPAN = Span(10_000, 14_000)
JOBS = [AsrTranscriber(), ThinkerTranscriber()]
Job = AsrTranscriber | ThinkerTranscriber

both = pytest.mark.parametrize("job", JOBS, ids=["asr", "thinker"])


def asking(language: str = "en", span: Span = SPAN) -> TranscribeRequest:
    return TranscribeRequest("0f", "0123456789abcdef", "speech.flac", span, language)


def answer(job: Job, request: TranscribeRequest, *answers: Answer) -> tuple[Transcript, ScriptedEngine]:
    engine = ScriptedEngine(in_turn(*answers))
    return asyncio.run(job.answer(request, engine)), engine


@both
def test_what_is_heard_is_one_line_of_text_without_times(job: Job) -> None:
    heard, engine = answer(job, asking(), said(" Good\n morning,\x00 Zoe\u0308. "))
    assert heard == Transcript(
        "0f",
        "en",
        (),
        is_draft=False,
        failure=None,
        untimed="Good morning, Zoë.",
        usage=Usage(tokens_in=100, tokens_out=10, attempts=1),
    )
    assert [question.media for question in engine.asked] == [Sound("speech.flac", SPAN)]
    assert [question.schema for question in engine.asked] == [None]


@both
def test_nothing_said_is_an_answer(job: Job) -> None:
    heard, _ = answer(job, asking(), said(""))
    assert (heard.untimed, heard.failure) == ("", None)


@both
def test_the_region_of_the_language_that_was_asked_for_is_kept(job: Job) -> None:
    heard, _ = answer(job, asking("pt-BR"), said("Bom dia."))
    assert heard.language == "pt-BR"


@both
@pytest.mark.parametrize("span", [Span(0, 1), Span(5_000, 5_020), Span(5_000, 5_079)])
def test_hardly_any_sound_is_not_asked_about_and_holds_no_words(job: Job, span: Span) -> None:
    heard, engine = answer(job, asking(span=span))
    assert (heard.untimed, heard.failure, engine.asked) == ("", None, [])


@both
def test_a_language_that_the_model_does_not_hear_is_a_failure_and_not_asked_about(job: Job) -> None:
    heard, engine = answer(job, asking("cy"))
    assert heard.failure is not None
    assert "Welsh" in heard.failure
    assert engine.asked == []


@both
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (said("Good morn", Finish.LENGTH), "truncated"),
        (said("Good morning", Finish.REPETITION), "repetition"),
        (said("thank you " * 10), "repetition"),
        (said("Good morning.<|im_end|>"), "unparsable"),
        (said("word " * 60), "repetition"),
        (said("".join(f"word{number} " for number in range(60))), "impossible rate"),
        (said("大家早上好,今天天气很好"), "wrong language"),
    ],
)
def test_an_answer_that_cannot_be_is_asked_again_and_in_the_end_a_failure_with_its_reason(
    job: Job, bad: Answer, reason: str
) -> None:
    heard, engine = answer(job, asking(), *[bad] * ATTEMPTS)
    assert heard.failure is not None
    assert heard.failure.startswith(reason)
    assert (heard.untimed, heard.usage.attempts, len(engine.asked)) == ("", ATTEMPTS, ATTEMPTS)
    mended, _ = answer(job, asking(), bad, said("Good morning."))
    assert (mended.untimed, mended.failure, mended.usage.attempts) == ("Good morning.", None, 2)


@both
def test_a_question_that_cannot_be_answered_is_a_failure(job: Job) -> None:
    heard, _ = answer(job, asking(), QuestionFailed("no media tokens: 0 of 52"))
    assert heard.failure == "no media tokens: 0 of 52"


@both
def test_an_engine_that_is_gone_is_no_answer(job: Job) -> None:
    with pytest.raises(EngineCrashed):
        answer(job, asking(), EngineCrashed("transcribe", -9, ""))


@both
@given(text=st.text(max_size=60), language=st.sampled_from(["en", "und", "ja", "zh-Hant"]))
def test_whatever_a_model_writes_is_one_line_of_text_or_a_failure(job: Job, text: str, language: str) -> None:
    heard = asyncio.run(job.answer(asking(language), ScriptedEngine(lambda _: said(text))))
    assert heard.untimed == "" or heard.failure is None
    assert heard.untimed == unicodedata.normalize("NFC", " ".join(heard.untimed.split()))


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en-GB", "language English<asr_text>"),
        ("yue", "language Cantonese<asr_text>"),
        ("zh-Hans", "language Chinese<asr_text>"),
        ("und", ""),
    ],
)
def test_qwen3_asr_is_asked_as_it_was_trained(language: str, told: str) -> None:
    assert transcribe.asr_prompt(asking(language)) == (
        "<|im_start|>system\n<|im_end|>\n"
        "<|im_start|>user\n<|audio_start|><|audio_pad|><|audio_end|><|im_end|>\n"
        f"<|im_start|>assistant\n{told}"
    )


@pytest.mark.parametrize(
    ("text", "language", "untimed"),
    [
        ("language English<asr_text>Good morning.", "en", "Good morning."),
        ("language English\n<asr_text> Good morning.", "en", "Good morning."),
        ("language Chinese<asr_text>早上好。", "zh", "早上好。"),
        ("language Uyghur<asr_text>", "ug", ""),
        ("language None<asr_text>", "und", ""),
        ("language None<asr_text>Hm.", "und", "Hm."),
    ],
)
def test_qwen3_asr_tells_the_language_where_it_is_not_told(text: str, language: str, untimed: str) -> None:
    heard, _ = answer(AsrTranscriber(), asking("und"), said(text))
    assert (heard.language, heard.untimed, heard.failure) == (language, untimed, None)


@pytest.mark.parametrize("text", ["Good morning.", "language Klingon<asr_text>nuqneH", "<asr_text>Good morning."])
def test_an_answer_that_does_not_tell_it_is_unparsable(text: str) -> None:
    heard, _ = answer(AsrTranscriber(), asking("und"), *[said(text)] * ATTEMPTS)
    assert heard.failure is not None
    assert heard.failure.startswith("unparsable")
    assert heard.language == "und"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("pt-BR", "Transcribe the Portuguese audio into text."),
        ("und", "Transcribe the audio into text."),
        ("zh-Hant", "请将这段中文语音转换为纯文本。"),
        ("cmn", "请将这段中文语音转换为纯文本。"),
        ("yue", "Transcribe the Cantonese audio into text."),
    ],
)
def test_the_thinker_is_asked_as_its_makers_measure_it_sound_first(language: str, words: str) -> None:
    assert transcribe.thinker_prompt(asking(language)) == (
        f"<|im_start|>user\n<|audio_start|><|audio_pad|><|audio_end|>{words}<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.parametrize("text", ["[Music]", "(music playing)", "（音乐）", "[silence]."])
def test_a_label_of_the_thinker_says_that_nobody_speaks(text: str) -> None:
    heard, _ = answer(ThinkerTranscriber(), asking("zh" if "音" in text else "en"), said(text))
    assert (heard.untimed, heard.failure) == ("", None)


def test_a_thinker_that_says_it_cannot_is_asked_again() -> None:
    heard, _ = answer(
        ThinkerTranscriber(), asking(), said("I'm sorry, but I cannot transcribe this audio."), said("I'm sorry, Dave.")
    )
    assert heard.untimed == "I'm sorry, Dave."


def test_an_answer_may_be_as_long_as_the_fastest_talker_makes_it() -> None:
    assert transcribe.max_tokens(Span(0, 1)) == transcribe.TOKENS_BESIDES + transcribe.TOKENS_PER_S
    assert transcribe.max_tokens(Span(0, 30_000)) == transcribe.TOKENS_BESIDES + 30 * transcribe.TOKENS_PER_S
