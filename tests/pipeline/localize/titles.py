"""Strategies: who says what when in a title, with overlaps, strangers and stretches that were dropped."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from schemas.speech import Segment, Turn, Word
from schemas.time import Span

LENGTH_MS = 60_000
SPEAKERS = ("A", "B", None)


@dataclass(frozen=True, slots=True)
class Said:
    """What the stages before know of a title."""

    segments: tuple[Segment, ...]
    turns: tuple[Turn, ...]
    dropped: tuple[Span, ...]

    def others(self, speaker: str) -> list[Span]:
        """Where anybody but ``speaker`` may be heard."""
        return [
            *(turn.span for turn in self.turns if turn.speaker != speaker),
            *(segment.span for segment in self.segments if segment.speaker != speaker),
            *self.dropped,
        ]

    def alone(self, speaker: str) -> list[Span]:
        """Words of ``speaker`` that nobody else is heard in."""
        return [span for span in self._words(speaker) if not self._is_disturbed(span, speaker)]

    def disturbed(self, speaker: str) -> list[Span]:
        """Words of ``speaker`` that somebody else is heard in."""
        return [span for span in self._words(speaker) if self._is_disturbed(span, speaker)]

    def _words(self, speaker: str) -> list[Span]:
        return [word.span for one in self.segments if one.speaker == speaker for word in one.words]

    def _is_disturbed(self, span: Span, speaker: str) -> bool:
        return any(span.overlap_ms(other) for other in self.others(speaker))


@st.composite
def said(draw: st.DrawFn) -> Said:
    """Segments one after the other, each with a turn that may reach into its neighbours, and a few strangers."""
    segments: list[Segment] = []
    turns: list[Turn] = []
    at_ms = draw(st.integers(0, 500))
    for index in range(draw(st.integers(0, 8))):
        words: list[Word] = []
        word_ms, confidence = draw(st.integers(100, 900)), draw(st.none() | st.floats(0, 1))
        for gap_ms in draw(st.lists(st.sampled_from([0, 0, 0, 40, 200, 1_400, 2_000]), min_size=1, max_size=12)):
            words.append(Word("word", Span(at_ms, at_ms + word_ms), confidence))
            at_ms += word_ms + gap_ms
        if words[-1].span.end_ms > LENGTH_MS:
            break
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        speaker = draw(st.sampled_from(SPEAKERS))
        segments.append(Segment(index, span, "en", speaker, tuple(words), is_draft=True))
        reach_ms = draw(st.integers(-50, 150))
        turns.append(Turn(Span(max(0, span.start_ms - reach_ms), span.end_ms + max(0, reach_ms)), speaker, 0.9))
    turns += [Turn(span, draw(st.sampled_from(SPEAKERS)), 0.5) for span in draw(st.lists(spans(), max_size=2))]
    return Said(tuple(segments), tuple(turns), tuple(draw(st.lists(spans(), max_size=2))))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """Anything up to three seconds."""
    start_ms = draw(st.integers(0, LENGTH_MS - 3_000))
    return Span(start_ms, start_ms + draw(st.integers(1, 3_000)))
