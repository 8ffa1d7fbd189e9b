"""A bound on every sum of a network of one hidden layer, which says where float32 is exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.ragged import row_numbers
from polyseme.errors import OptionError
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.proving.linear_reads import FeatureGroups

_BLOCK = 64


def largest_sum(network: Network, active: int) -> int:
    """Return a bound on the sums of a network, in any order, with so many features on.

    With h the highest that a unit can be, it is the larger of |b| + s * w * max|W| over all units,
    and of the sums of |weight| * h over all outputs. Below 2^23 float32 holds every sum on the way,
    and its distance from a threshold, exactly.

    Args:
        network: A network of one hidden layer of ReLUs or clipped units.
        active: Largest number of features on, s.

    Returns:
        The bound, in the units of weights.

    Raises:
        OptionError: The network has several layers, or units that square.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.problems.pairwise_and(400, 400)
        >>> largest_sum(ps.compile(circuit, construction="tight-frames", neurons=256), 3) < 2**23
        True
    """
    layer, code = network.layers[0], network.encoder.code
    cap, squared = layer.activation.stored
    if len(network.layers) > 1 or squared:
        raise OptionError("sums are bounded in networks of one hidden layer of ReLUs")
    bias = layer.bias.astype(np.int64)
    high = np.maximum(bias + active * _highest_reads(layer, FeatureGroups.of(code)), 0)
    if cap:
        high = np.minimum(high, cap)
    readout = network.readout
    reader = row_numbers(np.diff(readout.offsets))
    loudness = np.abs(readout.weights.astype(np.int64)) * high[readout.neurons]
    sums = np.zeros(len(readout.outputs), np.int64)
    np.add.at(sums, reader, loudness)
    weights = layer.weights.data if layer.is_sparse else layer.weights
    weight = max(int(weights.max(initial=0)), -int(weights.min(initial=0)))
    first = int(np.abs(bias).max()) + active * code.weight * weight
    return max(first, int(sums.max(initial=0)))


def _highest_reads(layer: Layer, groups: FeatureGroups) -> NDArray[np.int64]:
    """Return the highest read of each unit, or 0 where all are lower, int64 (units,)."""
    found = []
    for begin in range(0, layer.units, _BLOCK):
        rows = layer.weights[begin : begin + _BLOCK]
        dense = np.asarray(rows.toarray() if layer.is_sparse else rows, np.float32)
        found.append(groups.reads(dense).max(axis=(0, 1)))
    return np.asarray(np.maximum(np.concatenate(found), 0), np.int64)
