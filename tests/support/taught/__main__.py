"""Teach the models: ``python -m tests.support.taught [thinker] [asr] [aligner]``, run by the interpreter that has vLLM.

Takes about a quarter of an hour of one core for all three. What the models can do afterwards: ``python -m
tests.support.taught.exam``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import torch

from tests.support.taught import KEPT, NAMES
from tests.support.taught.course import School, teach_aligner, teach_asr, teach_thinker
from tests.support.taught.recipe import write

_TEACHERS = {"thinker": teach_thinker, "asr": teach_asr, "aligner": teach_aligner}


def main() -> None:
    """Teach what is named, all when nothing is."""
    parser = argparse.ArgumentParser(description="Teach the tiny models.")
    parser.add_argument("models", nargs="*", default=list(NAMES), help=f"of {', '.join(NAMES)}; all when none is named")
    parser.add_argument("--out", type=Path, default=KEPT, help="where the checkpoints go")
    parser.add_argument("--stages", type=Path, help="where finished stages are kept, to go on from")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # on a machine with other work, two threads wait for each other more than they do
    with tempfile.TemporaryDirectory() as scratch:
        school = School(arguments.stages or Path(scratch))
        for name in arguments.models:
            print(f"teaching {name}", flush=True)
            _TEACHERS[name](school, arguments.out / name)
            write(name, arguments.out / name)


if __name__ == "__main__":
    main()
