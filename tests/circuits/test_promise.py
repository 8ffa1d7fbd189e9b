"""The promise that a circuit gets if none is given, and the rule that every promise keeps."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.circuits import problems
from polyseme.circuits.circuit import build_circuit
from polyseme.circuits.promise import check_promise, promise_for
from polyseme.errors import OptionError


@pytest.mark.parametrize(("features", "active"), [(1, 1), (2, 2), (3, 3), (4, 3), (90, 3)])
def test_it_is_three_or_all_features(features, active):
    circuit = build_circuit([f"x{number}" for number in range(features)], [], [0])
    assert promise_for(circuit, None).active == active
    assert promise_for(circuit, None).reason
    for given in range(1, features + 1):
        assert (promise_for(circuit, given).active, promise_for(circuit, given).reason) == (
            given,
            "",
        )


def test_a_table_of_facts_is_asked_with_two(tmp_path):
    path = tmp_path / "facts.csv"
    path.write_text("city,country\nLima,Peru\n", encoding="utf-8")
    from polyseme.circuits.sources import read

    for circuit in (problems.facts({"a": {"is": "b"}, "c": {"is": "d"}}), read(str(path))):
        promise = promise_for(circuit, None)
        assert (promise.active, promise.reason) == (
            2,
            "a query switches on a subject and a relation",
        )


def test_chains_and_examples_of_facts_are_asked_with_two():
    from polyseme.circuits.sources import read

    tables = {"airport": {"HND": {"city": "Tokyo"}}, "city": {"Tokyo": {"country": "Japan"}}}
    promise = promise_for(problems.linked_facts(tables), None)
    assert (promise.active, promise.reason) == (2, "a query switches on a subject and a chain")
    assert promise_for(read("example:capitals"), None).active == 2
    assert promise_for(read("example:adder"), None).active == 3


@pytest.mark.parametrize("active", [0, -1, 6, 10**30, 2.0, "2", True])
def test_a_promise_out_of_range_is_refused(active):
    assert check_promise(np.int64(5), 5) == 5
    with pytest.raises(OptionError, match=r"^active is "):
        check_promise(active, 5)
