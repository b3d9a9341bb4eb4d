"""Holds our speaker encoder against vllm-omni's own: ``python -m tests.support.omni_speaker CHECKPOINT NOISE.npy``.

The last line says by how much mel bands and vectors differ at most. vllm-omni takes its filters from torchaudio,
which has no build beside a torch for the CPU; transformers' filters by the same formula stand in for them here, so
that the filters are the one thing that this does not compare.
"""

from __future__ import annotations

import importlib.machinery
import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers.audio_utils import mel_filter_bank

from workers.engines.vllm import speaker

FFT = 1_024
STEP = 256


def main(checkpoint: str, noise: str) -> None:
    """Compare."""
    _without_torchaudio()
    from vllm_omni.model_executor.models.qwen3_tts.configuration_qwen3_tts import Qwen3TTSSpeakerEncoderConfig
    from vllm_omni.model_executor.models.qwen3_tts.prompt_embeds_builder import mel_spectrogram
    from vllm_omni.model_executor.models.qwen3_tts.qwen3_tts_talker import Qwen3TTSSpeakerEncoder

    described = json.loads((Path(checkpoint) / "config.json").read_text())["speaker_encoder_config"]
    theirs = Qwen3TTSSpeakerEncoder(Qwen3TTSSpeakerEncoderConfig(**described)).eval()
    ours = speaker.load_network(Path(checkpoint))
    theirs.load_state_dict(ours.state_dict())
    windows = torch.from_numpy(np.load(noise))
    windows = windows * (speaker.LEVEL / windows.square().mean(dim=1, keepdim=True).sqrt())
    bands = speaker.Mels(torch.device("cpu"))(windows)
    expected = mel_spectrogram(
        windows,
        n_fft=FFT,
        num_mels=speaker.MEL_BANDS,
        sampling_rate=speaker.RATE_HZ,
        hop_size=STEP,
        win_size=FFT,
        fmin=0,
        fmax=speaker.RATE_HZ // 2,
    ).transpose(1, 2)
    with torch.inference_mode():
        apart = {"mels": bands - expected, "vectors": ours(bands) - theirs(bands)}
    print(json.dumps({name: difference.abs().max().item() for name, difference in apart.items()}))


def _without_torchaudio() -> None:
    def melscale_fbanks(**asked: Any) -> torch.Tensor:
        bank = mel_filter_bank(
            asked["n_freqs"],
            asked["n_mels"],
            asked["f_min"],
            asked["f_max"],
            asked["sample_rate"],
            norm=asked["norm"],
            mel_scale=asked["mel_scale"],
        )
        return torch.from_numpy(bank).float()

    for name in ("torchaudio", "torchaudio.functional"):
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        sys.modules[name] = module
    vars(sys.modules["torchaudio.functional"])["melscale_fbanks"] = melscale_fbanks


if __name__ == "__main__":
    main(*sys.argv[1:])
