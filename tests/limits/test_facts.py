"""Tables of facts are recognised and counted as tables."""

from __future__ import annotations

import itertools
from collections import Counter
from math import comb, factorial, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.limits.counting import counting_bits
from support.gates import AND, OR, Gate, over


def test_tables_with_the_same_objects_are_counted_one_by_one() -> None:
    colours, sizes = ("red", "red", "red", "blue", "blue"), ("big", "big", "small", "tiny", "tall")
    tables = {
        (first, second)
        for first in itertools.permutations(colours)
        for second in itertools.permutations(sizes)
    }
    circuit = problems.facts(
        {
            f"s{i}": {"colour": colour, "size": size}
            for i, (colour, size) in enumerate(zip(colours, sizes, strict=True))
        }
    )
    bound = counting_bits(circuit)
    assert bound.bits == pytest.approx(log2(len(tables)))
    assert bound.family == "tables of 10 facts over 5 subjects and 2 relations"
    assert bound.counts_functions


@st.composite
def full_tables(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    subjects, relations = draw(st.integers(2, 8)), draw(st.integers(1, 4))
    objects = st.lists(st.integers(0, 4), min_size=subjects, max_size=subjects)
    columns = [draw(objects) for _ in range(relations)]
    columns[0][1] = columns[0][0]  # something occurs twice, or it is a mere set of gates
    return {
        f"s{subject}": {
            f"r{number}": f"o{column[subject]}" for number, column in enumerate(columns)
        }
        for subject in range(subjects)
    }


@given(full_tables())
@settings(max_examples=100, deadline=None)
def test_any_full_table(table: dict[str, dict[str, str]]) -> None:
    ways = 1
    for relation in next(iter(table.values())):
        occurs = Counter(row[relation] for row in table.values())
        ways *= factorial(len(table))
        for count in occurs.values():
            ways //= factorial(count)
    bound = counting_bits(problems.facts(table))
    assert bound.family.startswith("tables of")
    assert bound.bits == pytest.approx(log2(ways), abs=1e-9)


def test_missing_facts_are_no_facts() -> None:
    table = {"a": {"r": "x", "q": "k"}, "b": {"r": "x"}, "c": {"r": "y", "q": "k"}, "d": {"q": "l"}}
    bound = counting_bits(problems.facts(table))
    assert bound.family == "tables of 6 facts over 4 subjects and 2 relations"
    assert bound.bits == pytest.approx(log2(3 * 3))


@pytest.mark.parametrize(
    "ors",
    [
        pytest.param([[(0, 3), (1, 3)], [(0, 3), (2, 3)]], id="one subject with two objects"),
        pytest.param([[(0, 3), (1, 2)], [(0, 2)]], id="no relation in common"),
        pytest.param([[(0, 3), (1, 3)], [(3, 4), (2, 4)]], id="a relation that is a subject"),
    ],
)
def test_what_is_no_table_is_a_set_of_terms(ors: list[list[tuple[int, int]]]) -> None:
    pairs = [pair for group in ors for pair in group]
    gates: list[Gate] = [(AND, pair) for pair in pairs]
    wire = 5
    for group in ors:
        gates.append((OR, range(wire, wire + len(group))))
        wire += len(group)
    bound = counting_bits(over(5, gates, range(5 + len(pairs), 5 + len(gates))))
    distinct = len(set(pairs))
    assert bound.family == f"sets of {distinct} terms of the same widths over 5 features"
    assert bound.bits == pytest.approx(log2(comb(comb(5, 2), distinct)))
    assert not bound.counts_functions
