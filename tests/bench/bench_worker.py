"""The vLLM worker against the bare engine that is fed the same prepared prompts, on real vLLM on the CPU.

    ./run bench worker

One engine with a tiny checkpoint of random weights is asked in turns by both sides: ours through the worker's server,
media decoded and cut by its feeder; bare as arrays made beforehand, straight to ``AsyncLLM``. Every request is 30 s of
sound and 150 tokens of answer, every stretch is asked about once. On a GPU the engine is faster, and so is the share of
the feeder larger: what this shows is that nothing waits for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import worker_rates
from tests.bench.machine import ROOT
from tests.bench.results import EXIT_LEFT_OUT, Result, at_least, at_most, note, parser, report
from tests.support.vllm_here import OVERLAY, PYTHON

COMMAND = "./run bench worker"

LEAST_RATIO = 0.97
MOST_IDLE = 2.0
"""Targets of DESIGN.md: of the bare engine's request rate, and percent of the time with work left. Idle is an engine
that has less than half of what it could have: stricter than the target, which means one that has nothing."""

MOST_GROWTH_MIB = 32.0
"""Over 9,000 requests. Ours: four kilobytes a request would be a leak; allocators keep some pages."""

CONFIG = """
device = "cpu"

[models.omni]
checkpoint = "thinker"
kind = "thinker"
profile = "Qwen3-Omni-30B-A3B"
max_model_len = 4096

[jobs]
transcribe = "omni"
"""


def main() -> None:
    """Measure and report."""
    asked = parser(__doc__).parse_args()
    if not PYTHON.exists():
        note("left out, it needs real vLLM: ./run test sets up .venv-vllm")
        sys.exit(EXIT_LEFT_OUT)
    with tempfile.TemporaryDirectory(prefix="reelingua-bench-") as folder:
        report(results(Path(folder)), records=asked.records)


def results(folder: Path) -> Iterator[Result]:
    """What the measuring side says, as results."""
    (folder / "vllm.toml").write_text(CONFIG, encoding="utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{OVERLAY}{os.pathsep}{ROOT}",
        "REELINGUA_VLLM": str(folder / "vllm.toml"),
    }
    build = [str(PYTHON), "-m", "tests.support.untaught", str(folder), "thinker"]
    subprocess.run(build, cwd=ROOT, env=environment, check=True, stderr=subprocess.DEVNULL)
    measure = [str(PYTHON), "-m", "tests.bench.worker_rates", str(folder)]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(measure, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log)
    assert running.stdout is not None
    found: dict[str, float] = {}
    with (folder / "said").open("wb") as said:
        for line in running.stdout:
            if not line.startswith(b'["'):
                said.write(line)  # by vLLM, which logs here
                continue
            name, value = json.loads(line)
            found[name] = value
            if name.startswith("round"):
                yield Result(name, value, "1/s", None, COMMAND)
    if running.wait():
        for name in ("said", "log"):
            note((folder / name).read_text("utf-8", "replace")[-3_000:])
        sys.exit(1)
    yield Result(
        "request rate of the worker, of the bare engine's", found["ratio"], "×", at_least(LEAST_RATIO), COMMAND
    )
    yield Result("engine less than half fed while work was left", 100 * found["idle"], "%", at_most(MOST_IDLE), COMMAND)
    count = worker_rates.SHORT_REQUESTS
    grown = (
        f"worker and feeder grow over {count - worker_rates.WARM_REQUESTS:,} requests, from {found['resident']:.0f} MiB"
    )
    yield Result(grown, found["growth"], "MiB", at_most(MOST_GROWTH_MIB), COMMAND)
    yield Result(f"prompts of {count:,} with other tokens than planned", found["surprises"], "", at_most(0), COMMAND)


if __name__ == "__main__":
    main()
