"""Qwen3-ASR and Qwen3-ForcedAligner as modules that can be trained: an ear, a language model, a head.

transformers has both under other names and other configurations than the published checkpoints, which are what vLLM
reads; the modules are the same, and so are the names that their weights get here.
"""

from __future__ import annotations

import torch
from torch import nn
from transformers import Qwen3Config, Qwen3Model
from transformers.models.qwen3_omni_moe.configuration_qwen3_omni_moe import Qwen3OmniMoeAudioEncoderConfig
from transformers.models.qwen3_omni_moe.modeling_qwen3_omni_moe import Qwen3OmniMoeAudioEncoder


class Hearer(nn.Module):  # type: ignore[misc]  # torch is Any where it is not installed
    """Sound and text in, a distribution over tokens or times out."""

    def __init__(
        self, ear: Qwen3OmniMoeAudioEncoderConfig, text: Qwen3Config, *, audio_token: int, outputs: int
    ) -> None:
        super().__init__()
        self.audio_tower = Qwen3OmniMoeAudioEncoder(ear)
        self.model = Qwen3Model(text)
        self.lm_head = nn.Linear(text.hidden_size, outputs, bias=False)
        self._audio_token = audio_token

    def forward(
        self, tokens: torch.Tensor, attended: torch.Tensor, features: torch.Tensor, heard: torch.Tensor
    ) -> torch.Tensor:
        """Scores, shape ``(batch, length, outputs)``.

        Args:
            tokens: Shape ``(batch, length)``, one audio token per embedding of the sound.
            attended: Shape as ``tokens``, 0 for padding.
            features: Log-mel spectrograms, shape ``(batch, 128, frames)``.
            heard: Shape ``(batch, frames)``, 0 for padding.

        """
        packed = features.permute(0, 2, 1)[heard.bool()].permute(1, 0)
        sound = self.audio_tower(packed, feature_lens=heard.sum(-1)).last_hidden_state
        embedded = self.model.embed_tokens(tokens)
        embedded = embedded.masked_scatter((tokens == self._audio_token).unsqueeze(-1), sound)
        hidden = self.model(inputs_embeds=embedded, attention_mask=attended).last_hidden_state
        return self.lm_head(hidden)
