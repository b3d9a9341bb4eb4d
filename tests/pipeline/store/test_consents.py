from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store import consents
from pipeline.store.consents import MAX_BYTES, Consents, Recorded, parse
from pipeline.store.objects import FolderObjects
from schemas.consents import Consent, ConsentedVoice

ASSET = "1f6e67a5a64d9bbd"
OTHER_ASSET = "0123456789abcdef"
EXAMPLE = Path(__file__).parents[3] / "infra" / "consents" / "jane-doe.toml"


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "library")


@pytest.fixture
def example() -> str:
    return EXAMPLE.read_text(encoding="utf-8")


def about(objects: FolderObjects, asset_id: str) -> Recorded:
    return Consents().about(objects, asset_id)


def test_the_example_is_a_record(example: str) -> None:
    found = parse(example.encode(), name="jane-doe")
    assert found == Consent(
        consent_id="jane-doe",
        sha256=found.sha256,
        person="Jane Doe",
        voices=(ConsentedVoice(ASSET, "S2", 7_500),),
        languages=("es", "pt-BR"),
        uses=("dub",),
        valid_until=date(2027, 6, 30),
        recorded_by="Ana Pérez, rights desk",
        recorded_on=date(2026, 6, 30),
        note="signed form 2026/117",
    )


def test_the_example_is_that_of_the_docstring(example: str) -> None:
    code = "\n".join(line[4:] for line in (consents.__doc__ or "").splitlines() if line.startswith("    "))
    shown, whole = parse(code.encode(), name="jane-doe"), parse(example.encode(), name="jane-doe")
    assert (shown.voices, shown.languages, shown.valid_until) == (whole.voices, whole.languages, whole.valid_until)


def test_a_record_that_is_put_into_the_library_is_found_by_the_assets_that_it_names(
    objects: FolderObjects, example: str
) -> None:
    objects.put("consents/jane-doe.toml", example.encode())
    objects.put("consents/season-2/joe.toml", example.replace("Jane", "Joe").encode())
    assert [one.consent_id for one in about(objects, ASSET).consents] == ["jane-doe", "season-2/joe"]
    assert about(objects, OTHER_ASSET) == Recorded()


class CountingObjects(FolderObjects):
    """Counts what is read."""

    reads = 0

    def get(self, key: str) -> bytes:
        self.reads += 1
        return super().get(key)


def test_a_record_is_read_once_however_many_titles_ask(tmp_path: Path, example: str) -> None:
    objects = CountingObjects(tmp_path / "library")
    objects.put("consents/jane-doe.toml", example.encode())
    objects.put("consents/broken.toml", f"{example}]".encode())
    records = Consents()
    answers = [records.about(objects, asset) for asset in (ASSET, OTHER_ASSET, ASSET, *(f"{n:016x}" for n in range(9)))]
    assert objects.reads == 2
    assert (len(answers[2].consents), len(answers[2].broken)) == (1, 1)
    assert answers[2] == answers[0]
    assert set(answers[3:]) == {Recorded()}


def test_a_record_that_changes_or_is_withdrawn_counts_as_it_is_now(objects: FolderObjects, example: str) -> None:
    records = Consents()
    objects.put("consents/jane-doe.toml", example.encode())
    assert [one.person for one in records.about(objects, ASSET).consents] == ["Jane Doe"]
    objects.put("consents/jane-doe.toml", example.replace("Jane", "June").encode())
    assert [one.person for one in records.about(objects, ASSET).consents] == ["June Doe"]
    objects.delete("consents/jane-doe.toml")
    assert records.about(objects, ASSET) == Recorded()


def test_libraries_that_share_a_reader_keep_their_own_records(tmp_path: Path, example: str) -> None:
    one, other = FolderObjects(tmp_path / "one"), FolderObjects(tmp_path / "other")
    one.put("consents/a.toml", example.encode())
    other.put("consents/a.toml", example.replace("Jane", "June").encode())
    records = Consents()
    assert [records.about(library, ASSET).consents[0].person for library in (one, other)] == ["Jane Doe", "June Doe"]


def test_a_library_without_records_has_none(objects: FolderObjects) -> None:
    assert about(objects, ASSET) == Recorded()


def test_what_is_no_record_by_its_name_is_let_be(objects: FolderObjects, example: str) -> None:
    for name in ("README.md", "jane-doe.toml~", "jane-doe.json"):
        objects.put(f"consents/{name}", example.encode())
    assert about(objects, ASSET) == Recorded()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("person", "persn", "persn"),
        ('person = "Jane Doe"', 'person = " "', "person"),
        ("valid_until = 2027-06-30", "", "valid_until"),
        ("valid_until = 2027-06-30", 'valid_until = "for ever"', "valid_until"),
        ("valid_until = 2027-06-30", "valid_until = 2027-06-31", "not TOML"),
        ("valid_until = 2027-06-30", "valid_until = 2027-06-30T12:00:00", "valid_until"),
        ('languages = ["es", "pt-BR"]', "languages = []", "languages"),
        ('languages = ["es", "pt-BR"]', 'languages = "es"', "languages"),
        ('languages = ["es", "pt-BR"]', 'languages = ["spanish"]', "'spanish' is no language tag"),
        ('uses = ["dub"]', "uses = []", "uses"),
        ('heard_at = "0:00:07.500"', "", "voices.0.heard_at"),
        ('heard_at = "0:00:07.500"', 'heard_at = "7.5 s"', "'7.5 s' is no time"),
        ('heard_at = "0:00:07.500"', 'heard_at = "0:00:61"', "'0:00:61' is no time"),
        ('asset = "1f6e67a5a64d9bbd" ', 'asset = "1f6e67a5a64d9bbd.mp4" ', "voices.0.asset"),
        ('speaker = "S2"', 'speaker = "S\\n2"', "voices.0.speaker"),
        ('speaker = "S2"', 'speaker = "S\\u001b2"', "voices.0.speaker"),
        ("[[voices]]", "[voices]", "voices"),
        ('"Jane Doe"', '"Jane Doe', "not TOML"),
    ],
)
def test_a_broken_record_says_what_is_wrong_names_its_file_and_never_counts(
    objects: FolderObjects, example: str, old: str, new: str, told: str
) -> None:
    assert old in example
    objects.put("consents/broken.toml", example.replace(old, new).encode())
    found = about(objects, ASSET)
    assert found.consents == ()
    (broken,) = found.broken
    assert broken.key == "consents/broken.toml"
    assert told in broken.reason
    assert "\n" not in broken.reason


def test_a_broken_record_does_not_hide_a_whole_one(objects: FolderObjects, example: str) -> None:
    objects.put("consents/a.toml", f"{example}]".encode())
    objects.put("consents/b.toml", example.encode())
    found = about(objects, ASSET)
    assert ([one.consent_id for one in found.consents], len(found.broken)) == (["b"], 1)


def test_a_broken_record_of_another_asset_is_not_told(objects: FolderObjects, example: str) -> None:
    objects.put("consents/a.toml", f"{example}]".encode())
    assert about(objects, OTHER_ASSET) == Recorded()


@pytest.mark.parametrize("asset_id", [ASSET, OTHER_ASSET])
def test_a_file_that_is_too_large_is_not_read_and_told_of_every_asset(
    objects: FolderObjects, example: str, asset_id: str
) -> None:
    objects.put("consents/a.toml", example.encode() + b"#" * MAX_BYTES)
    (broken,) = about(objects, asset_id).broken
    assert "128 KB" in broken.reason


def test_a_record_of_a_thousand_episodes_is_no_larger_than_a_record_may_be(
    objects: FolderObjects, example: str
) -> None:
    head, entry = re.sub(r" *#.*", "", example).split("[[voices]]")
    entries = (entry.replace(ASSET, f"{number:016x}") for number in range(1_000))
    objects.put("consents/a.toml", (head + "".join(f"[[voices]]{one}" for one in entries)).encode())
    assert len(about(objects, f"{999:016x}").consents) == 1


@pytest.mark.parametrize("data", [b"\xff\xfe", b'person = "\xe9"', b"a = " + b"[" * 50_000])
def test_bytes_that_are_no_text_and_text_without_end_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"UTF-8|TOML|nested"):
        parse(data, name="x")


def test_an_editor_that_writes_a_byte_order_mark_is_understood(example: str) -> None:
    assert parse(b"\xef\xbb\xbf" + example.encode(), name="x").person == "Jane Doe"


def test_two_wordings_of_a_record_are_told_apart(example: str) -> None:
    assert parse(example.encode(), name="x").sha256 != parse(f"{example}\n".encode(), name="x").sha256


@given(st.binary(max_size=200))
def test_whatever_lies_there_is_a_record_or_refused_in_words(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(data, name="x")
