from __future__ import annotations

import pytest

from tests.bench.__main__ import FOLDER, README, about
from tests.bench.readme import BEGIN, END, Measured, with_results
from tests.bench.results import Result

EMPTY = f"# Benchmarks\n\n{BEGIN}\n{END}\n\nthe end\n"


def measured(name: str, value: float) -> Measured:
    found = Result("speed", value, "s", None, f"./run bench {name}")
    return Measured(name, f"What {name} measures.", "2026-11-20", "a machine", "reelingua 1", (found,))


def test_results_stand_between_the_markers_with_machine_date_and_command() -> None:
    text = with_results(EMPTY, [measured("cues", 1.5)])
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    assert (head, tail) == ("# Benchmarks\n\n", "\n\nthe end\n")
    for part in ("### cues", "2026-11-20: a machine; reelingua 1", "| speed | 1.5 s |", "`./run bench cues`"):
        assert part in text


def test_a_benchmark_that_runs_again_replaces_its_own_numbers_only() -> None:
    both = with_results(EMPTY, [measured("noop", 4.0), measured("cues", 1.5)])
    later = with_results(both, [measured("cues", 2.5)])
    assert "1.5 s" not in later
    assert later.index("2.5 s") < later.index("| speed | 4 s |")
    assert later == with_results(EMPTY, [measured("cues", 2.5), measured("noop", 4.0)])


def test_a_readme_without_a_results_section_is_refused() -> None:
    with pytest.raises(ValueError, match="no lines"):
        with_results("# Benchmarks\n", [measured("cues", 1.5)])


def test_our_readme_has_a_results_section_and_explains_every_benchmark() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_results(text, [measured("cues", 1.5)]) != text
    names = [path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py")]
    assert [name for name in names if f"| `{name}` |" not in text] == []


def test_every_benchmark_says_in_a_sentence_what_it_measures() -> None:
    assert [path.name for path in FOLDER.glob("bench_*.py") if not about(path).endswith((".", ":"))] == []
