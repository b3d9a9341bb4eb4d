"""A tokenizer of the real kind, small: byte-level BPE that was trained on the lessons.

The fixed sentences of the prompts are one token each, so that an instruction costs a tiny model tens of
tokens instead of hundreds; what changes from question to question is spelt with the BPE.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Qwen2TokenizerFast

END = "<|im_end|>"
"""Ends a turn, and so an answer."""

MARK = "<timestamp>"
"""Where the aligner says a time."""

AUDIO = "<|audio_pad|>"
VIDEO = "<|video_pad|>"
IMAGE = "<|image_pad|>"

_NAMED = {
    "image_token": IMAGE,
    "audio_token": AUDIO,
    "video_token": VIDEO,
    "vision_bos_token": "<|vision_start|>",
    "vision_eos_token": "<|vision_end|>",
    "audio_bos_token": "<|audio_start|>",
    "audio_eos_token": "<|audio_end|>",
}
"""What Qwen3-Omni's processor looks for by name."""

_PADDING = "<|endoftext|>"

_SPECIAL = (_PADDING, "<|im_start|>", END, *_NAMED.values(), MARK)

_SENTENCE_CHARACTERS = 16
"""Shorter texts between two fields of a prompt are spelt."""

_PLAIN = ("<asr_text>",)
"""Tokens that stay in what a model writes."""


def tokenizer(texts: Iterable[str], sentences: Sequence[str], *, size: int) -> Qwen2TokenizerFast:
    """Tokenizer of at most ``size`` tokens (and the sentences and special tokens besides).

    Args:
        texts: What the BPE is trained on.
        sentences: Texts that become one token each.
        size: Tokens of the BPE, the 256 bytes included.

    """
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    made.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    )
    made.add_tokens([AddedToken(text, normalized=False) for text in (*_PLAIN, *sentences)])
    made.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in _SPECIAL])
    return Qwen2TokenizerFast(
        tokenizer_object=made,
        eos_token=END,
        pad_token=_PADDING,
        unk_token=None,
        bos_token=None,
        extra_special_tokens=_NAMED,
        model_max_length=32_768,
    )


def sentences(templates: Iterable[str]) -> list[str]:
    """What stands between the fields of prompts (``string.Template``), where it is long enough to be worth a token."""
    found = (part for template in templates for part in re.split(r"\$\{?\w+\}?|\n", template))
    return list(dict.fromkeys(part for part in found if len(part) >= _SENTENCE_CHARACTERS))
