"""The course: first the senses, then what each model does with them. Deterministic; every stage is kept as it ends."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tests.support.taught import models, tokens
from tests.support.taught.cards import Card
from tests.support.taught.lessons import MOST_LINES, Lesson, alignment, asr_transcription, dictation, transcription
from tests.support.taught.phrasebook import translation
from tests.support.taught.pupils import HearingPupil, Pupil, ThinkingPupil
from tests.support.taught.senses import Ear, Eye
from tests.support.taught.sounds import Studio
from tests.support.taught.viewing import MOST_CARDS, description
from tests.support.taught.words import COLOURS, WRITTEN
from workers.engines.vllm import prompts

RATE = 3e-3
"""Largest learning rate of a first term."""

LATER_RATE = 1.5e-3
"""Of a last term, in which the ear learns, too."""

EAR_STEPS, EAR_RATE, EAR_CLIPS = 600, 4e-3, 6
CLOCK_STEPS = 400
EYE_STEPS = 500
ASR_STEPS, ASR_LATER_STEPS = 1_500, 1_000
ALIGNER_STEPS, ALIGNER_LATER_STEPS = 1_800, 1_200
WORDS_STEPS, FILM_STEPS, FILM_RATE, ALL_STEPS, ALL_RATE = 2_200, 1_900, 2.5e-3, 1_550, 2e-3

CLIPS = 8
"""Sounds, or translations, per step."""

FILMS = 2
"""Films per step."""

TEMPLATES = tuple(sorted(Path(prompts.__file__).with_name("prompts").glob("*.txt")))
"""The product's prompts."""

_EAR = "audio_tower."
_SENSES = (_EAR, "visual.")

_REPORTED = 50
_KEPT = 200
_WORDS = 420
_THINKER_WORDS = 560
"""Tokens of the BPE."""


@dataclass(frozen=True, slots=True)
class School:
    """Where stages are kept, so that what was interrupted goes on from the last one that ended."""

    folder: Path

    def ear(self) -> dict[str, torch.Tensor]:
        """Weights of an audio encoder that knows the words."""
        return self.stage("ear", lambda: _taught_ear(None, steps=EAR_STEPS, has_clock=False))

    def clock(self) -> dict[str, torch.Tensor]:
        """Weights of the same that knows where in a second it is."""
        return self.stage("clock", lambda: _taught_ear(self.ear(), steps=CLOCK_STEPS, has_clock=True))

    def eye(self) -> dict[str, torch.Tensor]:
        """Weights of a vision encoder that reads cards."""
        return self.stage("eye", _taught_eye)

    def stage(self, name: str, make: Callable[[], dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        """Weights that are kept under a name, made where they are not."""
        path = self.folder / f"{name}.pt"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            torch.save(make(), path)
        return dict(torch.load(path))


def teach_asr(school: School, folder: Path) -> None:
    """Qwen3-ASR: transcribes lines of the vocabulary."""
    teller, studio = random.Random(0), Studio()
    torch.manual_seed(0)
    sample = [asr_transcription(teller, studio) for _ in range(300)]
    pupil = HearingPupil(tokens.tokenizer(_texts(sample), [], size=_WORDS))
    pupil.module.audio_tower.load_state_dict(school.ear())
    lesson = partial(asr_transcription, teller, studio)
    _hear(pupil, lambda most: lesson(most_lines=most), ASR_STEPS, ASR_LATER_STEPS, folder)


def teach_aligner(school: School, folder: Path) -> None:
    """Qwen3-ForcedAligner: says when the words of lines are said."""
    teller, studio = random.Random(0), Studio()
    torch.manual_seed(0)
    sample = [alignment(teller, studio) for _ in range(300)]
    pupil = HearingPupil(tokens.tokenizer(_texts(sample), [], size=_WORDS), times=models.TIMES)
    pupil.module.audio_tower.load_state_dict(school.clock())
    lesson = partial(alignment, teller, studio)
    _hear(pupil, lambda most: lesson(most_lines=most), ALIGNER_STEPS, ALIGNER_LATER_STEPS, folder)


def teach_thinker(school: School, folder: Path) -> None:
    """The Thinker: transcribes and translates; then describes; then all of it, with the ear learning, too."""
    teller, studio = random.Random(0), Studio()
    torch.manual_seed(0)
    fixed = tokens.sentences(template.read_text("utf-8") for template in TEMPLATES)
    sample = [
        *(transcription(teller, studio) for _ in range(100)),
        *(translation(teller) for _ in range(300)),
        *(lesson for _ in range(60) for lesson in description(teller, studio)),
    ]
    pupil = ThinkingPupil(tokens.tokenizer(_texts(sample, fixed), fixed, size=_THINKER_WORDS))
    pupil.module.audio_tower.load_state_dict(school.ear())

    def heard_or_read(step: int) -> Sequence[Lesson]:
        if step % 2:
            return [translation(teller) for _ in range(CLIPS)]
        most = _most_lines(step, WORDS_STEPS)
        return [transcription(teller, studio, most_lines=most) for _ in range(CLIPS)]

    def seen(step: int) -> Sequence[Lesson]:
        if step % 4 in (1, 3):
            most = min(MOST_CARDS, _most_lines(step, FILM_STEPS))
            return [teller.choice(description(teller, studio, most_cards=most)) for _ in range(FILMS)]
        return heard_or_read(step // 2 % 2 + 2 * WORDS_STEPS)

    def everything(step: int) -> Sequence[Lesson]:
        if step % 5 in (1, 3):
            return [teller.choice(description(teller, studio)) for _ in range(FILMS)]
        return heard_or_read(int(step % 5 == 4) + 2 * WORDS_STEPS)

    def worded() -> dict[str, torch.Tensor]:
        _learn(pupil, heard_or_read, steps=WORDS_STEPS, folder=folder)
        return dict(pupil.module.state_dict())

    pupil.module.load_state_dict(school.stage("worded", worded))
    pupil.module.visual.load_state_dict(school.eye())
    teller.seed(1)
    _learn(pupil, seen, steps=FILM_STEPS, rate=FILM_RATE, folder=folder)
    _learn(pupil, everything, steps=ALL_STEPS, rate=ALL_RATE, learning=(_EAR,), folder=folder)


def _taught_ear(before: dict[str, torch.Tensor] | None, *, steps: int, has_clock: bool) -> dict[str, torch.Tensor]:
    teller, studio = random.Random(0), Studio()
    torch.manual_seed(0)
    ear = Ear(has_clock=has_clock)
    if before is not None:
        ear.tower.load_state_dict(before)
    taken = _Steps(ear, [{"params": list(ear.parameters()), "lr": EAR_RATE}], steps)
    for _ in range(steps):
        taken.take(ear.loss([dictation(teller, studio, most_lines=2) for _ in range(EAR_CLIPS)]))
    return dict(ear.tower.state_dict())


def _taught_eye() -> dict[str, torch.Tensor]:
    teller = random.Random(0)
    torch.manual_seed(0)
    eye = Eye()
    patches = list(eye.tower.patch_embed.parameters())
    others = [weight for name, weight in eye.named_parameters() if "patch_embed" not in name]
    steps = _Steps(eye, [{"params": others, "lr": RATE}, {"params": patches, "lr": RATE / 10}], EYE_STEPS)
    for _ in range(EYE_STEPS):
        # Every word and every colour each time: with a few of them by chance it learns the colours and no word.
        pairs = zip(teller.sample(list(COLOURS), len(WRITTEN)), WRITTEN, strict=True)
        cards = [Card(colour, word) for colour, word in pairs]
        steps.take(eye.loss(teller, cards))
    return dict(eye.tower.state_dict())


def _hear(pupil: Pupil, lesson: Callable[[int], Lesson], steps: int, later: int, folder: Path) -> None:
    """Two terms of sounds: short ones first, with the ear as it is; then the longest, with the ear learning too."""
    _learn(pupil, lambda step: [lesson(_most_lines(step, steps)) for _ in range(CLIPS)], steps=steps, folder=folder)
    _learn(
        pupil,
        lambda _: [lesson(MOST_LINES) for _ in range(CLIPS)],
        steps=later,
        folder=folder,
        rate=LATER_RATE,
        learning=(_EAR,),
    )


def _learn(
    pupil: Pupil,
    lessons: Callable[[int], Sequence[Lesson]],
    *,
    steps: int,
    folder: Path,
    rate: float = RATE,
    learning: tuple[str, ...] = (),
) -> None:
    """One term; the senses stay as they are, but for those that are ``learning``, at a quarter of the rate."""
    named = list(pupil.module.named_parameters())
    thinking = [weight for name, weight in named if not name.startswith(_SENSES)]
    sensing = [weight for name, weight in named if name.startswith(learning)] if learning else []
    for name, weight in named:
        weight.requires_grad_(not name.startswith(_SENSES) or any(weight is one for one in sensing))
    groups = [{"params": thinking, "lr": rate}, *([{"params": sensing, "lr": rate / 4}] if sensing else [])]
    taken = _Steps(pupil.module, groups, steps)
    for step in range(steps):
        taken.take(pupil.loss(lessons(step)))
        if step % _KEPT == _KEPT - 1:
            pupil.save(folder)
    pupil.save(folder)


class _Steps:
    """The optimiser and its schedule, and what is told of them."""

    def __init__(self, module: nn.Module, groups: list[dict[str, Any]], steps: int) -> None:
        self._module = module.train()
        self._optimizer = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98))
        rates = [group["lr"] for group in groups]
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(self._optimizer, rates, total_steps=steps, pct_start=0.1)
        self._taken = 0
        self._losses: list[float] = []
        self._began = time.monotonic()

    def take(self, loss: torch.Tensor) -> None:
        """Learn from one batch."""
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._module.parameters(), 1.0)
        self._optimizer.step()
        self._schedule.step()
        self._taken += 1
        self._losses.append(loss.item())
        if self._taken % _REPORTED == 0:
            recent = sum(self._losses[-_REPORTED:]) / _REPORTED
            print(f"step {self._taken}: loss {recent:.3f}, {time.monotonic() - self._began:.0f} s", flush=True)


def _most_lines(step: int, steps: int) -> int:
    """Short sounds first."""
    return 1 if step < steps // 10 else 2 if step < steps // 4 else 3 if step < steps * 3 // 4 else MOST_LINES


def _texts(lessons: Sequence[Lesson], fixed: Sequence[str] = ()) -> list[str]:
    """What the BPE learns from: all but the fixed sentences."""
    texts = []
    for lesson in lessons:
        text = f"{lesson.prompt}\n{lesson.answer}"
        for sentence in fixed:
            text = text.replace(sentence, "\n")
        texts.append(text)
    return texts
