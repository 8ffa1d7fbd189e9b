"""Recompute the exact worst case of one layer with Reed-Solomon output codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.problems import pairwise_and
from polyseme.circuits.terms import terms_of
from polyseme.codes.reed_solomon import reed_solomon_code
from polyseme.common.progress import Note
from polyseme.common.random_streams import Stream, stream
from polyseme.reproduce.row import Row, at_least, at_most, equal

ABOUT = """\
The exact worst case of one layer with Reed-Solomon output codes, met by adversarial inputs.

Statement. Inputs are basis-aligned, each feature is read by at most f pairwise ANDs, at most s are
active, and gate g has a code S_g of weight w, any two sharing at most lam neurons. A neuron adds up
the features of its gates, each counted once, with bias -1; gate g reads the mean of the ReLUs on
S_g. Then a true gate reads at least 1 and a false one at most (s-1) f lam / w, so w = (s-1) f lam +
1 is always right. (A neuron of S_g is on by as much as active features on it exceed one, and a
stranger is on at most f lam of them. With one of the gate's own features on, s-1 strangers add one
each there; with none on, s strangers do, but the first on each neuron is lost, which costs as many
as the widest of them has.) The supports are those of Kautz and Singleton 1964; the bound is ours.

An adversary meets the bound where one gate's code meets lam neurons of every gate of s-1 other
features, all different for each of them. The search below goes over all gates and features."""

LOCATOR = "this section: the statement"

SIZES = ((2, 2, 1, 3, 47, 141), (2, 3, 1, 5, 47, 235))
FEATURES = 2000
DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of pairwise ANDs: `pairs` int (gates, 2), `supports` (gates, weight), 0/1 weights."""

    pairs: NDArray[np.int64]
    supports: NDArray[np.int32]
    weights: sp.csr_array

    def reads(self, active: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the read of every gate with the features of each row on, (samples, gates)."""
        features = self.weights.shape[1]
        offsets = np.arange(len(active) + 1) * active.shape[1]
        on = sp.csr_array(
            (np.ones(active.size), active.ravel(), offsets), shape=(len(active), features)
        )
        activity = np.maximum((on @ self.weights.T).toarray() - 1, 0)
        return np.asarray(activity[:, self.supports].mean(axis=2))


@dataclass(frozen=True)
class WorstCase:
    """The largest read of a false gate over all gates and inputs, and a gate and input with it."""

    reads: float
    gate: int
    active: tuple[int, ...]


def build_layer(features: int, influence: int, weight: int, degree: int, seed: int) -> Layer:
    """Build random pairwise ANDs with Reed-Solomon codes; `influence` gates read each feature."""
    gates = features * influence // 2
    terms = terms_of(pairwise_and(features=features, gates=gates, seed=seed))
    pairs = terms.literals.reshape(-1, 2).astype(np.int64)
    generator = stream(seed, Stream.REPRODUCED_REED_SOLOMON_CODES)
    code = reed_solomon_code(gates, weight, degree, generator)
    neuron = np.repeat(code.positions, 2, axis=0).ravel()
    feature = np.repeat(pairs.ravel(), weight)
    counts = sp.csr_array((np.ones(neuron.size), (neuron, feature)), shape=(code.neurons, features))
    # A feature counts once on a neuron, even if several of its gates are on that neuron.
    counts.data[:] = 1
    return Layer(pairs, code.positions, counts)


def worst_case(layer: Layer, active: int) -> WorstCase:
    """Maximise a false gate's read over all gates and all inputs with one of its features on.

    With one feature of the gate on, the read is the number of pairs (neuron of the gate's code,
    other active feature) that meet, divided by the weight. So the largest read is the sum of the
    s-1 largest counts, divided by the weight.
    """
    gates, weight = layer.supports.shape
    offsets = np.arange(gates + 1) * weight
    members = sp.csr_array(
        (np.ones(layer.supports.size), layer.supports.ravel(), offsets),
        shape=(gates, layer.weights.shape[0]),
    )
    meets = (members @ layer.weights).toarray()
    np.put_along_axis(meets, layer.pairs, -1, axis=1)
    others = np.argpartition(meets, -(active - 1), axis=1)[:, -(active - 1) :]
    total = np.take_along_axis(meets, others, axis=1).sum(axis=1)
    gate = int(total.argmax())
    shown = (int(layer.pairs[gate, 0]), *(int(feature) for feature in others[gate]))
    return WorstCase(float(total[gate]) / weight, gate, shown)


def rows(seed: int, note: Note) -> list[Row]:
    """Compare sizes, the adversary's read, and reads of random inputs with the statement."""
    found = []
    for size in SIZES:
        note(f"Reed-Solomon: (f, s, lam, w, q, n) = {size}")
        found += _rows_of(size, seed)
    return found


def _rows_of(size: tuple[int, int, int, int, int, int], seed: int) -> list[Row]:
    influence, active, shared, weight, _, neurons = size
    layer = build_layer(FEATURES, influence, weight, shared + 1, seed)
    worst = worst_case(layer, active)
    bound = (active - 1) * influence * shared / weight
    name = f"m = {FEATURES:,}, (f, s, lam, w, q, n) = {size}"
    shown = layer.reads(np.array([worst.active]))[0, worst.gate]
    generator = stream(seed, Stream.REPRODUCED_REED_SOLOMON_INPUTS, active)
    true, false = _sampled(layer, active, generator)
    by_sampling = f"{DRAWS:,} inputs that satisfy a gate, other features random"
    return [
        equal(
            "polyseme",
            f"neurons w q, {name}",
            neurons,
            layer.weights.shape[0],
            locator=LOCATOR,
        ),
        equal(
            "polyseme",
            f"largest read of a false gate (s-1) f lam / w, {name}",
            bound,
            float(shown),
            locator=LOCATOR,
            tolerance=1e-9,
            note=f"features {', '.join(map(str, worst.active))} on, gate {worst.gate}, run through "
            f"the layer; the maximum over all gates and inputs with a feature of the gate on is "
            f"{worst.reads:.6g}",
        ),
        at_most(
            "polyseme",
            f"largest read of a false gate, random inputs, {name}",
            bound,
            false,
            locator=LOCATOR,
            tolerance=1e-9,
            samples=DRAWS,
            note=by_sampling,
        ),
        at_least(
            "polyseme",
            f"least read of a true gate, random inputs, {name}",
            1,
            true,
            locator=LOCATOR,
            tolerance=1e-9,
            samples=DRAWS,
            note=by_sampling,
        ),
    ]


def _sampled(layer: Layer, active: int, generator: np.random.Generator) -> tuple[float, float]:
    """Least read of a true gate, and largest read of a false gate, over random inputs."""
    features = layer.weights.shape[1]
    least, most = np.inf, -np.inf
    for _ in range(DRAWS // 100):
        gates = generator.integers(len(layer.pairs), size=100)
        on = np.zeros((100, features), bool)
        inputs = np.array(
            [_filled(layer.pairs[gate], active, features, generator) for gate in gates]
        )
        np.put_along_axis(on, inputs, True, axis=1)
        true = on[:, layer.pairs].all(axis=2)
        reads = layer.reads(inputs)
        least, most = min(least, reads[true].min()), max(most, reads[~true].max())
    return float(least), float(most)


def _filled(
    pair: NDArray[np.int64], active: int, features: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return the pair and other random features, `active` in all."""
    others = generator.choice(features, active, replace=False)
    return np.concatenate([pair, others[~np.isin(others, pair)]])[:active]
