"""A next layer can use what a hidden layer computes: ReLUs on its readings make ORs and XORs.

Every construction that claims to compute has a case here. The second layer knows only affine
readings u of the gates, fitted on other inputs. An OR of two gates is relu(u + v - 1/4) from 1/4
on; an XOR is relu(u + v) - 2 relu(u + v - 1) from 1/2 on. Pairs of gates share a feature, so that
both of a pair can be on under the promise.
"""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.verification.affine_reading import fitted_reading
from polyseme.verification.inputs import draw_inputs, fill
from polyseme.verification.sampling import shallow_terms
from polyseme.verification.term_readings import KINDS, term_readings
from support.heavy_light import heavy_and_light

ACTIVE, SAMPLES = 3, 6000
EVEN = ps.problems.pairwise_and(700, 700)
# A circuit that each construction computes, and at how many neurons; None if it decides the size.
CASES: dict[str, tuple[ps.Circuit, int | None]] = {
    "least-noise": (EVEN, 560),
    "monosemantic": (EVEN, None),
    "pooled": (heavy_and_light(4, 2000), 1700),
}


def relu(values):
    return np.maximum(values, 0)


# Larger, since it computes only where it has many neurons.
LARGE = {"three-channel": (ps.problems.pairwise_and(10_000, 10_000), 5200)}
PARAMETERS = [*sorted(CASES), *(pytest.param(name, marks=pytest.mark.slow) for name in LARGE)]


@pytest.fixture(scope="module", params=PARAMETERS)
def readings(request):
    """Affine readings and values of all gates, both (samples, gates), and the pairs."""
    circuit, neurons = (CASES | LARGE)[request.param]
    network = ps.compile(circuit, construction=request.param, neurons=neurons)
    assert ps.reading_error(network, samples=6000).computed
    terms = shallow_terms(network, circuit)
    generator = np.random.default_rng(11)
    read = term_readings(network, circuit, terms, ACTIVE, generator)
    reading = fitted_reading([read.seen(kind, 4000, generator) for kind in KINDS])
    pairs = sharing_a_feature(terms)
    rows = np.concatenate(
        [
            draw_inputs("satisfied", terms, ACTIVE, SAMPLES, generator),
            both_on(terms, pairs, SAMPLES, generator),
            draw_inputs("uniform", terms, ACTIVE, SAMPLES, generator),
        ]
    )
    hidden = read.runner.hidden(read.runner.encode(rows), sparse=True) - read.rest
    scaled = read.runner.readings(hidden).T * read.scale.factor
    values = evaluate_sparse(circuit, rows).toarray()
    return reading.slope[0] * scaled + reading.offset[0], values, pairs


def sharing_a_feature(terms):
    """Gates two by two, each in one pair at most, those of a pair reading a common feature."""
    gates = terms.literals.reshape(-1, 2)
    left, pairs = set(range(len(gates))), []
    for feature in range(terms.features):
        found = [gate for gate in np.flatnonzero((gates == feature).any(axis=1)) if gate in left]
        for pair in zip(found[::2], found[1::2], strict=False):
            pairs.append(pair)
            left -= set(pair)
    return np.array(pairs)


def both_on(terms, pairs, samples, generator):
    """Inputs that switch both gates of a random pair on, three features."""
    gates = terms.literals.reshape(-1, 2)
    chosen = pairs[generator.integers(len(pairs), size=samples)]
    features = [np.unique(gates[pair]) for pair in chosen]
    return fill(np.array(features, np.int32), terms.features, ACTIVE, generator)


def test_pairs_share_a_feature_and_can_both_be_on(readings):
    _, values, pairs = readings
    assert len(pairs) > 200
    assert len(np.unique(pairs)) == pairs.size
    assert (values[:, pairs[:, 0]] & values[:, pairs[:, 1]]).sum() > 1000


@pytest.mark.parametrize("name", ["or", "xor"])
def test_a_second_layer_errs_on_a_thousandth_of_inputs_at_most(readings, name):
    units, values, pairs = readings
    total = units[:, pairs[:, 0]] + units[:, pairs[:, 1]]
    first, second = values[:, pairs[:, 0]], values[:, pairs[:, 1]]
    if name == "or":
        found, expected = relu(total - 0.25) >= 0.25, first | second
    else:
        found, expected = relu(total) - 2 * relu(total - 1) >= 0.5, first ^ second
    kinds = (found != expected).any(axis=1).reshape(3, SAMPLES).mean(axis=1)
    assert (kinds <= 1e-3).all(), kinds


def test_every_construction_that_claims_to_compute_has_a_case_or_serves_other_circuits():
    claiming = {name for name, recipe in CATALOGUE.items() if recipe.computes}
    assert claiming - set(CASES) <= {"three-channel", "deep", "hops"}
