"""A test tone, put to an engine before it is given work: a model that is loaded and answers nonsense is found out
before it spoils anything, whatever the reason (broken memory, a kernel that does not fit the GPU, weights cut short).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from schemas.time import SPEECH_RATE_HZ, Span
from workers.engines.vllm.footage import Footage
from workers.engines.vllm.prompts import SOUND
from workers.engines.vllm.question import Question, Sound

LIMIT_S = 300.0
"""How long the answer may take. Ours: the first steps of an engine compile kernels, some ten seconds each."""

NOTHING_USABLE = "it answered a test tone with nothing usable"

TOKENS = 4
"""Tokens that are written. Ours: the first comes from reading the prompt, the others from steps of their own."""

_TONE_HZ = 440
_TEXT = f"<|im_start|>user\n{SOUND}one<timestamp><timestamp><|im_end|>\n<|im_start|>assistant\n"

QUESTION = Question(_TEXT, Sound("canary", Span(0, 1_000)), TOKENS)
"""A second of the tone, for any of our models: one without marks reads ``<timestamp>`` as letters."""


def tone() -> Footage:
    """What is heard."""
    at = np.arange(SPEECH_RATE_HZ, dtype=np.float32) / SPEECH_RATE_HZ
    return Footage((0.25 * np.sin(2 * np.pi * _TONE_HZ * at)).astype(np.float32), None)


def is_usable(scores: Iterable[float]) -> bool:
    """Whether there are scores, and all of them are numbers."""
    found = list(scores)
    return bool(found) and all(map(math.isfinite, found))


def written_scores(answer: Any) -> list[float]:
    """What the model thinks of each token that it wrote, of vLLM's answer to ``generate``."""
    (written,) = answer.outputs
    return [step[token].logprob for token, step in zip(written.token_ids, written.logprobs or (), strict=False)]


def marked_scores(answer: Any) -> list[float]:
    """The best and the worst score of each token, of vLLM's answer to ``encode``; NaN where any is none."""
    scores = answer.outputs.data.float()
    return [*scores.amax(dim=-1).tolist(), *scores.amin(dim=-1).tolist()] if len(scores) else []
