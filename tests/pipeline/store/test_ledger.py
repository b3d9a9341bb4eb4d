"""A stage is done when its marker says so and its parts are there; nothing else counts."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts import ModelId
from pipeline.errors import StoreError
from pipeline.store import layout, workspace
from pipeline.store.ledger import Done, Ledger, fingerprint
from pipeline.store.objects import FolderObjects
from schemas.media import Shot, SpeechRegion
from schemas.time import Span
from tests.pipeline.store import killed

ROOT = Path(__file__).parents[3]
ASSET = killed.ASSET
REGIONS = [SpeechRegion(Span(1, 2), 0.5), SpeechRegion(Span(5, 9), 0.75)]

MODELS = st.one_of(st.none(), st.builds(ModelId, name=st.text(max_size=3), revision=st.text(max_size=3)))
IDENTITIES = st.tuples(
    st.text(max_size=3), st.text(max_size=3), st.lists(st.text(max_size=3), max_size=3), st.text(max_size=3), MODELS
)


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "library")


@pytest.fixture
def ledger(objects: FolderObjects) -> Ledger:
    return Ledger(objects)


def make(ledger: Ledger, *, regions: Iterable[SpeechRegion] = REGIONS, config: str = "") -> Done:
    with ledger.writing(ASSET, "prepare", version="1", inputs=["in"], config=config) as staging:
        staging.add_rows("regions", regions, SpeechRegion)
        sound = staging.folder / "sound"
        sound.write_bytes(b"fLaC")
        staging.add_file("sound", sound, ".flac")
    return staging.done


def contents(objects: FolderObjects) -> list[tuple[str, bytes]]:
    return [(stored.key, objects.get(stored.key)) for stored in objects.list("")]


@given(IDENTITIES, IDENTITIES)
def test_fingerprints_are_equal_only_for_equal_structure(
    one: tuple[str, str, list[str], str, ModelId | None], other: tuple[str, str, list[str], str, ModelId | None]
) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


@given(st.lists(st.text(max_size=2), min_size=2, max_size=5, unique=True), st.data())
def test_the_order_of_inputs_counts(inputs: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(inputs).filter(lambda other: other != inputs))
    assert fingerprint("s", "1", inputs, "", None) != fingerprint("s", "1", shuffled, "", None)


def test_a_text_cannot_pass_for_a_list() -> None:
    prints = [
        fingerprint("s", "1", ["a", "b"], "", None),
        fingerprint("s", "1", ["ab"], "", None),
        fingerprint("s", "1", ['a","b'], "", None),
        fingerprint("s", "1", [], '["a","b"]', None),
        fingerprint("s", "1", ["a", "b"], "", ModelId("", "")),
    ]
    assert len(set(prints)) == len(prints)
    assert all(len(one) == 16 for one in prints)


def test_a_finished_stage_is_found_and_read(ledger: Ledger, objects: FolderObjects) -> None:
    made = make(ledger)
    done = ledger.done(ASSET, "prepare", made.fingerprint)
    assert done == made
    assert ledger.read(done, "regions", SpeechRegion) == REGIONS
    assert list(ledger.rows(done, "regions", SpeechRegion)) == REGIONS
    assert done.part("regions").rows == len(REGIONS)
    assert ledger.path(done, "sound").read_bytes() == b"fLaC"
    assert ledger.key(done, "sound").endswith(".flac")
    assert done.has("sound")
    assert not done.has("frames")
    assert list(objects.workspace.glob("folder-*")) == []


def make_record(ledger: Ledger, region: SpeechRegion) -> Done:
    with ledger.writing(ASSET, "probe", version="1", inputs=["in"]) as staging:
        staging.add_record("asset", region)
    return staging.done


def test_a_single_record_is_found_and_read(ledger: Ledger) -> None:
    done = make_record(ledger, REGIONS[0])
    assert ledger.done(ASSET, "probe", done.fingerprint) == done
    assert done.part("asset").rows == 1
    assert ledger.record(done, "asset", SpeechRegion) == REGIONS[0]


def test_a_single_record_that_has_gone_is_noticed_and_made_anew(ledger: Ledger) -> None:
    done = make_record(ledger, REGIONS[0])
    ledger.path(done, "asset").unlink()
    with pytest.raises(StoreError, match="has gone; run again, probe will be done anew"):
        ledger.record(done, "asset", SpeechRegion)
    assert ledger.done(ASSET, "probe", done.fingerprint) is None
    assert make_record(ledger, REGIONS[0]) == done


def test_a_single_record_that_was_changed_says_what_to_delete(ledger: Ledger) -> None:
    done = make_record(ledger, REGIONS[0])
    path = ledger.path(done, "asset")
    changed = path.read_bytes().replace(b"0.5", b"0.9")
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    with pytest.raises(StoreError, match="is damaged; delete it and run again"):
        ledger.record(done, "asset", SpeechRegion)


def test_a_record_of_another_type_is_refused(ledger: Ledger) -> None:
    done = make_record(ledger, REGIONS[0])
    with pytest.raises(StoreError, match="does not hold Shot; delete it and run again"):
        ledger.record(done, "asset", Shot)


def test_a_stage_that_was_never_done_is_not_done(ledger: Ledger) -> None:
    assert ledger.done(ASSET, "prepare", "0" * 16) is None


def test_a_stage_may_make_nothing(ledger: Ledger) -> None:
    with ledger.writing(ASSET, "plan", version="1", inputs=[]) as staging:
        pass
    assert ledger.done(ASSET, "plan", staging.done.fingerprint) == staging.done


def test_a_stage_that_fails_leaves_nothing(ledger: Ledger, objects: FolderObjects) -> None:
    def breaks() -> Iterator[SpeechRegion]:
        yield from REGIONS
        raise RuntimeError("broke")

    with pytest.raises(RuntimeError, match="broke"):
        make(ledger, regions=breaks())
    assert contents(objects) == []
    assert list(objects.workspace.glob("folder-*")) == []


def test_the_digest_follows_the_outcome_and_not_the_input(ledger: Ledger) -> None:
    one, same, other = make(ledger), make(ledger, config="else"), make(ledger, regions=REGIONS[:1], config="other")
    assert one.fingerprint != same.fingerprint
    assert one.digest == same.digest
    assert one.digest != other.digest


def test_a_file_of_the_users_own_is_copied(ledger: Ledger, tmp_path: Path) -> None:
    own = tmp_path / "own.rttm"
    own.write_bytes(b"mine")
    with ledger.writing(ASSET, "speakers", version="1", inputs=[]) as staging:
        staging.add_file("turns", own, ".rttm")
    assert own.read_bytes() == b"mine"
    assert ledger.path(staging.done, "turns").read_bytes() == b"mine"


def test_who_finished_first_is_kept(ledger: Ledger) -> None:
    with ledger.writing(ASSET, "prepare", version="1", inputs=["in"]) as slow:
        slow.add_rows("regions", REGIONS[:1], SpeechRegion)
        first = make(ledger)
    assert slow.done == first
    assert ledger.read(slow.done, "regions", SpeechRegion) == REGIONS


def test_a_part_that_has_gone_is_noticed_and_made_anew(ledger: Ledger) -> None:
    done = make(ledger)
    ledger.path(done, "regions").unlink()
    with pytest.raises(StoreError, match="has gone; run again, prepare will be done anew"):
        ledger.read(done, "regions", SpeechRegion)
    assert ledger.done(ASSET, "prepare", done.fingerprint) is None
    # What is made anew may differ: the marker must list what is there now.
    again = make(ledger, regions=REGIONS[:1])
    assert ledger.done(ASSET, "prepare", done.fingerprint) == again
    assert ledger.read(again, "regions", SpeechRegion) == REGIONS[:1]


def test_a_part_that_was_cut_short_is_noticed_and_made_anew(ledger: Ledger) -> None:
    done = make(ledger)
    ledger.path(done, "sound").write_bytes(b"fL")
    with pytest.raises(StoreError, match="should have 4 bytes; run again"):
        ledger.path(done, "sound")
    assert ledger.done(ASSET, "prepare", done.fingerprint) is None
    assert make(ledger) == done
    assert ledger.path(done, "sound").read_bytes() == b"fLaC"


@pytest.mark.parametrize(
    "damage",
    [
        lambda marker: b"",
        lambda marker: marker[:-40],
        lambda marker: b"[]",
        lambda marker: b"\xff\xfe",
        lambda marker: marker.replace(b'"version": "1"', b'"version": "2"'),
        lambda marker: marker.replace(ASSET.encode(), b"f" * 16),
        lambda marker: marker.replace(b'"size_bytes"', b'"size"'),
    ],
)
def test_a_damaged_marker_says_what_to_delete(
    ledger: Ledger, objects: FolderObjects, damage: Callable[[bytes], bytes]
) -> None:
    done = make(ledger)
    key = layout.stage_done(ASSET, "prepare", done.fingerprint)
    damaged = damage(objects.get(key))
    assert damaged != objects.get(key)
    objects.put(key, damaged)
    with pytest.raises(StoreError, match=f"{key} .*delete it and run again"):
        ledger.done(ASSET, "prepare", done.fingerprint)
    objects.delete(key)
    assert make(ledger) == done


def test_mistakes_of_a_stage_are_named(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.writing(ASSET, "prepare", version="1", inputs=[]) as staging:
        staging.add_rows("regions", REGIONS, SpeechRegion)
        with pytest.raises(ValueError, match="already has a part"):
            staging.add_rows("regions", REGIONS, SpeechRegion)
        with pytest.raises(ValueError, match="role is a lower-case word"):
            staging.add_rows("../regions", REGIONS, SpeechRegion)
        with pytest.raises(ValueError, match="suffix"):
            staging.add_file("sound", tmp_path, "/flac")
        with pytest.raises(StoreError, match="cannot read"):
            staging.add_file("sound", tmp_path / "nowhere", ".flac")
        with pytest.raises(ValueError, match="not ended yet"):
            _ = staging.done
    with pytest.raises(KeyError, match="no part 'shots'"):
        staging.done.part("shots")


@pytest.mark.parametrize("point", killed.STAGE_POINTS)
def test_a_stage_that_is_killed_and_done_again_ends_the_same(point: str, tmp_path: Path) -> None:
    undisturbed, disturbed = FolderObjects(tmp_path / "undisturbed"), FolderObjects(tmp_path / "disturbed")
    expected = killed.prepare(undisturbed, lambda _point: None)
    died = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.store.killed", "stage", str(disturbed.root), point],
        cwd=ROOT,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    seen = Ledger(disturbed).done(ASSET, "prepare", expected.fingerprint)
    assert seen == (expected if point == "prepare:after-done" else None)
    assert killed.prepare(disturbed, lambda _point: None) == expected
    assert contents(disturbed) == contents(undisturbed)
    assert list((disturbed.root / workspace.FOLDER).glob("folder-*")) == []
