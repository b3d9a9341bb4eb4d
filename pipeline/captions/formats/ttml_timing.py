"""Which text of a TTML document is on screen when (https://www.w3.org/TR/ttml2/, §12)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from pipeline.captions.formats.notes import Notes, quoted
from pipeline.captions.formats.runs import Run
from pipeline.captions.formats.ttml_layout import Layout
from pipeline.captions.formats.ttml_times import Clock
from pipeline.captions.formats.xml_tree import Element
from pipeline.errors import TextFileError

_WHITE_SPACE = re.compile(r"[ \t\r\n]+")
_UNREAD_RUBY = frozenset({"text", "textContainer", "delimiter"})


@dataclass(frozen=True, slots=True)
class Active:
    """When an element is on screen, in seconds of media."""

    begin: Fraction
    """From here."""

    end: Fraction | None
    """To here; None where neither the element nor its parents say."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One ``p`` with the elements it stands in."""

    path: tuple[Element, ...]
    """From ``body`` to the ``p``."""

    active: Active
    """When it is on screen."""


@dataclass(frozen=True, slots=True)
class TimedRun:
    """Text of a paragraph in one style, with its own times."""

    run: Run
    """The text."""

    active: Active
    """When it is on screen."""

    keeps_space: bool
    """Whether its white space is as it is meant: ``xml:space="preserve"``."""


def paragraphs(body: Element, clock: Clock, notes: Notes) -> Iterator[Paragraph]:
    """The paragraphs of a document in its order, with times resolved through all that they stand in."""
    everything = Active(Fraction(0), None)
    active = _active(body, everything, everything.begin, clock)
    yield from _below((body,), active, clock, notes)


def timed_runs(
    paragraph: Paragraph, clock: Clock, layout: Layout, names: dict[str, str], notes: Notes
) -> list[TimedRun]:
    """Text of a paragraph, span by span; ``names`` are the agents' by their id."""
    return list(_collapsed(_timed_runs(paragraph.path, paragraph.active, _Context(clock, layout, names, notes))))


@dataclass(frozen=True, slots=True)
class _Context:
    """What the walk through a paragraph needs at every step."""

    clock: Clock
    layout: Layout
    names: dict[str, str]
    notes: Notes


def _below(path: tuple[Element, ...], active: Active, clock: Clock, notes: Notes) -> Iterator[Paragraph]:
    for child, child_active in _timed(path[-1], active, clock, "tt:div", "tt:p"):
        if child_active.end is not None and child_active.end < child_active.begin:
            notes.add("an element outside the time of what it stands in, left out", child.line)
        elif child.name == "tt:p":
            yield Paragraph((*path, child), child_active)
        else:
            yield from _below((*path, child), child_active, clock, notes)


def _timed(parent: Element, active: Active, clock: Clock, *names: str) -> Iterator[tuple[Element, Active]]:
    """Children with their times: from the parent's begin, or one after the other where it says ``seq``."""
    in_sequence = _is_sequence(parent)
    reference: Fraction | None = active.begin
    for child in parent.children(*names):
        if reference is None:
            raise TextFileError("what it follows in sequence has no end", "give that a dur or an end", child.line)
        child_active = _active(child, active, reference, clock)
        yield child, child_active
        if in_sequence:
            reference = _implicit_end(child, child_active, clock)


def _implicit_end(element: Element, active: Active, clock: Clock) -> Fraction | None:
    """When what follows an element in a sequence may begin: its stated end, else that of its content (§12.2)."""
    in_sequence = _is_sequence(element)
    has_text = element.name in ("tt:p", "tt:span") and not in_sequence
    if has_text or element.attributes.keys() & {"end", "dur"}:
        return active.end
    reference = active.begin
    ends = [reference]
    for child in element.children("tt:div", "tt:p", "tt:span"):
        child_active = _active(child, active, reference, clock)
        child_end = _implicit_end(child, child_active, clock)
        if child_end is None:
            return None
        ends.append(child_end)
        if in_sequence:
            reference = child_end
    return ends[-1] if in_sequence else max(ends)


def _is_sequence(element: Element) -> bool:
    return element.attributes.get("timeContainer") == "seq"


def _active(element: Element, parent: Active, reference: Fraction, clock: Clock) -> Active:
    """Times of an element: its own, counted from ``reference``, within its parent's."""
    stated = {
        name: clock.seconds(element.attributes[name], element.line)
        for name in ("begin", "end", "dur")
        if element.attributes.get(name, "indefinite") != "indefinite"
    }
    if not stated and reference == parent.begin:
        return parent
    begin = reference + stated.get("begin", 0)
    ends = [parent.end] if parent.end is not None else []
    if "end" in stated:
        if reference + stated["end"] < begin:
            times = f"{quoted(element.attributes['begin'])} to {quoted(element.attributes['end'])}"
            raise TextFileError(
                f"it ends before it begins: {times}",
                "correct its times and read the file again",
                element.line,
            )
        ends.append(reference + stated["end"])
    if "dur" in stated:
        ends.append(begin + stated["dur"])
    return Active(begin, min(ends, default=None))


def _timed_runs(path: tuple[Element, ...], active: Active, context: _Context) -> Iterator[TimedRun]:
    element = path[-1]
    italic = context.layout.is_italic(path)
    speaker = _speaker(path, context.names)
    keeps_space = _keeps_space(path)
    # Text itself has no length, so in a sequence it is never seen (§12.2.4).
    shows_text = not _is_sequence(element)
    timed = _timed(element, active, context.clock, "tt:span", "tt:br")
    for node in element.content:
        if isinstance(node, str):
            if shows_text:
                yield TimedRun(Run(node, italic, speaker), active, keeps_space)
        elif node.name == "tt:br":
            next(timed)
            yield TimedRun(Run("\n", italic, speaker), active, keeps_space=True)
        elif node.name == "tt:span":
            _, span_active = next(timed)
            if context.layout.specified(node, "tts:ruby") in _UNREAD_RUBY:
                context.notes.add("ruby text, left out", node.line)
            elif span_active.end is None or span_active.begin <= span_active.end:
                yield from _timed_runs((*path, node), span_active, context)


def _collapsed(parts: Iterable[TimedRun]) -> Iterator[TimedRun]:
    """The runs with each stretch of white space that does not count made one space, also across their borders."""
    after_space = True
    for part in parts:
        text = part.run.text
        if not part.keeps_space:
            text = _WHITE_SPACE.sub(" ", text)
            text = text[1:] if after_space and text.startswith(" ") else text
        if text:
            after_space = text[-1] in " \n"
            is_same = text == part.run.text
            yield part if is_same else dataclasses.replace(part, run=dataclasses.replace(part.run, text=text))


def _speaker(path: tuple[Element, ...], names: dict[str, str]) -> str | None:
    """Name of the first agent that the innermost element names."""
    for element in reversed(path):
        for agent in element.attributes.get("ttm:agent", "").split():
            return names.get(agent)
    return None


def _keeps_space(path: tuple[Element, ...]) -> bool:
    for element in reversed(path):
        if "xml:space" in element.attributes:
            return element.attributes["xml:space"] == "preserve"
    return False
