"""Line breaks: sentences of eight languages, each with the break that a subtitler would choose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions import breaks
from pipeline.captions.measure import characters
from pipeline.captions.pieces import line_width
from pipeline.captions.profiles import profile
from pipeline.captions.tokens import tokenize
from tests.support.caption_strategies import SAMPLES

BROKEN = [  # language, text with the expected break, and why it is there
    ("en", "I told him that he should have called / his mother before leaving.", "before a noun phrase"),
    ("en", "When the rain finally stopped, / we walked to the old house on the hill.", "after a comma"),
    ("en", "She was born in New York / and she never wanted to leave the city.", "before a clause, names together"),
    ("en", "The president of the United States said / on Tuesday that he would not resign.", "before a preposition"),
    ("en", "Mr. Smith went to Washington last year / with his wife and children.", "a title is no sentence end"),
    ("en", "Nobody in this beautiful little town / wanted to talk about the war.", "never adjective | noun"),
    ("en", "You can't take the 15 minutes / that I gave you and waste them.", "before a relative clause"),
    ("en", "We have been waiting / for more than twenty minutes in the rain.", "bottom-heavy"),
    ("es", "No sé si mañana vamos a poder llegar / a la casa de mi abuela antes de comer.", "before a preposition"),
    ("es", "Cuando llegamos a la estación, / el tren ya se había marchado.", "after a comma"),
    ("es", "El señor González no quiere que sus hijos / vean la televisión por la noche.", "never possessive | noun"),
    ("de", "Ich habe ihm gesagt, dass er nicht / mit dem alten Wagen fahren soll.", "before a preposition"),
    ("de", "Die Kinder haben den ganzen Tag / im Garten hinter dem Haus gespielt.", "before a preposition"),
    ("de", "Er wollte nach Hause gehen, / aber seine Mutter hat ihn nicht gelassen.", "after a comma"),
    ("fr", "Il ne voulait pas partir avec nous / parce que sa mère était malade.", "before a conjunction"),
    ("fr", "Quand il est arrivé à la gare, / le train était déjà parti.", "after a comma"),
    ("it", "Non voglio che i miei figli guardino / la televisione tutta la notte.", "never article | noun"),
    ("pt-BR", "Eu não sabia que você tinha comprado / uma casa nova perto do mar.", "never article | noun"),
    ("ja", "明日は朝から / 雨が降るでしょう。", "subject and verb together"),
    ("ja", "電車が遅れたので / 会議に間に合いませんでした", "after a clause"),
    ("zh-Hans", "我们明天早上八点 / 在火车站门口见面好不好", "before a preposition"),
    ("th", "วันนี้อากาศดีมากเลยครับ / ฉันอยากไปเที่ยวทะเลกับเพื่อนของฉัน", "at the space between sentences"),
    ("ko", "오늘은 날씨가 정말 좋아서 / 친구와 공원에 갈 거예요", "after a clause"),
]


def broken(text: str, language: str) -> tuple[str, ...]:
    house = profile("netflix", language)
    width = line_width(house)
    return breaks.lines(tokenize(text, language, counting=house.counting, widest=width), width=width)


@pytest.mark.parametrize(("language", "expected", "why"), BROKEN)
def test_lines_break_where_a_subtitler_breaks_them(language: str, expected: str, why: str) -> None:
    spaced = " " if " " in expected.replace(" / ", "") else ""
    assert " / ".join(broken(expected.replace(" / ", spaced), language)) == expected, why


@pytest.mark.parametrize("text", ["Yes, I know, and so do you, my friend.", "他昨天在北京买了一本有意思的书"])
def test_what_fits_on_one_line_stays_on_one_line(text: str) -> None:
    assert broken(text, "en" if text.isascii() else "zh-Hans") == (text,)


def test_a_word_wider_than_a_line_is_cut_after_a_mark_inside_it() -> None:
    url = "https://www.example.com/a/very/long/path/that/never/ends"
    assert broken(url, "en") == ("https://www.example.com/a/very/long/path/", "that/never/ends")


def test_a_text_for_more_than_two_lines_takes_as_few_as_possible() -> None:
    text = " ".join(["seven77"] * 16)  # 127 characters: four lines of five words at the most
    found = broken(text, "en")
    assert len(found) == 4
    assert " ".join(found) == text


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    for line in broken("「今日はとても天気がいいので、公園まで行きましょう」と言った", "ja"):
        assert line[0] not in "、。」"
        assert line[-1] not in "「（"


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_breaking_keeps_the_text_and_the_width(language: str, data: st.DataObject) -> None:
    tag = {"zh": "zh-Hans"}.get(language, language)
    words = data.draw(st.lists(st.sampled_from(SAMPLES[language].split()), min_size=1, max_size=25))
    text = ("" if language in {"ja", "zh", "th"} else " ").join(words)
    found = broken(text, tag)
    house = profile("netflix", tag)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < characters(line, house.counting) <= line_width(house) for line in found)
    assert all(line == line.strip() for line in found)
