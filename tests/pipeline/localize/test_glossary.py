"""Glossaries as spreadsheets and people write them; what is broken says where."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.localize.glossary import MAX_CHARACTERS, MAX_TERMS, parse
from schemas.localize import Term

TREN, NASA = Term("train", "tren", note="the vehicle"), Term("NASA", None, language="es", is_case_exact=True)
CSV = "source,target,note,case,language\ntrain,tren,the vehicle,,\nNASA,,,exact,es\n"
TOML = """
[[term]]
source = "train"
target = "tren"
note = "the vehicle"

[[term]]
source = "NASA"
case = "exact"
language = "es"
"""


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        "\ufeff" + CSV,
        CSV.replace("\n", "\r\n"),
        CSV.replace(",", ";"),
        CSV.replace(",", "\t"),
        "\n\n" + CSV.replace("\n", "\n,,,,\n"),
        '"Source","Target","Note","Case","Language"\n"train","tren","the vehicle","",""\n"NASA","NASA","","EXACT","es"',
        "source,target,note,case,language,,\ntrain,tren,the vehicle,,,,\nNASA,,,exact,es,,\n",
        "language,case,target,source,note\n,any,tren,train,the vehicle\nes,exact,,NASA\n",
        CSV + CSV.partition("\n")[2],
    ],
)
def test_the_same_glossary_as_people_write_it(text: str) -> None:
    assert parse(text, "terms.csv") == (TREN, NASA)


def test_toml_says_the_same() -> None:
    assert parse(TOML, "Terms.TOML") == (TREN, NASA)


def test_only_the_source_is_required() -> None:
    assert parse("source\ntrain\n", "terms.csv") == (Term("train", None),)
    assert parse('[[term]]\nsource="train"', "terms.toml") == (Term("train", None),)


def test_a_quoted_cell_may_hold_anything() -> None:
    (term,) = parse('source,target\n"the ""old"", old\nbridge",puente\n', "terms.csv")
    assert term.source == 'the "old", old bridge'


def test_two_languages_and_two_spellings_do_not_contradict_each_other() -> None:
    text = "source,target,case,language\ncar,coche,,es\ncar,voiture,,fr\ncar,carro,,es-419\nCar,,exact,es\n"
    assert len(parse(text, "terms.csv")) == 4


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("train,tren\n", "line 1"),
        ("source,taget\ntrain,tren\n", "line 1"),
        ("source,source\ntrain,tren\n", "line 1"),
        ("source,target\n\n,tren\n", "line 3"),
        ("source,target\ntrain,tren,zug\n", "line 2"),
        ("source,target,,\ntrain,tren,,zug\n", "line 2"),
        ("source,,,target\ntrain,tren,,zug\n", "line 2"),
        (",".join(f"column {number}" for number in range(10_000)), "line 1"),
        ('source,target\n"a\nb",x\ntrain,"tren\n', "line 4"),
        ('source,target\ntrain,"tren"s\n', "line 2"),
        ("source,case\ntrain,yes\n", "line 2"),
        ("source,language\ntrain,spanish please\n", "line 2"),
        ("source,language\ntrain,xx\n", "line 2"),
        ("source,target\n--,tren\n", "line 2"),
        ("source,target\ntrain,…\n", "line 2"),
        ("source,target\ntr\0ain,tren\n", "line 2"),
        ("source,target\ntr\x1b[31main,tren\n", "line 2"),
        (f"source,target\n{'x' * 201},tren\n", "line 2"),
        (f"source,target\n{'x' * 200_000},tren\n", "line 2"),
        ("source,target\ntrain,tren\nTrain,convoy\n", "line 3"),
        ("source,target\ntrain,tren\ntrain,\n", "line 3"),
    ],
)
def test_a_broken_line_of_csv_is_named(text: str, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, "terms.csv")
    assert where in str(caught.value)
    assert "'terms.csv'" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[term]\n", "line 1"),
        ("term = " + "[" * 100_000, "nested too deeply"),
        ("terms = []", "terms"),
        ("term = 3", "term"),
        ('[[term]]\nsource = "a"\n\n[[term]]\ntarget = "b"\n', "term 2 (line 4)"),
        ("[[term]]\nsource = 3\n", "term 1 (line 1)"),
        ('[[term]]\nsource = "a"\nsorce = "b"\n', "sorce"),
        ('term = [{source = "a"}, {source = ""}]', "term 2"),
    ],
)
def test_a_broken_term_of_toml_is_named(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, "terms.toml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_contradicts_another_line_names_both() -> None:
    with pytest.raises(UsageError, match=r"line 4.*'convoy'.*'tren' in line 2"):
        parse("source,target\ntrain,tren\nx,y\nTRAIN,convoy\n", "terms.csv")


@pytest.mark.parametrize("text", ["", "source,target\n", "\n\n"])
def test_a_glossary_without_terms_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no terms"):
        parse(text, "terms.csv")


def test_a_glossary_beyond_all_measure_is_refused() -> None:
    with pytest.raises(UsageError, match=f"more than {MAX_TERMS}"):
        parse("source\n" + "".join(f"word{number}\n" for number in range(MAX_TERMS + 1)), "terms.csv")
    with pytest.raises(UsageError, match="right file"):
        parse("x" * (MAX_CHARACTERS + 1), "terms.csv")


@given(st.text(max_size=200), st.sampled_from(["a.csv", "a.toml"]))
def test_any_text_is_a_glossary_or_says_why_not_in_one_line(text: str, name: str) -> None:
    reason = None
    try:
        terms = parse(text, name)
    except UsageError as error:
        reason = str(error)
    assert terms if reason is None else len(reason.splitlines()) == 1


WORDS = st.text("abcñ \",;'日", min_size=1, max_size=8).filter(lambda text: any(map(str.isalnum, text)))


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6, unique_by=lambda pair: " ".join(pair[0].split())))
def test_what_a_spreadsheet_writes_is_read_back(pairs: list[tuple[str, str]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([("source", "target"), *pairs])
    read = parse(written.getvalue(), "terms.csv")
    assert [(term.source, term.wanted) for term in read] == [
        (" ".join(source.split()), " ".join(target.split())) for source, target in pairs
    ]
