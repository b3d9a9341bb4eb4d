"""Format and encoding of files of unknown origin."""

from __future__ import annotations

import codecs

import pytest

from pipeline.captions.formats.detect import Format, decode, format_of
from pipeline.errors import TextFileError

DIALOGUE = {
    "en": "Where were you last night?|I don’t know what you’re talking about.|Café? Yes, “très chic”.|Tomorrow.",
    "fr": "Où étais-tu hier soir ?|Ça m’est égal… l’été, à Noël, peut-être.|« Très bien », dit-elle.|À demain !",
    "de": "Wo warst du gestern Abend?|Ich weiß nicht, wovon du sprichst.|Schöne Grüße aus München!|Das hört nie auf.",
    "es": "¿Dónde estabas anoche?|No sé de qué estás hablando.|Mañana será otro día.|¡Cuidado con el niño!",
    "pl": "Gdzie byłaś wczoraj wieczorem?|Nie wiem, o czym mówisz.|Proszę, poczekaj.|Zażółć gęślą jaźń.",
    "ru": "Где ты была вчера вечером?|Я не знаю, о чём ты говоришь.|Подожди меня у входа в метро.|Увидимся завтра.",
    "el": "Πού ήσουν χθες το βράδυ;|Δεν ξέρω για τι πράγμα μιλάς.|Περίμενέ με στην είσοδο.|Τα λέμε αύριο.",
    "tr": "Dün gece neredeydin?|Şu anda ne dediğini anlamıyorum.|Beni girişte bekle, değil mi?|Yarın görüşürüz.",
    "he": "איפה היית אתמול בלילה?|אני לא יודע על מה אתה מדבר.|חכה לי בכניסה.|נתראה מחר.",
    "ar": "أين كنت ليلة أمس؟|لا أعرف عما تتحدث.|انتظرني عند المدخل.|أراك غدا.",
    "th": "เมื่อคืนคุณอยู่ที่ไหน|ฉันไม่รู้ว่าคุณพูดเรื่องอะไร|รอฉันที่ทางเข้า|เจอกันพรุ่งนี้",
    "ja": "昨日の夜はどこにいたの？|何の話をしているのか分からない。|駅の入口で待っていてください。|また明日。",
    "zh-Hans": "你昨天晚上在哪里？|我不知道你在说什么。|请在地铁站入口等我。|好吧，明天早上见。",
    "zh-Hant": "你昨天晚上在哪裡？|我不知道你在說什麼。|請在地鐵站入口等我。|好吧，明天早上見。",
    "ko": "어젯밤에 어디 있었어요?|무슨 말을 하는지 모르겠어요.|지하철역 입구에서 기다려 주세요.|내일 아침에 봐요.",
}


def srt_of(language: str, *, cues: int = 40) -> str:
    """A file of about a minute and a half of dialogue."""
    said = DIALOGUE[language].split("|")
    blocks = (
        f"{at + 1}\r\n00:0{at // 30}:{at % 30 * 2:02},000 --> 00:0{at // 30}:{at % 30 * 2 + 1:02},500\r\n"
        f"{said[at % len(said)]}\r\n"
        for at in range(cues)
    )
    return "\r\n".join(blocks)


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("en", "cp1252"), ("fr", "cp1252"), ("de", "cp1252"), ("es", "cp1252"), ("es", "mac_roman"),
        ("pl", "cp1250"), ("pl", "iso8859_2"), ("ru", "cp1251"), ("ru", "koi8_r"), ("el", "cp1253"),
        ("tr", "cp1254"), ("he", "cp1255"), ("ar", "cp1256"), ("th", "cp874"),
        ("ja", "shift_jis"), ("ja", "euc_jp"), ("zh-Hans", "gb18030"), ("zh-Hant", "big5"), ("ko", "euc_kr"),
    ],
)  # fmt: skip
def test_a_legacy_encoding_is_told_by_its_letters_and_said(language: str, encoding: str) -> None:
    text = srt_of(language)
    decoded = decode(text.encode(encoding), language)
    assert decoded.text == text
    assert decoded.notes[0].startswith(f"read as {decoded.encoding}: it is not UTF-8")


@pytest.mark.parametrize(
    ("actual", "encoding", "claimed"),
    [("ru", "cp1251", "en"), ("ja", "shift_jis", "en"), ("zh-Hans", "gb18030", "ru"), ("pl", "cp1250", "ru")],
)
def test_a_file_in_another_language_than_claimed_is_still_told(actual: str, encoding: str, claimed: str) -> None:
    text = srt_of(actual)
    decoded = decode(text.encode(encoding), claimed)
    assert decoded.text == text
    assert decoded.notes[0].endswith("this fits its letters best")


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides(mark: bytes, encoding: str) -> None:
    decoded = decode(mark + srt_of("ja").encode(encoding), "ja")
    assert (decoded.text, decoded.encoding) == (srt_of("ja"), encoding)


def test_iso_2022_jp_is_told_by_its_escapes_and_not_taken_for_ascii() -> None:
    decoded = decode(srt_of("ja").encode("iso2022_jp"), "ja")
    assert (decoded.text, decoded.encoding) == (srt_of("ja"), "iso2022_jp")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", ["en", "ru", "ja"])
def test_utf_16_without_a_mark_is_told_by_its_zeros(encoding: str, language: str) -> None:
    decoded = decode(srt_of(language).encode(encoding), language)
    assert (decoded.text, decoded.encoding) == (srt_of(language), encoding)


def test_an_xml_declaration_decides() -> None:
    file = '<?xml version="1.0" encoding="windows-1251"?><tt>Мир</tt>'
    decoded = decode(file.encode("cp1251"), "en")
    assert (decoded.text, decoded.notes) == (file, ("read as cp1251, as its XML declaration says",))


@pytest.mark.parametrize("label", ["punycode", "hex", "utf-16", "no-such-thing", "unicode_escape"])
def test_a_declaration_that_cannot_be_true_is_not_believed(label: str) -> None:
    file = f'<?xml version="1.0" encoding="{label}"?><tt>Мир</tt>'
    assert decode(file.encode(), "en").text == file


def test_utf_8_is_utf_8_without_a_note() -> None:
    decoded = decode(srt_of("ko").encode(), "ko")
    assert (decoded.text, decoded.encoding, decoded.notes) == (srt_of("ko"), "utf-8", ())


def test_a_damaged_utf_8_file_is_refused_at_the_damage_and_not_read_as_something_else() -> None:
    data = srt_of("ru").encode()
    at = data.index("метро".encode()) + 1
    with pytest.raises(TextFileError, match="not utf-8, as the rest is") as refused:
        decode(data[:at] + b"!" + data[at + 1 :], "ru")
    assert refused.value.line == data[:at].count(b"\n") + 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", id="a picture"),
        pytest.param(b"1\n00:00:01,000 --> 00:00:02,000\nx\0y\n", id="a zero in the text"),
        pytest.param(b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1f", id="a Matroska file"),
    ],
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(TextFileError, match="binary"):
        decode(data, "en")


SRT = "1\n00:00:01,000 --> 00:00:02,000\nx\n"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (SRT, "a.srt", Format.SRT),
        (SRT, "a.vtt", Format.VTT),  # cut from a longer file: the signature is missing, the name says
        (SRT, "a.ttml", Format.SRT),
        ("WEBVTT\n\n", "a.srt", Format.VTT),
        ('<?xml version="1.0"?><tt/>', "a.srt", Format.TTML),
        ("\n<tt/>", "a", Format.TTML),
        ("<i>preamble</i>\n" + SRT, "a.txt", Format.SRT),
        ("", "a.srt", Format.SRT),
        ("00:00:01 -> 00:00:02\nx\n", "a", Format.SRT),
    ],
)
def test_the_content_decides_the_format_before_the_name(text: str, name: str, expected: Format) -> None:
    assert format_of(text, name) is expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[Script Info]\nTitle: x\n", "SubStation"),
        ("{10}{50}Hello\n", "MicroDVD"),
        ("Scenarist_SCC V1.0\n", "SCC"),
        ("<SAMI><BODY>", "SAMI"),
        ("Dear all,\nplease\n", "no time line; it begins with 'Dear all"),
        ("", "empty"),
        ("  \n", "empty"),
    ],
)
def test_other_formats_are_refused_by_name(text: str, what: str) -> None:
    with pytest.raises(TextFileError, match=what):
        format_of(text, "a.txt")
