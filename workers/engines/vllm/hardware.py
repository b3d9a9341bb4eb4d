"""How vLLM is set up for a model on a device: every engine argument that we set, with its reason."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile

from pipeline.errors import EngineUnavailable, UsageError
from pipeline.sizing.memory import IN_FLIGHT_PER_SEQ, Chosen, Sizing, size, size_on_cpu
from pipeline.sizing.profiles import Gpu, Precision, SizedJob, catalogue
from schemas.jobs import Job
from workers.engines.vllm.checkpoint import Checkpoint
from workers.engines.vllm.config import AUTO, Deployment, Kind, Model, profile_of, share_of

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
    Thinker has 1 of each.

    Counts and no sizes: before vLLM takes memory for the KV cache it tries out one film of as many tokens as it may
    encode in one step. Sizes would only make that film smaller (4 pictures are the most it tries, since its own are of
    the largest size that the model takes), and a step with several windows could then run out of memory.
    """

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
    """The device that the file names, or the GPU that is found; with no more memory than the smallest has.

    Raises:
        EngineUnavailable: It says ``auto`` and there is no GPU, or one that is not known; or what is there is another
            device than it names, or of two kinds.
        UsageError: ``CUDA_VISIBLE_DEVICES`` cannot be understood.

    """
    if deployment.is_on_cpu:
        return Device(None)
    found = [gpu for gpu in visible() if deployment.gpus is None or gpu.index in deployment.gpus]
    if deployment.device == AUTO and not found:
        raise EngineUnavailable(
            f'there is no NVIDIA GPU here; {deployment.path} says device = "{AUTO}": run where one is, or name a device'
        )
    named = None if deployment.device == AUTO else catalogue().gpu(deployment.device)
    gpu = named or _known(found[0], deployment)
    for other in found:
        kind = _entry(other.name)
        if kind not in ((gpu, None) if named else (gpu,)):
            raise EngineUnavailable(
                f"GPU {other.index} is an {other.name} and no {gpu.name}; {deployment.path}: name as gpus those of one "
                f'kind, and as device their kind or "{AUTO}"'
            )
    least_gb = min((other.memory_gb for other in found if other.memory_gb is not None), default=None)
    if least_gb is None or least_gb >= (gpu.memory_gb.value or 0):
        return Device(gpu)
    return Device(replace(gpu, memory_gb=replace(gpu.memory_gb, value=least_gb, source="nvidia-smi")))


@dataclass(frozen=True, slots=True)
class Found:
    """A GPU of this machine."""

    index: int
    """As the driver counts."""

    name: str
    """What the driver calls it, e.g. ``NVIDIA H100 80GB HBM3``."""

    memory_gb: float | None
    """Its memory in 10^9 bytes; None where the driver does not say."""


@lru_cache(maxsize=1)  # a program of its own that takes up to a second
def visible() -> tuple[Found, ...]:
    """The NVIDIA GPUs that this process may use; none where there is no driver. Raises as ``allowed`` does."""
    argv = ["nvidia-smi", "--query-gpu=index,name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=QUERY_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    if done.returncode != 0:
        return ()
    return allowed(listed(done.stdout), os.environ.get("CUDA_VISIBLE_DEVICES"))


def listed(printed: str) -> tuple[Found, ...]:
    """The GPUs in what ``nvidia-smi`` prints for ``index,name,memory.total``, memory in MiB."""
    rows = ([cell.strip() for cell in line.split(",")] for line in printed.splitlines())
    return tuple(
        Found(int(row[0]), row[1], int(row[2]) * 2**20 / 1e9 if row[2].isdigit() else None)
        for row in rows
        if len(row) == len(("index", "name", "memory")) and row[0].isdigit()
    )


def allowed(found: tuple[Found, ...], visible_devices: str | None) -> tuple[Found, ...]:
    """Those that ``CUDA_VISIBLE_DEVICES`` leaves, by their index; as CUDA has it, none after a negative one.

    Raises:
        UsageError: It has names of devices (``GPU-…``, ``MIG-…``), which are not told apart.

    """
    if visible_devices is None:
        return found
    cells = (cell.strip() for cell in visible_devices.split(","))
    names = list(takewhile(lambda cell: not cell.startswith("-"), filter(None, cells)))
    for name in names:
        if not name.isdigit():
            raise UsageError(
                f"CUDA_VISIBLE_DEVICES names {name}; give indices in its place, as nvidia-smi -L lists them "
                "(parts of a GPU, MIG, are not supported)"
            )
    return tuple(gpu for gpu in found if str(gpu.index) in names)


def sizing(model: Model, jobs: Sequence[Job], on: Device) -> Sizing:
    """How a model is served for these jobs on a device: what ``reelingua plan`` shows.

    Raises:
        EngineUnavailable: It does not fit.

    """
    profile, asked = profile_of(model), [SizedJob(job) for job in jobs]
    if on.gpu is None:
        return size_on_cpu(profile, asked, kv_gib=_cpu_kv_gib(), chosen=chosen(model))
    found = size(profile, on.gpu, asked, chosen=chosen(model))
    if not found.fits:
        raise EngineUnavailable(f"{profile.name} does not fit: {found.reason}; take other weights, or a larger GPU")
    return found


def chosen(model: Model) -> Chosen:
    """What the file says of a model, in the planner's terms."""
    return Chosen(
        precision=model.weights,
        share=model.share,
        max_num_seqs=model.max_num_seqs,
        max_num_batched_tokens=model.max_num_batched_tokens,
        max_model_len=model.max_model_len,
        gpus=model.tensor_parallel,
    )


def used(sizing: Sizing, options: Options) -> Sizing:
    """The sizing with the figures that the engine is given, for people."""
    return replace(
        sizing,
        max_num_seqs=options.max_num_seqs,
        in_flight=IN_FLIGHT_PER_SEQ * options.max_num_seqs,
        max_num_batched_tokens=options.max_num_batched_tokens,
        max_model_len=options.max_model_len,
    )


def options(model: Model, checkpoint: Checkpoint, sizing: Sizing, on: Device) -> Options:
    """The arguments for one instance.

    Raises:
        UsageError: The setting asks for what the checkpoint does not have.

    """
    is_on_cpu = on.gpu is None
    longest = sizing.max_model_len
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
        max_num_seqs=sizing.max_num_seqs,
        max_num_batched_tokens=sizing.max_num_batched_tokens,
        gpu_memory_utilization=share_of(model),
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
        found["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # as nvidia-smi counts; CUDA's own order is the fastest first
        found["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, gpus))
    else:
        found["CUDA_VISIBLE_DEVICES"] = ""
        found["VLLM_CPU_OMP_THREADS_BIND"] = "nobind"  # cores that a container lends must not be bound to
        found["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")  # tiny checkpoints: threads only wait
    return tuple(found.items())


def _cpu_kv_gib() -> int:
    said = os.environ.get(_KV_SPACE, "")
    return int(said) if said.isdigit() and int(said) else CPU_KV_GIB


def _media(kind: Kind, *, is_on_cpu: bool) -> tuple[tuple[str, int], ...]:
    if kind is not Kind.THINKER:
        return (("audio", 1),)
    return (("audio", 1), ("video", 1), ("image", 1 if is_on_cpu else 0))


def _entry(name: str) -> Gpu | None:
    """The entry of ``gpus.toml`` for what the driver calls a GPU; None where there is none."""
    words = name.replace("-", " ").split()
    return next((gpu for gpu in catalogue().gpus if gpu.name.split()[0] in words), None)


def _known(found: Found, deployment: Deployment) -> Gpu:
    """The same, where there must be one."""
    if (gpu := _entry(found.name)) is not None:
        return gpu
    names = ", ".join(f'"{gpu.name}"' for gpu in catalogue().gpus)
    raise EngineUnavailable(f"{deployment.path}: {found.name} is not in gpus.toml; name the nearest as device: {names}")
