"""Tables of facts, drawn at random and written as CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from polyseme.circuits import Circuit, problems, read
from polyseme.common.plain_text import normal

Table = dict[str, dict[str, str]]

CAPITALS = "country,capital,continent\nFrance,Paris,Europe\nPeru,Lima,\nItaly,Rome,Europe\n"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("facts") / "table.csv"


def read_written(path: Path, data: str | bytes) -> Circuit:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read(path)


# Names as a circuit holds them: printable, no blanks around, not empty, and in one spelling. The
# one sign that makes another of the = before it begins none.
NAME = (
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=6)
    .map(normal)
    .filter(lambda name: name[0] != "\u0338")
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, list[str]]:
    names = draw(st.lists(NAME.filter(lambda name: "=" not in name), min_size=2, unique=True))
    cut = draw(st.integers(1, len(names) - 1))
    subjects, relations = names[cut:], names[:cut]
    cell = st.one_of(st.just(""), st.sampled_from(["p", "q"]), NAME)
    table = {subject: {r: draw(cell) for r in relations} for subject in subjects}
    table[subjects[0]][relations[-1]] = draw(NAME)
    return table, relations


def as_csv(table: Table, relations: list[str], newline: str = "\n") -> str:
    text = io.StringIO()
    rows = [["subject", *relations]]
    rows += [[subject, *(row[r] for r in relations)] for subject, row in table.items()]
    # Where cells hold other delimiters, quotes leave no doubt about which one is meant.
    doubtful = any(set(cell) & set(";|\t") for row in rows for cell in row)
    quoting = csv.QUOTE_ALL if doubtful else csv.QUOTE_MINIMAL
    csv.writer(text, lineterminator=newline, quoting=quoting).writerows(rows)
    return text.getvalue()


def cities(
    subjects: int = 34_006, objects: tuple[int, ...] = (240, 350, 7, 18), seed: int = 0
) -> Circuit:
    """A table like one of cities: each relation has few objects, some much more common."""
    generator = np.random.default_rng(seed)
    drawn = [(count * generator.random(subjects) ** 2).astype(int).tolist() for count in objects]
    # Every object occurs.
    for column, count in zip(drawn, objects, strict=True):
        column[:count] = range(count)
    return problems.facts({
        f"city{row}": {f"relation{r}": f"object{column[row]}" for r, column in enumerate(drawn)}
        for row in range(subjects)
    })  # fmt: skip
