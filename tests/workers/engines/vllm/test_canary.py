from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from schemas.time import SAMPLES_PER_MS
from workers.engines.vllm import canary

NAN = float("nan")


@pytest.mark.parametrize("scores", [[], [NAN], [-0.1, NAN], [float("inf")], [-0.1, float("-inf")]])
def test_an_answer_without_scores_or_with_some_that_are_no_numbers_is_of_no_use(scores: list[float]) -> None:
    assert not canary.is_usable(scores)


def test_any_numbers_will_do_since_a_tone_has_no_right_answer() -> None:
    assert canary.is_usable([0.0, -11.9, 5e4])


def test_the_tone_fills_its_stretch_and_is_heard() -> None:
    sound, media = canary.tone().sound, canary.QUESTION.media
    assert sound is not None
    assert media is not None
    assert len(sound) == media.span.duration_ms * SAMPLES_PER_MS
    assert 0.1 < np.abs(sound).max() < 1


def test_of_what_was_written_the_tokens_that_were_taken_are_scored() -> None:
    def scored(logprob: float) -> SimpleNamespace:
        return SimpleNamespace(logprob=logprob)

    steps = [{7: scored(-0.5), 8: scored(NAN)}, {9: scored(-1.5)}]
    written = SimpleNamespace(token_ids=[7, 9], logprobs=steps)
    assert canary.written_scores(SimpleNamespace(outputs=[written])) == [-0.5, -1.5]
    nothing = SimpleNamespace(token_ids=[], logprobs=None)
    assert canary.written_scores(SimpleNamespace(outputs=[nothing])) == []
