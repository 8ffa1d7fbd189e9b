"""A next layer can use what a hidden layer computes: ReLUs on its readings make ORs and XORs.

Every construction that claims to compute has a case here, and of a deep network every hidden layer.
The second layer knows only affine readings u of the gates, fitted on other inputs. An OR of two
gates is relu(u + v - 1/4) from 1/4 on; an XOR is relu(u + v) - 2 relu(u + v - 1) from 1/2 on. Many
pairs of gates are such that both can be on under the promise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits.evaluate import evaluate_sparse, wires_on
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.hops.relations import relations_of
from polyseme.networks.run import LayerRunner
from polyseme.verification.affine_reading import fitted_reading
from polyseme.verification.drawing import shallow_terms
from polyseme.verification.extremes import Extremes
from polyseme.verification.inputs import draw_deep_inputs, draw_inputs, fill
from polyseme.verification.layer_readings import fit_samples
from polyseme.verification.sampling import batches
from polyseme.verification.term_readings import KINDS, term_readings
from polyseme.verification.wire_readings import KINDS as DEEP_KINDS
from support.heavy_light import heavy_and_light
from support.linked import linked

ACTIVE, FITTED = 3, 4000
EVEN = ps.problems.pairwise_and(700, 700)
Cases = dict[str, tuple[ps.Circuit, int | None, int]]
# A circuit that each construction computes, at how many neurons (None if it decides the size), and
# how many inputs of each kind are tried.
SHALLOW: Cases = {
    "least-noise": (EVEN, 560, 6000),
    "monosemantic": (EVEN, None, 6000),
    "pooled": (heavy_and_light(4, 2000), 1700, 6000),
}
DEEP: Cases = {"hops": (linked(1000, 800), None, 6000)}
# Larger: what computes only where it has many neurons, and a deep network with room to spare.
LARGE: Cases = {"three-channel": (ps.problems.pairwise_and(10_000, 10_000), 5200, 6000)}
LARGE_DEEP: Cases = {
    "deep": (ps.problems.layered(8000, 2, active=2), 7600, 3000),
    "deep, larger": (ps.problems.layered(24_000, 2, active=2), 16_000, 6000),
}


@dataclass(frozen=True, eq=False)
class Stacked:
    """Pairs of the gates of a layer, and what a second layer makes of them on inputs of 3 kinds.

    `both_on` counts pairs that were on together; `wrong` has the shares of wrong inputs by kind.
    """

    layer: int
    pairs: np.ndarray
    both_on: int
    wrong: dict[str, list[float]]


def relu(values):
    return np.maximum(values, 0)


def wrong_inputs(units, values, pairs):
    """Which inputs an OR and an XOR of any pair is wrong on, and how many pairs are both on."""
    total = units[:, pairs[:, 0]] + units[:, pairs[:, 1]]
    first, second = values[:, pairs[:, 0]], values[:, pairs[:, 1]]
    found_or = relu(total - 0.25) >= 0.25
    found_xor = relu(total) - 2 * relu(total - 1) >= 0.5
    wrong = {
        "or": (found_or != (first | second)).any(axis=1),
        "xor": (found_xor != (first ^ second)).any(axis=1),
    }
    return wrong, int((first & second).sum())


def stacked(layer, pairs, kinds):
    """Gather what `wrong_inputs` finds of every kind of inputs, a list of batches."""
    wrong = {
        name: [float(np.concatenate([found[name] for found, _ in kind]).mean()) for kind in kinds]
        for name in ("or", "xor")
    }
    return Stacked(layer, pairs, sum(count for kind in kinds for _, count in kind), wrong)


def parameters(quick: Cases, large: Cases) -> list:
    # A construction may have several cases, told apart behind a comma.
    slow = [
        pytest.param(name.partition(",")[0], *case, marks=pytest.mark.slow)
        for name, case in large.items()
    ]
    return [*((name, *case) for name, case in quick.items()), *slow]


def named(value: object) -> str:
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize(
    ("name", "circuit", "neurons", "samples"), parameters(SHALLOW, LARGE), ids=named
)
def test_a_second_layer_errs_on_a_thousandth_of_inputs_at_most(name, circuit, neurons, samples):
    network = ps.compile(circuit, construction=name, neurons=neurons)
    assert ps.reading_error(network, samples=6000).computed
    terms = shallow_terms(network, circuit)
    generator = np.random.default_rng(11)
    read = term_readings(network, circuit, terms, ACTIVE, generator)
    reading = fitted_reading([read.seen(kind, FITTED, generator) for kind in KINDS])
    pairs = sharing_a_feature(terms)

    def read_out(rows):
        hidden = read.runner.hidden(read.runner.encode(rows), sparse=True) - read.rest
        scaled = read.runner.readings(hidden).T * read.scale.factor
        values = evaluate_sparse(circuit, rows).toarray()
        return [wrong_inputs(reading.slope[0] * scaled + reading.offset[0], values, pairs)]

    drawn = [
        draw_inputs("satisfied", terms, ACTIVE, samples, generator),
        both_on(terms, pairs, samples, generator),
        draw_inputs("uniform", terms, ACTIVE, samples, generator),
    ]
    check(stacked(0, pairs, [read_out(rows) for rows in drawn]))


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


@pytest.mark.parametrize(
    ("name", "circuit", "neurons", "samples"), parameters(DEEP, LARGE_DEEP), ids=named
)
def test_so_it_does_behind_every_layer_of_a_deep_network(name, circuit, neurons, samples):
    carry = "gates" if name == "deep" else "auto"
    network = ps.compile(circuit, active=2, construction=name, neurons=neurons, carry=carry)
    widths = zip(network.layers, network.key.layers, strict=True)
    assert any(layer.units < len(held.wires) for layer, held in widths)
    generator = np.random.default_rng(11)
    reader = DeepReader(network, circuit, generator)
    rows = draw_deep_inputs("satisfied", circuit, 2, samples, generator)
    if name == "hops":
        rows = np.concatenate((rows, questions(circuit)))
    on = wires_on(circuit, rows).tocsc()
    found = [on_together(on[:, wires].toarray(), generator) for wires in reader.wires]
    pairs = [layer for layer, _ in found]
    together = [generator.choice(chosen, samples // 2) for _, chosen in found]
    drawn = [
        draw_deep_inputs("satisfied", circuit, 2, samples, generator),
        rows[np.concatenate(together)],
        draw_deep_inputs("uniform", circuit, 2, samples, generator),
    ]
    tried = [reader.tried(some, pairs) for some in drawn]
    for layer, kinds in enumerate(zip(*tried, strict=True)):
        check(stacked(layer, pairs[layer], kinds))


class DeepReader:
    """Affine readings of the wires of every hidden layer, and their values."""

    def __init__(self, network, circuit, generator):
        self.runner, self.circuit, self.keys = LayerRunner(network), circuit, network.key.layers
        self.wires = [layer.held_wires for layer in self.keys]
        active = network.provenance.active
        kinds = [
            self.extremes(draw_deep_inputs(kind, circuit, active, fit_samples(0), generator))
            for kind in DEEP_KINDS
        ]
        self.readings = [fitted_reading(seen) for seen in zip(*kinds, strict=True)]

    def raw(self, rows):
        """Readings as the key has them, and values, of all layers, batch by batch."""
        for _, batch in batches(rows, 500):
            on = wires_on(self.circuit, batch).tocsc()
            activations = self.runner.activations(batch)
            yield [
                (key.wire_readings(numbers).T, on[:, wires].toarray())
                for key, numbers, wires in zip(self.keys, activations, self.wires, strict=True)
            ]

    def extremes(self, rows):
        seen = [[extremes_of(*layer) for layer in batch] for batch in self.raw(rows)]
        return [
            Extremes(*(np.concatenate(side)[None] for side in zip(*layer, strict=True)))
            for layer in zip(*seen, strict=True)
        ]

    def tried(self, rows, pairs):
        """Return what `wrong_inputs` finds of every layer, a list of batches each."""
        found = [[] for _ in self.keys]
        for batch in self.raw(rows):
            layers = zip(self.readings, batch, pairs, strict=True)
            for kept, (reading, (units, on), some) in zip(found, layers, strict=True):
                kept.append(wrong_inputs(reading.slope[0] * units + reading.offset[0], on, some))
        return found


def extremes_of(units, on):
    return (
        np.where(on, units, np.inf).min(axis=1),
        np.where(on, units, -np.inf).max(axis=1),
        np.where(on, np.inf, units).min(axis=1),
        np.where(on, -np.inf, units).max(axis=1),
    )


def questions(circuit):
    """Every subject with every chain: all facts along a chain are on together."""
    found = relations_of(circuit)
    return np.array([(one, chain) for chain in found.chains for one in found.subjects], np.int32)


def on_together(on, generator):
    """All wires two by two, first those seen on together, and rows in which a pair was."""
    free, pairs, rows = np.ones(on.shape[1], bool), [], []
    for row in generator.permutation(len(on)):
        found = np.flatnonzero(on[row] & free)
        if len(found) >= 2:
            pairs.append(found[:2])
            rows.append(row)
            free[found[:2]] = False
    left = generator.permutation(np.flatnonzero(free))
    others = left[: len(left) // 2 * 2].reshape(-1, 2)
    return np.concatenate((np.array(pairs).reshape(-1, 2), others)), np.array(rows)


def check(found):
    """Pairs are apart, many can both be on, and at most a thousandth of inputs is wrong."""
    assert len(np.unique(found.pairs)) == found.pairs.size
    assert found.both_on > 1000
    wrong = [share for shares in found.wrong.values() for share in shares]
    assert len(wrong) == 6
    assert max(wrong) <= 1e-3, found


def test_every_construction_that_claims_to_compute_has_a_case():
    claiming = {name for name, recipe in CATALOGUE.items() if recipe.computes}
    assert claiming == {*SHALLOW, *DEEP, *LARGE, *LARGE_DEEP} - {"deep, larger"}
