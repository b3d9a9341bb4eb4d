from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from workers.engines.embedded import pairs


@pytest.fixture
def modes(tmp_path: Path) -> Path:
    """Modes of two installed packages, with the variants and the makers' own modes that packages have."""
    folder = tmp_path / "modes"
    folder.mkdir()
    data = tmp_path / "data.bin"
    data.write_bytes(b"data")
    for name in ("eng-spa", "spa-eng", "spa-eng_US", "en-pt", "en-pt_BR", "eng-hbs", "eng-hbs_HR", "eo-en-bytecode"):
        (folder / f"{name}.mode").write_text(f"lt-proc '{data}' | lt-proc $1 '{data}'\n")
    (folder / "README").write_text("no mode")
    return folder


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("en", "es", "eng-spa"),
        ("en-GB", "es-419", "eng-spa"),
        ("eng", "spa", "eng-spa"),
        ("es", "en", "spa-eng"),
        ("es-MX", "en-US", "spa-eng_US"),
        ("es", "en-GB", "spa-eng"),
        ("en", "pt", "en-pt"),
        ("en", "pt-BR", "en-pt_BR"),
        ("en", "hr", "eng-hbs_HR"),
        ("en", "sr-Latn", "eng-hbs"),
    ],
)
def test_the_nearest_variant_of_a_pair_is_chosen(modes: Path, source: str, target: str, expected: str) -> None:
    mode = pairs.mode_for(source, target, modes=modes)
    assert mode is not None
    assert mode.path.stem == expected
    assert pairs.pair_failure(source, target, modes=modes) is None


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("fr", "ca", "fr to ca is not installed; apt-get install apertium-fra-cat"),
        ("is", "en", "apt-get install apertium-isl-eng"),
        ("no", "sv-SE", "apt-get install apertium-swe-nor"),
        ("en", "is", "has no pair en to is; from en it can go to ca, eo, es, gl, pt, sh"),
        ("ja", "en", "has no pair ja to en; it has none that begins at ja"),
        ("es", "es-419", "to it they are one language"),
        ("und", "es", "name both languages"),
        ("en", "not a language", "name both languages"),
        ("en", "", "name both languages"),
        ("qaa", "es", "has no pair qaa to es"),
    ],
)
def test_a_pair_that_is_not_here_says_what_to_do(modes: Path, source: str, target: str, said: str) -> None:
    failure = pairs.pair_failure(source, target, modes=modes)
    assert failure is not None
    assert said in failure
    assert "\n" not in failure
    assert pairs.mode_for(source, target, modes=modes) is None


def test_without_apertium_a_pair_names_its_package(tmp_path: Path) -> None:
    assert "apt-get install apertium-eng-spa" in (pairs.pair_failure("en", "es", modes=tmp_path / "none") or "")


def test_data_without_programs_names_the_package_of_the_programs(modes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(modes))
    assert "apt-get install apertium" in (pairs.pair_failure("en", "es", modes=modes) or "")


def test_directions_are_named_as_people_write_them(modes: Path) -> None:
    assert pairs.directions(modes=modes) == ["en-es", "en-pt", "en-sh", "es-en"]


def test_the_revision_follows_data_modes_and_pairs_and_nothing_else(modes: Path, tmp_path: Path) -> None:
    first = pairs.revision(modes=modes)
    assert pairs.revision(modes=modes) == first
    data = tmp_path / "data.bin"
    os.utime(data, (1, 1))
    second = pairs.revision(modes=modes)
    (modes / "eng-spa.mode").write_text("lt-proc\n")
    third = pairs.revision(modes=modes)
    (modes / "spa-eng_US.mode").unlink()
    fourth = pairs.revision(modes=modes)
    assert len({first, second, third, fourth}) == 4
    assert pairs.revision(modes=tmp_path / "none") == "none"


def test_every_package_of_the_table_has_directions_between_two_known_languages() -> None:
    table = pairs.packages()
    assert len(table) > 80  # directions in Debian 12
    for direction, package in table.items():
        assert re.fullmatch(r"[a-z]{3}-[a-z]{3}", direction)
        assert re.fullmatch(r"apertium-[a-z]{2,3}-[a-z]{2,3}", package)
        source, target = direction.split("-")
        assert package in (pairs.pair_failure(source, target, modes=Path("nowhere")) or "")
