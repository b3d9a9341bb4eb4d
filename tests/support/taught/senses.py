"""What the models hear and see with, taught before they learn to answer: every token of sound, and of a picture, says
by itself what it is a part of.

An answer of ten words says little about an encoder; its eighty tokens of sound, each with its word, say much. So an
encoder learns in a minute what takes the whole model many.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from transformers.models.qwen3_omni_moe.configuration_qwen3_omni_moe import (
    Qwen3OmniMoeAudioEncoderConfig,
    Qwen3OmniMoeVisionEncoderConfig,
)
from transformers.models.qwen3_omni_moe.modeling_qwen3_omni_moe import (
    Qwen3OmniMoeAudioEncoder,
    Qwen3OmniMoeVisionEncoder,
)

from schemas.time import SPEECH_RATE_HZ
from tests.support.taught import models
from tests.support.taught.cards import Card
from tests.support.taught.pupils import audio_tokens
from tests.support.taught.sounds import Recording, Voice
from tests.support.taught.viewing import filmed
from tests.support.taught.words import COLOURS, WORDS, WRITTEN

_TOKEN_MS, _TOKENS_PER_BLOCK, _BLOCK_MS = 80, 13, 1_000
_VOICES = tuple(voice.name.lower() for voice in Voice)


class Ear(nn.Module):  # type: ignore[misc]  # torch is Any where it is not installed
    """The audio encoder, with a head that says of each token: word or silence, voice, and whether a word begins.

    One for the aligner says its place in its second besides, which is how fine its clock is.
    """

    def __init__(self, *, has_clock: bool = False) -> None:
        super().__init__()
        self._has_clock = has_clock
        self.tower = Qwen3OmniMoeAudioEncoder(Qwen3OmniMoeAudioEncoderConfig(**models.ear_config()))
        self.head = nn.Linear(models.HIDDEN, len(WORDS) + 1 + len(_VOICES) + 2 + _TOKENS_PER_BLOCK)
        self._extractor = models.feature_extractor()

    def loss(self, recordings: Sequence[Recording]) -> torch.Tensor:
        """How far it is from knowing what is said when."""
        heard = self._extractor(
            [recording.samples for recording in recordings],
            sampling_rate=SPEECH_RATE_HZ,
            padding=True,
            truncation=False,
            return_attention_mask=True,
            return_tensors="pt",
        )
        frames = heard["attention_mask"].sum(-1)
        packed = heard["input_features"].permute(0, 2, 1)[heard["attention_mask"].bool()].permute(1, 0)
        scores = self.head(self.tower(packed, feature_lens=frames).last_hidden_state)
        words, voices, begins, places = scores.split([len(WORDS) + 1, len(_VOICES), 2, _TOKENS_PER_BLOCK], dim=-1)
        truth = torch.tensor(
            [
                label
                for recording, count in zip(recordings, frames.tolist(), strict=True)
                for label in _labels(recording, audio_tokens(count))
            ]
        )
        is_speech = truth[:, 0] < len(WORDS)
        loss: torch.Tensor = (
            nn.functional.cross_entropy(words, truth[:, 0])
            + nn.functional.cross_entropy(voices[is_speech], truth[is_speech, 1])
            + nn.functional.cross_entropy(begins, truth[:, 2])
        )
        return loss + nn.functional.cross_entropy(places, truth[:, 3]) if self._has_clock else loss


def _labels(recording: Recording, count: int) -> list[tuple[int, int, int, int]]:
    """Of each token of sound: number of the word in its middle, or one more for silence; voice; whether it begins;
    place in its second."""
    labels = []
    before = None
    voices = {
        word: _VOICES.index(str(turn.speaker))
        for turn in recording.turns
        for word in recording.words
        if turn.span.start_ms <= word.span.start_ms < turn.span.end_ms
    }
    for token in range(count):
        block, step = divmod(token, _TOKENS_PER_BLOCK)
        at_ms = block * _BLOCK_MS + step * _TOKEN_MS + _TOKEN_MS // 2
        word = next((word for word in recording.words if word.span.start_ms <= at_ms < word.span.end_ms), None)
        if word is None:
            labels.append((len(WORDS), 0, 0, step))
        else:
            number = WORDS.index(word.text.rstrip(".").lower())
            labels.append((number, voices[word], int(word is not before), step))
        before = word
    return labels


class Eye(nn.Module):  # type: ignore[misc]  # torch is Any where it is not installed
    """The vision encoder, with a head that says of each token of a card: its colour and its word."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = Qwen3OmniMoeVisionEncoder(Qwen3OmniMoeVisionEncoderConfig(**models.eye_config()))
        # A patch has 1,536 values: with the spread of the other layers, what it shows would drown where it is.
        nn.init.normal_(self.tower.patch_embed.proj.weight, std=0.02)
        nn.init.normal_(self.tower.pos_embed.weight, std=0.5)
        self.head = nn.Linear(models.HIDDEN, len(COLOURS) + len(WRITTEN))
        self._processor = models.video_processor()

    def loss(self, teller: random.Random, cards: Sequence[Card]) -> torch.Tensor:
        """How far it is from reading the cards."""
        pairs = [np.stack([filmed(teller, card)] * 2) for card in cards]
        seen = self._processor(pairs, do_sample_frames=False, return_tensors="pt")
        found = self.tower(seen["pixel_values_videos"], grid_thw=seen["video_grid_thw"]).pooler_output
        colours, words = self.head(found).split([len(COLOURS), len(WRITTEN)], dim=-1)
        each = len(found) // len(cards)
        colour = torch.tensor([list(COLOURS).index(card.colour) for card in cards]).repeat_interleave(each)
        word = torch.tensor([WRITTEN.index(card.word) for card in cards]).repeat_interleave(each)
        return nn.functional.cross_entropy(colours, colour) + nn.functional.cross_entropy(words, word)
