"""Examples in the package: what they compute, and what an unknown one is told."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits import evaluate_dense
from polyseme.circuits.examples import EXAMPLES, located


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_read_and_named_like_its_source(name: str) -> None:
    circuit = ps.read(f"example:{name}")
    assert circuit.name == f"example:{name}"
    assert len(circuit.outputs) > 1


def test_the_adder_adds() -> None:
    circuit = ps.read("example:adder")
    rows = np.array(list(product((0, 1), repeat=8)), bool)
    sums = evaluate_dense(circuit, rows) @ [1, 2, 4, 8, 16]
    assert np.array_equal(sums, rows[:, ::2] @ [1, 2, 4, 8] + rows[:, 1::2] @ [1, 2, 4, 8])


def test_the_adder_is_simulated_as_read() -> None:
    circuit = ps.read("example:adder")
    reference = ps.reference_as_read("example:adder")
    network = ps.compile(circuit, active=3, construction="monosemantic")
    assert ps.verify(network, circuit, samples=500, reference=reference).wrong == 0


def test_two_hops_go_on_from_an_object() -> None:
    circuit = ps.read("example:two-hop")
    objects = {name.split("=")[1] for name in circuit.output_names if name.startswith("country=")}
    assert objects <= set(circuit.features)


def test_some_countries_have_several_capitals() -> None:
    names = ps.read("example:capitals").output_names
    assert {"capital=Sucre", "capital=La Paz"} <= set(names)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("example:capitls", "example 'capitls' does not exist; the examples are capitals, two-hop"),
        ("example:capitls", "did you mean example:capitals?"),
        ("example:", "example '' does not exist; the examples are"),
        ("example:../errors", "example '../errors' does not exist"),
        ("examples:capitals", "example:capitals"),
    ],
)
def test_an_unknown_example_is_told_which_there_are(source: str, message: str) -> None:
    with pytest.raises(ps.SourceError) as caught:
        ps.read(source)
    assert message in str(caught.value)


def test_other_sources_are_where_they_were() -> None:
    assert located("capitals.csv") == "capitals.csv"
    assert located("example") == "example"
