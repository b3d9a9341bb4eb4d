from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from pipeline.errors import EngineUnavailable, UsageError
from pipeline.sizing.memory import size
from pipeline.sizing.profiles import Gpu, Precision, SizedJob, catalogue
from schemas.jobs import Job
from tests.support import taught
from tests.support.vllm_here import ROOT, CpuVllm
from workers.engines.vllm import config, hardware
from workers.engines.vllm.checkpoint import Checkpoint, inspected
from workers.engines.vllm.config import AUTO, CPU, EMBEDDED, Deployment, Kind, Model
from workers.engines.vllm.hardware import Device, Options

OMNI = Model("/models/omni", Kind.THINKER, "Qwen3-Omni-30B-A3B")
EARS = Model("/models/ears", Kind.ASR, "Qwen3-ASR-1.7B")
CLOCK = Model("/models/clock", Kind.ALIGNER, "Qwen3-ForcedAligner-0.6B")

JOBS = {Kind.THINKER: (Job.DESCRIBE, Job.TRANSLATE), Kind.ASR: (Job.TRANSCRIBE,), Kind.ALIGNER: (Job.ALIGN,)}

PUBLISHED = Checkpoint(Path("/models/some"), is_quantized=False, context_tokens=65_536)

SAMPLES = sorted((ROOT / "infra" / "vllm").glob("*.toml"))

CONSTRUCT_LIMIT_S = 200
"""vLLM's imports take 15 s on a quiet machine."""


def deployment(device: str, gpus: tuple[int, ...] | None = None) -> Deployment:
    return Deployment(Path("vllm.toml"), device, gpus, (), ())


def on(name: str) -> Device:
    return Device(catalogue().gpu(name))


def made(model: Model, where: Device, checkpoint: Checkpoint = PUBLISHED) -> Options:
    return hardware.options(model, checkpoint, hardware.sizing(model, JOBS[model.kind], where), where)


def test_an_h100_serves_the_thinker_in_fp8_with_its_encoders_spared() -> None:
    found = made(OMNI, on("H100 SXM"))
    assert (found.quantization, found.kv_cache_dtype) == ("fp8_per_block", "fp8")
    assert "re:.*visual.*" in found.spared
    assert (found.max_model_len, found.enforce_eager, found.skip_mm_profiling) == (32_768, False, False)
    assert (found.tensor_parallel_size, found.distributed_executor_backend) == (1, "uni")
    assert dict(found.limit_mm_per_prompt) == {"audio": 1, "video": 1, "image": 0}


def test_an_a100_keeps_16_bits_unless_it_is_told_int8() -> None:
    plain = made(OMNI, on("A100 80GB"))
    assert (plain.quantization, plain.spared, plain.kv_cache_dtype) == (None, (), "auto")
    eight = made(replace(OMNI, weights=Precision.INT8), on("A100 80GB"))
    assert (eight.quantization, eight.kv_cache_dtype) == ("int8_per_channel_weight_only", "auto")
    assert eight.spared


def test_a_checkpoint_that_is_quantized_already_is_left_as_it_is() -> None:
    found = made(OMNI, on("H200"), replace(PUBLISHED, is_quantized=True))
    assert (found.quantization, found.spared, found.kv_cache_dtype) == (None, (), "fp8")


def test_a_cpu_computes_eagerly_in_32_bits_and_keeps_the_vision_encoder_whole() -> None:
    found = made(OMNI, Device(None))
    assert (found.dtype, found.quantization, found.kv_cache_dtype) == ("float32", None, "auto")
    assert (found.enforce_eager, found.skip_mm_profiling) == (True, True)
    assert dict(found.limit_mm_per_prompt) == {"audio": 1, "video": 1, "image": 1}


def test_a_recogniser_takes_sound_alone_and_an_aligner_classifies() -> None:
    ears, clock = made(EARS, on("L40S")), made(CLOCK, on("L40S"))
    assert dict(ears.limit_mm_per_prompt) == dict(clock.limit_mm_per_prompt) == {"audio": 1}
    assert (ears.runner, ears.architectures) == ("generate", ())
    assert (clock.runner, clock.architectures) == ("pooling", ("Qwen3ASRForcedAlignerForTokenClassification",))


@pytest.mark.parametrize("gpu", catalogue().gpus, ids=lambda gpu: gpu.name)
def test_the_worker_is_set_up_with_what_the_planner_counted(gpu: Gpu) -> None:
    planned = size(catalogue().model("Qwen3-ASR-1.7B"), gpu, [SizedJob.TRANSCRIBE])
    found = made(EARS, Device(gpu))
    assert found.max_num_seqs == planned.max_num_seqs
    assert found.max_num_batched_tokens == planned.max_num_batched_tokens
    assert found.max_model_len == planned.max_model_len


def test_what_the_file_says_goes_before_the_sizing() -> None:
    told = replace(EARS, max_num_seqs=7, max_num_batched_tokens=5_000, max_model_len=1_000, share=0.3)
    found = made(told, on("H100 SXM"))
    assert (found.max_num_seqs, found.max_num_batched_tokens, found.max_model_len) == (7, 5_000, 1_000)
    assert found.gpu_memory_utilization == 0.3
    sizing = hardware.sizing(told, JOBS[told.kind], on("H100 SXM"))
    assert (sizing.max_num_seqs, sizing.in_flight, sizing.max_num_batched_tokens) == (7, 14, 5_000)
    assert "80 GB x 0.30" in sizing.reason


def test_what_is_printed_is_what_the_engine_is_given() -> None:
    small = replace(PUBLISHED, context_tokens=4_096)
    sizing = hardware.sizing(EARS, JOBS[EARS.kind], Device(None))
    found = hardware.used(sizing, hardware.options(EARS, small, sizing, Device(None)))
    assert str(found).endswith("4,096 per request at most")
    assert (found.max_num_seqs, found.in_flight) == (sizing.max_num_seqs, 2 * sizing.max_num_seqs)


def test_a_checkpoint_with_fewer_positions_than_the_profile_is_served_as_far_as_it_goes() -> None:
    small = replace(PUBLISHED, context_tokens=4_096)
    assert made(EARS, Device(None), small).max_model_len == 4_096
    with pytest.raises(UsageError, match="max_model_len = 5000 is more than the 4096 positions"):
        made(replace(EARS, max_model_len=5_000), Device(None), small)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_every_model_of_a_sample_fits_its_device(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(config.VARIABLE, str(sample))
    told = config.load()
    where = on("A100 80GB") if told.device == AUTO else hardware.device(told)
    crews = {told.crew(job) for job, name in told.jobs if name != EMBEDDED and job is not Job.DIARIZE}
    for crew in crews:
        assert hardware.sizing(told.model(crew[0]), crew, where).fits
    assert len(crews) >= 2


def test_what_one_gpu_does_not_hold_several_may() -> None:
    wide = replace(OMNI, weights=Precision.BF16, tensor_parallel=2)
    found = made(wide, on("L40S"))
    assert (found.tensor_parallel_size, found.distributed_executor_backend) == (2, None)
    assert hardware.sizing(wide, JOBS[OMNI.kind], on("L40S")).gpu == "2 x L40S"


def test_what_does_not_fit_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(EngineUnavailable, match=r"does not fit: L40S: 48 GB x 0\.90 - 63\.4 GB of bf16 weights"):
        made(replace(OMNI, weights=Precision.BF16), on("L40S"))


def test_vllm_tells_nobody_of_this_machine_and_fetches_nothing_for_a_folder() -> None:
    variables = dict(hardware.environment(OMNI, gpus=(2,)))
    assert (variables["VLLM_NO_USAGE_STATS"], variables["DO_NOT_TRACK"]) == ("1", "1")
    assert (variables["CUDA_VISIBLE_DEVICES"], variables["HF_HUB_OFFLINE"]) == ("2", "1")
    assert variables["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"  # as nvidia-smi counts
    assert "HF_HUB_OFFLINE" not in dict(hardware.environment(replace(OMNI, revision="0" * 40), gpus=()))


def test_the_device_is_the_one_that_is_named() -> None:
    assert hardware.device(deployment("L40S")) == on("L40S")
    assert hardware.device(deployment(CPU)) == Device(None)


PRINTED = "0, NVIDIA H100 80GB HBM3, 81559\n1, NVIDIA A100-SXM4-80GB, 81920\n2, Tesla K80, 11441\n"


def driver(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A machine whose driver's tool is this script."""
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    hardware.visible.cache_clear()


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with three GPUs of three kinds."""
    driver(tmp_path, monkeypatch, f"printf '{PRINTED}'".replace("\n", "\\n"))
    yield
    hardware.visible.cache_clear()


def test_the_gpu_that_is_found_is_known_by_what_its_driver_calls_it(three: None) -> None:
    assert [(gpu.index, gpu.name) for gpu in hardware.visible()] == [
        (0, "NVIDIA H100 80GB HBM3"),
        (1, "NVIDIA A100-SXM4-80GB"),
        (2, "Tesla K80"),
    ]
    assert hardware.device(deployment(AUTO, (0,))) == on("H100 SXM")
    assert hardware.device(deployment(AUTO, (1,))) == on("A100 80GB")
    with pytest.raises(EngineUnavailable, match=r"Tesla K80 is not in gpus\.toml; name the nearest as device"):
        hardware.device(deployment(AUTO, (2,)))


def test_another_device_than_the_file_names_is_refused(three: None) -> None:
    assert hardware.device(deployment("H100 SXM", (0,))) == on("H100 SXM")
    with pytest.raises(EngineUnavailable, match=r"GPU 1 is an NVIDIA A100-SXM4-80GB and no H100 SXM; .* as device"):
        hardware.device(deployment("H100 SXM", (1,)))
    with pytest.raises(EngineUnavailable, match=r"GPU 1 is an NVIDIA A100-SXM4-80GB and no H100 SXM; .* one kind"):
        hardware.device(deployment(AUTO))


def test_an_unknown_gpu_is_sized_as_the_one_that_is_named_with_the_memory_that_it_has(three: None) -> None:
    gpu = hardware.device(deployment("L40S", (2,))).gpu
    assert gpu is not None
    assert (gpu.name, gpu.has_fp8, round(gpu.memory_gb.value or 0)) == ("L40S", True, 12)


def test_a_gpu_with_less_memory_than_its_type_is_sized_by_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver(tmp_path, monkeypatch, "echo '0, NVIDIA A100-SXM4-40GB, 40960'")
    where = hardware.device(deployment(AUTO))
    assert where.gpu is not None
    assert where.gpu.memory_gb.value == pytest.approx(42.9, abs=0.1)
    with pytest.raises(EngineUnavailable, match="does not fit"):
        made(OMNI, where)
    driver(tmp_path, monkeypatch, "echo '0, NVIDIA A100-SXM4-80GB, [N/A]'")
    assert hardware.device(deployment(AUTO)) == on("A100 80GB")
    hardware.visible.cache_clear()


@pytest.mark.parametrize("script", ["exit 9", "echo 'Failed to initialize NVML'; exit 0"])
def test_where_the_driver_knows_no_gpu_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    driver(tmp_path, monkeypatch, script)
    assert hardware.visible() == ()
    with pytest.raises(EngineUnavailable, match="there is no NVIDIA GPU here"):
        hardware.device(deployment(AUTO))
    hardware.visible.cache_clear()


@pytest.mark.parametrize(
    ("variable", "left"), [(None, [0, 1, 2]), ("1", [1]), ("2, 0", [0, 2]), ("", []), ("-1", []), ("0,-1,1", [0])]
)
def test_only_gpus_that_this_process_may_see_count(variable: str | None, left: list[int]) -> None:
    assert [gpu.index for gpu in hardware.allowed(hardware.listed(PRINTED), variable)] == left


@pytest.mark.parametrize("variable", ["GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "MIG-1", "0,GPU-7"])
def test_gpus_that_are_not_named_by_their_index_are_refused(variable: str) -> None:
    with pytest.raises(UsageError, match=r"CUDA_VISIBLE_DEVICES names (GPU|MIG)-.*; give indices"):
        hardware.allowed(hardware.listed(PRINTED), variable)


CONSTRUCT = """
import json, sys
from pathlib import Path
from typing import get_args
from vllm.config.cache import CacheDType
from vllm.model_executor.layers.quantization import QUANTIZATION_METHODS
from vllm.config.model import RunnerOption
from vllm.config.scheduler import SchedulerPolicy
from vllm.config.structured_outputs import StructuredOutputsConfig
from vllm.model_executor.layers.quantization.compressed_tensors.utils import should_ignore_layer
from workers.engines.vllm.terms import arguments
from workers.engines.vllm.hardware import Options

for fields in json.load(sys.stdin):
    options = Options(**{**fields, "limit_mm_per_prompt": tuple(map(tuple, fields["limit_mm_per_prompt"]))})
    made = arguments(options)
    assert options.quantization in (None, *QUANTIZATION_METHODS), options.quantization
    assert options.kv_cache_dtype in get_args(CacheDType), options.kv_cache_dtype
    assert (made.quantization_config is None) == (options.quantization is None), made.quantization_config
    if made.quantization_config is not None:
        spared = list(made.quantization_config.ignore)
        for layer, is_spared in {
            "visual.blocks.0.attn.qkv": True,
            "audio_tower.layers.0.self_attn.qkv": True,
            "language_model.model.layers.0.self_attn.qkv_proj": False,
            "language_model.model.layers.0.mlp.experts": False,
        }.items():
            assert should_ignore_layer(layer, ignore=spared) == is_spared, layer
    assert made.scheduling_policy in get_args(SchedulerPolicy), made.scheduling_policy
    assert made.runner in get_args(RunnerOption), made.runner
    structured = made.structured_outputs_config
    if isinstance(structured, dict):
        structured = StructuredOutputsConfig(**structured)
    assert structured.disable_any_whitespace, structured
    # Only the CPU's arguments can be made a configuration here: what it is for a GPU, vLLM's platform of this machine
    # decides, and that of its build for CPUs refuses FP8 weights and caches and chooses another executor.
    if fields["dtype"] == "float32" and Path(options.model).is_dir():
        ready = made.create_engine_config()
        assert ready.scheduler_config.max_num_seqs == options.max_num_seqs
        assert ready.scheduler_config.max_num_batched_tokens == options.max_num_batched_tokens
        assert ready.model_config.max_model_len == options.max_model_len
        assert ready.model_config.runner_type == options.runner
        assert ready.scheduler_config.policy == options.scheduling_policy
        print("configured")
    print(options.model, options.quantization, options.kv_cache_dtype)
"""


@pytest.mark.vllm
@pytest.mark.timeout(CONSTRUCT_LIMIT_S)
def test_vllm_knows_every_argument_of_every_profile_on_every_device(cpu_vllm: CpuVllm) -> None:
    every = []
    for model in (OMNI, replace(OMNI, weights=Precision.INT8), EARS, replace(EARS, profile="Qwen3-ASR-0.6B"), CLOCK):
        for device in (Device(None), *map(Device, catalogue().gpus)):
            profile = catalogue().model(model.profile)
            jobs = [SizedJob(job) for job in JOBS[model.kind]]
            if device.gpu is None or size(profile, device.gpu, jobs, chosen=hardware.chosen(model)).fits:
                every.append(asdict(made(model, device)))
    assert len(every) > 20
    for model, name in ((OMNI, "thinker"), (EARS, "asr"), (CLOCK, "aligner")):
        every.append(asdict(made(model, Device(None), inspected(taught.checkpoint(name), model.kind))))
    done = subprocess.run(
        [cpu_vllm.python, "-c", CONSTRUCT],
        input=json.dumps(every),
        capture_output=True,
        text=True,
        env=cpu_vllm.environment,
        cwd=ROOT,
        check=False,
        timeout=CONSTRUCT_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(done.stdout.splitlines()) >= len(every)
    assert done.stdout.splitlines().count("configured") == 3
