"""A claim holds until its deadline; then the next number takes over."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.store import layout
from pipeline.store.claims import Claims
from pipeline.store.objects import FolderObjects

WORK = "0123456789abcdef"


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.at_ms = 1_000_000

    def __call__(self) -> int:
        return self.at_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path)


@pytest.fixture
def ann(objects: FolderObjects, clock: Clock) -> Claims:
    return Claims(objects, owner="ann", now_ms=clock)


@pytest.fixture
def bob(objects: FolderObjects, clock: Clock) -> Claims:
    return Claims(objects, owner="bob", now_ms=clock)


def test_what_one_claims_another_cannot(ann: Claims, bob: Claims, clock: Clock) -> None:
    claim = ann.take(WORK, lasts_s=10)
    assert claim is not None
    assert (claim.number, claim.owner, claim.deadline_ms) == (1, "ann", clock.at_ms + 10_000)
    assert bob.take(WORK, lasts_s=10) is None
    assert bob.take("f" * 16, lasts_s=10) is not None


def test_after_the_deadline_the_next_number_takes_over(ann: Claims, bob: Claims, clock: Clock) -> None:
    ann.take(WORK, lasts_s=10)
    clock.at_ms += 10_000
    taken = bob.take(WORK, lasts_s=10)
    assert taken is not None
    assert (taken.number, taken.owner) == (2, "bob")
    assert ann.take(WORK, lasts_s=10) is None


def test_what_is_released_can_be_taken_at_once(ann: Claims, bob: Claims) -> None:
    claim = ann.take(WORK, lasts_s=10)
    assert claim is not None
    ann.release(claim)
    ann.release(claim)
    assert bob.take(WORK, lasts_s=10) is not None


def test_a_claim_is_renewed_while_nobody_took_over(ann: Claims, bob: Claims, clock: Clock) -> None:
    claim = ann.take(WORK, lasts_s=10)
    assert claim is not None
    clock.at_ms += 9_000
    renewed = ann.renew(claim, lasts_s=10)
    assert renewed is not None
    clock.at_ms += 9_000
    assert bob.take(WORK, lasts_s=10) is None
    assert (renewed.owner, renewed.number) == ("ann", 2)
    clock.at_ms += 9_000
    assert bob.take(WORK, lasts_s=10) is not None
    assert ann.renew(renewed, lasts_s=10) is None


def test_a_damaged_claim_holds_nobody_up(ann: Claims, objects: FolderObjects) -> None:
    objects.put(layout.claim(WORK, 7), b"{")
    taken = ann.take(WORK, lasts_s=10)
    assert taken is not None
    assert taken.number == 8


def test_of_two_that_take_over_at_once_one_does(ann: Claims, bob: Claims, objects: FolderObjects, clock: Clock) -> None:
    """Both have seen the same expired claim; the number can be written once."""
    ann.take(WORK, lasts_s=1)
    clock.at_ms += 5_000
    assert objects.put_if_absent(layout.claim(WORK, 2), b"") or pytest.fail("taken")
    assert bob.take(WORK, lasts_s=10) is not None
    assert [stored.key for stored in objects.list(layout.claims(WORK))][-1] == layout.claim(WORK, 3)
