"""Tiny checkpoints with random weights, for tests of what does not depend on the answers.

``python -m tests.support.untaught FOLDER KIND…`` in the environment that has vLLM writes ``FOLDER/KIND`` for each.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import torch

from tests.support.taught import models
from tests.support.taught.pupils import HearingPupil, ThinkingPupil
from tests.support.taught.tokens import tokenizer
from workers.engines.vllm.config import Kind

SEED = 0
TOKENS = 300
"""Tokens of the BPE: the 256 bytes and a few pairs."""


def write(folder: Path, kind: Kind) -> None:
    """One checkpoint."""
    torch.manual_seed(SEED)
    words = tokenizer(["one two three user assistant"] * 4, ["user", "assistant"], size=TOKENS)
    match kind:
        case Kind.THINKER:
            ThinkingPupil(words).save(folder / kind)
            _agree_on_positions(folder / kind / "config.json")
        case Kind.ASR:
            HearingPupil(words).save(folder / kind)
        case Kind.ALIGNER:
            HearingPupil(words, times=models.TIMES).save(folder / kind)
        case Kind.SPEAKER:
            raise ValueError("the speaker encoder has a maker of its own, tests.support.taught_speaker")


def _agree_on_positions(path: Path) -> None:
    """Let the picture's side say as many positions as there are, since that is where vLLM counts them."""
    config = json.loads(path.read_text("utf-8"))
    vision = config["thinker_config"]["vision_config"]
    vision["image_size"] = vision["patch_size"] * math.isqrt(vision["num_position_embeddings"])
    path.write_text(json.dumps(config), encoding="utf-8")


def main(argv: list[str]) -> None:
    """Write what the command line names."""
    folder, *kinds = argv
    for kind in kinds:
        write(Path(folder), Kind(kind))


if __name__ == "__main__":
    main(sys.argv[1:])
