"""AND-inverter graphs: what they compute, and that nothing is there twice."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from polyseme.proving.logic.graph import Graph, part, values

INPUTS, ROWS = 4, 16
COLUMNS = [sum(1 << row for row in range(ROWS) if row >> place & 1) for place in range(INPUTS)]
EVERY = (1 << ROWS) - 1


def value(found: list[int], literal: int) -> int:
    return found[literal >> 1] ^ (EVERY if literal & 1 else 0)


OPERANDS = {"both": 2, "either": 2, "differ": 2, "choose": 3, "all": 4, "any": 4, "odd": 3}
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(OPERANDS)), st.tuples(*[st.integers(0, 999)] * 4)),
    min_size=1,
    max_size=12,
)
Steps = list[tuple[str, tuple[int, ...]]]


def build(graph: Graph, made: Steps) -> tuple[list[int], list[int]]:
    """The literals of all steps, and what they must be."""
    literals = [0, *range(2, 2 * INPUTS + 2, 2)]
    tables = [0, *COLUMNS]
    for operation, numbers in made:
        operands = [one % (2 * len(literals)) for one in numbers[: OPERANDS[operation]]]
        read = [literals[one >> 1] ^ one & 1 for one in operands]
        known = [tables[one >> 1] ^ (EVERY if one & 1 else 0) for one in operands]
        if operation == "both":
            literals.append(graph.both(*read))
            tables.append(known[0] & known[1])
        elif operation == "either":
            literals.append(graph.either(*read))
            tables.append(known[0] | known[1])
        elif operation == "differ":
            literals.append(graph.differ(*read))
            tables.append(known[0] ^ known[1])
        elif operation == "choose":
            literals.append(graph.choose(*read))
            tables.append(known[0] & known[1] | (known[0] ^ EVERY) & known[2])
        elif operation == "all":
            literals.append(graph.all_of(read))
            tables.append(known[0] & known[1] & known[2] & known[3])
        elif operation == "any":
            literals.append(graph.any_of(read))
            tables.append(known[0] | known[1] | known[2] | known[3])
        else:
            literals.append(graph.odd_of(read))
            tables.append(known[0] ^ known[1] ^ known[2])
    return literals, tables


@given(STEPS)
def test_every_step_computes_what_it_says(made: Steps) -> None:
    graph = Graph(INPUTS)
    literals, tables = build(graph, made)
    found = values(graph, COLUMNS, ROWS)
    assert [value(found, literal) for literal in literals] == tables


@given(STEPS)
def test_no_and_is_there_twice_and_none_reads_a_constant(
    made: Steps,
) -> None:
    graph = Graph(INPUTS)
    build(graph, made)
    pairs = list(zip(graph.left, graph.right, strict=True))[INPUTS + 1 :]
    assert len(set(pairs)) == len(pairs)
    assert all(1 < left < right for left, right in pairs)
    assert all(left >> 1 != right >> 1 for left, right in pairs)


@given(STEPS, st.integers(0, 2**30))
def test_a_part_computes_the_same_and_holds_nothing_else(made: Steps, chosen: int) -> None:
    graph = Graph(INPUTS)
    literals, tables = build(graph, made)
    some = [place for place in range(len(literals)) if chosen >> place & 1]
    small, there = part(graph, [literals[place] for place in some])
    found = values(small, COLUMNS, ROWS)
    assert [value(found, literal) for literal in there] == [tables[place] for place in some]
    read = {one >> 1 for one in [*small.left, *small.right, *there]}
    assert set(range(INPUTS + 1, len(small))) <= read


def test_wide_gates_are_the_same_in_whatever_order() -> None:
    graph = Graph(INPUTS)
    assert graph.all_of([2, 4, 6, 9]) == graph.all_of([9, 6, 2, 4, 2])
    assert graph.all_of([]) == 1
    assert graph.any_of([]) == 0
    assert graph.odd_of([]) == 0
    assert graph.all_of([2, 4, 3]) == 0
