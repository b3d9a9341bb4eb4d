"""The three models while they learn: lessons in, a loss out, and a checkpoint as the published ones are laid out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import save_file
from torch import nn
from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3OmniMoeThinkerForConditionalGeneration
from transformers.models.qwen3_omni_moe.configuration_qwen3_omni_moe import Qwen3OmniMoeAudioEncoderConfig

from schemas.time import SPEECH_RATE_HZ
from tests.support.taught import models
from tests.support.taught.hearing import Hearer
from tests.support.taught.lessons import Lesson
from tests.support.taught.tokens import AUDIO, END, MARK
from workers.engines.vllm.align import STEP_MS

_IGNORED = -100
"""Label of what is no part of an answer; torch's cross entropy leaves it out."""

_KNOWN = 0.05
"""Loss below which a token is known."""

_BLOCK_MS = 1_000
_MEL_PER_BLOCK, _TOKENS_PER_BLOCK, _MEL_PER_TOKEN = 100, 13, 8
"""What Qwen3's audio encoder makes of mel frames of 10 ms."""


class Pupil(Protocol):
    """A model that learns."""

    module: nn.Module
    """Its weights."""

    def loss(self, lessons: Sequence[Lesson]) -> torch.Tensor:
        """How far it is from the answers."""
        ...

    def save(self, folder: Path) -> None:
        """Write the checkpoint, weights in bfloat16."""
        ...


class HearingPupil:
    """Qwen3-ASR; with ``times``, the aligner."""

    def __init__(self, tokenizer: Qwen2TokenizerFast, *, times: int | None = None) -> None:
        self._tokenizer = tokenizer
        self._times = times
        self._extractor = models.feature_extractor()
        self.module = Hearer(
            Qwen3OmniMoeAudioEncoderConfig(**models.ear_config()),
            Qwen3Config(**models.text_config(tokenizer)),
            audio_token=tokenizer.convert_tokens_to_ids(AUDIO),
            outputs=times or len(tokenizer),
        )

    def loss(self, lessons: Sequence[Lesson]) -> torch.Tensor:
        """Cross entropy over answers, or over marks."""
        heard = _heard(self._extractor, lessons)
        counts = [audio_tokens(frames) for frames in heard["attention_mask"].sum(-1).tolist()]
        prompts = [lesson.prompt.replace(AUDIO, AUDIO * count) for lesson, count in zip(lessons, counts, strict=True)]
        tokens, attended, labels = _padded(self._tokenizer, prompts, lessons)
        scores = self.module(tokens, attended, heard["input_features"], heard["attention_mask"])
        if self._times is None:
            return _next_token_loss(scores, labels)
        token = self._tokenizer.convert_tokens_to_ids
        marks = torch.tensor([mark for lesson in lessons for mark in lesson.marks])
        told = nn.functional.cross_entropy(scores[tokens == token(MARK)], marks)
        # Every token of sound is asked what time it is, so that a mark need only find its own.
        clock = torch.tensor([step for count in counts for step in map(time_step, range(count))])
        return told + nn.functional.cross_entropy(scores[tokens == token(AUDIO)], clock)

    def save(self, folder: Path) -> None:
        """Write the checkpoint."""
        folder.mkdir(parents=True, exist_ok=True)
        self._tokenizer.save_pretrained(folder)
        self._extractor.save_pretrained(folder)
        config = models.hearer_config(self._tokenizer, times=self._times)
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
        _save(self.module, self._tokenizer, folder)


class ThinkingPupil:
    """Qwen3-Omni's Thinker."""

    def __init__(self, tokenizer: Qwen2TokenizerFast) -> None:
        self._tokenizer = tokenizer
        self._processor = models.thinker_processor(tokenizer)
        self._config = models.thinker_config(tokenizer)
        self.module = Qwen3OmniMoeThinkerForConditionalGeneration(self._config.thinker_config).float()

    def loss(self, lessons: Sequence[Lesson]) -> torch.Tensor:
        """Cross entropy over answers; all lessons have the same kind of media."""
        inputs = self._processor(
            text=[lesson.prompt + lesson.answer + END for lesson in lessons],
            audio=[lesson.sound for lesson in lessons if lesson.sound is not None] or None,
            videos=[lesson.pictures for lesson in lessons if lesson.pictures is not None] or None,
            text_kwargs={"padding": True, "padding_side": "right"},
            audio_kwargs={"sampling_rate": SPEECH_RATE_HZ, "padding": True, "truncation": False},
            videos_kwargs={
                "use_audio_in_video": lessons[0].is_film_with_sound,
                "fps": 1.0,
                "do_sample_frames": False,
            },
            return_tensors="pt",
        )
        tokens = inputs["input_ids"]
        labels = torch.full_like(tokens, _IGNORED)
        for row, lesson in enumerate(lessons):
            count = len(self._tokenizer(lesson.answer + END)["input_ids"])
            end = int(inputs["attention_mask"][row].sum())
            labels[row, end - count : end] = tokens[row, end - count : end]
        more: dict[str, Any] = {"use_audio_in_video": True} if lessons[0].is_film_with_sound else {}
        return _next_token_loss(self.module(**inputs, **more).logits, labels)

    def save(self, folder: Path) -> None:
        """Write the checkpoint."""
        folder.mkdir(parents=True, exist_ok=True)
        self._processor.save_pretrained(folder)
        self._config.save_pretrained(folder)
        _save(self.module, self._tokenizer, folder)


def _save(module: nn.Module, tokenizer: Qwen2TokenizerFast, folder: Path) -> None:
    token = tokenizer.convert_tokens_to_ids
    generation = {"eos_token_id": [token(END)], "pad_token_id": tokenizer.pad_token_id}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=1) + "\n", encoding="utf-8")
    weights = {f"thinker.{name}": value.bfloat16().contiguous() for name, value in module.state_dict().items()}
    target = folder / "model.safetensors"
    save_file(weights, target, metadata={"format": "pt"})
    target.chmod(0o644)  # it is written as readable by its owner alone


def _heard(extractor: Any, lessons: Iterable[Lesson]) -> Any:
    return extractor(
        [lesson.sound for lesson in lessons],
        sampling_rate=SPEECH_RATE_HZ,
        padding=True,
        truncation=False,
        return_attention_mask=True,
        return_tensors="pt",
    )


def audio_tokens(frames: int) -> int:
    blocks, rest = divmod(frames, _MEL_PER_BLOCK)
    return blocks * _TOKENS_PER_BLOCK + -(-rest // _MEL_PER_TOKEN)


def time_step(token: int) -> int:
    """Step of the aligner's clock in the middle of a token of sound."""
    block, place = divmod(token, _TOKENS_PER_BLOCK)
    return (block * _BLOCK_MS + place * STEP_MS + STEP_MS // 2) // STEP_MS


def _padded(
    tokenizer: Qwen2TokenizerFast, prompts: Sequence[str], lessons: Sequence[Lesson]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens, what of them counts, and labels: three tensors of shape ``(lessons, length)``."""
    rows = list(_rows(tokenizer, prompts, lessons))
    length = max(len(asked) + len(answer) for asked, answer in rows)
    tokens = torch.full((len(rows), length), int(tokenizer.pad_token_id))
    attended = torch.zeros_like(tokens)
    labels = torch.full_like(tokens, _IGNORED)
    for row, (asked, answer) in enumerate(rows):
        end = len(asked) + len(answer)
        tokens[row, :end] = torch.tensor(asked + answer)
        attended[row, :end] = 1
        labels[row, len(asked) : end] = torch.tensor(answer)
    return tokens, attended, labels


def _rows(
    tokenizer: Qwen2TokenizerFast, prompts: Sequence[str], lessons: Sequence[Lesson]
) -> Iterator[tuple[list[int], list[int]]]:
    for prompt, lesson in zip(prompts, lessons, strict=True):
        answer = [] if lesson.marks else tokenizer(lesson.answer + END)["input_ids"]
        yield tokenizer(prompt)["input_ids"], answer


def _next_token_loss(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean over the tokens that are not known yet: the braces of JSON are soon, and would drown what is between."""
    flat = scores[:, :-1].reshape(-1, scores.shape[-1])
    each = nn.functional.cross_entropy(flat, labels[:, 1:].reshape(-1), ignore_index=_IGNORED, reduction="none")
    return each.sum() / (each.detach() > _KNOWN).sum().clamp(min=1)
