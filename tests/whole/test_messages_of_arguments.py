"""A wrong argument of a public function is one line that names it and its value."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps

AND = ps.GateKind.AND
CIRCUIT = ps.problems.pairwise_and(20, 20)


@pytest.fixture(scope="module")
def network():
    return ps.compile(CIRCUIT)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ps.read(3), "source is 3; it must be text or a path"),
        (lambda: ps.read(b"x.csv"), "source is b'x.csv'; it must be text or a path"),
        (lambda: ps.problems.pairwise_and("9", 1), "features is '9'; it must be a whole number"),
        (lambda: ps.problems.k_and(9, 9, None), "inputs is None; it must be a whole number"),
        (lambda: ps.problems.pairwise_and(9, 9, ["zipf"]), "influence is ['zipf']; it must be te"),
        (lambda: ps.problems.permutation(9, seed=0.5), "seed is 0.5; it must be a whole number"),
        (lambda: ps.problems.universal_and([2]), "features is [2]; it must be a whole number"),
        (lambda: ps.problems.layered(20, True), "depth is True; it must be a whole number"),
        (lambda: ps.problems.facts([("a", "b")]), "table[0] is ('a', 'b'); it must be (subject"),
        (lambda: ps.problems.facts({"a": "b"}), "table['a'] is 'b'; it must be a mapping of rel"),
        (lambda: ps.Names(3), "names is 3; it must be a sequence of text"),
        (lambda: ps.Names([3]), "name is 3; it must be text"),
        (lambda: ps.Names(prefix="x", count="3"), "count is '3'; it must be a whole number"),
        (lambda: ps.build_circuit(["a"], 3, [0]), "gates is 3; it must be a list"),
        (lambda: ps.build_circuit(["a"], [AND], [0]), "gates[0] is <GateKind.AND: 1>; it must be "),
        (lambda: ps.build_circuit(["a"], [("AND", [0])], [0]), "gates[0]: the kind is 'AND'; it"),
        (lambda: ps.build_circuit(["a"], [(AND, 0)], [1]), "gates[0]: input wires is 0; it must"),
        (
            lambda: ps.build_circuit(["a"], [(AND, ["a"])], [1]),
            "gates[0]: an input wire is 'a'; it",
        ),
        (
            lambda: ps.build_circuit(["a"], [], ["a"]),
            "outputs[0] is 'a'; it must be a whole",
        ),
        (lambda: ps.build_circuit(["a"], [], [0], inverted=["no"]), "inverted[0] is 'no'; it must"),
        (lambda: ps.build_circuit(["a"], [], [0], name=7), "circuit name is 7; it must be text"),
        (lambda: ps.bounds("and2"), "circuit is 'and2'; it must be a circuit"),
        (lambda: ps.bounds(CIRCUIT, active="3"), "active is '3'; it must be a whole number"),
        (lambda: ps.bounds(CIRCUIT, error="low"), "error is 'low'; it must be a number"),
    ],
)
def test_a_wrong_argument_is_named(call, message):
    with pytest.raises(ps.PolysemeError) as refused:
        call()
    assert isinstance(refused.value, ValueError)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"circuit": "and2"}, "circuit is 'and2'; it must be a circuit"),
        ({"active": 2.0}, "active is 2.0; it must be a whole number"),
        ({"active": 0}, "active is 0; it must be 1 to the 20 features there are"),
        ({"samples": "many"}, "samples is 'many'; it must be a whole number"),
        ({"samples": True}, "samples is True; it must be a whole number"),
        ({"inputs": None}, "inputs is None; it must be text"),
        ({"seed": -1}, "seed is -1; it must be at least 0"),
        ({"seed": 1j}, "seed is 1j; it must be a whole number"),
    ],
)
def test_a_wrong_argument_of_verify_is_named(network, options, message):
    with pytest.raises(ps.PolysemeError) as refused:
        ps.verify(network, **options)
    assert isinstance(refused.value, ValueError)
    assert str(refused.value) == message


def test_what_is_no_network_is_named():
    with pytest.raises(ValueError, match=r"^network is 'net'; it must be a network$"):
        ps.verify("net")


def test_numbers_of_numpy_are_as_good_as_any(network):
    assert ps.problems.pairwise_and(np.int64(20), np.int32(20)).name == CIRCUIT.name
    assert ps.verify(network, active=np.int64(3), samples=np.int64(50)).samples == 50
