from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from pipeline.errors import EngineUnavailable, UsageError
from pipeline.sizing.memory import size
from pipeline.sizing.profiles import Gpu, Precision, SizedJob, catalogue
from schemas.jobs import Job
from tests.support.vllm_here import ROOT, CpuVllm
from workers.engines.vllm import config, hardware
from workers.engines.vllm.checkpoint import Checkpoint
from workers.engines.vllm.config import AUTO, CPU, EMBEDDED, Deployment, Kind, Model
from workers.engines.vllm.hardware import Device, Found, Options

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
    assert "HF_HUB_OFFLINE" not in dict(hardware.environment(replace(OMNI, revision="0" * 40), gpus=()))


def test_the_device_is_the_one_that_is_named() -> None:
    assert hardware.device(deployment("L40S")) == on("L40S")
    assert hardware.device(deployment(CPU)) == Device(None)


PRINTED = "0, NVIDIA H100 80GB HBM3\n1, NVIDIA A100-SXM4-80GB\n2, Tesla K80\n"


def driver(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A machine whose driver's tool is this script."""
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    hardware.visible.cache_clear()


def test_the_gpu_that_is_found_is_known_by_what_its_driver_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver(tmp_path, monkeypatch, f"printf '{PRINTED}'".replace("\n", "\\n"))
    assert hardware.visible() == (
        Found(0, "NVIDIA H100 80GB HBM3"),
        Found(1, "NVIDIA A100-SXM4-80GB"),
        Found(2, "Tesla K80"),
    )
    assert hardware.device(deployment(AUTO)) == on("H100 SXM")
    assert hardware.device(deployment(AUTO, (1,))) == on("A100 80GB")
    with pytest.raises(EngineUnavailable, match=r"Tesla K80 is not in gpus\.toml; name the nearest as device"):
        hardware.device(deployment(AUTO, (2,)))
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
    ("variable", "left"), [(None, [0, 1, 2]), ("1", [1]), ("2, 0", [0, 2]), ("", []), ("-1", []), ("GPU-7", [0, 1, 2])]
)
def test_only_gpus_that_this_process_may_see_count(variable: str | None, left: list[int]) -> None:
    assert [gpu.index for gpu in hardware.allowed(hardware.listed(PRINTED), variable)] == left


CONSTRUCT = """
import json, sys
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
            if device.gpu is None or size(profile, device.gpu, jobs, precision=model.weights).fits:
                every.append(asdict(made(model, device)))
    assert len(every) > 20
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
