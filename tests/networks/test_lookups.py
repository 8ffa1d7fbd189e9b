"""Look-ups in the key: neurons and terms by name, directions of sites, labels of inputs."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits.evaluate import evaluate_dense, wires_on
from polyseme.errors import OptionError
from support.small_networks import network_of, superposed_network

SHALLOW = ("pairwise", "universal", "permutation", "pooled", "facts", "monosemantic", "factored")


@pytest.mark.parametrize("kind", SHALLOW)
def test_neurons_of_an_output_serve_its_terms_and_no_others_do(kind):
    key = network_of(kind).key
    width = key.layers[0].width
    served = [key.columns_of(unit) for unit in range(width)]
    for output in (0, len(key.circuit.outputs) - 1):
        name = key.circuit.output_names[output]
        mine = set(np.flatnonzero(key.terms.output == output))
        expected = [unit for unit in range(width) if mine & set(served[unit])]
        assert key.neurons_of(name).tolist() == expected
    output_names = set(key.circuit.output_names)
    feature = next(name for name in key.circuit.features if name not in output_names)
    number = key.circuit.features.position(feature)
    readers = {
        term
        for term in range(len(key.terms))
        if number in key.terms.literals[key.terms.offsets[term] : key.terms.offsets[term + 1]]
    }
    expected = [unit for unit in range(width) if readers & set(served[unit])]
    assert key.neurons_of(feature).tolist() == expected
    unit = int(key.neurons_of(key.circuit.output_names[0])[0])
    assert key.terms_of(unit) == tuple(map(key.describe, served[unit].tolist()))
    assert key.terms_of(unit)


def test_neurons_of_a_wire_are_those_of_the_first_layer_that_holds_it():
    key = superposed_network(300).key
    name = key.circuit.output_names[7]
    wire = int(key.circuit.outputs[7])
    holding = [number for number, held in enumerate(key.layers) if wire in held.wires]
    held = key.layers[holding[0]]
    column = int(np.flatnonzero(held.wires == wire)[0])
    expected = np.sort(held.units[held.offsets[column] : held.offsets[column + 1]])
    assert np.array_equal(key.neurons_of(name), expected)
    assert np.array_equal(key.neurons_of(name, holding[0]), expected)
    without = next(number for number in range(len(key.layers)) if number not in holding)
    assert not len(key.neurons_of(name, without))


def test_a_name_that_nothing_has_is_refused_with_a_suggestion():
    key = network_of("facts").key
    with pytest.raises(ps.SourceError, match="named 'città 1x'; did you mean 'città 1'"):
        key.neurons_of("città 1x")
    with pytest.raises(ps.OptionError, match="name is 7; it must be text"):
        key.neurons_of(7)
    with pytest.raises(ps.OptionError, match="layer is 1"):
        key.neurons_of("città 1", 1)
    with pytest.raises(ps.OptionError, match="unit is 999999"):
        key.terms_of(999_999)


# --- directions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SHALLOW)
def test_directions_are_unit_vectors_on_the_units_of_the_key(kind):
    network = network_of(kind)
    key, outputs = network.key, len(network.readout.outputs)
    for site in ("hook_embed", 0, "layers.0.hook_post", "hook_readout"):
        matrix = key.directions(site)
        assert matrix.dtype == np.float32
        assert np.allclose(matrix.multiply(matrix).sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(key.directions("hook_readout").toarray(), np.eye(outputs))
    embed = key.directions("hook_embed").toarray() * np.sqrt(network.encoder.code.weight)
    assert np.allclose(embed, network.encoder.code.matrix().toarray())
    held = key.directions().toarray() != 0
    assert np.array_equal(held, key.hosts().toarray().T)


@pytest.mark.parametrize("kind", ["pairwise", "permutation", "monosemantic", "universal"])
def test_units_rise_and_fall_with_a_term_as_its_direction_says(kind):
    network = network_of(kind)
    key = network.key
    on = network.sample("alone", 1000)
    rest = network.activations([[]])["layers.0.hook_post"]
    moved = network.activations(on)["layers.0.hook_post"] - rest
    label = key.labels(on).toarray()
    along = moved @ key.directions().toarray().T
    # Each term's inputs alone: its own direction moves, and it moves furthest of all.
    assert (along[label] > 0).all()
    assert (along[label] > 3 * np.abs(along[~label]).mean()).all()


@pytest.mark.parametrize("kind", ["pairwise", "permutation"])
def test_signs_are_those_with_which_outputs_read(kind):
    network = network_of(kind)
    readout, key = network.readout, network.key
    weights = np.zeros((len(readout.outputs), network.neurons))
    for output in range(len(readout.outputs)):
        begin, end = readout.offsets[output : output + 2]
        weights[output, readout.neurons[begin:end]] = readout.weights[begin:end]
    terms = key.terms
    held = key.directions().toarray()
    assert (held < 0).any()
    # Where the gates of a feature share a unit with opposite signs, its strengths there cancel.
    differs = np.sign(held) != np.sign(weights[terms.output])
    assert differs.sum() < 1e-3 * np.count_nonzero(held)


def test_directions_of_wires_are_readings():
    network = superposed_network(300)
    key = network.key
    seen = network.activations(network.sample("satisfied", 20))
    for number, held in enumerate(key.layers):
        values = seen[f"layers.{number}.hook_post"]
        along = key.directions(number) @ values.T / np.sqrt(held.counts)[:, None]
        expected = held.readings(values)
        assert np.allclose(np.where(held.inverted[:, None], 1 + along, along), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("site", "rule"),
    [
        ("layers.0.hook_pre", "what is held there is said of layers.0.hook_post"),
        ("layers.1.hook_post", "did you mean 'layers.0.hook_post'"),
        ("embed", "did you mean 'hook_embed'"),
        (1, "site is 1; it must be 0 to 0"),
        (-1, "site is -1"),
        (None, "site is None; it must be a layer's number"),
    ],
)
def test_what_is_no_site_is_refused(site, rule):
    key = network_of("pairwise").key
    for ask in (key.directions, lambda site: key.labels(["x0"], site)):
        with pytest.raises(ps.OptionError, match=rule):
            ask(site)


# --- labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SHALLOW)
def test_labels_are_the_terms_that_are_satisfied(kind):
    network = network_of(kind)
    key = network.key
    bits = np.concatenate([network.sample(name, 40) for name in ("satisfied", "uniform")])
    labels = key.labels(bits).toarray()
    expected = np.zeros_like(labels)
    for term in range(len(key.terms)):
        begin, end = key.terms.offsets[term : term + 2]
        literals, signs = key.terms.literals[begin:end], key.terms.signs[begin:end]
        expected[:, term] = (bits[:, literals] == (signs > 0)).all(axis=1)
    assert labels.any()
    assert np.array_equal(labels, expected)
    assert np.array_equal(key.labels(bits, "hook_embed").toarray(), bits)
    outputs = key.labels(bits, "hook_readout").toarray()
    assert np.array_equal(outputs, evaluate_dense(key.circuit, bits))


def test_labels_of_a_deep_network_are_its_wires():
    network = superposed_network(300)
    key, bits = network.key, network.sample("satisfied", 30)
    rows = [np.flatnonzero(row) for row in bits]
    width = max(map(len, rows))
    padded = np.array([[*row, *[-1] * (width - len(row))] for row in rows], np.int32)
    truth = wires_on(key.circuit, padded).toarray()
    for number, held in enumerate(key.layers):
        assert np.array_equal(key.labels(bits, number).toarray(), truth[:, held.wires])


def test_labels_of_outputs_that_rest_at_one_and_of_columns_that_are_no_wire():
    circuit = ps.build_circuit(
        "abc",
        [(ps.GateKind.XOR, (0, 1)), (ps.GateKind.AND, (3, 2))],
        [3, 4, -1],
        inverted=[True, False, True],
    )
    key = ps.compile(circuit, active=3).key
    bits = np.array([[0, 0, 0], [1, 0, 1], [1, 1, 1]], bool)
    labels = key.labels(bits, "hook_readout").toarray()
    assert np.array_equal(labels, evaluate_dense(circuit, bits))
    assert any((held.wires < 0).any() for held in key.layers)
    for number, held in enumerate(key.layers):
        assert not key.labels(bits, number).toarray()[:, held.wires < 0].any()


def test_gates_are_found_by_the_names_of_the_source():
    deep = ps.compile(ps.read("carry = a & b; y = carry ^ c"), active=3)
    circuit = deep.key.circuit
    assert circuit.gate_names.count("carry") == 1
    wire = len(circuit.features) + circuit.gate_names.index("carry")
    holding = [number for number, held in enumerate(deep.key.layers) if wire in held.wires]
    assert len(deep.key.neurons_of("carry", holding[0]))
    flat = ps.compile(ps.read("p = a & b; y = p | c"), active=3)
    if flat.key.has_terms:
        with pytest.raises(OptionError, match="gate 'p' is inside an output"):
            flat.key.neurons_of("p")
