"""What is said, from Qwen3-ASR or from Qwen3-Omni's Thinker: text without times, which the stage has aligned.

Both hear one chunk at a time. The engine that is told a language writes in it; one that is not is asked to tell, or
its text stays without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from schemas.figures import UNUSED
from schemas.jobs import TranscribeRequest, Transcript
from schemas.languages import UNDETERMINED, primary
from schemas.time import Span
from workers.engines.vllm import guards, languages, prompts
from workers.engines.vllm.guarded import Refused, guarded
from workers.engines.vllm.guards import Reason, Unacceptable
from workers.engines.vllm.languages import Skill
from workers.engines.vllm.question import Engine, Question, Reply, Sound

TREATMENT = 1
"""Counts changes of this file that change answers; part of the model's revision."""

PROMPTS = ("transcribe", "transcribe-und", "transcribe-zh")
"""Files of ``prompts/`` that the Thinker is asked with: those of the README of Qwen3-Omni, "Setting for Evaluation"."""

SHORTEST_MS = 80
"""Less sound than this holds no word: one token of the audio encoder (12.5 a second). vLLM refuses sound of less than
about 20 ms."""

TOKENS_PER_S = 30
"""Longest answer, by the length of the sound. Ours: the fastest talker says 11 words a second (``pipeline.speech.
screen``), which are 15 tokens; as many again for scripts whose words are more tokens than one."""

TOKENS_BESIDES = 64
"""What an answer may have besides: ``language Portuguese<asr_text>`` in a tokenizer of single bytes is 29."""

ASR_TEXT = "<asr_text>"
"""Stands between the language and the text in what Qwen3-ASR writes."""

_TOLD = re.compile(rf"\s*language\s+(?P<name>[^<>\n]+?)\s*{ASR_TEXT}(?P<text>.*)", re.DOTALL)
_NOBODY = "none"  # what Qwen3-ASR calls the language of sound without speech
_LABEL = re.compile(r"[\[(（【][^\[\](（）)【】]*[\])）】]\.?")


@dataclass(frozen=True, slots=True)
class Heard:
    """An acceptable answer."""

    text: str
    """What is said; empty when nothing is."""

    language: str
    """BCP 47 tag of it."""


class AsrTranscriber:
    """Answers ``TranscribeRequest`` by Qwen3-ASR."""

    async def answer(self, request: TranscribeRequest, engine: Engine) -> Transcript:
        """What is said in the chunk, or the reason why it is not known. Raises EngineCrashed."""
        return await _transcript(request, engine, _Hearing(Skill.ASR_HEARS, asr_prompt(request), asr_heard))


class ThinkerTranscriber:
    """Answers ``TranscribeRequest`` by Qwen3-Omni's Thinker; what it hears of an unknown language stays unknown."""

    async def answer(self, request: TranscribeRequest, engine: Engine) -> Transcript:
        """What is said in the chunk, or the reason why it is not known. Raises EngineCrashed."""
        how = _Hearing(Skill.THINKER_HEARS, thinker_prompt(request), thinker_heard)
        return await _transcript(request, engine, how)


def asr_prompt(request: TranscribeRequest) -> str:
    """The prompt of Qwen3-ASR: a system turn without context, the sound, and the language where it is known."""
    name = languages.asr_name(request.language)
    told = "" if name is None else f"language {name}{ASR_TEXT}"
    return f"<|im_start|>system\n<|im_end|>\n{prompts.conversation('', _sound(request))}{told}"


def asr_heard(text: str, language: str) -> Heard:
    """What Qwen3-ASR wrote: the text alone where it was told the language, else the language before it.

    Raises:
        Unacceptable: It does not say which language it heard.

    """
    if primary(language) != UNDETERMINED:
        return Heard(text, language)
    told = _TOLD.fullmatch(text)
    if told is None:
        raise Unacceptable(Reason.UNPARSABLE, "it does not say which language is spoken")
    if told["name"].casefold() == _NOBODY:
        return Heard(told["text"], UNDETERMINED)
    tag = languages.asr_tag(told["name"])
    if tag is None:
        raise Unacceptable(Reason.UNPARSABLE, "it names a language that is none of its own")
    return Heard(told["text"], tag)


def thinker_prompt(request: TranscribeRequest) -> str:
    """The prompt of the Thinker: the sound, then the request, in Chinese for Chinese."""
    if primary(request.language) == UNDETERMINED:
        text = prompts.rendered("transcribe-und")
    elif languages.counted_as(request.language, ("zh",)) is not None:
        text = prompts.rendered("transcribe-zh")
    else:
        text = prompts.rendered("transcribe", language=languages.spoken_name(request.language))
    return prompts.conversation(text, _sound(request))


def thinker_heard(text: str, language: str) -> Heard:
    """What the Thinker wrote; a label such as ``[Music]`` instead of text says that nobody speaks.

    Raises:
        Unacceptable: It says that it cannot do it.

    """
    guards.not_refusing(text)
    return Heard("" if _LABEL.fullmatch(text.strip()) else text, language)


@dataclass(frozen=True, slots=True)
class _Hearing:
    """How one model is asked."""

    skill: Skill
    prompt: str
    heard: Callable[[str, str], Heard]
    """What an answer means, given the language that was asked for."""


async def _transcript(request: TranscribeRequest, engine: Engine, how: _Hearing) -> Transcript:
    """The answer to one request, whatever becomes of it."""
    failure = languages.failure(how.skill, request.language)
    heard = Heard("", request.language)
    usage = UNUSED
    if failure is None and request.span.duration_ms >= SHORTEST_MS:
        question = Question(how.prompt, _sound(request), max_tokens(request.span))

        def accept(reply: Reply) -> Heard:
            return _checked(how.heard(reply.text, request.language), request.span)

        try:
            answered = await guarded(engine, question, accept)
            heard, usage = answered.value, answered.usage
        except Refused as error:
            failure, usage = error.failure, error.usage
    return Transcript(
        request.request_id, heard.language, (), is_draft=False, failure=failure, untimed=heard.text, usage=usage
    )


def max_tokens(span: Span) -> int:
    """Longest answer to a stretch of sound."""
    return TOKENS_BESIDES + TOKENS_PER_S * -(-span.duration_ms // 1000)


def _checked(heard: Heard, span: Span) -> Heard:
    """What was heard as one line of text that can have been said in the time, in its language."""
    text = guards.clean(heard.text)
    guards.not_looping(text)
    guards.sayable(text, span)
    guards.in_language(text, heard.language)
    return Heard(text, heard.language)


def _sound(request: TranscribeRequest) -> Sound:
    return Sound(request.media_key, request.span)
