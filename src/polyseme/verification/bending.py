"""Bending: the share of a layer's units whose activation is no straight line within the promise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.networks.layer import Layer

# Units looked at; of wider layers a sample.
_UNITS = 1000
_BLOCK_ENTRIES = 8_000_000


def bending_share(
    layer: Layer, code: SparseCode, active: int, generator: np.random.Generator
) -> float:
    """Return the share of the units of a first layer that bend on inputs with `active` on at most.

    The least and the largest sum of a unit are those of the features that it reads lowest and
    highest, so both are exact. Up to 1,000 units are looked at.
    """
    units = np.arange(layer.units)
    if layer.units > _UNITS:
        units = np.sort(generator.choice(units, _UNITS, replace=False))
    decode = code.matrix()
    bends = np.zeros(len(units), bool)
    step = max(1, _BLOCK_ENTRIES // max(code.features, code.neurons))
    for begin in range(0, len(units), step):
        some = units[begin : begin + step]
        weights = layer.weights[some]
        weights = weights.toarray() if layer.is_sparse else weights
        reads = decode @ weights.T.astype(np.float32)
        bias = layer.bias[some].astype(np.float32)
        lowest, highest = bias - _largest(-reads, active), bias + _largest(reads, active)
        bends[begin : begin + step] = layer.activation.bends(lowest, highest)
    return float(bends.mean())


def _largest(reads: NDArray[np.float32], active: int) -> NDArray[np.float32]:
    """Return the largest sum of up to `active` entries of each column."""
    count = min(active, len(reads))
    top = np.partition(reads, len(reads) - count, axis=0)[len(reads) - count :]
    return np.asarray(np.maximum(top, 0).sum(axis=0))


class SeenUnits:
    """The least and the largest value of every unit of a layer on inputs that were tried."""

    def __init__(self, layer: Layer) -> None:
        """Begin with no input."""
        self._layer = layer
        self._lowest = np.full(layer.units, np.inf, np.float32)
        self._highest = np.full(layer.units, -np.inf, np.float32)

    def take(self, activations: NDArray[np.float32]) -> None:
        """Extend the ranges by activations, (samples, width of the layer)."""
        units = activations[:, : self._layer.units]
        np.minimum(self._lowest, units.min(axis=0), out=self._lowest)
        np.maximum(self._highest, units.max(axis=0), out=self._highest)

    def bending_share(self) -> float:
        """Return the share of units that were seen on both sides of a bend."""
        below, above = self._lowest / self._layer.scale, self._highest / self._layer.scale
        return float(self._layer.activation.has_bent(below, above).mean())
