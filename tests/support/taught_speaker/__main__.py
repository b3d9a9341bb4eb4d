"""Teach the tiny speaker encoder: ``python -m tests.support.taught_speaker``, run by the interpreter that has torch.

The architecture is that of Qwen3-TTS Base, with 32 channels where the released models have 512. The lesson is
that of speaker recognition: tell the voices apart with an additive angular margin (Deng et al., arXiv 1801.07698),
then drop what tells them apart and keep the vectors. Takes a minute on one core. eSpeak NG does not say the same line
twice to the bit, so that the weights differ in detail from run to run.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from tests.support.taught_speaker import CHECKPOINT, RECIPE, recipe
from tests.support.taught_speaker.lessons import pupils, windows
from workers.engines.vllm import speaker

ARCHITECTURE = speaker.Architecture(
    enc_dim=64,
    enc_channels=(32, 32, 32, 32, 96),
    enc_attention_channels=32,
    enc_res2net_scale=4,
    enc_se_channels=16,
)
"""As released but for its width."""

STEPS = 600
"""Nearly all windows are told apart after 400."""

BATCH = 64
"""Windows of a step."""

FRAMES = (56, 64, 96)
"""Lengths of windows, one per step: 0.6 to 1 s, shorter and so cheaper than the 1.5 s that the diarizer asks for."""

MARGIN = 0.2
"""Radians by which the own voice must be nearer; the usual value, as is the next."""

SCALE = 20.0
"""What a cosine counts in the loss."""

RATE = 3e-3
"""Highest learning rate."""


def main() -> None:
    """Teach it and keep it."""
    parser = argparse.ArgumentParser(description="Teach the tiny speaker encoder.")
    parser.add_argument("--out", type=Path, default=CHECKPOINT)
    parser.add_argument("--steps", type=int, default=STEPS)
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)  # two threads that wait for each other are slower on a busy machine
    network = teach(args.steps)
    save(network, args.out)


def teach(steps: int) -> Any:
    """The encoder after so many steps."""
    rng = np.random.default_rng(0)
    voices = pupils(rng)
    print(f"{len(voices)} voices, {sum(len(voice.lines) for voice in voices)} lines")
    network = speaker.new_network(ARCHITECTURE).train()
    evened = Evened(network)
    axes = torch.nn.Parameter(torch.randn(len(voices), ARCHITECTURE.enc_dim))
    learning = [*network.parameters(), *evened.parameters(), axes]
    optimiser = torch.optim.AdamW(learning, lr=RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.2)
    began = time.monotonic()
    for step in range(steps):
        who = rng.integers(len(voices), size=BATCH)
        heard = windows([voices[one] for one in who], int(rng.choice(FRAMES)), rng)
        vectors = torch.nn.functional.normalize(network(heard))
        loss, right = angular_margin(vectors, torch.nn.functional.normalize(axes), torch.from_numpy(who))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning, 5.0)
        optimiser.step()
        schedule.step()
        if step % 50 == 49:
            print(
                f"step {step + 1}: loss {loss.item():.2f}, right {right:.0%}, {time.monotonic() - began:.0f} s",
                flush=True,
            )
    evened.fold()
    return network.eval()


class Evened:
    """A network whose layers are normalised over the batch (Ioffe and Szegedy, arXiv 1502.03167) while it learns.

    The architecture has no normalisation; without it all voices get nearly the same vector and nothing is learnt. What
    was learnt is folded into the layers at the end, exactly.
    """

    def __init__(self, network: Any) -> None:
        self._norms = {
            layer: torch.nn.BatchNorm1d(layer.out_channels)
            for name, layer in network.named_modules()
            if isinstance(layer, torch.nn.Conv1d) and "se_block" not in name and "asp" not in name
        }
        self._hooks = [layer.register_forward_hook(self._evened) for layer in self._norms]

    def parameters(self) -> list[torch.nn.Parameter]:
        """What it learns besides the network's own."""
        return [parameter for norm in self._norms.values() for parameter in norm.parameters()]

    def fold(self) -> None:
        """Leave the network as it is at the end, without normalisation."""
        for hook in self._hooks:
            hook.remove()
        with torch.no_grad():
            for layer, norm in self._norms.items():
                scale = norm.weight / (norm.running_var + norm.eps).sqrt()
                layer.weight *= scale[:, None, None]
                layer.bias.copy_((layer.bias - norm.running_mean) * scale + norm.bias)

    def _evened(self, layer: torch.nn.Conv1d, _heard: object, out: torch.Tensor) -> torch.Tensor:
        evened: torch.Tensor = self._norms[layer](out)
        return evened


def angular_margin(vectors: torch.Tensor, axes: torch.Tensor, who: torch.Tensor) -> tuple[torch.Tensor, float]:
    """The loss, and the share of windows whose own voice is the nearest."""
    cosines = vectors @ axes.T
    own = cosines.gather(1, who[:, None])
    sines = (1 - own.square()).clamp(min=1e-6).sqrt()
    harder = own * math.cos(MARGIN) - sines * math.sin(MARGIN)
    logits = SCALE * cosines.scatter(1, who[:, None], harder)
    return torch.nn.functional.cross_entropy(logits, who), float((cosines.argmax(1) == who).float().mean())


def save(network: Any, folder: Path) -> None:
    """Keep the encoder as a Qwen3-TTS Base checkpoint does, without the talker that goes with it."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["Qwen3TTSForConditionalGeneration"],
        "model_type": "qwen3_tts",
        "tts_model_type": "base",
        "speaker_encoder_config": ARCHITECTURE.model_dump(),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    weights = {speaker.PREFIX + name: value.to(torch.bfloat16) for name, value in network.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / RECIPE).write_text(recipe() + "\n")


if __name__ == "__main__":
    main()
