"""The units that should be on: columns against the circuit's wires, units against loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

import polyseme as ps
from polyseme.circuits.evaluate import active_matrix, wires_on
from polyseme.errors import OptionError
from polyseme.learning.refinement.depth.wanted import columns_on, stages_of, units_wanted

LAYERED = "layered:width=120,depth=3,active=3"
# Its XOR has halves, which are no wires.
LOGIC = "y = (a & ~b) | (c & d & ~e); z = (y ^ a) & (b | c); x = (z ^ y) | (d & a & b)"


def compiled(source, neurons, **options):
    return ps.compile(ps.read(source), neurons=neurons, epsilon=None, **options)


@pytest.mark.parametrize(
    ("source", "options"),
    [
        (LAYERED, {"neurons": 400, "construction": "monosemantic", "carry": "gates"}),
        (LAYERED, {"neurons": 80, "construction": "deep", "carry": "residual"}),
        (LOGIC, {"neurons": 400, "construction": "monosemantic", "carry": "gates"}),
    ],
)
def test_columns_that_are_wires_are_on_where_their_wires_are(source, options):
    network = compiled(source, **options)
    circuit = network.key.circuit
    generator = np.random.default_rng(5)
    features = len(circuit.features)
    rows = np.array([generator.permutation(features)[:3] for _ in range(200)], np.int32)
    truth = wires_on(circuit, rows).toarray()
    on = active_matrix(rows, features)
    for stage in stages_of(network.key):
        on = columns_on(stage, on)
        known = stage.wires >= 0
        assert np.array_equal(on.toarray()[:, known], truth[:, stage.wires[known]])
    assert truth[:, features:].any()


def test_a_unit_should_be_on_if_any_of_its_columns_is():
    network = compiled(LAYERED, 80, construction="deep")
    held = network.key.layers[1]
    on = sp.csr_array(np.random.default_rng(6).random((50, len(held.wires))) < 0.05)
    found = units_wanted(held, on).toarray()
    for sample, columns in enumerate(on.toarray()):
        expected = np.zeros(held.width, bool)
        for column in np.flatnonzero(columns):
            expected[held.units[held.offsets[column] : held.offsets[column + 1]]] = True
        assert np.array_equal(found[sample], expected)


def test_a_key_of_no_schedule_of_its_circuit_is_refused():
    key = compiled(LAYERED, 80, construction="deep").key
    with pytest.raises(OptionError, match="no schedule of the circuit has the layers"):
        stages_of(replace(key, layers=key.layers[:-1]))
