"""Anatomy of a network of one hidden layer: the same few numbers for compiled and trained ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp

from polyseme.codes.features_per_neuron import polysemanticity
from polyseme.networks.network import Network
from polyseme.verification.reading_error import LayerComputation, reading_error

# Inputs of each kind on which the interaction of gates is measured, and gates that are looked at.
_SAMPLES, _GATES = 2000, 200


@dataclass(frozen=True)
class Anatomy:
    """Numbers that say how a hidden layer is built.

    Effective numbers are (sum of x^2)^2 / sum of x^4: k for k equal numbers x and no others.

    Attributes:
        code_weight: Effective number of units that read a feature; the median of features.
        features_per_unit: Effective number of features that a unit reads; the median of units.
        units_per_gate: Effective number of units that carry a gate; the median of gates. Few units
            are an output channel, all units are no channel at all.
        bent: The share of units that bend on inputs within the promise; the others are linear.
        kappa: The mean interaction of gates: 0 for linear readings, 1 for a perfect AND.
    """

    code_weight: float
    features_per_unit: float
    units_per_gate: float
    bent: float
    kappa: float


def anatomy_of(network: Network, seed: int) -> Anatomy:
    """Return the anatomy of a network of one hidden layer, with its answer key."""
    reads = _reads(network)
    layer = reading_error(network, samples=_SAMPLES, seed=seed).layers[0]
    assert isinstance(layer, LayerComputation)
    return Anatomy(
        code_weight=float(np.median(polysemanticity(reads.T).effective)),
        features_per_unit=float(np.median(polysemanticity(reads).effective)),
        units_per_gate=float(np.median(_units_per_gate(network, reads))),
        bent=layer.bending_units,
        kappa=layer.kappa_mean or 0.0,
    )


def _reads(network: Network) -> NDArray[np.float32]:
    """Return what every unit reads of every feature, float32 (features, units)."""
    weights = network.layers[0].weights
    dense = np.asarray(weights.toarray() if sp.issparse(weights) else weights, np.float32)
    return np.asarray(network.encoder.code.matrix() @ dense.T, np.float32)


def _units_per_gate(network: Network, reads: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the effective number of units that carry each gate, float64 (gates,).

    Of an AND that is its interaction, what both inputs do beyond what either does alone; where no
    gate has two inputs, it is what the one input does.
    """
    assert network.key is not None
    terms, layer, readout = network.key.terms, network.layers[0], network.readout
    pairs = np.flatnonzero(terms.widths == 2)[:_GATES]
    gates = pairs if len(pairs) else np.flatnonzero(terms.widths == 1)[:_GATES]
    one = reads[terms.literals[terms.offsets[gates]]]
    carried = _activated(network, one) - _activated(network, np.zeros_like(one))
    if len(pairs):
        other = reads[terms.literals[terms.offsets[gates] + 1]]
        carried = _activated(network, one + other) - _activated(network, other) - carried
    read = sp.csr_array(
        (readout.weights.astype(np.float64), readout.neurons, readout.offsets),
        shape=(len(readout.offsets) - 1, layer.width),
    )
    return polysemanticity(
        (carried * read[terms.output[gates]][:, : layer.units].toarray()).T
    ).effective


def _activated(network: Network, sums: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the values of the units whose sums without biases are given, float64 of that shape."""
    layer = network.layers[0]
    values = np.ascontiguousarray(sums + layer.bias.astype(np.float32))
    layer.activation.apply(values)
    return values.astype(np.float64)
