"""The form of the caption files that we deliver, in full; ``tests/golden/regenerate.py`` writes them anew."""

from __future__ import annotations

import pytest

from tests.golden.regenerate import FOLDER, GOLDENS


@pytest.mark.parametrize("name", sorted(GOLDENS))
def test_the_form_has_not_changed_unseen(name: str) -> None:
    assert GOLDENS[name]() == (FOLDER / name).read_bytes().decode("utf-8")
