"""The speaker encoder of a Qwen3-TTS Base checkpoint: a vector per window of speech that says who speaks.

Qwen3-TTS clones a voice from such a vector; no other released Qwen3 model has one. What is here follows the
sources of vllm-omni 0.30 (``model_executor/models/qwen3_tts``): an ECAPA-TDNN (Desplanques et al., arXiv
2005.07143) over 128 log mel bands of 24 kHz sound. transformers has the same network, weight names included, as
the encoder of Qwen2.5-Omni; it loads without an engine and without CUDA. Ours, and not in those sources: the
level to which every window is brought, and float32 where vllm-omni computes in the talker's bfloat16. The real
weights were never run here. They were trained on sound up to 12 kHz and hear our 16 kHz audio, which ends at 8.

This is torch and nothing of vLLM: one small network in the worker's own process, no engine beside it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors
import soxr
import torch
from transformers.audio_utils import mel_filter_bank
from transformers.models.qwen2_5_omni.configuration_qwen2_5_omni import Qwen2_5OmniDiTConfig
from transformers.models.qwen2_5_omni.modeling_qwen2_5_omni import ECAPA_TimeDelayNet

from pipeline.errors import EngineCrashed, EngineUnavailable
from pipeline.media.speech_file import Samples
from schemas.jobs import Job
from schemas.time import SAMPLES_PER_MS, SPEECH_RATE_HZ
from workers.engines.vllm.voices import Embeddings

PREFIX = "speaker_encoder."
"""What the names of its weights begin with in the checkpoint."""

RATE_HZ = 24_000
"""Of the sound that the encoder hears, ``speaker_encoder_config.sample_rate``."""

MEL_BANDS = 128
"""``speaker_encoder_config.mel_dim``."""

_FFT = 1_024
"""Samples of the window of one spectrum."""

_STEP = 256
"""Samples from one spectrum to the next."""

_LEAST_POWER = 1e-9
"""Added to every power before the root."""

_LEAST_BAND = 1e-5
"""Smallest value of a band before the logarithm."""

_LEVEL = 0.05
"""Root mean square to which a window is brought, full scale being 1: -26 dB, the nominal level of ITU-T P.56. How
loud a voice is says how near the microphone was, not who speaks."""

_SILENCE = 1e-4
"""Root mean square below which a window is left as it is: -80 dB, three steps of 16 bit."""

_BATCH = 128
"""Windows that go through the network at once; about 1 GB with the released model's 512 channels."""

_REMEDY = "name a Qwen3-TTS Base checkpoint for this model, e.g. Qwen/Qwen3-TTS-12Hz-0.6B-Base"


class SpeakerEncoder:
    """An encoder that is ready; may be called from several threads."""

    def __init__(self, checkpoint: Path, *, device: str, threads: int) -> None:
        """Load it onto a torch ``device``, e.g. ``cuda`` or ``cpu``; there it keeps so many ``threads`` busy.

        Raises:
            EngineUnavailable: The checkpoint has no such encoder or is broken, or there is no such device.

        """
        self._network = load_network(checkpoint)
        torch.set_num_threads(threads)
        # The same sound must have the same vector: no algorithm that is chosen by timing, no rounding to TF32.
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.allow_tf32 = False
        try:
            self._device = torch.device(device)
            self._network.to(self._device)
        except (RuntimeError, AssertionError) as error:
            why = str(error).splitlines()[0]
            raise EngineUnavailable(
                f"the speaker encoder cannot run on {device}: {why}; choose another device"
            ) from error
        self._mels = Mels(self._device)
        self._turn = threading.Lock()

    def embed(self, sound: Samples, starts_ms: Sequence[int], *, window_ms: int) -> tuple[Embeddings, float]:
        """One vector per window of ``sound`` that begins at one of ``starts_ms`` and is ``window_ms`` long.

        Sound that is shorter than a window is repeated until it fills one, as 3D-Speaker does. The second value is
        the time in seconds in which a GPU was busy; 0 on a CPU.

        Raises:
            EngineCrashed: The device failed, e.g. for want of memory.

        """
        window = window_ms * SAMPLES_PER_MS
        if len(sound) < window:
            sound = np.resize(sound, window)
        heard = soxr.resample(sound.astype(np.float32) / 2**15, SPEECH_RATE_HZ, RATE_HZ)
        per_ms = RATE_HZ // 1000
        # The resampler may give a sample less than it should at the end.
        heard = np.pad(heard, (0, max(0, (max(starts_ms) + window_ms) * per_ms - len(heard))))
        firsts = [start_ms * per_ms for start_ms in starts_ms]
        with self._turn:
            began = time.monotonic()
            try:
                vectors = self._through(heard, firsts, window_ms * per_ms)
            except RuntimeError as error:  # torch's root of CUDA errors, out of memory included
                why = str(error).splitlines()[0]
                raise EngineCrashed(Job.DIARIZE, 1, f"the speaker encoder failed: {why}") from error
            busy_s = time.monotonic() - began
        return vectors, 0.0 if self._device.type == "cpu" else busy_s

    def _through(self, heard: npt.NDArray[np.float32], firsts: Sequence[int], length: int) -> Embeddings:
        vectors = []
        with torch.inference_mode():
            on_device = torch.from_numpy(heard).to(self._device)
            for at in range(0, len(firsts), _BATCH):
                windows = torch.stack([on_device[first : first + length] for first in firsts[at : at + _BATCH]])
                vectors.append(torch.nn.functional.normalize(self._network(self._mels(windows)), dim=1).cpu())
        embeddings: Embeddings = torch.cat(vectors).numpy()
        return embeddings


class Mels:
    """The front end: sound to log mel bands, as ``prompt_embeds_builder.mel_spectrogram`` has it."""

    def __init__(self, device: torch.device) -> None:
        bank = mel_filter_bank(_FFT // 2 + 1, MEL_BANDS, 0.0, RATE_HZ / 2, RATE_HZ, norm="slaney", mel_scale="slaney")
        self._bank = torch.from_numpy(bank).float().to(device)
        self._hann = torch.hann_window(_FFT, device=device)

    def __call__(self, windows: torch.Tensor) -> torch.Tensor:
        """Bands of windows ``(n, samples)`` of sound in [-1, 1) at ``RATE_HZ``; shape ``(n, frames, MEL_BANDS)``."""
        level = windows.square().mean(dim=1, keepdim=True).sqrt()
        windows = torch.where(level > _SILENCE, windows * (_LEVEL / level.clamp(min=_SILENCE)), windows)
        margin = (_FFT - _STEP) // 2
        padded = torch.nn.functional.pad(windows, (margin, margin), mode="reflect")
        spectra = torch.stft(padded, _FFT, _STEP, window=self._hann, center=False, return_complex=True)
        magnitudes = (spectra.real.square() + spectra.imag.square() + _LEAST_POWER).sqrt()
        return (magnitudes.transpose(1, 2) @ self._bank).clamp(min=_LEAST_BAND).log()


def load_network(checkpoint: Path) -> Any:
    """The encoder of a checkpoint with its weights, in float32 on the CPU, ready to answer.

    Raises:
        EngineUnavailable: The checkpoint has no such encoder, or is broken.

    """
    network = new_network(_config(checkpoint))
    weights = _weights(checkpoint)
    if not weights:
        kind = "its CustomVoice and VoiceDesign checkpoints have none"
        raise EngineUnavailable(f"{checkpoint} has no weights of a speaker encoder, {kind}; {_REMEDY}")
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        what = " ".join(str(error).split())
        raise EngineUnavailable(f"the speaker encoder of {checkpoint} is not that of its config: {what}") from error
    return network


def new_network(config: dict[str, Any]) -> Any:
    """An encoder of the architecture that ``speaker_encoder_config`` describes, with random weights.

    Raises:
        ValueError: The description does not fit together.

    """
    known = {name: config[name] for name in _ARCHITECTURE if name in config}
    return ECAPA_TimeDelayNet(Qwen2_5OmniDiTConfig(**{**_ARCHITECTURE, **known})).float().eval()


_ARCHITECTURE: dict[str, Any] = {
    "mel_dim": MEL_BANDS,
    "enc_dim": 1024,
    "enc_channels": [512, 512, 512, 512, 1536],
    "enc_kernel_sizes": [5, 3, 3, 3, 1],
    "enc_dilations": [1, 2, 3, 4, 1],
    "enc_attention_channels": 128,
    "enc_res2net_scale": 8,
    "enc_se_channels": 128,
}
"""What vllm-omni's ``Qwen3TTSSpeakerEncoderConfig`` supposes where a checkpoint does not say."""


def _config(checkpoint: Path) -> dict[str, Any]:
    path = checkpoint / "config.json"
    try:
        whole = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise EngineUnavailable(f"{path} cannot be read: {error}; {_REMEDY}") from error
    config = whole.get("speaker_encoder_config") if isinstance(whole, dict) else None
    if not isinstance(config, dict):
        raise EngineUnavailable(f"{path} describes no speaker encoder; {_REMEDY}")
    hears = (config.get("sample_rate", RATE_HZ), config.get("mel_dim", MEL_BANDS))
    if hears != (RATE_HZ, MEL_BANDS):
        raise EngineUnavailable(
            f"the speaker encoder of {checkpoint} hears {hears[0]} Hz in {hears[1]} bands, not {RATE_HZ} Hz in "
            f"{MEL_BANDS}; {_REMEDY}"
        )
    return config


def _weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    """The encoder's weights, from whichever files of the checkpoint hold them."""
    weights: dict[str, torch.Tensor] = {}
    for path in sorted(checkpoint.glob("*.safetensors")):
        try:
            with safetensors.safe_open(path, framework="pt") as kept:
                names = [name for name in kept.keys() if name.startswith(PREFIX)]  # noqa: SIM118 - it is no dict
                weights |= {name.removeprefix(PREFIX): kept.get_tensor(name).float() for name in names}
        except (OSError, safetensors.SafetensorError) as error:
            raise EngineUnavailable(f"{path} cannot be read: {error}; download the checkpoint again") from error
    return weights
