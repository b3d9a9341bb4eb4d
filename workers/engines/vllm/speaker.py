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
from pydantic import BaseModel, ConfigDict, ValidationError
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

LEVEL = 0.05
"""Root mean square to which a window is brought, full scale being 1: -26 dB, the nominal level of ITU-T P.56. How
loud a voice is says how near the microphone was, not who speaks."""

_SILENCE = 1e-4
"""Root mean square below which a window is left as it is: -80 dB, three steps of 16 bit."""

_BATCH = 128
"""Windows that go through the network at once; about 1 GB with the released model's 512 channels."""

_MOST_SAID = 300
"""Characters of torch's own words about weights that do not fit: it names every one."""

_REMEDY = "name a Qwen3-TTS Base checkpoint for this model, e.g. Qwen/Qwen3-TTS-12Hz-0.6B-Base"


class SpeakerEncoder:
    """An encoder that is ready; may be called from several threads."""

    def __init__(self, checkpoint: Path, *, device: str, threads: int, share: float = 1.0) -> None:
        """Load it onto a torch ``device``, e.g. ``cuda`` or ``cpu``; there it keeps so many ``threads`` busy.

        Of a GPU's memory it takes no more than ``share``, 0 to 1: other models count on the rest.

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
            if self._device.type == "cuda":
                torch.cuda.set_per_process_memory_fraction(share)
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
        windows = torch.where(level > _SILENCE, windows * (LEVEL / level.clamp(min=_SILENCE)), windows)
        margin = (_FFT - _STEP) // 2
        padded = torch.nn.functional.pad(windows, (margin, margin), mode="reflect")
        spectra = torch.stft(padded, _FFT, _STEP, window=self._hann, center=False, return_complex=True)
        magnitudes = (spectra.real.square() + spectra.imag.square() + _LEAST_POWER).sqrt()
        return (magnitudes.transpose(1, 2) @ self._bank).clamp(min=_LEAST_BAND).log()


class Architecture(BaseModel):
    """``speaker_encoder_config``, with what vllm-omni supposes where a checkpoint does not say."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sample_rate: int = RATE_HZ
    """Of the sound that it hears."""

    mel_dim: int = MEL_BANDS
    """Bands that it sees."""

    enc_dim: int = 1024
    """Length of a vector."""

    enc_channels: tuple[int, ...] = (512, 512, 512, 512, 1536)
    """Channels of each layer."""

    enc_kernel_sizes: tuple[int, ...] = (5, 3, 3, 3, 1)
    """Spectra that each layer sees at once."""

    enc_dilations: tuple[int, ...] = (1, 2, 3, 4, 1)
    """Spectra from one that it sees to the next."""

    enc_attention_channels: int = 128
    """Channels of the attention over time."""

    enc_res2net_scale: int = 8
    """Groups of channels in a block."""

    enc_se_channels: int = 128
    """Channels between squeeze and excitation."""


class _Config(BaseModel):
    """What we need of ``config.json``."""

    model_config = ConfigDict(extra="ignore")

    speaker_encoder_config: Architecture


def load_network(checkpoint: Path) -> Any:
    """The encoder of a checkpoint with its weights, in float32 on the CPU, ready to answer.

    Raises:
        EngineUnavailable: The checkpoint has no such encoder, or is broken.

    """
    architecture = _architecture(checkpoint)
    weights = _weights(checkpoint)
    if not weights:
        kind = "CustomVoice and VoiceDesign checkpoints have none"
        raise EngineUnavailable(f"{checkpoint} has no weights of a speaker encoder, {kind}; {_REMEDY}")
    if not all(bool(weight.isfinite().all()) for weight in weights.values()):
        raise EngineUnavailable(
            f"the speaker encoder of {checkpoint} has weights that are no numbers; download it again"
        )
    try:
        network = new_network(architecture)
        network.load_state_dict(weights)
    except (ValueError, RuntimeError) as error:
        what = " ".join(str(error).split())[:_MOST_SAID]
        raise EngineUnavailable(
            f"the speaker encoder of {checkpoint} does not fit its config.json: {what}; download it again"
        ) from error
    return network


def new_network(architecture: Architecture) -> Any:
    """An encoder with random weights.

    Raises:
        ValueError, RuntimeError: The architecture does not fit together.

    """
    described = architecture.model_dump(exclude={"sample_rate"}) | {"enc_channels": list(architecture.enc_channels)}
    return ECAPA_TimeDelayNet(Qwen2_5OmniDiTConfig(**described)).float().eval()


def _architecture(checkpoint: Path) -> Architecture:
    path = checkpoint / "config.json"
    try:
        found = _Config.model_validate_json(path.read_bytes()).speaker_encoder_config
    except OSError as error:
        raise EngineUnavailable(f"{path} cannot be read: {error.strerror}; {_REMEDY}") from error
    except ValidationError as error:
        what = error.errors()[0]
        where = ".".join(map(str, what["loc"])) or "it"
        raise EngineUnavailable(f"{path} describes no speaker encoder, {where}: {what['msg']}; {_REMEDY}") from error
    if (found.sample_rate, found.mel_dim) != (RATE_HZ, MEL_BANDS):
        hears = f"{found.sample_rate} Hz in {found.mel_dim} bands, not {RATE_HZ} Hz in {MEL_BANDS}"
        raise EngineUnavailable(f"the speaker encoder of {checkpoint} hears {hears}; {_REMEDY}")
    return found


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
