"""How vLLM is set up for a model on a device: every engine argument that we set, with its reason."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.errors import EngineUnavailable, UsageError
from pipeline.sizing.memory import Sizing, size, size_on_cpu
from pipeline.sizing.profiles import Gpu, Precision, SizedJob, catalogue
from schemas.jobs import Job
from workers.engines.vllm.checkpoint import Checkpoint
from workers.engines.vllm.config import AUTO, Deployment, Kind, Model, profile_of

ONLINE_QUANTIZATION: dict[Precision, str | None] = {
    Precision.BF16: None,
    # Per block keeps outliers apart, as DeepSeek's and Qwen's own FP8 checkpoints do; "fp8" alone is deprecated.
    Precision.FP8: "fp8_per_block",
    # The experts only, which are 29 of 30.5 billion weights; for GPUs without FP8.
    Precision.INT8: "int8_per_channel_weight_only",
}
"""What vLLM 0.30 calls the quantization that it does while it loads."""

SPARED = ("re:.*visual.*", "re:.*audio_tower.*")
"""Layers that stay as they are: quantized encoders give garbage (vllm-omni issue 2686). vLLM hands the quantization to
the vision encoder and not to the audio encoder; that one is named in case it does one day."""

KV_CACHE: dict[Precision, str] = {Precision.BF16: "auto", Precision.FP8: "fp8"}
"""What vLLM calls the precision of the KV cache; ``fp8`` is e4m3."""

CPU_KV_GIB = 1
"""KV cache on a CPU where ``VLLM_CPU_KVCACHE_SPACE`` does not say. Ours: thousands of requests of a tiny checkpoint."""

_KV_SPACE = "VLLM_CPU_KVCACHE_SPACE"

START_LIMIT_S = 1800
"""How long loading may take. Ours: 70 GB from a slow network disk and the first compilation are 15 minutes."""

QUERY_LIMIT_S = 20.0
"""``nvidia-smi`` answers in a second, or in ten when no driver is loaded; more means that a GPU hangs."""


@dataclass(frozen=True, slots=True)
class Options:
    """Arguments of vLLM's ``AsyncEngineArgs``, by its names."""

    model: str
    """Folder of the checkpoint."""

    quantization: str | None
    """Done while loading; None for a checkpoint that is quantized already, or stays as it is."""

    spared: tuple[str, ...]
    """``quantization_config["ignore"]``: layers that are not quantized."""

    kv_cache_dtype: str
    """Precision of the KV cache: half the bytes are twice the requests at once."""

    max_model_len: int
    """Longest prompt and answer; a longer one fails alone."""

    max_num_seqs: int
    """Requests that run at once: as many as the KV cache holds, since throughput grows with them."""

    max_num_batched_tokens: int
    """Tokens per step, and vLLM's budget for encoding media in one step."""

    gpu_memory_utilization: float
    """Share of the GPU's memory."""

    kv_cache_memory_bytes: int | None
    """KV cache of a CPU, where vLLM would take a share of all memory and refuse to start when others use some."""

    tensor_parallel_size: int
    """GPUs per instance."""

    limit_mm_per_prompt: tuple[tuple[str, int], ...]
    """Media per prompt. On a CPU a 0 for video or image drops the vision encoder half and loading fails, so the
    Thinker has 1 of each."""

    runner: str
    """``pooling`` for a token classifier, ``generate`` for what writes."""

    architectures: tuple[str, ...]
    """``hf_overrides["architectures"]`` where the checkpoint's own would load another model; empty otherwise."""

    dtype: str
    """The checkpoint's own on a GPU. On a CPU float32: 16 bits are slow there, and ``auto`` would round to them."""

    enforce_eager: bool
    """No CUDA graphs or compiled kernels: on a CPU compiling takes longer than any test."""

    skip_mm_profiling: bool
    """No trial with the largest media at start: on a CPU memory is not reserved by it and it takes minutes."""

    mm_processor_cache_gb: float = 0.0
    """Every medium is new, and this cache mixed up media with sound (vLLM issue 30776)."""

    scheduling_policy: str = "priority"
    """A second question about media that are in the prefix cache goes before new media."""

    enable_prefix_caching: bool = True
    """Media stand first in the prompt, so that a second question about them finds them computed."""

    structured_outputs_backend: str = "xgrammar"
    """The one that can ban whitespace and that vLLM would choose itself."""

    disable_any_whitespace: bool = True
    """Between the tokens of JSON: a model may write it for ever. Asked for per request it has no effect."""

    distributed_executor_backend: str | None = "uni"
    """No process between engine and GPU: faster on one GPU (vllm-omni issue 2604). None leaves several to vLLM."""

    seed: int = 0
    """Of what is not drawn per request."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a model is to run on."""

    gpu: Gpu | None
    """The type of GPU; None for a CPU."""


def device(deployment: Deployment) -> Device:
    """The device that the file names, or the GPU that is found.

    Raises:
        EngineUnavailable: It says ``auto`` and there is no GPU, or one that is not known.

    """
    if deployment.is_on_cpu:
        return Device(None)
    if deployment.device != AUTO:
        return Device(catalogue().gpu(deployment.device))
    found = visible()
    if not found:
        raise EngineUnavailable(
            f'there is no NVIDIA GPU here; {deployment.path} says device = "{AUTO}": run where one is, or name a device'
        )
    index = deployment.gpus[0] if deployment.gpus else found[0].index
    named = next((gpu.name for gpu in found if gpu.index == index), found[0].name)
    return Device(_known(named, deployment))


@dataclass(frozen=True, slots=True)
class Found:
    """A GPU of this machine."""

    index: int
    """As the driver counts."""

    name: str
    """What the driver calls it, e.g. ``NVIDIA H100 80GB HBM3``."""


@lru_cache(maxsize=1)  # a program of its own that takes up to a second
def visible() -> tuple[Found, ...]:
    """The NVIDIA GPUs that this process may use; none where there is no driver."""
    argv = ["nvidia-smi", "--query-gpu=index,name", "--format=csv,noheader"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=QUERY_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    if done.returncode != 0:
        return ()
    return allowed(listed(done.stdout), os.environ.get("CUDA_VISIBLE_DEVICES"))


def listed(printed: str) -> tuple[Found, ...]:
    """The GPUs in what ``nvidia-smi --query-gpu=index,name --format=csv,noheader`` prints."""
    rows = (line.partition(",") for line in printed.splitlines())
    return tuple(Found(int(index), name.strip()) for index, comma, name in rows if comma and index.strip().isdigit())


def allowed(found: tuple[Found, ...], visible_devices: str | None) -> tuple[Found, ...]:
    """Those that ``CUDA_VISIBLE_DEVICES`` leaves, by their index; names of devices (``GPU-…``) are not told apart."""
    if visible_devices is None:
        return found
    names = [name.strip() for name in visible_devices.split(",") if name.strip()]
    if not all(name.isdigit() for name in names):
        return found if names and not names[0].startswith("-") else ()
    return tuple(gpu for gpu in found if str(gpu.index) in names)


def sizing(model: Model, jobs: Sequence[Job], on: Device) -> Sizing:
    """How a model is served for these jobs on a device: what ``reelingua plan`` shows.

    Raises:
        EngineUnavailable: It does not fit.

    """
    profile, asked = profile_of(model), [SizedJob(job) for job in jobs]
    if on.gpu is None:
        return size_on_cpu(profile, asked, kv_gib=_cpu_kv_gib())
    found = size(profile, _together(on.gpu, model.tensor_parallel), asked, precision=model.weights, share=model.share)
    if not found.fits:
        raise EngineUnavailable(f"{profile.name} does not fit: {found.reason}; take other weights, or a larger GPU")
    return found


def options(model: Model, checkpoint: Checkpoint, sizing: Sizing, on: Device) -> Options:
    """The arguments for one instance.

    Raises:
        UsageError: The setting asks for what the checkpoint does not have.

    """
    is_on_cpu = on.gpu is None
    longest = model.max_model_len or sizing.max_model_len
    if checkpoint.context_tokens is not None and longest > checkpoint.context_tokens:
        if model.max_model_len is not None:
            raise UsageError(
                f"max_model_len = {longest} is more than the {checkpoint.context_tokens} positions of "
                f"{checkpoint.folder}; lower it"
            )
        longest = checkpoint.context_tokens
    is_online = sizing.precision is not None and not is_on_cpu and not checkpoint.is_quantized
    quantization = ONLINE_QUANTIZATION[sizing.precision] if is_online and sizing.precision else None
    return Options(
        model=str(checkpoint.folder),
        quantization=quantization,
        spared=SPARED if quantization else (),
        kv_cache_dtype="auto" if is_on_cpu else KV_CACHE[sizing.kv_precision or Precision.BF16],
        max_model_len=longest,
        max_num_seqs=model.max_num_seqs or max(1, sizing.max_num_seqs),
        max_num_batched_tokens=model.max_num_batched_tokens or sizing.max_num_batched_tokens,
        gpu_memory_utilization=model.share or profile_of(model).utilisation.value or 1.0,
        kv_cache_memory_bytes=_cpu_kv_gib() * 2**30 if is_on_cpu else None,
        tensor_parallel_size=model.tensor_parallel,
        limit_mm_per_prompt=_media(model.kind, is_on_cpu=is_on_cpu),
        runner="pooling" if model.kind is Kind.ALIGNER else "generate",
        architectures=("Qwen3ASRForcedAlignerForTokenClassification",) if model.kind is Kind.ALIGNER else (),
        dtype="float32" if is_on_cpu else "auto",
        enforce_eager=is_on_cpu,
        skip_mm_profiling=is_on_cpu,
        distributed_executor_backend="uni" if model.tensor_parallel == 1 else None,
    )


def environment(model: Model, *, gpus: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Variables that a worker of this model is started with."""
    found = {
        "VLLM_NO_USAGE_STATS": "1",  # vLLM would tell its makers of the machine and the model
        "DO_NOT_TRACK": "1",
        "VLLM_ENGINE_READY_TIMEOUT_S": str(START_LIMIT_S),  # its own 600 s are short for 70 GB from a network disk
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # threads run here, and a forked child would inherit their locks
        "VLLM_LOGGING_LEVEL": os.environ.get("VLLM_LOGGING_LEVEL", "WARNING"),
    }
    if not model.is_on_hub:
        found["HF_HUB_OFFLINE"] = "1"  # a folder is whole; what is missing must not be fetched in silence
    if gpus:
        found["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, gpus))
    else:
        found["CUDA_VISIBLE_DEVICES"] = ""
        found["VLLM_CPU_OMP_THREADS_BIND"] = "nobind"  # cores that a container lends must not be bound to
        found["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")  # tiny checkpoints: threads only wait
    return tuple(found.items())


def _cpu_kv_gib() -> int:
    said = os.environ.get(_KV_SPACE, "")
    return int(said) if said.isdigit() and int(said) else CPU_KV_GIB


def _together(gpu: Gpu, count: int) -> Gpu:
    """Several GPUs as one, as far as memory goes."""
    if count == 1:
        return gpu
    memory_gb = replace(gpu.memory_gb, value=count * (gpu.memory_gb.value or 0))
    return replace(gpu, name=f"{count} x {gpu.name}", memory_gb=memory_gb)


def _media(kind: Kind, *, is_on_cpu: bool) -> tuple[tuple[str, int], ...]:
    if kind is not Kind.THINKER:
        return (("audio", 1),)
    return (("audio", 1), ("video", 1), ("image", 1 if is_on_cpu else 0))


def _known(name: str, deployment: Deployment) -> Gpu:
    """The entry of ``gpus.toml`` for what the driver calls a GPU."""
    words = name.replace("-", " ").split()
    for gpu in catalogue().gpus:
        if gpu.name.split()[0] in words:
            return gpu
    names = ", ".join(f'"{gpu.name}"' for gpu in catalogue().gpus)
    raise EngineUnavailable(f"{deployment.path}: {name} is not in gpus.toml; name the nearest as device: {names}")
