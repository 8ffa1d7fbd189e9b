"""Circuits read back from networks, against the circuits that these were compiled from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.networks.activation import Square

AND = ps.problems.pairwise_and(200, 200)


def equal_on_all_inputs(network: ps.Network, circuit: ps.Circuit, **options: object) -> bool:
    found = ps.decompile(replace(network, key=None), **options)
    return ps.agreement(found.circuit, circuit).equivalent is True


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("and2:features=400,gates=400", {"neurons": 256, "construction": "tight-frames"}),
        ("and2:features=300,gates=300", {"construction": "least-noise", "neurons": 300}),
        ("permutation:features=400", {"active": 2, "neurons": 256, "construction": "tight-frames"}),
        ("uand:features=12", {}),
        ("example:adder", {}),
        ("and2:features=30,gates=60,influence=zipf", {"construction": "monosemantic"}),
    ],
)
@pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning")
def test_every_gate_is_read_back(source: str, options: dict) -> None:
    circuit = ps.read(source)
    assert equal_on_all_inputs(ps.compile(circuit, **options), circuit)


def test_facts_are_read_back_from_a_network_in_superposition() -> None:
    table = {f"s{i}": {"r": f"o{i // 2}", "q": f"p{i % 97}"} for i in range(300)}
    circuit = ps.problems.facts(table)
    network = ps.compile(circuit, active=2, neurons=170)
    assert network.provenance.construction != "monosemantic"
    assert equal_on_all_inputs(network, circuit)


@given(st.integers(0, 10**6))
@settings(max_examples=12, deadline=None)
def test_small_formulas_are_read_back_whatever_they_are(seed: int) -> None:
    draw = np.random.default_rng(seed)
    names = draw.permutation(list("abcdef")).tolist()
    signs = ["" if draw.random() < 0.5 else "~" for _ in names]
    width = int(draw.integers(1, 5))
    one = " & ".join(
        [names[0], *[s + n for s, n in zip(signs[1:], names[1:], strict=True)][: width - 1]]
    )
    some = " | ".join(f"{names[i]} & {names[i + 1]}" for i in range(int(draw.integers(1, 5))))
    source = f"one = {one}; some = {some} | {names[5]}; odd = {' ^ '.join(names[:4])}"
    source += f"; six = {' & '.join(names)}"
    circuit = ps.read(source)
    network = ps.compile(circuit, active=6, construction="monosemantic")
    found = ps.decompile(network, active=6)
    compared = ps.agreement(found.circuit, circuit, active=6)
    # A term may be written in other ways; the function is the same.
    assert compared.equivalent or (compared.exhaustive and not compared.different)


def test_an_output_that_rests_at_one_is_read_as_the_negation() -> None:
    circuit = ps.read("y = ~(a & b)")
    network = ps.compile(circuit)
    assert equal_on_all_inputs(network, circuit)


def test_layers_are_read_one_after_another_exact_and_in_superposition() -> None:
    circuit = ps.problems.layered(400, 3, 2)
    for options in ({"construction": "monosemantic"}, {"neurons": 900, "construction": "deep"}):
        network = ps.compile(circuit, active=2, **options)
        found = ps.decompile(replace(network, key=None))
        assert found.level == "layers"
        assert ps.agreement(found.circuit, circuit).equivalent
        assert found.check is not None
        assert found.check.samples == 2000
        assert not found.unread


def test_hidden_weights_alone_tell_gates_up_to_the_order_and_scale_of_units() -> None:
    circuit = ps.problems.layered(100, 2, 2)
    network = ps.compile(circuit, active=2, construction="monosemantic")
    one = ps.decompile(network, blind=True)
    assert one.level == "blind"
    draw = np.random.default_rng(0)
    first, second = network.layers
    order = draw.permutation(first.units)
    moved = replace(first, weights=first.weights[order], bias=first.bias[order])
    carried = first.units + np.arange(len(first.carried))
    columns = np.concatenate((order, carried))
    weights = second.weights[:, columns]
    weights.sort_indices()
    passing = np.sort(np.argsort(columns)[second.carried]).astype(np.int32)
    permuted = replace(
        network, layers=(moved, replace(second, weights=weights, carried=passing)), key=None
    )
    other = ps.decompile(permuted, blind=True)
    assert other.gates == one.gates
    assert set(gates_of(one.circuit)) == set(gates_of(other.circuit))


def gates_of(circuit: ps.Circuit) -> list[str]:
    """The gates that outputs need, each spelt out to the features."""
    spelt = list(circuit.features)
    for gate, kind in enumerate(circuit.kinds):
        run = slice(*circuit.fan_in_offsets[gate : gate + 2])
        first, *others = [spelt[wire] for wire in circuit.fan_in[run]]
        inputs = [first, *sorted(others)] if kind == 3 else sorted((first, *others))
        spelt.append(f"{int(kind)}({', '.join(inputs)})")
    return [spelt[wire] for wire in circuit.outputs]


def test_the_answer_key_is_not_looked_at() -> None:
    network = ps.compile(AND, neurons=160, epsilon=None)
    other = ps.compile(ps.problems.pairwise_and(200, 200, seed=5), neurons=160, epsilon=None)
    lied_to = replace(network, key=other.key)
    assert ps.agreement(ps.decompile(lied_to).circuit, AND).recall == 1


def test_of_a_network_that_is_too_small_what_was_doubtful_is_counted() -> None:
    circuit = ps.problems.pairwise_and(300, 300)
    network = ps.compile(circuit, neurons=96, construction="tight-frames", epsilon=None)
    found = ps.decompile(network)
    compared = ps.agreement(found.circuit, circuit)
    assert found.strays > 0
    assert compared.recall > 0.9
    assert compared.equivalent is False
    assert compared.precision < 1
    assert "were taken for noise" in str(found)


def test_squares_are_refused() -> None:
    network = ps.compile(ps.problems.pairwise_and(12, 12), construction="monosemantic")
    layer = replace(network.layers[0], activation=Square())
    network = replace(network, layers=(layer,), key=None)
    with pytest.raises(ps.OptionError, match="squares"):
        ps.decompile(network)
