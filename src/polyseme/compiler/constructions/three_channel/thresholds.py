"""Pass 8: place the bend of each ReLU, and choose the neurons that each output reads.

The sum of a neuron is `needed` when one of its terms is satisfied. The ReLU bends below that, at a
distance that is the `knee` of its region.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.names import Names
from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.regions.region import Placement, Region
from polyseme.networks.ends import Readout

# Full reading of a satisfied term at the readout, about the same in all regions.
_FULL_READING = 12.0
# Regions of fewer terms share a calibrated threshold with others of their kind.
MIN_GROUP_TERMS = 1000


def biases(
    placements: list[Placement], neurons: int, resolution: int, active: int
) -> NDArray[np.int32]:
    """Return the integer bias of every neuron, int32 (neurons,)."""
    bias = np.zeros(neurons, np.int32)
    for placement in placements:
        region = placement.region
        level = region.needed - _integer_knee(region, resolution) / resolution
        if region.owner_sign > 0:
            level += region.owner_weight(active)
        bias[placement.begin : placement.begin + placement.width] = -round(level * resolution)
    return bias


def _integer_knee(region: Region, resolution: int) -> int:
    return max(1, round(region.knee * resolution))


@dataclass(frozen=True, eq=False)
class ReadoutPlan:
    """A readout before its thresholds are known.

    `full` float64 (outputs,) is the full reading of each output, infinity if it is never on.
    `group` int64 (outputs,) is the number of the group with which an output shares a threshold.
    """

    offsets: NDArray[np.int64]
    neurons: NDArray[np.int32]
    weights: NDArray[np.int16]
    full: NDArray[np.float64]
    group: NDArray[np.int64]
    groups: int

    def with_thresholds(self, names: Names, share: NDArray[np.float64], resolution: int) -> Readout:
        """Return the readout with thresholds at a share of the full readings.

        Each threshold lies half-way between two values that the reading can take.
        """
        target = self.full * share[self.group]
        exact = (np.floor(np.where(np.isinf(target), 0, target) * resolution) + 0.5) / resolution
        thresholds = np.where(np.isinf(target), np.inf, exact).astype(np.float32)
        return Readout(names, self.offsets, self.neurons, self.weights, thresholds)


def plan_readout(placements: list[Placement], terms: Terms, resolution: int) -> ReadoutPlan:
    """Return what each output reads: the neurons of its terms, weighted by region."""
    full = np.full(terms.outputs, np.inf)
    group = np.full(terms.outputs, -1, np.int64)
    classes = [placement.region.calibration_classes for placement in placements]
    # Each region has one group per class, numbered from its first; the last is for mixed outputs.
    *firsts, mixed = np.cumsum([0, *classes]).tolist()
    pairs, weights = [np.empty((2, 0), np.int64)], [np.empty(0, np.int16)]
    for joined, placement in zip(_calibration_groups(placements), placements, strict=True):
        sizes = (placement.term_neurons >= 0).sum(axis=1)
        level = _integer_knee(placement.region, resolution) / resolution
        weight = max(1, round(_FULL_READING / (sizes.min() * level)))
        output = terms.output[placement.region.terms]
        np.minimum.at(full, output, sizes * level * weight)
        _join_groups(group, output, firsts[joined] + placement.region.calibration_class(), mixed)
        pairs.append(placement.readers)
        weights.append(np.full(placement.readers.shape[1], weight, np.int16))
    return _in_rows(np.concatenate(pairs, axis=1), np.concatenate(weights), full, group)


def _calibration_groups(placements: list[Placement]) -> list[int]:
    """Return for each region the number of the region whose groups its outputs join.

    Small regions of one kind that need equally many inputs join the first of them, since the
    calibration samples of a single one are too few. Other regions have groups of their own.
    """
    first_small: dict[tuple[type[Region], int], int] = {}
    groups = []
    for number, placement in enumerate(placements):
        likes = (type(placement.region), placement.region.needed)
        small = len(placement.region.terms) < MIN_GROUP_TERMS
        groups.append(first_small.setdefault(likes, number) if small else number)
    return groups


def _join_groups(
    group: NDArray[np.int64], outputs: NDArray[np.int32], keys: NDArray[np.int64], mixed: int
) -> None:
    """Set the group of outputs, in place: that of their terms, or `mixed` if these are several."""
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
