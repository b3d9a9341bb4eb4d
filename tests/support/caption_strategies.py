"""Hypothesis strategies for the caption tests: speech to make cues of, and captions as careless tools leave them.

Times are dense, so that gaps, minimum durations and shot changes collide as they rarely do in real files.
"""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from pipeline.captions.profiles import CaptionProfile, languages, names, profile
from schemas.captions import Cue, Italic
from schemas.languages import primary
from schemas.speech import Segment, Word
from schemas.time import Span, frame_to_ms

RATES = (Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(60000, 1001), None)

SAMPLES = {
    "en": "the a of and but he she not Mr. Smith New York because chemicals manufacturing, well... yes. no? "
    "don't which https://example.org/a/very/long/path/that/no/line/can/hold/at/all I 42 -5 “quoted”",
    "de": "der Donaudampfschifffahrtsgesellschaftskapitän und nicht weil, ja. ist ein kleines Haus",
    "ja": "今日は とても 天気が いいので、 公園 まで 散歩に 行き ましょう。 ABC 映画 カメラ",
    "zh": "我们 明天 早上 八点 在 火车站 门口， 见面 好不好？ 好。 ABC",
    "th": "วันนี้ อากาศ ดีมาก เลยครับ ฉัน อยาก ไปเที่ยว ทะเล กับเพื่อน ของฉัน",
    "ko": "오늘은 날씨가 정말 좋아서 친구와 공원에 갈 거예요. 그리고",
    "ar": "هذا كتاب جديد في المكتبة، لكن الرجل لا يقرأ.",
    "hi": "यह किताब बहुत अच्छी है और मैं इसे पढ़ रहा हूँ।",
}
"""Words of each script that the profiles count or break differently."""


def profiles() -> st.SearchStrategy[CaptionProfile]:
    """Every profile in every language it has a guide for."""
    every = [(name, language) for name in names() for language in languages(name)]
    return st.sampled_from(every).map(lambda pair: profile(pair[0], "en" if pair[1] == "und" else pair[1]))


def rates() -> st.SearchStrategy[Fraction | None]:
    """The frame rates of deliveries, and none."""
    return st.sampled_from(RATES)


@st.composite
def cuts_ms(draw: st.DrawFn, *, length_ms: int) -> list[int]:
    """Shot changes, some a few frames apart."""
    return sorted(draw(st.sets(st.integers(1, length_ms), max_size=8)))


@st.composite
def speech(draw: st.DrawFn, language: str) -> tuple[list[Segment], int]:
    """Segments of up to three speakers, now and then at once, and the length of the title."""
    vocabulary = SAMPLES.get(primary(language), SAMPLES["en"]).split()
    segments: list[Segment] = []
    at_ms = draw(st.integers(0, 2_000))
    end_ms = at_ms
    for index in range(draw(st.integers(0, 6))):
        words = []
        for text in draw(st.lists(st.sampled_from(vocabulary), min_size=1, max_size=14)):
            duration_ms = draw(st.integers(1, 700))
            words.append(Word(text, Span(at_ms, at_ms + duration_ms), None))
            at_ms += duration_ms + draw(st.sampled_from([0, 0, 0, 40, 300, 900]))
        end_ms = max(end_ms, words[-1].span.end_ms)
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        speaker = draw(st.sampled_from([None, "S1", "S2", "S3"]))
        segments.append(Segment(index, span, language, speaker, tuple(words), False))
        at_ms = max(span.start_ms, span.end_ms + draw(st.sampled_from([-400, 0, 0, 60, 200, 600, 3_000])))
    count = sum(len(segment.words) for segment in segments)  # a title has at least a millisecond for each
    return segments, max(1, count, end_ms + draw(st.sampled_from([0, 20, 400, 5_000])))


LINES = st.lists(
    st.sampled_from(
        "the of a and but cat house, yes. no? well... Mr. Smith - -No. -Yes -5 … [door] ♪ 今日は天気が วันนี้ "
        "extraordinarily interdisciplinary  \t 한국어".split(" ")
    ),
    min_size=1,
    max_size=9,
).map(" ".join)


@st.composite
def careless_cues(draw: st.DrawFn, language: str, rate: Fraction | None) -> list[Cue]:
    """Captions with every fault there is, on or off the frames of ``rate``."""
    cues: list[Cue] = []
    at_ms = draw(st.integers(0, 1_500))
    for _ in range(draw(st.integers(0, 7))):
        duration_ms = draw(st.one_of(st.integers(1, 300), st.integers(300, 3_000), st.integers(3_000, 9_000)))
        start_ms, end_ms = at_ms, at_ms + duration_ms
        if rate is not None and draw(st.booleans()):
            frame = round(start_ms * rate / 1000)
            start_ms, end_ms = frame_to_ms(frame, rate), frame_to_ms(frame + max(1, duration_ms // 40), rate)
        lines = tuple(line for line in draw(st.lists(LINES, min_size=1, max_size=3)) if line.strip()) or ("x",)
        speakers = draw(st.sampled_from([(), ("S1",), tuple(f"S{n}" for n in range(len(lines)))]))
        cues.append(Cue(Span(start_ms, end_ms), lines, language, speakers, italics=draw(_italics(lines))))
        at_ms = max(0, end_ms + draw(st.sampled_from([-4_000, -200, -30, 0, 10, 42, 83, 100, 250, 480, 900, 3_000])))
    return cues


@st.composite
def _italics(draw: st.DrawFn, lines: tuple[str, ...]) -> tuple[Italic, ...]:
    if not draw(st.booleans()):
        return ()
    number = draw(st.integers(0, len(lines) - 1))
    start = draw(st.integers(0, len(lines[number]) - 1))
    return (Italic(number, start, draw(st.integers(start + 1, len(lines[number])))),)
