from __future__ import annotations

from tests.support.taught_speaker import CHECKPOINT, RECIPE, recipe

LARGEST_BYTES = 300_000  # what is kept in the repository stays small


def test_the_kept_encoder_is_what_the_recipe_makes() -> None:
    made_with = (CHECKPOINT / RECIPE).read_text().strip()
    assert made_with == recipe(), "the recipe has changed: run .venv-vllm/bin/python -m tests.support.taught_speaker"


def test_the_kept_encoder_is_small() -> None:
    assert sum(path.stat().st_size for path in CHECKPOINT.iterdir()) <= LARGEST_BYTES
