"""What is asked of a translator, and what is made of its answers: everything once, and some of it once more.

First each sentence. Then, alone, each line that got no answer among others, and each that is too long where the
engine can shorten. Of what came, the longest wording that keeps to the budget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.captions.measure import characters
from pipeline.captions.profiles import CaptionProfile
from pipeline.localize.checks import Checked, checked, fitted, shortened
from pipeline.localize.windows import Briefing, Window, alone, request, windows
from schemas.jobs import TranslateRequest, Translation
from schemas.localize import Line


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the lines it is about."""

    window: Window
    """Its lines; the position of each is its id."""

    request: TranslateRequest
    """What is asked."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came for one line."""

    answer: Checked
    """Its answer, or why there is none."""

    asked: Asked
    """Where it was asked for."""

    place: int
    """Its position there."""

    is_refused: bool
    """Whether the engine failed on the whole request, so that there is no use in asking again now."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one line when all has been asked."""

    answer: Checked
    """The best of its answers."""

    attempts: int
    """How often it was asked."""


def first(lines: Sequence[Line], briefing: Briefing, *, asset_id: str) -> list[Asked]:
    """The requests for all lines that say something."""
    return [Asked(window, request(asset_id, window, briefing)) for window in windows(lines)]


def second(
    lines: Sequence[Line],
    answers: Mapping[int, Answered],
    briefing: Briefing,
    *,
    asset_id: str,
    profile: CaptionProfile,
    shortens: bool,
) -> list[Asked]:
    """The requests for lines that are worth asking for once more, one each; ``answers`` are the first, by line."""
    asked = []
    for place, line in enumerate(lines):
        if (known := answers.get(line.line_index)) is None:
            continue
        text, budget = known.answer.text, briefing.budgets[line.line_index]
        was_lost = text is None and not known.is_refused and len(known.asked.window.lines) > 1
        is_long = text is not None and shortens and characters(text, profile.counting) > budget
        if was_lost or is_long:
            window = alone(lines, place)
            asked.append(Asked(window, request(asset_id, window, briefing, previous=text)))
    return asked


def answers(
    asked: Sequence[Asked], translations: Sequence[Translation], briefing: Briefing, profile: CaptionProfile
) -> dict[int, Answered]:
    """Exactly one answer for each line of ``asked``, by ``line_index``, whatever the translations hold.

    There is one translation per request, in order.
    """
    found = {}
    for one, translation in zip(asked, translations, strict=True):
        for place, answer in enumerate(checked(one.request, translation, profile)):
            index = one.window.lines[place].line_index
            best = fitted(answer, briefing.budgets[index], profile)
            found[index] = Answered(best, one, place, is_refused=translation.failure is not None)
    return found


def best(
    earlier: Mapping[int, Answered], later: Mapping[int, Answered], briefing: Briefing, profile: CaptionProfile
) -> dict[int, Told]:
    """What is taken for each line of ``earlier``, by ``line_index``; ``later`` holds those that were asked twice."""
    return {
        index: Told(known.answer, attempts=1)
        if (again := later.get(index)) is None
        else Told(_better(known.answer, again, briefing.budgets[index], profile), attempts=2)
        for index, known in earlier.items()
    }


def _better(earlier: Checked, later: Answered, budget: float, profile: CaptionProfile) -> Checked:
    asked = later.asked.request
    return fitted(shortened(earlier, later.answer, asked.lines[later.place], asked, profile), budget, profile)
