"""``vllm.toml`` for tests: tiny checkpoints on the CPU, which know twenty words, or nothing at all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support import taught
from tests.support.vllm_here import CpuVllm
from workers.engines.vllm.config import Kind

SPEAKER = taught.KEPT / "speaker"
"""The taught speaker encoder."""

PROFILES: Mapping[Kind, str] = {
    Kind.THINKER: "Qwen3-Omni-30B-A3B",
    Kind.ASR: "Qwen3-ASR-0.6B",
    Kind.ALIGNER: "Qwen3-ForcedAligner-0.6B",
    Kind.SPEAKER: "Qwen3-TTS-12Hz-1.7B",
}
"""What each kind is planned with: the tiny models count media as the real ones do."""

JOBS = {
    "transcribe": Kind.ASR,
    "align": Kind.ALIGNER,
    "diarize": Kind.SPEAKER,
    "describe": Kind.THINKER,
    "translate": Kind.THINKER,
}
"""What does each job; speech is eSpeak NG's."""

_AT_ONCE = 8
"""Requests that run at once: as many as two cores are good for."""


def write(folder: Path, *, checkpoints: Mapping[Kind, Path] | None = None) -> Path:
    """``vllm.toml`` in ``folder``; the taught models, but for those that ``checkpoints`` replaces."""
    known = {kind: taught.checkpoint(kind) for kind in (Kind.THINKER, Kind.ASR, Kind.ALIGNER)}
    found = {**known, Kind.SPEAKER: SPEAKER, **(checkpoints or {})}
    lines = ['device = "cpu"']
    for kind, checkpoint in found.items():
        lines += [f"[models.{kind}]", f"checkpoint = {json.dumps(str(checkpoint))}", f'kind = "{kind}"']
        lines += [
            f'profile = "{PROFILES[kind]}"',
            *([f"max_num_seqs = {_AT_ONCE}"] if kind is not Kind.SPEAKER else []),
        ]
    lines += ["[jobs]", *(f'{job} = "{kind}"' for job, kind in JOBS.items()), 'synthesize = "embedded"']
    path = folder / "vllm.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def untaught(vllm: CpuVllm, folder: Path) -> dict[Kind, Path]:
    """Checkpoints of the same shapes whose weights are noise: models that answer garbage."""
    kinds = (Kind.THINKER, Kind.ASR, Kind.ALIGNER)
    argv = [str(vllm.python), "-m", "tests.support.untaught", str(folder), *kinds]
    subprocess.run(argv, env=vllm.environment, check=True, capture_output=True)
    return {kind: folder / kind for kind in kinds}
