"""All receipts of a library, for tests that ask what became of everything."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from pipeline.store import layout
from pipeline.store.objects import FolderObjects
from pipeline.store.receipts import Receipt


def every_receipt(library: Path) -> list[Receipt]:
    """Receipts of all versions of all objects."""
    objects, form = FolderObjects(library), TypeAdapter(Receipt)
    return [form.validate_json(objects.get(stored.key)) for stored in objects.list(layout.RECEIPTS)]
