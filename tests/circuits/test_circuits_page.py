"""docs/circuits.md: the files that it shows are read, and its program runs."""

from __future__ import annotations

import re

import pytest

import polyseme as ps
from support.places import ROOT

PAGE = (ROOT / "docs" / "circuits.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(.*)\n((?s:.*?))^```$", re.MULTILINE)


def block(heading: str) -> str:
    """The first block of code under a heading."""
    found = _BLOCK.search(PAGE.split(f"# {heading}\n", 1)[1])
    assert found is not None
    return found[2]


@pytest.mark.parametrize(
    ("heading", "file", "outputs"),
    [
        ("Expressions", "alarm.eqn", ("ring",)),
        ("Truth tables", "half.truth", ("carry", "sum")),
        (
            "Tables",
            "cities.csv",
            ("country=Peru", "continent=America", "country=France", "continent=Europe"),
        ),
        ("Triples", "capitals.csv", ("capital=Sucre", "capital=La Paz")),
        ("JSON", "half.json", ("carry", "same", "always")),
    ],
)
def test_a_file_that_the_page_shows_is_read(heading, file, outputs, tmp_path):
    path = tmp_path / file
    path.write_text(block(heading), encoding="utf-8")
    assert set(ps.read(str(path)).output_names) == set(outputs)


def test_the_program_of_the_page_runs():
    shown: dict[str, ps.Network] = {}
    with pytest.warns(ps.PolysemeWarning, match="superposition does not pay"):
        exec(block("Python functions"), shown)
    assert shown["network"].run(["a", "carry_in"]) == ["carry"]
