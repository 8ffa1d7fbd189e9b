"""Tables of facts: what circuit they make."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit, GateKind, evaluate_sparse, problems, read
from polyseme.errors import SourceError
from support.fact_tables import CAPITALS, Table, as_csv, read_written, tables


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("facts") / "table.csv"


def told(circuit: Circuit, subject: str, relation: str) -> set[str]:
    """The outputs that are on when a subject is asked for a relation."""
    on = [circuit.features.position(name) for name in (subject, relation)]
    values = evaluate_sparse(circuit, np.array([on]))
    return {circuit.output_names[int(output)] for output in values.indices}


def assert_tells(circuit: Circuit, table: Table, relations: list[str]) -> None:
    assert list(circuit.features) == [*table, *relations]
    labels = [f"{r}={row[r]}" for row in table.values() for r in relations if row.get(r)]
    assert list(circuit.output_names) == list(dict.fromkeys(labels))
    for subject, row in table.items():
        for relation in relations:
            wanted = {f"{relation}={row[relation]}"} if row.get(relation) else set()
            assert told(circuit, subject, relation) == wanted


@given(tables(), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "\ufeff"]))
@settings(max_examples=100, deadline=None)
def test_a_file_tells_what_its_table_does(
    path: Path, made: tuple[Table, list[str]], newline: str, mark: str
) -> None:
    table, relations = made
    from_file = read_written(path, mark + as_csv(table, relations, newline))
    assert_tells(from_file, table, relations)
    from_python = problems.facts(table)
    assert from_python.features == from_file.features
    assert from_python.output_names == from_file.output_names
    assert np.array_equal(from_python.fan_in, from_file.fan_in)
    assert np.array_equal(from_python.fan_in_offsets, from_file.fan_in_offsets)
    assert np.array_equal(from_python.outputs, from_file.outputs)


def test_the_gates_of_a_small_table(path: Path) -> None:
    circuit = read_written(path, CAPITALS)
    assert circuit.name == "facts:table.csv"
    assert list(circuit.features) == ["France", "Peru", "Italy", "capital", "continent"]
    assert list(circuit.output_names) == [
        "capital=Paris",
        "continent=Europe",
        "capital=Lima",
        "capital=Rome",
    ]
    # Five facts (gates 0-4, wires 5-9) and one OR (wire 10) of the two facts about Europe.
    assert circuit.kinds.tolist() == [GateKind.AND] * 5 + [GateKind.OR]
    assert circuit.fan_in.tolist() == [0, 3, 0, 4, 1, 3, 2, 3, 2, 4, 6, 9]
    assert circuit.outputs.tolist() == [5, 10, 7, 8]


@pytest.mark.parametrize(
    "text",
    [
        CAPITALS.replace("\n", "\r\n"),
        "\ufeff" + CAPITALS,
        CAPITALS.rstrip("\n"),
        CAPITALS.replace("\n", "\n\n") + "\n\n",
        CAPITALS.replace(",", " ,\t "),
        CAPITALS.replace("Paris", '"Paris"').replace("Lima", '" Lima "'),
    ],
)
def test_what_makes_no_difference(path: Path, text: str) -> None:
    plain, other = read_written(path, CAPITALS), read_written(path, text)
    assert other.features == plain.features
    assert other.output_names == plain.output_names
    assert np.array_equal(other.fan_in, plain.fan_in)


def test_a_quoted_cell_may_hold_commas_and_quotes(path: Path) -> None:
    circuit = read_written(path, 'who,said\n"Smith, J.","""yes"", twice"\n')
    assert told(circuit, "Smith, J.", "said") == {'said="yes", twice'}


def test_all_ways_to_name_a_file(path: Path) -> None:
    read_written(path, CAPITALS)
    upper = path.with_name("UPPER.CSV")
    upper.write_text(CAPITALS)
    text = path.with_name("facts.txt")
    text.write_text(CAPITALS)
    for source in (path, str(path), f"facts:{path}", upper, f"facts:{text}"):
        assert read(source).gates == 6
    with pytest.raises(SourceError, match=r"is neither a file ending in \.csv nor a problem"):
        read(text)


def test_relations_of_a_python_table_may_differ_by_subject() -> None:
    table = {"a": {"r": "1"}, "b": {"s": "1", "r": ""}, "c": {}}
    assert_tells(problems.facts(table), table, ["r", "s"])


def test_thirty_thousand_facts_take_well_under_a_second(path: Path) -> None:
    rows = [f"s{number},a{number},b{number % 500},c{number % 7}" for number in range(10_127)]
    path.write_text("\n".join(["subject,a,b,c", *rows]))
    start = time.process_time()
    circuit = read(path)
    assert time.process_time() - start < 1
    assert circuit.gates == 30_381 + 507


LONG = "n" * 1001


def test_the_longest_label_allowed(path: Path) -> None:
    label = "r=" + LONG[:998]
    assert list(read_written(path, f"s,r\na,{LONG[:998]}\n").output_names) == [label]


def test_a_file_with_an_odd_name_still_gives_a_printable_circuit_name(tmp_path: Path) -> None:
    odd = tmp_path / "two\nlines.csv"
    assert read_written(odd, CAPITALS).name == "facts:'two\\nlines.csv'"
