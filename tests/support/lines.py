"""Lines of dialogue, with or without their cues, for tests of what is done with them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from schemas.captions import Cue
from schemas.localize import Line
from schemas.time import Span

LINE_MS = 2_000
GAP_MS = 500


def lines_of(*texts: str | Sequence[str], gap_ms: int = GAP_MS) -> list[Line]:
    """A line of two seconds per text, each its own sentence; the texts of a list are one sentence."""
    said = [(utterance, text) for utterance, texts_of in enumerate(texts) for text in _listed(texts_of)]
    return [
        Line(
            line_index=number,
            cue_index=number,
            utterance=utterance,
            span=Span(number * (LINE_MS + gap_ms), number * (LINE_MS + gap_ms) + LINE_MS),
            speaker="S1",
            text=text,
        )
        for number, (utterance, text) in enumerate(said)
    ]


def cues_of(lines: Sequence[Line], language: str = "en") -> list[Cue]:
    """A cue per line, as long as what is said."""
    return [Cue(line.span, (line.text,), language) for line in lines]


@st.composite
def dialogues(draw: st.DrawFn) -> list[Line]:
    """Up to twelve lines in sentences of up to four, with pauses of any length between them; some say nothing."""
    spoken = st.text("abc déñ'.12", min_size=1, max_size=30).filter(lambda text: text == text.strip())
    texts = draw(st.lists(st.one_of(spoken, st.sampled_from(["♪", "…", "—"])), max_size=12))
    lines, at_ms, utterance = [], 0, 0
    for number, text in enumerate(texts):
        at_ms += draw(st.integers(0, 20_000))
        utterance += draw(st.integers(0, 1))
        lines.append(Line(number, number, utterance, Span(at_ms, at_ms + 1_000), None, text))
        at_ms += 1_000
    return lines


def _listed(texts: str | Sequence[str]) -> Sequence[str]:
    return [texts] if isinstance(texts, str) else texts
