"""Marabou, a solver that we did not write: it confirms proved outputs and finds planted faults.

Each case of an output is a query over its own ReLUs: features are real numbers from 0 to 1 with a
sum of at most the promise, those that the case fixes are 0 or 1, and the reading is on the wrong
side of its threshold.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits import Circuit
from polyseme.networks.network import Network
from polyseme.proving.cases import Cases, cases_of
from support.certified import certified

core = pytest.importorskip("maraboupy.MarabouCore")
ACTIVE = 2


def query_of(network: Network, cases: Cases, case: int) -> tuple[object, int]:
    """The query whether an input of a case is on the wrong side, and the number of features."""
    layer, readout, output = network.layers[0], network.readout, int(cases.output[case])
    run = slice(*readout.offsets[output : output + 2])
    units, weights = np.unique(readout.neurons[run]), readout.weights[run]
    code = network.encoder.code
    encoder = np.zeros((code.features, code.neurons), np.int64)
    np.put_along_axis(encoder, code.positions.astype(np.int64), code.signs.astype(np.int64), axis=1)
    reads = encoder @ layer.weights[units].T.astype(np.int64)
    features, hidden = code.features, len(units)
    query = core.InputQuery()
    query.setNumberOfVariables(features + 2 * hidden)
    on, off = cases.fixed(case)
    for feature in range(features):
        query.setLowerBound(feature, float(feature in on))
        query.setUpperBound(feature, float(feature not in off))
    add(query, "le", [(1, feature) for feature in range(features)], ACTIVE)
    span = float(np.abs(reads).max() * ACTIVE + np.abs(layer.bias).max())
    for place, unit in enumerate(units):
        before, after = features + place, features + hidden + place
        terms = [(float(read), i) for i, read in enumerate(reads[:, place]) if read]
        add(query, "eq", [*terms, (-1, before)], -float(layer.bias[unit]))
        for variable, low in ((before, -span), (after, 0)):
            query.setLowerBound(variable, low)
            query.setUpperBound(variable, span)
        core.addReluConstraint(query, before, after)
    place_of = {unit: place for place, unit in enumerate(units.tolist())}
    reading = [
        (float(weight), features + hidden + place_of[unit])
        for unit, weight in zip(readout.neurons[run].tolist(), weights.tolist(), strict=True)
    ]
    threshold = float(readout.thresholds[output]) / layer.scale
    add(query, "le" if cases.must_be_on[case] else "ge", reading, threshold)
    return query, features


def add(query: object, kind: str, terms: list[tuple[float, int]], scalar: float) -> None:
    kinds = core.Equation
    equation = core.Equation({"le": kinds.LE, "ge": kinds.GE, "eq": kinds.EQ}[kind])
    for weight, variable in terms:
        equation.addAddend(weight, variable)
    equation.setScalar(scalar)
    query.addEquation(equation)


def solved(network: Network, cases: Cases, case: int) -> list[int] | None:
    """The features that are on where a case is wrong, or None if it never is."""
    query, features = query_of(network, cases, case)
    options = core.Options()
    options._verbosity = 0
    verdict, values, _ = core.solve(query, options, "")
    if verdict == "unsat":
        return None
    assert verdict == "sat"
    return [feature for feature in range(features) if values[feature] > 0.5]


def cases_of_output(circuit: Circuit, output: int) -> tuple[Cases, range]:
    cases = cases_of(circuit, ACTIVE)
    return cases, range(int(cases.first[output]), int(cases.first[output + 1]))


@pytest.mark.parametrize("kind", ["linear", "bending"])
@pytest.mark.parametrize("output", [0, 17, 199])
def test_marabou_confirms_outputs_that_are_certified(kind, output):
    network, circuit = certified(kind).loaded()
    cases, some = cases_of_output(circuit, output)
    assert all(solved(network, cases, case) is None for case in some)


@pytest.mark.parametrize("kind", ["linear", "bending"])
def test_marabou_finds_a_planted_fault(kind):
    network, circuit = certified(kind).loaded()
    thresholds = network.readout.thresholds.copy()
    margins = ps.prove(network, circuit, active=ACTIVE, method="branch-and-bound").margins
    output = 5
    # Just below the highest reading at which it must be off.
    thresholds[output] = (margins.highest_off[output] - 0.5) * margins.scale
    broken = replace(network, readout=replace(network.readout, thresholds=thresholds))
    cases, some = cases_of_output(circuit, output)
    inputs = [found for case in some if (found := solved(broken, cases, case)) is not None]
    assert inputs
    assert all(len(on) <= ACTIVE for on in inputs)
    names = [[circuit.features[feature] for feature in on] for on in inputs]
    assert any(circuit.output_names[output] in broken.run(on) for on in names)
    assert ps.prove(broken, circuit, active=ACTIVE).proved is False
