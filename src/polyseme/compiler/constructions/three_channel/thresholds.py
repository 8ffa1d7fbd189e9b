"""Pass 8: where each ReLU bends, and at what reading an output is on.

A neuron's sum is `needed` when one of its terms is satisfied. The ReLU bends a `knee` below that.
Code regions bend just below the level of a term that misses one input (its average over the code
still separates the two); territories and neurons of their own bend half-way, where noise of the
many idle neurons stays below the bend.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.names import Names
from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.placement import Placement
from polyseme.compiler.constructions.three_channel.reads import owner_weight
from polyseme.networks.ends import Readout

# A satisfied term reads about this much at the readout, whatever its region.
_FULL_READING = 12.0
DEFAULT_THRESHOLD = 0.6
KNEES = {"code": 1.25, "pools": 1.25, "input": 1.0, "territory": 0.4375, "own": 0.5}
# Regions of fewer terms share a calibrated threshold with others of their kind.
MIN_GROUP_TERMS = 1000
# Pools below, between and above these sizes are calibrated apart.
_POOL_CLASSES = (64, 256)
_CLASSES = len(_POOL_CLASSES) + 1


def knee(placement: Placement) -> float:
    """How far below a satisfied neuron's sum its ReLU bends, in features."""
    return KNEES[placement.kind]


def biases(placements: list[Placement], neurons: int, unit: int, active: int) -> NDArray[np.int32]:
    """Bias of every neuron in integer units, int32 (neurons,)."""
    bias = np.zeros(neurons, np.int32)
    for placement in placements:
        region = placement.region
        level = region.needed - _knee_in_units(placement, unit) / unit
        if region.owner_sign > 0:
            level += owner_weight(region, active)
        bias[placement.begin : placement.begin + placement.width] = -round(level * unit)
    return bias


def _knee_in_units(placement: Placement, unit: int) -> int:
    return max(1, round(knee(placement) * unit))


@dataclass(frozen=True, eq=False)
class ReadoutPlan:
    """A readout before its thresholds are known.

    `full` float64 (outputs,) is what a satisfied output reads without noise (infinity: never on);
    `group` int64 (outputs,) numbers the outputs that share a calibrated threshold.
    """

    offsets: NDArray[np.int64]
    neurons: NDArray[np.int32]
    weights: NDArray[np.int16]
    full: NDArray[np.float64]
    group: NDArray[np.int64]
    groups: int

    def with_thresholds(self, names: Names, share: NDArray[np.float64], unit: int) -> Readout:
        """Thresholds at a share of the full reading, half a unit off every value it can take."""
        target = self.full * share[self.group]
        exact = (np.floor(np.where(np.isinf(target), 0, target) * unit) + 0.5) / unit
        thresholds = np.where(np.isinf(target), np.inf, exact).astype(np.float32)
        return Readout(names, self.offsets, self.neurons, self.weights, thresholds)


def plan_readout(placements: list[Placement], terms: Terms, unit: int) -> ReadoutPlan:
    """Collect what each output reads: the neurons of its terms, weighted by region."""
    full = np.full(terms.outputs, np.inf)
    group = np.full(terms.outputs, -1, np.int64)
    groups = _calibration_groups(placements)
    pairs, weights = [np.empty((2, 0), np.int64)], [np.empty(0, np.int16)]
    for number, placement in enumerate(placements):
        sizes = (placement.term_neurons >= 0).sum(axis=1)
        level = _knee_in_units(placement, unit) / unit
        weight = max(1, round(_FULL_READING / (sizes.min() * level)))
        output = terms.output[placement.region.terms]
        np.minimum.at(full, output, sizes * level * weight)
        keys = groups[number] * _CLASSES + _pool_class(placement)
        _join_groups(group, output, keys, len(placements) * _CLASSES)
        pairs.append(placement.readers)
        weights.append(np.full(placement.readers.shape[1], weight, np.int16))
    return _in_rows(np.concatenate(pairs, axis=1), np.concatenate(weights), full, group)


def _calibration_groups(placements: list[Placement]) -> list[int]:
    """A group a region, but small regions of one kind together: alone they see too few samples."""
    first_small: dict[tuple[str, int], int] = {}
    groups = []
    for number, placement in enumerate(placements):
        likes = (placement.kind, placement.region.needed)
        small = len(placement.region.terms) < MIN_GROUP_TERMS
        groups.append(first_small.setdefault(likes, number) if small else number)
    return groups


def _pool_class(placement: Placement) -> NDArray[np.int64]:
    """Terms of large pools have many rivals that lack one input, so they get thresholds apart."""
    if placement.kind != "pools":
        return np.zeros(len(placement.region.terms), np.int64)
    _, pool, crowd = np.unique(placement.region.pool, return_inverse=True, return_counts=True)
    return np.digitize(crowd[pool], _POOL_CLASSES)


def _join_groups(
    group: NDArray[np.int64], outputs: NDArray[np.int32], keys: NDArray[np.int64], mixed: int
) -> None:
    """Outputs whose terms agree on a group join it; outputs of several groups share another."""
    lowest = np.full(len(group), np.iinfo(np.int64).max)
    np.minimum.at(lowest, outputs, keys)
    highest = np.full(len(group), -1, np.int64)
    np.maximum.at(highest, outputs, keys)
    met = np.unique(outputs)
    alike = (group[met] == -1) & (lowest[met] == highest[met])
    group[met] = np.where(alike, lowest[met], mixed)


def _in_rows(
    pairs: NDArray[np.int64],
    weights: NDArray[np.int16],
    full: NDArray[np.float64],
    group: NDArray[np.int64],
) -> ReadoutPlan:
    order = np.lexsort((pairs[1], pairs[0]))
    counts = np.bincount(pairs[0], minlength=len(full))
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    groups, numbered = np.unique(group, return_inverse=True)
    neurons = pairs[1][order].astype(np.int32)
    return ReadoutPlan(offsets, neurons, weights[order], full, numbered, len(groups))
