"""Receipts: what became of each object that was dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import Missing, StoreError
from pipeline.store import layout
from pipeline.store.objects import Objects


class Verdict(StrEnum):
    """Whether a dropped object was taken."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one version of one dropped object."""

    key: str
    """Its key, as the editor named it; as ``layout.printable`` gives it, as are reason and remedy, once written."""

    etag: str
    """Which version of it: another upload under the same name gets a receipt of its own."""

    verdict: Verdict
    """Accepted or rejected."""

    asset_id: str | None
    """The asset it is; null when it was rejected before that was known."""

    release_id: str | None
    """The release that was made of it; null when it was rejected."""

    reason: str | None
    """Why it was rejected; null when it was accepted."""

    remedy: str | None
    """What to do about it; null when it was accepted."""

    at: str
    """When, ISO 8601, UTC."""

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.ACCEPTED) != (self.release_id is not None):
            raise ValueError(f"exactly what is accepted has a release, got {self}")
        if (self.verdict is Verdict.REJECTED) != (self.reason is not None):
            raise ValueError(f"exactly what is rejected has a reason, got {self}")


_RECEIPT = TypeAdapter(Receipt)


def write(objects: Objects, receipt: Receipt) -> None:
    """Keep a receipt; a later one on the same version takes its place."""
    readable = replace(
        receipt,
        key=layout.printable(receipt.key),
        reason=_printable(receipt.reason),
        remedy=_printable(receipt.remedy),
    )
    objects.put(layout.receipt(receipt.key, receipt.etag), _RECEIPT.dump_json(readable, indent=1))


def find(objects: Objects, key: str, etag: str) -> Receipt | None:
    """The receipt of this version of a dropped object; None when nothing became of it yet.

    Raises:
        StoreError: It is damaged; the message says what to delete.

    """
    receipt_key = layout.receipt(key, etag)
    try:
        return _RECEIPT.validate_json(objects.get(receipt_key))
    except Missing:
        return None
    except ValidationError as error:
        raise StoreError(f"{receipt_key} is damaged; delete it and run again") from error


def _printable(text: str | None) -> str | None:
    return None if text is None else layout.printable(text)
